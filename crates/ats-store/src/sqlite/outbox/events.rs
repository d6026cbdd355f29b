//! Events: what is told, and what of the change log was told already.

use std::collections::BTreeSet;

use ats_core::{IntegrationId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::super::{
    Models, integrations,
    values::{damaged, millis},
};
use super::endpoints;
use crate::{Changed, NewEvent, Replay, Result, WebhookEndpoint};

/// A cursor that stands so far behind is moved on although nothing of its integration changed, lest
/// the lines of others are looked through again and again.
const FAR_BEHIND: i64 = 10_000;

pub(super) fn add(tx: &Transaction<'_>, event: &NewEvent, only: Option<&str>) -> Result<usize> {
    let wanted = |endpoint: &WebhookEndpoint| match only {
        Some(id) => endpoint.id == id,
        None => endpoint.environment == event.environment && endpoint.hears(&event.kind),
    };
    let endpoints = endpoints::keyed(tx)?.into_iter();
    let keys: Vec<i64> = endpoints
        .filter(|(_, endpoint)| wanted(endpoint))
        .map(|(key, _)| key)
        .collect();
    if keys.is_empty() {
        return Ok(0);
    }
    tx.prepare_cached(
        "INSERT INTO outgoing_events (id, environment, integration, type, body, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        event.id,
        event.environment,
        event.integration.as_ref().map(IntegrationId::as_str),
        event.kind,
        event.body,
        millis(event.at),
    ])?;
    let key = tx.last_insert_rowid();
    for endpoint in &keys {
        deliver(tx, key, *endpoint, lane(event), event.at)?;
    }
    Ok(keys.len())
}

/// What is delivered in an order of its own.
fn lane(event: &NewEvent) -> &str {
    event
        .integration
        .as_ref()
        .map_or(event.id.as_str(), IntegrationId::as_str)
}

/// Lets an event be delivered to an endpoint, also if it was before.
fn deliver(
    tx: &Transaction<'_>,
    event: i64,
    endpoint: i64,
    lane: &str,
    now: Timestamp,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO outgoing_deliveries (event, endpoint, lane, state, since, not_before)
         VALUES (?1, ?2, ?3, 'WAITING', ?4, ?4)
         ON CONFLICT (event, endpoint) DO UPDATE SET state = 'WAITING', attempts = 0,
             since = excluded.since, not_before = excluded.not_before, outcome = NULL,
             tried_at = NULL",
    )?
    .execute(params![event, endpoint, lane, millis(now)])?;
    Ok(())
}

/// An event as it is kept, as far as a replay needs it.
struct Kept {
    key: i64,
    environment: String,
    kind: String,
    lane: String,
}

/// Lets events be delivered again: to those that hear of them now, and to those that had them.
pub(super) fn again(tx: &Transaction<'_>, replay: &Replay, now: Timestamp) -> Result<u64> {
    let events = match replay {
        Replay::Event(id) => kept(tx, "id = ?1", &[id])?,
        Replay::Since {
            environment,
            moment,
        } => {
            let which = "created_at >= ?1 AND environment = ?2";
            kept(tx, which, &[&millis(*moment), environment])?
        }
    };
    let endpoints = endpoints::keyed(tx)?;
    let mut had =
        tx.prepare_cached("SELECT 1 FROM outgoing_deliveries WHERE event = ?1 AND endpoint = ?2")?;
    let mut count = 0;
    for event in &events {
        for (key, endpoint) in &endpoints {
            let hears = endpoint.environment == event.environment && endpoint.hears(&event.kind);
            if hears || had.exists(params![event.key, key])? {
                deliver(tx, event.key, *key, &event.lane, now)?;
                count += 1;
            }
        }
    }
    Ok(count)
}

fn kept(tx: &Transaction<'_>, which: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Kept>> {
    let sql = format!(
        "SELECT key, environment, type, coalesce(integration, id) FROM outgoing_events
         WHERE {which} ORDER BY key"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let rows = statement.query_map(values, |row| {
        Ok(Kept {
            key: row.get(0)?,
            environment: row.get(1)?,
            kind: row.get(2)?,
            lane: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether there are lines of the change log that are not told.
pub(super) fn has_changed(db: &Connection, id: &IntegrationId) -> Result<bool> {
    let integration = integrations::key(db, id)?;
    let from = cursor(db, integration)?;
    let is_far_behind = last(db)? - from > FAR_BEHIND;
    let mut statement =
        db.prepare_cached("SELECT 1 FROM changes WHERE seq > ?1 AND integration = ?2")?;
    Ok(is_far_behind || statement.exists(params![from, integration])?)
}

fn last(db: &Connection) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT max(seq) FROM changes")?;
    let last: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(last.unwrap_or_default())
}

fn cursor(db: &Connection, integration: i64) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT seq FROM told WHERE integration = ?1")?;
    let found = statement.query_row([integration], |row| row.get(0));
    Ok(found.optional()?.unwrap_or_default())
}

/// Writes the event about changes and moves the cursor behind them.
pub(super) fn add_changes(
    tx: &Transaction<'_>,
    models: &Models,
    id: &IntegrationId,
    most: usize,
    make: &mut dyn FnMut(&Changed) -> Option<NewEvent>,
) -> Result<bool> {
    let integration = integrations::key(tx, id)?;
    let mut changed = Changed {
        models: BTreeSet::new(),
        records: Vec::new(),
        has_more: false,
        since: cursor(tx, integration)?,
        position: last(tx)?,
    };
    collect(tx, models, integration, most, &mut changed)?;
    tx.prepare_cached(
        "INSERT INTO told (integration, seq) VALUES (?1, ?2)
         ON CONFLICT (integration) DO UPDATE SET seq = excluded.seq",
    )?
    .execute(params![integration, changed.position])?;
    if changed.models.is_empty() {
        return Ok(false);
    }
    let Some(event) = make(&changed) else {
        return Ok(false);
    };
    add(tx, &event, None)?;
    Ok(true)
}

fn collect(
    tx: &Transaction<'_>,
    models: &Models,
    integration: i64,
    most: usize,
    changed: &mut Changed,
) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "SELECT DISTINCT c.record, r.model, r.id
         FROM changes AS c CROSS JOIN records AS r ON r.key = c.record
         WHERE c.seq > ?1 AND c.seq <= ?2 AND c.integration = ?3",
    )?;
    let range = params![changed.since, changed.position, integration];
    let mut rows = statement.query(range)?;
    while let Some(row) = rows.next()? {
        let model = models.kind(row.get(1)?)?;
        changed.models.insert(model);
        if changed.records.len() == most {
            changed.has_more = true;
            continue;
        }
        let id: String = row.get(2)?;
        let id = id.parse().map_err(|_| damaged("a record has an odd id"))?;
        changed.records.push((model, id));
    }
    Ok(())
}

pub(super) fn prune(tx: &Transaction<'_>, before: Timestamp) -> Result<u64> {
    let old = "FROM outgoing_events AS e WHERE e.created_at < ?1 AND NOT EXISTS (
            SELECT 1 FROM outgoing_deliveries AS d WHERE d.event = e.key AND d.state = 'WAITING')";
    tx.execute(
        &format!("DELETE FROM outgoing_deliveries WHERE event IN (SELECT e.key {old})"),
        [millis(before)],
    )?;
    let count = tx.execute(
        &format!("DELETE FROM outgoing_events WHERE key IN (SELECT e.key {old})"),
        [millis(before)],
    )?;
    tx.execute(
        "DELETE FROM issues WHERE resolved_at < ?1",
        [millis(before)],
    )?;
    Ok(count as u64)
}
