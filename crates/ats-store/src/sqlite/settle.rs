//! What becomes of one record: new, changed, as before, handed over to another bundle, or gone.
//!
//! It owns the rules and the change log. Which bundle gives what is decided by the mapping.

use ats_core::{Id, ModelKind, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::{Map, Value};

use super::{
    Models,
    commit::Tallies,
    values::{json, millis, word},
};
use crate::{Cause, ChangeKind, DeletionReason, RecordCommit, Result};

/// When and why something is written.
pub(super) struct Moment<'a> {
    pub(super) tx: &'a Transaction<'a>,
    pub(super) models: &'a Models,
    pub(super) integration: i64,
    pub(super) pass: i64,
    pub(super) at: Timestamp,
    pub(super) cause: &'a Cause,
}

/// A record as it was found.
struct Found {
    key: i64,
    bundle: Option<i64>,
    hash: Vec<u8>,
    raw_hash: Option<Vec<u8>>,
    deleted_at: Option<i64>,
}

impl Moment<'_> {
    /// A bundle gives a record.
    pub(super) fn give(
        &self,
        bundle: i64,
        stream: &str,
        bundle_id: &str,
        record: &RecordCommit,
        tallies: &mut Tallies,
    ) -> Result<()> {
        let Some(found) = self.find(record.id)? else {
            return self.create(bundle, record, tallies);
        };
        if let Some(other) = found.bundle.filter(|other| *other != bundle) {
            if !self.outranks(stream, bundle_id, other)? {
                return self.add_rival(found.key, bundle);
            }
            self.add_rival(found.key, other)?;
            self.remove_rival(found.key, bundle)?;
        }
        self.settle(bundle, record, &found, tallies)
    }

    /// A bundle gives a record no more: the next one does, or it is gone.
    pub(super) fn take_back(
        &self,
        record: i64,
        bundle: i64,
        reason: DeletionReason,
        tallies: &mut Tallies,
    ) -> Result<()> {
        self.remove_rival(record, bundle)?;
        let mut select = self
            .tx
            .prepare_cached("SELECT bundle, model, deleted_at FROM records WHERE key = ?1")?;
        let (giver, model, deleted_at): (Option<i64>, i64, Option<i64>) =
            select.query_row([record], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        if giver != Some(bundle) {
            return Ok(());
        }
        if let Some(next) = self.next_rival(record)? {
            return self.hand_over(record, next);
        }
        let mut update = self.tx.prepare_cached(
            "UPDATE records SET bundle = NULL, changed_at = ?2, deleted_at = ?3,
                 reason = CASE WHEN deleted_at IS NULL THEN ?4 ELSE reason END, pass = ?5
             WHERE key = ?1",
        )?;
        update.execute(params![
            record,
            millis(self.at),
            deleted_at.unwrap_or(millis(self.at)),
            word(&reason)?,
            self.pass
        ])?;
        let model = self.models.kind(model)?;
        tallies.entry((self.pass, model)).or_default().deleted += 1;
        self.log(record, ChangeKind::Deleted, Some(reason), None)
    }

    fn find(&self, id: Id) -> Result<Option<Found>> {
        let mut statement = self.tx.prepare_cached(
            "SELECT key, bundle, hash, raw_hash, deleted_at FROM records WHERE id = ?1",
        )?;
        let found = statement.query_row([id.as_str()], |row| {
            Ok(Found {
                key: row.get(0)?,
                bundle: row.get(1)?,
                hash: row.get(2)?,
                raw_hash: row.get(3)?,
                deleted_at: row.get(4)?,
            })
        });
        Ok(found.optional()?)
    }

    fn create(&self, bundle: i64, record: &RecordCommit, tallies: &mut Tallies) -> Result<()> {
        let mut statement = self.tx.prepare_cached(
            "INSERT INTO records (integration, model, id, bundle, changed_at, deleted_at, reason,
                 pass, hash, raw_hash, layout, field_values, documents, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?;
        let reason = record.archived.then_some(DeletionReason::Archived);
        let key = statement.insert(params![
            self.integration,
            self.models.key(record.model),
            record.id.as_str(),
            bundle,
            millis(self.at),
            record.archived.then_some(millis(self.at)),
            reason.as_ref().map(word).transpose()?,
            self.pass,
            record.hash,
            record.raw_hash,
            record.fields.as_ref().map(|(layout, _)| layout),
            record.fields.as_ref().map(|(_, values)| values),
            record.documents.as_ref().map(json).transpose()?,
            record.content
        ])?;
        let tally = tallies.entry((self.pass, record.model)).or_default();
        tally.created += 1;
        self.log(key, ChangeKind::Created, reason, None)
    }

    /// Compares what is there with what the bundle gives now.
    fn settle(
        &self,
        bundle: i64,
        record: &RecordCommit,
        found: &Found,
        tallies: &mut Tallies,
    ) -> Result<()> {
        let raw_differs = match (&found.raw_hash, &record.raw_hash) {
            (Some(before), Some(now)) => before != now,
            // Whether raw documents are shown is a setting and no change.
            _ => false,
        };
        let differs = found.hash != record.hash || raw_differs;
        let was_gone = found.bundle.is_none();
        let was_deleted = found.deleted_at.is_some();
        let tally = tallies.entry((self.pass, record.model)).or_default();
        if !differs && !was_gone && was_deleted == record.archived {
            tally.unchanged += 1;
            return self.keep(bundle, record, found);
        }
        let (kind, reason) = match (was_deleted, record.archived) {
            (true, false) => (ChangeKind::Restored, None),
            (false, true) => (ChangeKind::Deleted, Some(DeletionReason::Archived)),
            (true, true) => (ChangeKind::Updated, Some(DeletionReason::Archived)),
            (false, false) => (ChangeKind::Updated, None),
        };
        match kind {
            ChangeKind::Deleted => tally.deleted += 1,
            _ => tally.updated += 1,
        }
        let fields = if differs {
            Some(self.differing(record, found)?)
        } else {
            None
        };
        let deleted_at = record
            .archived
            .then(|| found.deleted_at.unwrap_or(millis(self.at)));
        self.update(bundle, record, found, deleted_at, reason)?;
        if kind == ChangeKind::Restored && record.model == ModelKind::Candidate {
            let mut forget = self
                .tx
                .prepare_cached("DELETE FROM aliases WHERE old = ?1")?;
            forget.execute([record.id.as_str()])?;
        }
        self.log(found.key, kind, reason, fields)
    }

    fn update(
        &self,
        bundle: i64,
        record: &RecordCommit,
        found: &Found,
        deleted_at: Option<i64>,
        reason: Option<DeletionReason>,
    ) -> Result<()> {
        let mut statement = self.tx.prepare_cached(
            "UPDATE records SET bundle = ?2, changed_at = ?3, deleted_at = ?4, reason = ?5,
                 pass = ?6, hash = ?7, raw_hash = ?8, layout = ?9, field_values = ?10,
                 documents = ?11, content = ?12 WHERE key = ?1",
        )?;
        statement.execute(params![
            found.key,
            bundle,
            millis(self.at),
            deleted_at,
            reason.as_ref().map(word).transpose()?,
            self.pass,
            record.hash,
            record.raw_hash,
            record.fields.as_ref().map(|(layout, _)| layout),
            record.fields.as_ref().map(|(_, values)| values),
            record.documents.as_ref().map(json).transpose()?,
            record.content
        ])?;
        Ok(())
    }

    /// The record is as before; who gives it, or whether it shows raw documents, may not be.
    fn keep(&self, bundle: i64, record: &RecordCommit, found: &Found) -> Result<()> {
        let same_raw = found.raw_hash.as_deref() == record.raw_hash.as_ref().map(|hash| &hash[..]);
        if found.bundle == Some(bundle) && same_raw {
            return Ok(());
        }
        let mut statement = self.tx.prepare_cached(
            "UPDATE records SET bundle = ?2, raw_hash = ?3, documents = ?4 WHERE key = ?1",
        )?;
        statement.execute(params![
            found.key,
            bundle,
            record.raw_hash,
            record.documents.as_ref().map(json).transpose()?
        ])?;
        Ok(())
    }

    /// The names of the fields that differ. An application that moves to another candidate is
    /// written down: that candidate may have been merged.
    fn differing(&self, record: &RecordCommit, found: &Found) -> Result<Vec<String>> {
        let mut statement = self
            .tx
            .prepare_cached("SELECT content, layout, field_values FROM records WHERE key = ?1")?;
        let (content, layout, values): (String, Option<i64>, Option<String>) = statement
            .query_row([found.key], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let parse = |text: &str| serde_json::from_str::<Map<String, Value>>(text);
        let before = parse(&content).unwrap_or_default();
        let now = parse(&record.content).unwrap_or_default();
        let mut fields: Vec<String> = now
            .iter()
            .filter(|(name, value)| before.get(*name) != Some(value))
            .map(|(name, _)| name.clone())
            .collect();
        let fields_before = layout.zip(values);
        if fields_before != record.fields {
            fields.push("integration_fields".to_owned());
        }
        if fields.is_empty() {
            fields.push("remote_data".to_owned());
        }
        let candidate = before.get("candidate_id").and_then(Value::as_str);
        if let (Some(old), Some(new)) = (candidate, record.candidate)
            && record.model == ModelKind::Application
            && old != new.as_str()
        {
            let mut alias = self.tx.prepare_cached(
                "INSERT INTO aliases VALUES (?1, ?2, ?3)
                 ON CONFLICT (old) DO UPDATE SET new = excluded.new",
            )?;
            alias.execute(params![old, new.as_str(), self.integration])?;
        }
        Ok(fields)
    }

    fn log(
        &self,
        record: i64,
        kind: ChangeKind,
        reason: Option<DeletionReason>,
        fields: Option<Vec<String>>,
    ) -> Result<()> {
        let cause = match self.cause {
            Cause::Fetched => None,
            cause => Some(json(cause)?),
        };
        let mut statement = self.tx.prepare_cached(
            "INSERT INTO changes (integration, record, pass, at, kind, cause, reason, fields)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        statement.execute(params![
            self.integration,
            record,
            self.pass,
            millis(self.at),
            word(&kind)?,
            cause,
            reason.as_ref().map(word).transpose()?,
            fields.as_ref().map(json).transpose()?
        ])?;
        Ok(())
    }

    /// Whether the bundle comes after the one that gives the record now, in the order of stream
    /// name and bundle id: the order that decides, so that history does not.
    fn outranks(&self, stream: &str, bundle_id: &str, other: i64) -> Result<bool> {
        let mut statement = self.tx.prepare_cached(
            "SELECT (?2, ?3) > (s.name, b.id) FROM bundles AS b
             JOIN streams AS s ON s.key = b.stream WHERE b.key = ?1",
        )?;
        let outranks = statement
            .query_row(params![other, stream, bundle_id], |row| row.get(0))
            .optional()?;
        Ok(outranks.unwrap_or(true))
    }

    fn add_rival(&self, record: i64, bundle: i64) -> Result<()> {
        let mut statement = self
            .tx
            .prepare_cached("INSERT OR IGNORE INTO rivals VALUES (?1, ?2)")?;
        statement.execute([record, bundle])?;
        Ok(())
    }

    fn remove_rival(&self, record: i64, bundle: i64) -> Result<()> {
        let mut statement = self
            .tx
            .prepare_cached("DELETE FROM rivals WHERE record = ?1 AND bundle = ?2")?;
        statement.execute([record, bundle])?;
        Ok(())
    }

    fn next_rival(&self, record: i64) -> Result<Option<i64>> {
        let mut statement = self.tx.prepare_cached(
            "SELECT b.key FROM rivals AS r JOIN bundles AS b ON b.key = r.bundle
             JOIN streams AS s ON s.key = b.stream WHERE r.record = ?1
             ORDER BY s.name DESC, b.id DESC LIMIT 1",
        )?;
        Ok(statement.query_row([record], |row| row.get(0)).optional()?)
    }

    /// The record shows what the next bundle gives, as soon as that is mapped again.
    fn hand_over(&self, record: i64, next: i64) -> Result<()> {
        self.remove_rival(record, next)?;
        let mut update = self
            .tx
            .prepare_cached("UPDATE records SET bundle = ?2 WHERE key = ?1")?;
        update.execute([record, next])?;
        let mut due = self
            .tx
            .prepare_cached("INSERT OR IGNORE INTO due VALUES (?1, ?2)")?;
        due.execute(params![next, json(&Cause::Handover)?])?;
        Ok(())
    }
}

/// The records that a bundle gives, first or as a rival, with their ids.
pub(super) fn given_by(tx: &Transaction<'_>, bundle: i64) -> Result<Vec<(i64, String)>> {
    let mut statement = tx.prepare_cached(
        "SELECT key, id FROM records WHERE bundle = ?1
         UNION SELECT r.key, r.id FROM rivals AS v JOIN records AS r ON r.key = v.record
         WHERE v.bundle = ?1",
    )?;
    let rows = statement.query_map([bundle], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
