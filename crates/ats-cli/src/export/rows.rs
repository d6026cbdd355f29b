//! One record after the other, in the form that was asked for.

use std::io::Write;

use anyhow::Result;
use ats_core::ModelKind;
use ats_store::{Error as StoreError, Integration, Store, StoredRecord};
use serde_json::{Map, Value};

use super::Format;
use crate::output::written;

/// The field that CSV leaves out: raw documents do not fit into a cell.
const RAW: &str = "remote_data";

/// Where records go.
pub(super) enum Rows<W: Write> {
    /// One JSON object a line. The flag says whether the model has a place for raw documents.
    Lines(W, bool),
    /// Cells in the order of the columns.
    Cells(Box<csv::Writer<W>>, Vec<String>),
}

impl<W: Write> Rows<W> {
    pub(super) fn begin(model: ModelKind, format: Format, output: W) -> Result<Self> {
        let columns = columns(model);
        if format == Format::Jsonl {
            let raw = columns.iter().any(|name| name == RAW);
            return Ok(Self::Lines(output, raw));
        }
        let columns: Vec<String> = columns.into_iter().filter(|name| name != RAW).collect();
        let mut writer = csv::Writer::from_writer(output);
        cells(writer.write_record(&columns))?;
        Ok(Self::Cells(Box::new(writer), columns))
    }

    pub(super) fn write(
        &mut self,
        store: &dyn Store,
        one: &Integration,
        record: &StoredRecord,
    ) -> Result<()> {
        match self {
            Self::Lines(output, raw) => {
                let remote_data = match raw {
                    true => Some(store.remote_data(&one.id, record)?),
                    false => None,
                };
                let remote_data = remote_data.as_ref().map(|kept| match kept {
                    Some(text) => text.as_str(),
                    None => "null",
                });
                written(writeln!(output, "{}", record.to_json(remote_data)?))
            }
            Self::Cells(writer, columns) => {
                let text = record.to_json(None)?;
                let fields: Map<String, Value> =
                    serde_json::from_str(&text).map_err(|_| StoreError::Damaged {
                        what: format!("the content of {} {}", record.model, record.id),
                    })?;
                let row = columns.iter().map(|column| cell(fields.get(column)));
                cells(writer.write_record(row))
            }
        }
    }

    pub(super) fn finish(self) -> Result<()> {
        match self {
            Self::Lines(mut output, _) => written(output.flush()),
            Self::Cells(mut writer, _) => written(writer.flush()),
        }
    }
}

/// The names of a model's fields, in the order of its schema.
fn columns(model: ModelKind) -> Vec<String> {
    let schema = model.schema();
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flat_map(Map::keys)
        .cloned()
        .collect()
}

/// A value as the text of a cell: nothing for null, texts as they are, the rest as JSON.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

fn cells(outcome: csv::Result<()>) -> Result<()> {
    match outcome.map_err(csv::Error::into_kind) {
        Ok(()) => Ok(()),
        Err(csv::ErrorKind::Io(error)) => written(Err(error)),
        Err(kind) => Err(anyhow::anyhow!("a row cannot be written as CSV: {kind:?}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_stand_as_the_model_has_them() {
        let names = columns(ModelKind::Tag);
        assert_eq!(
            names,
            [
                "id",
                "remote_id",
                "name",
                "remote_data",
                "changed_at",
                "remote_deleted_at"
            ]
        );
    }

    #[test]
    fn a_cell_holds_a_text_as_it_is_and_anything_nested_as_json() {
        assert_eq!(cell(Some(&json!("a \"b\""))), "a \"b\"");
        assert_eq!(cell(Some(&json!(null))), "");
        assert_eq!(cell(None), "");
        assert_eq!(cell(Some(&json!(1.5))), "1.5");
        assert_eq!(cell(Some(&json!([{ "a": 1 }]))), "[{\"a\":1}]");
    }
}
