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
