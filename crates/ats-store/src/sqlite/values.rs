//! How values of ours stand in columns.

use ats_core::Timestamp;
use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Result};

/// An instant as milliseconds.
pub(super) fn millis(instant: Timestamp) -> i64 {
    DateTime::<Utc>::from(instant).timestamp_millis()
}

/// Milliseconds as an instant.
pub(super) fn instant(millis: i64) -> Result<Timestamp> {
    DateTime::from_timestamp_millis(millis)
        .map(Timestamp::from)
        .ok_or_else(|| damaged("a date is out of range"))
}

/// A value as JSON text.
pub(super) fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Database {
        source: Box::new(error),
    })
}

/// JSON text as a value.
pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| damaged("a value is not what it should be"))
}

/// A value as compressed JSON text, where it may hold raw documents.
pub(super) fn packed_json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    Ok(lz4_flex::compress_prepend_size(json(value)?.as_bytes()))
}

/// What [`packed_json`] made.
pub(super) fn from_packed_json<T: DeserializeOwned>(packed: &[u8]) -> Result<T> {
    let text = lz4_flex::decompress_size_prepended(packed)
        .map_err(|_| damaged("a value cannot be unpacked"))?;
    serde_json::from_slice(&text).map_err(|_| damaged("a value is not what it should be"))
}

/// A word of an enum, without the quotes that JSON puts around it.
pub(super) fn word<T: Serialize>(value: &T) -> Result<String> {
    Ok(json(value)?.trim_matches('"').to_owned())
}

/// The enum's value for a word.
pub(super) fn from_word<T: DeserializeOwned>(word: &str) -> Result<T> {
    from_json(&format!("\"{word}\""))
}

/// The database does not hold what it should.
pub(super) fn damaged(what: &str) -> Error {
    Error::Damaged {
        what: what.to_owned(),
    }
}
