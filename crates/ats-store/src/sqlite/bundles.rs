//! Reading bundles: one, by group, by stream, those that are due.

use ats_core::{Bundle, IntegrationId};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{
    dependents, integrations,
    values::{from_json, json},
};
use crate::{
    BundleHash, BundleState, Cause, DueBundle, Result, StoredBundle, StoredRecord, bundle::unpack,
};

const COLUMNS: &str = "b.key, b.id, b.grp, b.documents";

pub(super) fn one(
    db: &Connection,
    id: &IntegrationId,
    stream: &str,
    bundle: &str,
) -> Result<Option<StoredBundle>> {
    let Some(stream) = integrations::known_stream(db, id, stream)? else {
        return Ok(None);
    };
    let mut statement = db.prepare_cached(
        "SELECT b.key, b.id, b.grp, b.documents FROM bundles AS b
         WHERE b.stream = ?1 AND b.id = ?2 AND b.documents IS NOT NULL",
    )?;
    let mut rows = statement.query(params![stream, bundle])?;
    rows.next()?.map(read).transpose()
}

pub(super) fn group(
    db: &Connection,
    id: &IntegrationId,
    stream: &str,
    group: &str,
) -> Result<Vec<StoredBundle>> {
    let Some(stream) = integrations::known_stream(db, id, stream)? else {
        return Ok(Vec::new());
    };
    let mut statement = db.prepare_cached(
        "SELECT b.key, b.id, b.grp, b.documents FROM bundles AS b
         WHERE b.stream = ?1 AND b.grp = ?2 AND b.documents IS NOT NULL ORDER BY b.id",
    )?;
    collect(statement.query(params![stream, group])?)
}

pub(super) fn of_stream(
    db: &Connection,
    id: &IntegrationId,
    stream: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<StoredBundle>> {
    let Some(stream) = integrations::known_stream(db, id, stream)? else {
        return Ok(Vec::new());
    };
    let mut statement = db.prepare_cached(
        "SELECT b.key, b.id, b.grp, b.documents FROM bundles AS b
         WHERE b.stream = ?1 AND b.id > ?2 AND b.documents IS NOT NULL
         ORDER BY b.id LIMIT ?3",
    )?;
    collect(statement.query(params![stream, after.unwrap_or_default(), limit as i64])?)
}

fn collect(mut rows: rusqlite::Rows<'_>) -> Result<Vec<StoredBundle>> {
    let mut bundles = Vec::new();
    while let Some(row) = rows.next()? {
        bundles.push(read(row)?);
    }
    Ok(bundles)
}

/// A bundle from the columns `key`, `id`, `grp` and `documents`, which stand first.
fn read(row: &Row<'_>) -> Result<StoredBundle> {
    let documents = unpack(row.get_ref(3)?.as_blob().unwrap_or_default())?;
    let group: Option<String> = row.get(2)?;
    Ok(StoredBundle {
        key: row.get(0)?,
        bundle: Bundle::new(row.get::<_, String>(1)?, documents).in_group(group),
    })
}

pub(super) fn count(db: &Connection, id: &IntegrationId, stream: &str) -> Result<u64> {
    let Some(stream) = integrations::known_stream(db, id, stream)? else {
        return Ok(0);
    };
    let mut statement = db.prepare_cached("SELECT count(*) FROM bundles WHERE stream = ?1")?;
    let count: i64 = statement.query_row([stream], |row| row.get(0))?;
    Ok(count as u64)
}

pub(super) fn states(
    db: &Connection,
    id: &IntegrationId,
    stream: &str,
    bundles: &[&str],
) -> Result<Vec<Option<BundleState>>> {
    let Some(stream) = integrations::known_stream(db, id, stream)? else {
        return Ok(vec![None; bundles.len()]);
    };
    let mut statement = db.prepare_cached(
        "SELECT b.hash, EXISTS (SELECT 1 FROM due AS d WHERE d.bundle = b.key),
             b.documents IS NOT NULL
         FROM bundles AS b WHERE b.stream = ?1 AND b.id = ?2",
    )?;
    let mut states = Vec::with_capacity(bundles.len());
    for bundle in bundles {
        let state = statement.query_row(params![stream, bundle], |row| {
            Ok(BundleState {
                hash: row.get::<_, BundleHash>(0)?,
                due: row.get(1)?,
                kept: row.get(2)?,
            })
        });
        states.push(state.optional()?);
    }
    Ok(states)
}

/// What is due comes first in the join: SQLite would rather look at all bundles of the integration.
pub(super) fn due(db: &Connection, id: &IntegrationId, limit: usize) -> Result<Vec<DueBundle>> {
    let mut statement = db.prepare_cached(
        "SELECT b.key, b.id, b.grp, b.documents, s.name, d.cause
         FROM due AS d CROSS JOIN bundles AS b ON b.key = d.bundle
         JOIN streams AS s ON s.key = b.stream
         WHERE s.integration = ?1 AND b.documents IS NOT NULL ORDER BY d.bundle LIMIT ?2",
    )?;
    let mut rows = statement.query(params![integrations::key(db, id)?, limit as i64])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        let StoredBundle { key, bundle } = read(row)?;
        due.push(DueBundle {
            key,
            stream: row.get(4)?,
            cause: from_json(&row.get::<_, String>(5)?)?,
            bundle,
        });
    }
    Ok(due)
}

pub(super) fn streams_to_read_again(db: &Connection, id: &IntegrationId) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT s.name FROM due AS d CROSS JOIN bundles AS b ON b.key = d.bundle
         JOIN streams AS s ON s.key = b.stream
         WHERE s.integration = ?1 AND b.documents IS NULL ORDER BY s.name",
    )?;
    let rows = statement.query_map([integrations::key(db, id)?], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn mark_all_due(tx: &Transaction<'_>, id: &IntegrationId, cause: &Cause) -> Result<u64> {
    let marked = tx.execute(
        "INSERT INTO due SELECT b.key, ?2 FROM bundles AS b
         JOIN streams AS s ON s.key = b.stream WHERE s.integration = ?1
         ON CONFLICT (bundle) DO UPDATE SET cause = excluded.cause",
        params![integrations::key(tx, id)?, json(cause)?],
    )?;
    Ok(marked as u64)
}

pub(super) fn giver(
    db: &Connection,
    id: &IntegrationId,
    record: &StoredRecord,
) -> Result<Option<(String, StoredBundle)>> {
    let sql = format!(
        "SELECT {COLUMNS}, s.name FROM bundles AS b JOIN streams AS s ON s.key = b.stream
         WHERE b.key = ?1 AND s.integration = ?2 AND b.documents IS NOT NULL"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![record.bundle, integrations::key(db, id)?])?;
    rows.next()?
        .map(|row| Ok((row.get(4)?, read(row)?)))
        .transpose()
}

/// Takes a bundle away with everything that is only its own.
pub(super) fn remove(tx: &Transaction<'_>, key: i64, lookups: &[u8]) -> Result<()> {
    let mut lookup = tx.prepare_cached("DELETE FROM lookups WHERE lookup = ?1 AND bundle = ?2")?;
    for number in dependents::numbers(lookups) {
        lookup.execute([number, key])?;
    }
    for table in [
        "DELETE FROM sightings WHERE bundle = ?1",
        "DELETE FROM due WHERE bundle = ?1",
        "DELETE FROM losses WHERE bundle = ?1",
        "DELETE FROM rivals WHERE bundle = ?1",
        "DELETE FROM bundles WHERE key = ?1",
    ] {
        tx.prepare_cached(table)?.execute([key])?;
    }
    Ok(())
}
