//! Records as they are kept and read back.
//!
//! The content of a record is one JSON text. Raw documents are kept once, with their bundle; the
//! lists of the vendor's own fields, which repeat the same definitions in every record, are kept as
//! a layout and the record's values.

use ats_core::{Id, ModelKind, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{DeletionReason, DocumentPlace, Error, Result};

/// The definitions in a list of the vendor's own fields, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Derived from the definitions.
    pub key: i64,
    /// A JSON array of objects with `id`, `key`, `type` and `label`.
    pub definitions: String,
}

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRecord {
    /// Its key in the store; later records of a model have higher ones.
    pub key: i64,
    /// Which model.
    pub model: ModelKind,
    /// Our id.
    pub id: Id,
    /// Its content as JSON text, without the engine's fields, raw documents and the vendor's own
    /// fields.
    pub content: String,
    /// The definitions and values of the vendor's own fields; `None` if the model has none.
    pub fields: Option<(String, String)>,
    /// When the content last changed.
    pub changed_at: Timestamp,
    /// When it got its tombstone.
    pub remote_deleted_at: Option<Timestamp>,
    /// Why it has one.
    pub reason: Option<DeletionReason>,
    /// The key of the bundle that gives it; `None` once nothing gives it.
    pub bundle: Option<i64>,
    /// Where its raw documents are, if they are others than those of its own bundle.
    pub documents: Option<Vec<DocumentPlace>>,
    /// The key of the pass that last changed it.
    pub pass: i64,
}

/// Which records, and how many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordQuery {
    /// The model.
    pub model: ModelKind,
    /// Whether records with a tombstone are wanted.
    pub include_deleted: bool,
    /// Only those whose content changed at this moment or later.
    pub changed_since: Option<Timestamp>,
    /// Only those with a higher key: the last one of the page before.
    pub after: i64,
    /// At most so many.
    pub limit: usize,
}

/// How many records of a model there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ModelCount {
    /// Without a tombstone.
    pub live: u64,
    /// With one.
    pub deleted: u64,
}

/// A value that could not be mapped, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LossRow {
    /// The stream.
    pub stream: String,
    /// The id of the bundle.
    pub bundle: String,
    /// The vendor's endpoint.
    pub endpoint: String,
    /// Where the value stands in the document.
    pub path: String,
    /// What was expected there.
    pub expected: String,
}

/// A row that could not be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectRow {
    /// The stream.
    pub stream: String,
    /// The vendor's endpoint.
    pub endpoint: String,
    /// Why.
    pub reason: String,
}

#[derive(Deserialize)]
struct Definition<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    key: &'a RawValue,
    #[serde(borrow, rename = "type")]
    kind: &'a RawValue,
    #[serde(borrow)]
    label: &'a RawValue,
}

impl StoredRecord {
    /// The vendor's own fields as the API shows them: a JSON array.
    pub fn integration_fields(&self) -> Result<Option<String>> {
        let Some((definitions, values)) = &self.fields else {
            return Ok(None);
        };
        let damaged = |_| Error::Damaged {
            what: format!("the fields of {} {}", self.model, self.id),
        };
        let definitions: Vec<Definition<'_>> =
            serde_json::from_str(definitions).map_err(damaged)?;
        let values: Vec<&RawValue> = serde_json::from_str(values).map_err(damaged)?;
        let shown = definitions.iter().zip(values).map(|(field, value)| {
            format!(
                r#"{{"id":{},"key":{},"type":{},"value":{value},"label":{}}}"#,
                field.id, field.key, field.kind, field.label
            )
        });
        Ok(Some(format!("[{}]", shown.collect::<Vec<_>>().join(","))))
    }

    /// The record as the API shows it, with all its fields. `remote_data` is JSON text, `None`
    /// where the model has no place for it.
    pub fn to_json(&self, remote_data: Option<&str>) -> Result<String> {
        let inner = self
            .content
            .strip_prefix('{')
            .and_then(|content| content.strip_suffix('}'))
            .ok_or_else(|| Error::Damaged {
                what: format!("the content of {} {}", self.model, self.id),
            })?;
        let mut text = format!(r#"{{"id":"{}""#, self.id);
        if !inner.is_empty() {
            text.push(',');
            text.push_str(inner);
        }
        if let Some(fields) = self.integration_fields()? {
            text.push_str(r#","integration_fields":"#);
            text.push_str(&fields);
        }
        if let Some(remote_data) = remote_data {
            text.push_str(r#","remote_data":"#);
            text.push_str(remote_data);
        }
        let deleted = match self.remote_deleted_at {
            Some(at) => format!("\"{at}\""),
            None => "null".to_owned(),
        };
        text.push_str(&format!(
            r#","changed_at":"{}","remote_deleted_at":{deleted}}}"#,
            self.changed_at
        ));
        Ok(text)
    }
}
