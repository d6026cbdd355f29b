//! Links, activation tokens and sessions: secrets that are good for a while.

use ats_core::{IntegrationId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::super::values::{damaged, from_json, instant, json, millis};
use crate::{Activation, Link, Result};

pub(super) fn add(tx: &Transaction<'_>, hash: &[u8], link: &Link) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO connect_links (hash, link, expires_at, used_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        hash,
        json(link)?,
        millis(link.expires_at),
        link.used_at.map(millis)
    ])?;
    Ok(())
}

pub(super) fn one(db: &Connection, hash: &[u8]) -> Result<Option<Link>> {
    let mut statement =
        db.prepare_cached("SELECT link, used_at FROM connect_links WHERE hash = ?1")?;
    let mut rows = statement.query([hash])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let mut link: Link = from_json(&row.get::<_, String>(0)?)?;
    let used_at: Option<i64> = row.get(1)?;
    link.used_at = used_at.map(instant).transpose()?;
    Ok(Some(link))
}

/// Uses a link, if that can still be done.
pub(super) fn take(tx: &Transaction<'_>, hash: &[u8], now: Timestamp) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "UPDATE connect_links SET used_at = ?2 WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2",
        )?
        .execute(params![hash, millis(now)])?;
    Ok(changed > 0)
}

/// Names the integration that a link has made, so that it goes with it.
pub(super) fn note_made(tx: &Transaction<'_>, hash: &[u8], id: &IntegrationId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE connect_links SET link = json_set(link, '$.integration', ?2) WHERE hash = ?1",
    )?
    .execute(params![hash, id.as_str()])?;
    Ok(())
}

pub(super) fn add_activation(
    tx: &Transaction<'_>,
    hash: &[u8],
    activation: &Activation,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO activations (hash, integration, expires_at) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![
        hash,
        activation.integration.as_str(),
        millis(activation.expires_at)
    ])?;
    Ok(())
}

pub(super) fn activation(
    db: &Connection,
    hash: &[u8],
    now: Timestamp,
) -> Result<Option<Activation>> {
    let mut statement = db.prepare_cached(
        "SELECT integration, expires_at FROM activations WHERE hash = ?1 AND expires_at > ?2",
    )?;
    let mut rows = statement.query(params![hash, millis(now)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let integration: String = row.get(0)?;
    Ok(Some(Activation {
        integration: integration
            .parse()
            .map_err(|_| damaged("a token names an odd integration"))?,
        expires_at: instant(row.get(1)?)?,
    }))
}

pub(super) fn add_session(tx: &Transaction<'_>, hash: &[u8], until: Timestamp) -> Result<()> {
    tx.prepare_cached("INSERT INTO sessions (hash, expires_at) VALUES (?1, ?2)")?
        .execute(params![hash, millis(until)])?;
    Ok(())
}

pub(super) fn has_session(db: &Connection, hash: &[u8], now: Timestamp) -> Result<bool> {
    let mut statement =
        db.prepare_cached("SELECT 1 FROM sessions WHERE hash = ?1 AND expires_at > ?2")?;
    let found = statement.query_row(params![hash, millis(now)], |_| Ok(()));
    Ok(found.optional()?.is_some())
}

pub(super) fn end_session(tx: &Transaction<'_>, hash: &[u8]) -> Result<()> {
    tx.prepare_cached("DELETE FROM sessions WHERE hash = ?1")?
        .execute([hash])?;
    Ok(())
}

/// Takes away what expired before.
pub(super) fn prune(tx: &Transaction<'_>, before: Timestamp) -> Result<()> {
    for table in ["connect_links", "activations", "sessions"] {
        let sql = format!("DELETE FROM {table} WHERE expires_at < ?1");
        tx.execute(&sql, [millis(before)])?;
    }
    Ok(())
}
