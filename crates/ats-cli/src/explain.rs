//! `ats explain`: where each field of a record comes from, or why it is empty.
//!
//! It only tells what the engine finds out; nothing is asked of the vendor.

use anyhow::Result;
use ats_core::ModelKind;
use ats_store::{Integration, StoredRecord};
use ats_sync::{Brought, FieldExplanation};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    context::{Context, Global},
    exit::{Exit, usage},
    matrix::Proven,
    names,
    output::{self, say},
};

mod words;

/// The options of `ats explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats explain acme candidates remote:4f0c2a5e-7b1d-4a53-9d0e-2f6a8c1b3e57
  ats explain acme jobs 5HKxqvJ8mQw2rT7bYcZ3nP4d department
  ats --json explain acme jobs 5HKxqvJ8mQw2rT7bYcZ3nP4d

An id of the vendor is written remote:ID; of a record that stands between two others,
remote:ONE/OTHER. Sources are found by mapping the stored documents again with other values.")]
pub(crate) struct Options {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    integration: String,

    /// The model, such as candidates.
    #[arg(value_parser = names::model_parser(), hide_possible_values = true)]
    model: ModelKind,

    /// The record: our id, or remote: and the vendor's.
    id: String,

    /// Only this field, with everything that is known about it.
    field: Option<String>,
}

/// Runs the command.
pub(crate) fn run(options: &Options, global: &Global) -> Result<Exit> {
    let context = Context::open(global)?;
    let one = context.integration(&options.integration)?;
    let record = find(&context, &one, options)?;
    let mut fields = explain(&context, &one, &record)?;
    if let Some(wanted) = &options.field {
        let known: Vec<String> = fields.iter().map(|known| known.field.clone()).collect();
        fields.retain(|known| known.field == *wanted);
        if fields.is_empty() {
            return Err(usage(
                "unknown_field",
                format!(
                    "{} have no field `{wanted}`; they have: {}",
                    record.model,
                    known.join(", ")
                ),
            ));
        }
    }
    if global.json {
        output::json(&json!({
            "integration": one.id.as_str(),
            "model": record.model,
            "id": record.id,
            "fields": fields,
        }))?;
        return Ok(Exit::Complete);
    }
    say!("{} {} of {}", record.model, record.id, one.name);
    let usual = most_common(&fields);
    if let (None, Some(usual)) = (&options.field, &usual) {
        let pass = words::pass(usual);
        let text = format!("Brought by {pass}, unless another pass is named.");
        for line in output::wrapped(&text, 0) {
            say!("{line}");
        }
    }
    for field in &fields {
        let lines = match options.field {
            Some(_) => field_lines(field),
            None => words::lines(field, usual.as_ref(), false),
        };
        say!();
        for line in lines {
            say!("{line}");
        }
    }
    Ok(Exit::Complete)
}

/// Explains a record with what is proven of its connector.
pub(crate) fn explain(
    context: &Context,
    one: &Integration,
    record: &StoredRecord,
) -> Result<Vec<FieldExplanation>> {
    let connector = context.connector(one)?;
    let usual = Proven::of(&one.connector)?.usual(record.model);
    let store = context.store.as_ref();
    Ok(ats_sync::explain(
        store,
        connector.as_ref(),
        one,
        record,
        &usual,
    )?)
}

/// One field as people read it, in full.
pub(crate) fn field_lines(field: &FieldExplanation) -> Vec<String> {
    words::lines(field, None, true)
}

/// The record that is meant; of a candidate that was merged away, the one that it became.
fn find(context: &Context, one: &Integration, options: &Options) -> Result<StoredRecord> {
    let model = options.model;
    let id = names::record_id(one, Some(model), &options.id)?;
    let store = context.store.as_ref();
    let found = match store.record(&one.id, &id)? {
        Some(record) => Some(record),
        None => match store.alias(&one.id, &id)? {
            Some(other) => store.record(&one.id, &other)?,
            None => None,
        },
    };
    match found {
        Some(record) if record.model == model => Ok(record),
        Some(record) => Err(usage(
            "unknown_record",
            format!("{} is one of {}, not of {model}", record.id, record.model),
        )),
        None => Err(usage(
            "unknown_record",
            format!(
                "{} has no record `{}` among its {model}; `ats export {} {model}` lists them, and \
                 `ats sync {}` brings what is new",
                one.name, options.id, one.name, one.name
            ),
        )),
    }
}

/// The pass that brought most of the fields.
fn most_common(fields: &[FieldExplanation]) -> Option<Brought> {
    let passes: Vec<&Brought> = fields
        .iter()
        .filter_map(|field| field.brought.as_ref())
        .collect();
    let count = |pass: &&Brought| passes.iter().filter(|other| **other == *pass).count();
    passes.iter().copied().max_by_key(count).cloned()
}

/// A value in one line that is not too long.
fn cut(value: &Value, width: usize) -> String {
    let text = value.to_string();
    match text.char_indices().nth(width) {
        Some(_) => {
            let kept: String = text.chars().take(width.saturating_sub(1)).collect();
            format!("{kept}…")
        }
        None => text,
    }
}
