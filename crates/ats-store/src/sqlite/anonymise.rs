//! Records that have been gone for long: their ids stay, and nothing that tells of a person.

use ats_core::{Field, IntegrationId, ModelKind, Timestamp, fields};
use rusqlite::{Transaction, params};
use serde_json::{Map, Value};

use super::{
    Models,
    changes::{self, Line},
    integrations,
    links::Links,
    touch::Touched,
    values::{damaged, millis},
    writer::Writer,
};
use crate::{Cause, ChangeKind, Result};

/// A record with its content, before and after.
struct Emptied {
    key: i64,
    model: ModelKind,
    id: String,
    before: String,
    after: String,
    fields: Vec<String>,
}

pub(super) fn anonymise(
    tx: &Transaction<'_>,
    models: &Models,
    (id, pass): (&IntegrationId, i64),
    before: Timestamp,
    at: Timestamp,
    limit: usize,
) -> Result<u64> {
    let integration = integrations::key(tx, id)?;
    let found = find(tx, models, integration, before, limit)?;
    if found.is_empty() {
        return Ok(0);
    }
    let mut writer = Writer::new(tx, models)?;
    let touched_at = writer.ledger.moment(tx, integration, at)?;
    let mut update = tx.prepare_cached(
        "UPDATE records SET anonymised = 1, content = ?2, changed_at = ?3, touched_at = ?4, pass = ?5,
             hash = x'', raw_hash = NULL, layout = NULL, field_values = NULL, documents = NULL
         WHERE key = ?1",
    )?;
    let count = found.len() as u64;
    for one in found {
        update.execute(params![one.key, one.after, millis(at), touched_at, pass])?;
        let touched = Touched {
            integration,
            record: one.key,
            model: one.model,
            id: one
                .id
                .parse()
                .map_err(|_| damaged("a record has an odd id"))?,
            is_new: false,
            elsewhere: true,
            links: Links::of(one.model, &one.before),
        };
        let line = Line {
            integration,
            record: one.key,
            pass,
            at,
            kind: ChangeKind::Updated,
            cause: changes::cause(&Cause::Anonymised)?,
            reason: None,
            fields: Some(one.fields),
        };
        writer.ledger.tally(pass, one.model).updated += 1;
        writer.ledger.log(line, touched);
    }
    writer.close()?;
    Ok(count)
}

fn find(
    tx: &Transaction<'_>,
    models: &Models,
    integration: i64,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<Emptied>> {
    let mut select = tx.prepare_cached(
        "SELECT key, model, id, content, field_values IS NOT NULL
         FROM records INDEXED BY records_to_anonymise
         WHERE integration = ?1 AND bundle IS NULL AND anonymised = 0 AND deleted_at < ?2
         ORDER BY deleted_at LIMIT ?3",
    )?;
    let mut rows = select.query(params![integration, millis(before), limit as i64])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let model = models.kind(row.get(1)?)?;
        let before: String = row.get(3)?;
        let (after, mut fields) = emptied(model, &before)?;
        if row.get(4)? {
            fields.push("integration_fields".to_owned());
        }
        found.push(Emptied {
            key: row.get(0)?,
            model,
            id: row.get(2)?,
            before,
            after,
            fields,
        });
    }
    Ok(found)
}

/// The content without what the vendor said, but its id and to whom the record belonged; and the fields
/// that are empty now.
fn emptied(model: ModelKind, content: &str) -> Result<(String, Vec<String>)> {
    let parsed = serde_json::from_str::<Map<String, Value>>(content);
    let mut content = parsed.map_err(|_| damaged("the content of a record is no JSON"))?;
    let known = fields(model);
    let mut emptied = Vec::new();
    for (name, value) in &mut content {
        let field = known.get(name);
        if name == "remote_id" || field.is_some_and(|field| field.target.is_some()) {
            continue;
        }
        // What a later version no longer knows goes too.
        let Some(nothing) = field.map_or(Some(Value::Null), Field::nothing) else {
            continue;
        };
        if *value != nothing {
            *value = nothing;
            emptied.push(name.clone());
        }
    }
    Ok((Value::from(content).to_string(), emptied))
}
