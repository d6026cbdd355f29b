//! The change log, and reading losses and rejects.

use ats_core::{IntegrationId, Timestamp};
use rusqlite::{Connection, Row, Transaction, params};

use super::{
    Models, integrations, records,
    values::{damaged, from_json, from_word, instant, json, millis, word},
};
use crate::{Cause, Change, ChangeKind, ChangeQuery, DeletionReason, LossRow, RejectRow, Result};

/// A line on its way into the log.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) integration: i64,
    pub(super) record: i64,
    pub(super) pass: i64,
    pub(super) at: Timestamp,
    pub(super) kind: ChangeKind,
    /// As [`cause`] gives it.
    pub(super) cause: Option<String>,
    pub(super) reason: Option<DeletionReason>,
    pub(super) fields: Option<Vec<String>>,
}

/// A cause as it stands in the log: nothing for the usual one.
pub(super) fn cause(cause: &Cause) -> Result<Option<String>> {
    match cause {
        Cause::Fetched => Ok(None),
        cause => json(cause).map(Some),
    }
}

pub(super) fn write(tx: &Transaction<'_>, lines: &[Line]) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO changes (integration, record, pass, at, kind, cause, reason, fields)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for line in lines {
        statement.execute(params![
            line.integration,
            line.record,
            line.pass,
            millis(line.at),
            word(&line.kind)?,
            line.cause,
            line.reason.as_ref().map(word).transpose()?,
            line.fields.as_ref().map(json).transpose()?
        ])?;
    }
    Ok(())
}

pub(super) fn log(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    query: &ChangeQuery,
) -> Result<Vec<Change>> {
    let integration = integrations::key(db, id)?;
    let record = match &query.id {
        None => None,
        // The key is found once, so that lines of other records need not be looked at any closer.
        Some(id) => match records::key(db, integration, id)? {
            Some(key) => Some(key),
            None => return Ok(Vec::new()),
        },
    };
    let mut statement = db.prepare_cached(
        "SELECT c.seq, r.model, r.id, json_extract(r.content, '$.remote_id'), c.kind, c.at, p.id,
             c.cause, c.reason, c.fields
         FROM changes AS c JOIN records AS r ON r.key = c.record
         JOIN passes AS p ON p.key = c.pass
         WHERE c.integration = ?1 AND c.seq > ?2 AND (?3 IS NULL OR r.model = ?3)
           AND (?4 IS NULL OR c.record = ?4) AND (?5 IS NULL OR c.at >= ?5)
         ORDER BY c.seq LIMIT ?6",
    )?;
    let mut rows = statement.query(params![
        integration,
        query.after,
        query.model.map(|model| models.key(model)),
        record,
        query.since.map(millis),
        query.limit as i64
    ])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(read(models, row)?);
    }
    Ok(changes)
}

fn read(models: &Models, row: &Row<'_>) -> Result<Change> {
    let id: String = row.get(2)?;
    let cause: Option<String> = row.get(7)?;
    let reason: Option<String> = row.get(8)?;
    let fields: Option<String> = row.get(9)?;
    Ok(Change {
        seq: row.get(0)?,
        model: models.kind(row.get(1)?)?,
        id: id.parse().map_err(|_| damaged("a record has an odd id"))?,
        remote_id: row.get(3)?,
        change: from_word(&row.get::<_, String>(4)?)?,
        at: instant(row.get(5)?)?,
        pass_id: row.get(6)?,
        cause: cause.as_deref().map_or(Ok(Cause::Fetched), from_json)?,
        reason: reason.as_deref().map(from_word).transpose()?,
        fields: fields.as_deref().map_or(Ok(Vec::new()), from_json)?,
    })
}

pub(super) fn losses(db: &Connection, id: &IntegrationId, limit: usize) -> Result<Vec<LossRow>> {
    let mut statement = db.prepare_cached(
        // Losses first: there are fewer of them than of bundles.
        "SELECT s.name, b.id, l.endpoint, l.path, l.expected FROM losses AS l
         CROSS JOIN bundles AS b ON b.key = l.bundle CROSS JOIN streams AS s ON s.key = b.stream
         WHERE s.integration = ?1 ORDER BY s.name, b.id, l.path LIMIT ?2",
    )?;
    let rows = statement.query_map(params![integrations::key(db, id)?, limit as i64], |row| {
        Ok(LossRow {
            stream: row.get(0)?,
            bundle: row.get(1)?,
            endpoint: row.get(2)?,
            path: row.get(3)?,
            expected: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The rejects of the last walk of each stream: what an earlier one could not keep may have been
/// mended since.
pub(super) fn rejects(db: &Connection, id: &IntegrationId, limit: usize) -> Result<Vec<RejectRow>> {
    let mut statement = db.prepare_cached(
        "SELECT s.name, j.endpoint, j.reason FROM rejects AS j
         JOIN walks AS w ON w.key = j.walk JOIN streams AS s ON s.key = w.stream
         WHERE s.integration = ?1
           AND w.key = (SELECT max(key) FROM walks WHERE stream = s.key)
         ORDER BY s.name, j.rowid LIMIT ?2",
    )?;
    let rows = statement.query_map(params![integrations::key(db, id)?, limit as i64], |row| {
        Ok(RejectRow {
            stream: row.get(0)?,
            endpoint: row.get(1)?,
            reason: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
