//! Deliveries: one event on its way to one endpoint.

use ats_core::{IntegrationId, Timestamp};
use rusqlite::{Connection, Row, Transaction, params};

use super::super::values::{damaged, from_word, instant, millis, word};
use crate::{NewEvent, OutgoingDelivery, OutgoingDepth, OutgoingProgress, OutgoingQuery, Result};

const COLUMNS: &str = "d.key, e.id, e.environment, e.integration, e.type, e.body, e.created_at,
         p.id, d.state, d.attempts, d.since, d.not_before, d.outcome, d.tried_at
     FROM outgoing_deliveries AS d CROSS JOIN outgoing_events AS e ON e.key = d.event
     CROSS JOIN endpoints AS p ON p.key = d.endpoint";

/// The first of each lane that is not delivered or dead.
const HEADS: &str = "(SELECT min(key) FROM outgoing_deliveries INDEXED BY outgoing_waiting
     WHERE state = 'WAITING' GROUP BY endpoint, lane)";

pub(super) fn due(db: &Connection, now: Timestamp, limit: usize) -> Result<Vec<OutgoingDelivery>> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE d.key IN {HEADS} AND d.not_before <= ?1
         ORDER BY d.key LIMIT ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![millis(now), limit as i64])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        due.push(read(row)?);
    }
    Ok(due)
}

pub(super) fn next(db: &Connection, now: Timestamp) -> Result<Option<Timestamp>> {
    let sql = format!(
        "SELECT min(d.not_before) FROM outgoing_deliveries AS d
         WHERE d.key IN {HEADS} AND d.not_before > ?1"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let next: Option<i64> = statement.query_row([millis(now)], |row| row.get(0))?;
    next.map(instant).transpose()
}

pub(super) fn depth(db: &Connection) -> Result<OutgoingDepth> {
    let mut statement = db.prepare_cached(
        "SELECT
             (SELECT count(*) FROM outgoing_deliveries INDEXED BY outgoing_waiting
              WHERE state = 'WAITING'),
             (SELECT count(*) FROM outgoing_deliveries INDEXED BY outgoing_dead
              WHERE state = 'DEAD')",
    )?;
    let (waiting, dead) = statement.query_row([], |row| {
        Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64))
    })?;
    Ok(OutgoingDepth { waiting, dead })
}

pub(super) fn settle(tx: &Transaction<'_>, key: i64, progress: &OutgoingProgress) -> Result<()> {
    tx.prepare_cached(
        "UPDATE outgoing_deliveries SET state = ?2, attempts = ?3, since = ?4, not_before = ?5,
             outcome = ?6, tried_at = ?7
         WHERE key = ?1",
    )?
    .execute(params![
        key,
        word(&progress.state)?,
        progress.attempts,
        millis(progress.since),
        millis(progress.not_before),
        progress.outcome,
        progress.tried_at.map(millis),
    ])?;
    Ok(())
}

pub(super) fn find(db: &Connection, query: &OutgoingQuery) -> Result<Vec<OutgoingDelivery>> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE (?1 IS NULL OR d.state = ?1) AND (?2 IS NULL OR p.id = ?2)
           AND (?3 IS NULL OR e.environment = ?3) AND (?4 IS NULL OR e.integration = ?4)
           AND (?5 IS NULL OR d.key < ?5)
         ORDER BY d.key DESC LIMIT ?6"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![
        query.state.as_ref().map(word).transpose()?,
        query.endpoint,
        query.environment,
        query.integration.as_ref().map(IntegrationId::as_str),
        query.before,
        query.limit as i64
    ])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<OutgoingDelivery> {
    let integration: Option<String> = row.get(3)?;
    let integration = integration.map(|id| id.parse());
    let tried_at: Option<i64> = row.get(13)?;
    Ok(OutgoingDelivery {
        key: row.get(0)?,
        event: NewEvent {
            id: row.get(1)?,
            environment: row.get(2)?,
            integration: integration
                .transpose()
                .map_err(|_| damaged("an event names an odd integration"))?,
            kind: row.get(4)?,
            body: row.get(5)?,
            at: instant(row.get(6)?)?,
        },
        endpoint: row.get(7)?,
        progress: OutgoingProgress {
            state: from_word(&row.get::<_, String>(8)?)?,
            attempts: row.get(9)?,
            since: instant(row.get(10)?)?,
            not_before: instant(row.get(11)?)?,
            outcome: row.get(12)?,
            tried_at: tried_at.map(instant).transpose()?,
        },
    })
}
