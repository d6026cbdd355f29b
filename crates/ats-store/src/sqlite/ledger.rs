//! What a transaction counts, and the records that nothing gives for the moment.
//!
//! A record may leave one bundle and come with another of the same commit. So it gets its tombstone
//! only when the commit is over and still nothing gives it.

use std::collections::{BTreeMap, HashMap};

use ats_core::{ModelKind, Timestamp};
use rusqlite::{Transaction, params};

use super::{
    Models,
    changes::{self, Line},
    settle::Moment,
    values::{from_word, millis, word},
};
use crate::{Cause, ChangeKind, DeletionReason, Result, Tally};

/// The books of one transaction.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    tallies: HashMap<(i64, ModelKind), Tally>,
    orphans: BTreeMap<i64, Orphan>,
    lines: Vec<Line>,
}

/// Why and when a record lost the last bundle that gave it.
#[derive(Debug)]
struct Orphan {
    integration: i64,
    pass: i64,
    at: Timestamp,
    cause: Cause,
    reason: DeletionReason,
}

impl Ledger {
    pub(super) fn tally(&mut self, pass: i64, model: ModelKind) -> &mut Tally {
        self.tallies.entry((pass, model)).or_default()
    }

    /// Nothing gives the record any more, unless it comes again before the commit is over.
    pub(super) fn orphan(&mut self, record: i64, moment: &Moment<'_>, reason: DeletionReason) {
        let orphan = Orphan {
            integration: moment.integration,
            pass: moment.pass,
            at: moment.at,
            cause: moment.cause.clone(),
            reason,
        };
        self.orphans.insert(record, orphan);
    }

    /// Whether the record lost its bundle in this commit only, and has none yet. It has one now.
    pub(super) fn adopt(&mut self, record: i64) -> bool {
        self.orphans.remove(&record).is_some()
    }

    /// A line for the change log. All are written together, which costs less.
    pub(super) fn log(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Sets the tombstones and writes what was counted and logged.
    pub(super) fn close(mut self, tx: &Transaction<'_>, models: &Models) -> Result<()> {
        for (record, orphan) in std::mem::take(&mut self.orphans) {
            let (model, reason) = bury(tx, record, &orphan)?;
            let model = models.kind(model)?;
            self.tally(orphan.pass, model).deleted += 1;
            self.log(Line {
                integration: orphan.integration,
                record,
                pass: orphan.pass,
                at: orphan.at,
                kind: ChangeKind::Deleted,
                cause: changes::cause(&orphan.cause)?,
                reason: Some(reason),
                fields: None,
            });
        }
        changes::write(tx, &self.lines)?;
        self.write(tx, models)
    }

    fn write(&self, tx: &Transaction<'_>, models: &Models) -> Result<()> {
        let mut statement = tx.prepare_cached(
            "INSERT INTO tallies VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (pass, model) DO UPDATE SET created = created + excluded.created,
                 updated = updated + excluded.updated, deleted = deleted + excluded.deleted,
                 unchanged = unchanged + excluded.unchanged, losses = losses + excluded.losses,
                 rejects = rejects + excluded.rejects",
        )?;
        for ((pass, model), tally) in &self.tallies {
            statement.execute(params![
                pass,
                models.key(*model),
                tally.created as i64,
                tally.updated as i64,
                tally.deleted as i64,
                tally.unchanged as i64,
                tally.losses as i64,
                tally.rejects as i64
            ])?;
        }
        Ok(())
    }
}

/// Sets a tombstone, or keeps the one that an archived record has. Gives the number of its model,
/// and the reason that it has now.
fn bury(tx: &Transaction<'_>, record: i64, orphan: &Orphan) -> Result<(i64, DeletionReason)> {
    let mut update = tx.prepare_cached(
        "UPDATE records SET changed_at = ?2, pass = ?3,
             reason = CASE WHEN deleted_at IS NULL THEN ?4 ELSE reason END,
             deleted_at = coalesce(deleted_at, ?2)
         WHERE key = ?1 RETURNING model, reason",
    )?;
    let values = params![
        record,
        millis(orphan.at),
        orphan.pass,
        word(&orphan.reason)?
    ];
    let (model, reason): (i64, String) =
        update.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((model, from_word(&reason)?))
}
