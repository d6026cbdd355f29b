//! The request log.

use ats_core::Timestamp;
use rusqlite::{Connection, Row, Transaction, params};

use super::super::values::{damaged, from_word, instant, millis, word};
use crate::{LogEntry, LogQuery, NewLogEntry, Result};

const COLUMNS: &str = "key, id, at, environment, api_key, integration, kind, method, path, query, \
                       status, code, message, duration_ms";

pub(super) fn write(tx: &Transaction<'_>, entries: &[NewLogEntry]) -> Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO request_log (id, at, environment, api_key, integration, kind, method, path,
             query, status, code, message, duration_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for entry in entries {
        insert.execute(params![
            entry.id,
            millis(entry.at),
            entry.environment,
            entry.api_key,
            entry.integration.as_ref().map(|id| id.as_str()),
            word(&entry.kind)?,
            entry.method,
            entry.path,
            entry.query,
            entry.status,
            entry.code,
            entry.message,
            i64::try_from(entry.duration_ms).unwrap_or(i64::MAX)
        ])?;
    }
    Ok(())
}

pub(super) fn find(db: &Connection, query: &LogQuery) -> Result<Vec<LogEntry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM request_log WHERE key < ?1 AND at >= ?2
             AND (?3 IS NULL OR environment = ?3) AND (?4 IS NULL OR integration = ?4)
             AND (?5 IS NULL OR kind = ?5) AND (NOT ?6 OR code IS NOT NULL)
         ORDER BY key DESC LIMIT ?7"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![
        query.before.unwrap_or(i64::MAX),
        query.since.map_or(0, millis),
        query.environment,
        query.integration.as_ref().map(|id| id.as_str()),
        query.kind.as_ref().map(word).transpose()?,
        query.only_errors,
        i64::try_from(query.limit).unwrap_or(i64::MAX)
    ])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(read(row)?);
    }
    Ok(entries)
}

pub(super) fn one(db: &Connection, id: &str) -> Result<Option<LogEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM request_log WHERE id = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(read).transpose()
}

pub(super) fn prune(tx: &Transaction<'_>, before: Timestamp) -> Result<u64> {
    let gone = tx.execute("DELETE FROM request_log WHERE at < ?1", [millis(before)])?;
    Ok(gone as u64)
}

fn read(row: &Row<'_>) -> Result<LogEntry> {
    let integration: Option<String> = row.get(5)?;
    let integration = integration.map(|id| {
        id.parse()
            .map_err(|_| damaged("the log names an odd integration"))
    });
    let duration: i64 = row.get(13)?;
    Ok(LogEntry {
        key: row.get(0)?,
        entry: NewLogEntry {
            id: row.get(1)?,
            at: instant(row.get(2)?)?,
            environment: row.get(3)?,
            api_key: row.get(4)?,
            integration: integration.transpose()?,
            kind: from_word(&row.get::<_, String>(6)?)?,
            method: row.get(7)?,
            path: row.get(8)?,
            query: row.get(9)?,
            status: row.get(10)?,
            code: row.get(11)?,
            message: row.get(12)?,
            duration_ms: u64::try_from(duration).unwrap_or_default(),
        },
    })
}
