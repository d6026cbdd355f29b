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
    links::Links,
    settle::Moment,
    touch::{Touched, Touches},
    values::{damaged, from_word, millis, word},
};
use crate::{Cause, ChangeKind, DeletionReason, Result, Tally};

/// The books of one transaction.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    tallies: HashMap<(i64, ModelKind), Tally>,
    orphans: BTreeMap<i64, Orphan>,
    lines: Vec<Line>,
    touches: Touches,
}

/// Why and when a record lost the last bundle that gave it.
#[derive(Debug)]
struct Orphan {
    integration: i64,
    pass: i64,
    at: Timestamp,
    touched_at: i64,
    cause: Cause,
    reason: DeletionReason,
}

impl Ledger {
    /// The moment of what the transaction changes in an integration, for the lists.
    pub(super) fn moment(
        &mut self,
        tx: &Transaction<'_>,
        integration: i64,
        at: Timestamp,
    ) -> Result<i64> {
        self.touches.moment(tx, integration, at)
    }

    pub(super) fn tally(&mut self, pass: i64, model: ModelKind) -> &mut Tally {
        self.tallies.entry((pass, model)).or_default()
    }

    /// Nothing gives the record any more, unless it comes again before the commit is over.
    pub(super) fn orphan(&mut self, record: i64, moment: &Moment<'_>, reason: DeletionReason) {
        let orphan = Orphan {
            integration: moment.integration,
            pass: moment.pass,
            at: moment.at,
            touched_at: moment.touched_at,
            cause: moment.cause.clone(),
            reason,
        };
        self.orphans.insert(record, orphan);
    }

    /// Whether the record lost its bundle in this commit only, and has none yet. It has one now.
    pub(super) fn adopt(&mut self, record: i64) -> bool {
        self.orphans.remove(&record).is_some()
    }

    /// A line for the change log, and the record it is about. All are written together, which costs
    /// less.
    pub(super) fn log(&mut self, line: Line, touched: Touched) {
        self.lines.push(line);
        self.touches.add(touched);
    }

    /// The content of a record is as before, and its raw documents may not be.
    pub(super) fn reshow(&mut self, integration: i64, record: i64) {
        self.touches.reshow(integration, record);
    }

    /// Sets the tombstones and writes what was counted and logged.
    pub(super) fn close(mut self, tx: &Transaction<'_>, models: &Models) -> Result<()> {
        for (record, orphan) in std::mem::take(&mut self.orphans) {
            let (touched, reason) = bury(tx, models, record, &orphan)?;
            self.tally(orphan.pass, touched.model).deleted += 1;
            let line = Line {
                integration: orphan.integration,
                record,
                pass: orphan.pass,
                at: orphan.at,
                kind: ChangeKind::Deleted,
                cause: changes::cause(&orphan.cause)?,
                reason: Some(reason),
                fields: None,
            };
            self.log(line, touched);
        }
        changes::write(tx, &self.lines)?;
        std::mem::take(&mut self.touches).close(tx, models)?;
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

/// Sets a tombstone, or keeps the one that an archived record has. Gives what changed, and the reason
/// that the record has now.
fn bury(
    tx: &Transaction<'_>,
    models: &Models,
    record: i64,
    orphan: &Orphan,
) -> Result<(Touched, DeletionReason)> {
    let mut update = tx.prepare_cached(
        "UPDATE records SET changed_at = ?2, touched_at = ?5, pass = ?3,
             reason = CASE WHEN deleted_at IS NULL THEN ?4 ELSE reason END,
             deleted_at = coalesce(deleted_at, ?2)
         WHERE key = ?1 RETURNING model, id, content, reason",
    )?;
    let values = params![
        record,
        millis(orphan.at),
        orphan.pass,
        word(&orphan.reason)?,
        orphan.touched_at
    ];
    let (model, id, content, reason): (i64, String, String, String) = update
        .query_row(values, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    let model = models.kind(model)?;
    let touched = Touched {
        integration: orphan.integration,
        record,
        model,
        id: id.parse().map_err(|_| damaged("a record has an odd id"))?,
        is_new: false,
        elsewhere: true,
        links: Links::of(model, &content),
    };
    Ok((touched, from_word(&reason)?))
}
