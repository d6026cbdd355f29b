//! Endpoints: where events are sent.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::super::values::{from_json, instant, json, millis};
use crate::{Result, WebhookEndpoint, vault::Sealed};

const COLUMNS: &str =
    "id, environment, url, events, secret, previous_secret, previous_until, created_at";

pub(super) fn save(tx: &Transaction<'_>, endpoint: &WebhookEndpoint) -> Result<()> {
    let previous = endpoint.previous.as_ref();
    tx.prepare_cached(
        "INSERT INTO endpoints (id, environment, url, events, secret, previous_secret,
             previous_until, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (id) DO UPDATE SET environment = excluded.environment, url = excluded.url,
             events = excluded.events, secret = excluded.secret,
             previous_secret = excluded.previous_secret,
             previous_until = excluded.previous_until",
    )?
    .execute(params![
        endpoint.id,
        endpoint.environment,
        endpoint.url,
        endpoint.events.as_ref().map(json).transpose()?,
        endpoint.secret.0,
        previous.map(|(secret, _)| &secret.0),
        previous.map(|(_, until)| millis(*until)),
        millis(endpoint.created_at),
    ])?;
    Ok(())
}

pub(super) fn all(db: &Connection) -> Result<Vec<WebhookEndpoint>> {
    Ok(keyed(db)?.into_iter().map(|(_, one)| one).collect())
}

/// All endpoints with their keys.
pub(super) fn keyed(db: &Connection) -> Result<Vec<(i64, WebhookEndpoint)>> {
    let sql = format!("SELECT {COLUMNS}, key FROM endpoints ORDER BY key");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut endpoints = Vec::new();
    while let Some(row) = rows.next()? {
        endpoints.push((row.get(8)?, read(row)?));
    }
    Ok(endpoints)
}

fn read(row: &Row<'_>) -> Result<WebhookEndpoint> {
    let events: Option<String> = row.get(3)?;
    let previous: Option<Vec<u8>> = row.get(5)?;
    let until: Option<i64> = row.get(6)?;
    let previous = match (previous, until) {
        (Some(secret), Some(until)) => Some((Sealed(secret), instant(until)?)),
        _ => None,
    };
    Ok(WebhookEndpoint {
        id: row.get(0)?,
        environment: row.get(1)?,
        url: row.get(2)?,
        events: events.as_deref().map(from_json).transpose()?,
        secret: Sealed(row.get(4)?),
        previous,
        created_at: instant(row.get(7)?)?,
    })
}

pub(super) fn remove(tx: &Transaction<'_>, id: &str) -> Result<bool> {
    let key: Option<i64> = tx
        .prepare_cached("SELECT key FROM endpoints WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(key) = key else {
        return Ok(false);
    };
    tx.execute("DELETE FROM outgoing_deliveries WHERE endpoint = ?1", [key])?;
    tx.execute("DELETE FROM endpoints WHERE key = ?1", [key])?;
    Ok(true)
}
