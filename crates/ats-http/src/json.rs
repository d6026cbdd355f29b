//! JSON decoding whose errors say where, and never what was there.
//!
//! It owns the wording of decoding errors. A body holds personal data, so no value of it may reach
//! a message: only paths, positions, type names, and the texts that our own types wrote.

use ats_core::{Error, Result};
use serde::Deserialize;
use serde_path_to_error::{Path, Segment};

/// Longer paths are cut: map keys in them come from the vendor.
const LONGEST_PATH: usize = 200;

/// Decodes a whole body. Types may borrow from it.
///
/// # Errors
///
/// [`ErrorKind::Malformed`](ats_core::ErrorKind::Malformed) with the JSON pointer of the first
/// value that does not fit; the message has line and column.
pub fn decode<'de, T: Deserialize<'de>>(operation: &str, body: &'de [u8]) -> Result<T> {
    if let Some(problem) = not_json(body) {
        return Err(Error::malformed(operation, "", problem));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| malformed(operation, pointer(error.path()), error.inner()))?;
    deserializer
        .end()
        .map_err(|error| malformed(operation, String::new(), &error))?;
    Ok(value)
}

/// Bodies that are not JSON at all deserve a plainer sentence than a syntax error.
fn not_json(body: &[u8]) -> Option<&'static str> {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Some("answered with an empty body instead of JSON"),
        Some(b'<') => Some("answered with HTML instead of JSON; check the base URL"),
        Some(_) => None,
    }
}

fn malformed(operation: &str, path: String, error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    let place = if path.is_empty() {
        String::new()
    } else {
        format!(" at {path}")
    };
    let what = describe(error);
    Error::malformed(
        operation,
        path,
        format!("{what}{place} (line {line}, column {column})"),
    )
}

fn describe(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => {
            describe_data(&error.to_string()).unwrap_or_else(|| "a value does not fit".to_owned())
        }
        serde_json::error::Category::Eof => "the JSON ends too early".to_owned(),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            "not valid JSON".to_owned()
        }
    }
}

/// Rebuilds serde's message from the parts that cannot hold a value of the body. Messages of any
/// other shape are written by hand-made deserializers and may quote values, so they are dropped.
fn describe_data(message: &str) -> Option<String> {
    // serde_json ends every message with the position, which is told separately.
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(text, _)| text);
    if message.starts_with("missing field `") || message.starts_with("duplicate field `") {
        return Some(message.to_owned());
    }
    let found = if let Some(found) = message.strip_prefix("invalid type: ") {
        found.split([' ', ',', '`', '"']).next().unwrap_or_default()
    } else if message.starts_with("invalid value: ") || message.starts_with("unknown variant `") {
        "another value"
    } else if message.starts_with("unknown field `") {
        "another field"
    } else if message.starts_with("invalid length ") {
        "another length"
    } else {
        return None;
    };
    // The last "expected" is ours: a value stands before it and cannot push past it.
    let (_, expected) = message.rsplit_once(", expected ")?;
    Some(format!("expected {expected}, found {found}"))
}

/// The path as a JSON pointer; empty for the whole body.
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            // An enum variant or an untagged value has no place of its own in the document.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    if pointer.chars().count() > LONGEST_PATH {
        pointer = pointer
            .chars()
            .take(LONGEST_PATH)
            .chain("...".chars())
            .collect();
    }
    pointer
}

#[cfg(test)]
mod tests {
    use ats_core::ErrorKind;
    use serde_json::Value;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Page {
        #[serde(rename = "results")]
        _results: Vec<Row>,
    }

    #[derive(Debug, Deserialize)]
    struct Row {
        #[serde(rename = "id")]
        _id: String,
        #[serde(rename = "a/b~c")]
        _count: Option<u32>,
        #[serde(rename = "kind")]
        _kind: Option<Kind>,
        #[serde(rename = "custom", default, deserialize_with = "picky")]
        _custom: (),
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        #[serde(rename = "one")]
        One,
        #[serde(rename = "two")]
        Two,
    }

    fn picky<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!(
            "I do not like {text}, expected {text}"
        )))
    }

    fn failure(body: &str) -> (String, String) {
        let error = decode::<Page>("thing.list", body.as_bytes()).unwrap_err();
        let ErrorKind::Malformed { path } = error.kind() else {
            panic!("{error:?}")
        };
        (path.clone(), error.message().to_owned())
    }

    #[test]
    fn an_error_tells_path_types_and_position() {
        let _ = (Kind::One, Kind::Two);
        let cases = [
            (
                r#"{"results":[{"id":"a"},{"id":7}]}"#,
                "/results/1/id",
                "expected a string, found integer at /results/1/id (line 1, column 30)",
            ),
            (
                "{\"results\":[\n{\"name\":\"x\"}]}",
                "/results/0",
                "missing field `id` at /results/0 (line 2, column 12)",
            ),
            (
                r#"{"results":[{"id":"a","a/b~c":"secret"}]}"#,
                "/results/0/a~1b~0c",
                "expected u32, found string at /results/0/a~1b~0c (line 1, column 38)",
            ),
            (
                r#"{"results":[{"id":"a","kind":"secret"}]}"#,
                "/results/0/kind",
                "expected `one` or `two`, found another value at /results/0/kind \
                 (line 1, column 37)",
            ),
            (
                r#"{"results":[{"id":"a","custom":"secret"}]}"#,
                "/results/0/custom",
                "a value does not fit at /results/0/custom (line 1, column 40)",
            ),
            ("{}", "", "missing field `results` (line 1, column 2)"),
            (
                r#"{"results":["#,
                "/results",
                "the JSON ends too early at /results (line 1, column 12)",
            ),
            (
                r#"{"results":[}"#,
                "/results/0",
                "not valid JSON at /results/0 (line 1, column 13)",
            ),
            (
                r#"{"results":[]} x"#,
                "",
                "not valid JSON (line 1, column 16)",
            ),
            (
                "<!doctype html>",
                "",
                "answered with HTML instead of JSON; check the base URL",
            ),
            (
                "\n <html>",
                "",
                "answered with HTML instead of JSON; check the base URL",
            ),
            (" \n", "", "answered with an empty body instead of JSON"),
        ];
        for (body, path, message) in cases {
            assert_eq!(
                failure(body),
                (path.to_owned(), message.to_owned()),
                "{body}"
            );
        }
    }

    #[test]
    fn a_good_body_decodes() {
        assert_eq!(
            decode::<Value>("thing.list", b" {\"a\":1} \n").unwrap()["a"],
            1
        );
    }

    #[test]
    fn a_long_path_is_cut() {
        let body = format!(r#"{{"{}":"x"}}"#, "k".repeat(1000));
        let outcome =
            decode::<std::collections::BTreeMap<String, u8>>("thing.list", body.as_bytes());
        let ErrorKind::Malformed { path } = outcome.unwrap_err().kind().clone() else {
            panic!()
        };
        assert_eq!(path.len(), LONGEST_PATH + 3);
    }
}
