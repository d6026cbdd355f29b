//! Reading the vendor's documents without losing a record to one odd value.
//!
//! Wire types only deserialise, and everything in them that the vendor does not guarantee is an
//! `Option`. A document is first read as a whole, which is fast. If one value does not fit, that
//! value alone is blanked and reported, and the rest is read again.

use ats_core::{Document, Loss, Mapped, Open, RawJson, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// More odd values than this in one document mean that it is not the document we think it is.
const MAX_LOSSES: usize = 500;

/// Reads the document as a `T`; what did not fit is empty in it and noted in `mapped.losses`.
///
/// `None` if the document is not even the right kind of JSON value, which is noted too.
pub(crate) fn read<T: DeserializeOwned>(document: &Document, mapped: &mut Mapped) -> Option<T> {
    let text = document.body.get();
    // A struct could also be read from a list, member by member, and every value be another's.
    if !text.starts_with('{') {
        lose(document, "", "an object", mapped);
        return None;
    }
    match serde_json::from_str(text) {
        Ok(wire) => Some(wire),
        Err(_) => repair(
            document.endpoint,
            document.body.to_value(),
            &mut mapped.losses,
        ),
    }
}

/// Like [`read`] for documents whose losses are reported where they are mapped themselves.
pub(crate) fn read_quietly<T: DeserializeOwned>(document: &Document) -> Option<T> {
    read(document, &mut Mapped::default())
}

/// Like [`read`] for a part of `document` that was kept as a tree; it stands at `path`.
pub(crate) fn read_part<T: DeserializeOwned>(
    part: &Value,
    document: &Document,
    path: &str,
    mapped: &mut Mapped,
) -> Option<T> {
    if let Ok(wire) = T::deserialize(part) {
        return Some(wire);
    }
    let before = mapped.losses.len();
    let wire = repair(document.endpoint, part.clone(), &mut mapped.losses);
    for loss in mapped.losses.iter_mut().skip(before) {
        loss.path.insert_str(0, path);
    }
    wire
}

/// Whether the text is an object with a usable id, and which.
pub(crate) fn id_of(row: &RawJson) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Row {
        id: String,
    }
    let row: Row = serde_json::from_str(row.get()).ok()?;
    text(Some(row.id))
}

fn repair<T: DeserializeOwned>(
    endpoint: &'static str,
    mut value: Value,
    losses: &mut Vec<Loss>,
) -> Option<T> {
    for _ in 0..MAX_LOSSES {
        let error = match serde_path_to_error::deserialize(&value) {
            Ok(wire) => return Some(wire),
            Err(error) => error,
        };
        let path = pointer(error.path());
        losses.push(Loss {
            endpoint,
            path: path.clone(),
            expected: expected(error.inner()),
        });
        // What was blanked before and still does not fit cannot be repaired.
        match value.pointer_mut(&path) {
            Some(odd) if !odd.is_null() => *odd = Value::Null,
            _ => return None,
        }
    }
    None
}

fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&part);
    }
    pointer
}

fn expected(error: &serde_json::Error) -> &'static str {
    let message = error.to_string();
    let wanted = message
        .rsplit_once("expected ")
        .map_or("", |(_, wanted)| wanted);
    const WORDS: &[(&str, &str)] = &[
        ("a string", "a string"),
        ("a boolean", "a boolean"),
        ("a sequence", "a list"),
        ("struct", "an object"),
        ("a map", "an object"),
    ];
    let known = WORDS.iter().find(|(word, _)| wanted.starts_with(word));
    known.map_or("another kind of value", |(_, plain)| plain)
}

/// Text without outer white space; `None` when nothing is left.
pub(crate) fn text(value: Option<String>) -> Option<String> {
    let value = value?;
    let trimmed = value.trim();
    if trimmed.is_empty() {
        None
    } else if trimmed.len() == value.len() {
        Some(value)
    } else {
        Some(trimmed.to_owned())
    }
}

/// An instant, or a loss at `path` if the text is none.
pub(crate) fn instant(
    value: Option<String>,
    document: &Document,
    path: &str,
    mapped: &mut Mapped,
) -> Option<Timestamp> {
    let value = text(value)?;
    let parsed = Timestamp::parse(&value);
    if parsed.is_none() {
        lose(document, path, "an ISO 8601 date", mapped);
    }
    parsed
}

/// The unified value of an enum, or the vendor's own text, noted as a loss at `path`, where `known`
/// has no word for it.
pub(crate) fn open<E>(
    value: Option<String>,
    known: impl FnOnce(&str) -> Option<Open<E>>,
    document: &Document,
    path: &str,
    mapped: &mut Mapped,
) -> Option<Open<E>> {
    let value = text(value)?;
    Some(known(&value).unwrap_or_else(|| {
        lose(document, path, "a known value", mapped);
        Open::Other(value)
    }))
}

/// Notes that the value at `path` of `document` was not what was `expected`.
///
/// A value that [`read`] has blanked there is noted already, and is not noted twice.
pub(crate) fn lose(document: &Document, path: &str, expected: &'static str, mapped: &mut Mapped) {
    let is_noted = |loss: &Loss| loss.endpoint == document.endpoint && loss.path == path;
    if !mapped.losses.iter().any(is_noted) {
        mapped.losses.push(Loss {
            endpoint: document.endpoint,
            path: path.to_owned(),
            expected,
        });
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Wire {
        id: Option<String>,
        names: Option<Vec<Option<String>>>,
    }

    fn read_text(text: &str) -> (Option<Wire>, Vec<String>) {
        let body = RawJson::parse(text.to_owned()).unwrap();
        let mut mapped = Mapped::default();
        let wire = read(
            &Document::new("thing.list", "/results/*", body),
            &mut mapped,
        );
        let losses = mapped
            .losses
            .iter()
            .map(|loss| format!("{}: {}", loss.path, loss.expected));
        (wire, losses.collect())
    }

    #[test]
    fn one_odd_value_costs_only_itself() {
        let (wire, losses) = read_text(r#"{"id": 7, "names": ["a", {"b": 1}, "c"]}"#);
        let names = Some(vec![Some("a".to_owned()), None, Some("c".to_owned())]);
        assert_eq!(wire, Some(Wire { id: None, names }));
        assert_eq!(losses, ["/id: a string", "/names/1: a string"]);
    }

    #[test]
    fn a_document_of_the_wrong_kind_is_given_up() {
        let (wire, losses) = read_text("[1]");
        assert_eq!(wire, None);
        assert_eq!(losses.len(), 1, "{losses:?}");
    }

    #[test]
    fn blank_text_is_no_text() {
        assert_eq!(text(Some(" \n".into())), None);
        assert_eq!(text(Some(" a b ".into())), Some("a b".into()));
    }
}
