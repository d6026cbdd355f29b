//! The ledger of actions, in its two tables.

use ats_core::{IntegrationId, StepState};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{
    integrations, passes,
    values::{from_json, from_word, instant, json, millis, word},
};
use crate::{ActionEnd, ActionEntry, ActionState, NewAction, Result};

const COLUMNS: &str = "key, id, action, idempotency_key, input_hash, state, answer, problem, \
     started_at, moved_at";

/// Writes an action down, or gives the one that has its idempotency key already.
pub(super) fn begin(
    tx: &Transaction<'_>,
    id: &IntegrationId,
    new: &NewAction,
) -> Result<ActionEntry> {
    let integration = integrations::key(tx, id)?;
    if let Some(key) = &new.idempotency_key {
        let mut same = tx.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM actions WHERE integration = ?1 AND idempotency_key = ?2"
        ))?;
        let mut rows = same.query(params![integration, key])?;
        if let Some(row) = rows.next()? {
            return entry(row);
        }
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO actions (integration, id, action, idempotency_key, input_hash, state,
             started_at, moved_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
    )?;
    let at = millis(new.at);
    insert.execute(params![
        integration,
        new.id,
        new.action,
        new.idempotency_key,
        new.input_hash,
        word(&ActionState::Planned)?,
        at
    ])?;
    let key = tx.last_insert_rowid();
    passes::moved_on(tx, integration, new.at)?;
    Ok(ActionEntry {
        key,
        id: new.id.clone(),
        action: new.action.clone(),
        idempotency_key: new.idempotency_key.clone(),
        input_hash: new.input_hash.clone(),
        state: ActionState::Planned,
        answer: None,
        problem: None,
        started_at: instant(at)?,
        moved_at: instant(at)?,
    })
}

pub(super) fn end(tx: &Transaction<'_>, action: i64, end: &ActionEnd) -> Result<()> {
    let mut update = tx.prepare_cached(
        "UPDATE actions SET state = ?2, answer = ?3, problem = ?4, moved_at = ?5 WHERE key = ?1",
    )?;
    let state = word(&end.state)?;
    update.execute(params![
        action,
        state,
        end.answer,
        end.problem,
        millis(end.at)
    ])?;
    let mut select = tx.prepare_cached("SELECT integration FROM actions WHERE key = ?1")?;
    let integration = select.query_row([action], |row| row.get(0)).optional()?;
    integration.map_or(Ok(()), |integration| {
        passes::moved_on(tx, integration, end.at)
    })
}

pub(super) fn latest(
    db: &Connection,
    id: &IntegrationId,
    limit: usize,
) -> Result<Vec<ActionEntry>> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM actions WHERE integration = ?1 ORDER BY key DESC LIMIT ?2"
    ))?;
    let mut rows = select.query(params![integrations::key(db, id)?, limit as i64])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row)?);
    }
    Ok(entries)
}

fn entry(row: &Row<'_>) -> Result<ActionEntry> {
    Ok(ActionEntry {
        key: row.get(0)?,
        id: row.get(1)?,
        action: row.get(2)?,
        idempotency_key: row.get(3)?,
        input_hash: row.get(4)?,
        state: from_word(&row.get::<_, String>(5)?)?,
        answer: row.get(6)?,
        problem: row.get(7)?,
        started_at: instant(row.get(8)?)?,
        moved_at: instant(row.get(9)?)?,
    })
}

pub(super) fn step(db: &Connection, action: i64, name: &str) -> Result<Option<StepState>> {
    let mut select =
        db.prepare_cached("SELECT before, result FROM steps WHERE action = ?1 AND name = ?2")?;
    let found = select
        .query_row(params![action, name], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
        })
        .optional()?;
    let Some((before, result)) = found else {
        return Ok(None);
    };
    Ok(Some(match result {
        Some(result) => StepState::Confirmed {
            result: from_json(&result)?,
        },
        None => StepState::Sent {
            before: from_json(&before)?,
        },
    }))
}

/// Writes down how far a step has come; `None` takes it away.
pub(super) fn save_step(
    tx: &Transaction<'_>,
    action: i64,
    name: &str,
    state: Option<&StepState>,
) -> Result<()> {
    match state {
        None => {
            let mut delete =
                tx.prepare_cached("DELETE FROM steps WHERE action = ?1 AND name = ?2")?;
            delete.execute(params![action, name])?;
        }
        Some(StepState::Sent { before }) => {
            let mut insert =
                tx.prepare_cached("INSERT OR REPLACE INTO steps VALUES (?1, ?2, ?3, NULL)")?;
            insert.execute(params![action, name, json(before)?])?;
            let mut sent =
                tx.prepare_cached("UPDATE actions SET state = ?2 WHERE key = ?1 AND state = ?3")?;
            let (sent_word, planned) = (word(&ActionState::Sent)?, word(&ActionState::Planned)?);
            sent.execute(params![action, sent_word, planned])?;
        }
        Some(StepState::Confirmed { result }) => {
            let mut insert = tx.prepare_cached(
                "INSERT INTO steps VALUES (?1, ?2, 'null', ?3)
                 ON CONFLICT (action, name) DO UPDATE SET result = excluded.result",
            )?;
            insert.execute(params![action, name, json(result)?])?;
        }
    }
    Ok(())
}
