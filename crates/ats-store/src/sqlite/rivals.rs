//! Bundles that give a record too: who comes first, and who takes over.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{settle::Giver, values::json};
use crate::{Cause, Result};

/// Whether a bundle comes after the one that gives the record now, in the order of stream name and
/// bundle id: the order that decides, so that history does not.
pub(super) fn outranks(tx: &Transaction<'_>, giver: &Giver<'_>, other: i64) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "SELECT (?2, ?3) > (s.name, b.id) FROM bundles AS b
         JOIN streams AS s ON s.key = b.stream WHERE b.key = ?1",
    )?;
    let outranks = statement
        .query_row(params![other, giver.stream, giver.id], |row| row.get(0))
        .optional()?;
    Ok(outranks.unwrap_or(true))
}

pub(super) fn add(tx: &Transaction<'_>, record: i64, bundle: i64) -> Result<()> {
    let mut statement = tx.prepare_cached("INSERT OR IGNORE INTO rivals VALUES (?1, ?2)")?;
    statement.execute([record, bundle])?;
    Ok(())
}

pub(super) fn remove(tx: &Transaction<'_>, record: i64, bundle: i64) -> Result<()> {
    let mut statement =
        tx.prepare_cached("DELETE FROM rivals WHERE record = ?1 AND bundle = ?2")?;
    statement.execute([record, bundle])?;
    Ok(())
}

/// The first of those that wait.
pub(super) fn next(tx: &Transaction<'_>, record: i64) -> Result<Option<i64>> {
    let mut statement = tx.prepare_cached(
        "SELECT b.key FROM rivals AS r JOIN bundles AS b ON b.key = r.bundle
         JOIN streams AS s ON s.key = b.stream WHERE r.record = ?1
         ORDER BY s.name DESC, b.id DESC LIMIT 1",
    )?;
    Ok(statement.query_row([record], |row| row.get(0)).optional()?)
}

/// The record shows what the next bundle gives, as soon as that is mapped again.
pub(super) fn hand_over(tx: &Transaction<'_>, record: i64, next: i64) -> Result<()> {
    remove(tx, record, next)?;
    let mut update = tx.prepare_cached("UPDATE records SET bundle = ?2 WHERE key = ?1")?;
    update.execute([record, next])?;
    let mut due = tx.prepare_cached("INSERT OR IGNORE INTO due VALUES (?1, ?2)")?;
    due.execute(params![next, json(&Cause::Handover)?])?;
    Ok(())
}

/// The records that a bundle gives, first or as a rival.
pub(super) fn given_by(tx: &Transaction<'_>, bundle: i64) -> Result<Vec<i64>> {
    let mut statement = tx.prepare_cached(
        "SELECT key FROM records WHERE bundle = ?1
         UNION ALL SELECT record FROM rivals WHERE bundle = ?1",
    )?;
    let rows = statement.query_map([bundle], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
