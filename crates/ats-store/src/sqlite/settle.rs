//! What becomes of one record: new, changed, as before, handed over to another bundle, or gone.
//!
//! It owns the rules. Which bundle gives what is decided by the mapping.

use ats_core::{Id, ModelKind, Timestamp};
use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value};

use super::{
    changes::{self, Line},
    links::{self, Links},
    rivals,
    touch::Touched,
    values::{damaged, millis, packed_json, word},
    writer::Writer,
};
use crate::{Cause, ChangeKind, DeletionReason, RecordCommit, Result};

/// When and why something is written.
#[derive(Debug)]
pub(super) struct Moment<'a> {
    pub(super) integration: i64,
    pub(super) pass: i64,
    pub(super) at: Timestamp,
    /// The same for the lists, where it never comes before an earlier one.
    pub(super) touched_at: i64,
    pub(super) cause: &'a Cause,
    /// Whether the bundle is seen for the first time in its walk: a record is counted as unchanged
    /// once, however often its bundle comes.
    pub(super) first: bool,
}

/// A bundle that gives records.
#[derive(Debug)]
pub(super) struct Giver<'a> {
    pub(super) key: i64,
    pub(super) stream: &'a str,
    pub(super) id: &'a str,
    /// Whether the bundle is new: then its records may well be.
    pub(super) is_new: bool,
}

/// A record as it was found.
struct Found {
    key: i64,
    bundle: Option<i64>,
    hash: Vec<u8>,
    raw_hash: Option<Vec<u8>>,
    deleted_at: Option<i64>,
    has_places: bool,
}

/// What happened to a record.
struct Happened {
    kind: ChangeKind,
    reason: Option<DeletionReason>,
    fields: Option<Vec<String>>,
}

impl Happened {
    /// Whether others may show something of the record that is not as it was. A job has many
    /// applications, which show its name and nothing else that can change.
    fn shows_elsewhere(&self, model: ModelKind) -> bool {
        let fields = self.fields.as_deref().unwrap_or_default();
        model != ModelKind::Job
            || self.kind != ChangeKind::Updated
            || fields
                .iter()
                .any(|field| field == "name" || field == "remote_id")
    }
}

impl Writer<'_> {
    /// A bundle gives a record, whose key this is.
    pub(super) fn give(
        &mut self,
        moment: &Moment<'_>,
        giver: &Giver<'_>,
        record: &RecordCommit,
    ) -> Result<i64> {
        let found = match giver.is_new {
            true => None,
            false => self.find(record.id)?,
        };
        let found = match found {
            Some(found) => found,
            None => match self.create(moment, giver.key, record)? {
                Some(key) => return Ok(key),
                None => self
                    .find(record.id)?
                    .ok_or_else(|| damaged("a record is there and cannot be found"))?,
            },
        };
        if let Some(other) = found.bundle.filter(|other| *other != giver.key) {
            if !rivals::outranks(self.tx, giver, other)? {
                rivals::add(self.tx, found.key, giver.key)?;
                return Ok(found.key);
            }
            rivals::add(self.tx, found.key, other)?;
            rivals::remove(self.tx, found.key, giver.key)?;
        }
        self.settle(moment, giver.key, record, &found)?;
        Ok(found.key)
    }

    /// A bundle gives a record no more: the next one does, or nothing.
    pub(super) fn take_back(
        &mut self,
        moment: &Moment<'_>,
        record: i64,
        bundle: i64,
        reason: DeletionReason,
    ) -> Result<()> {
        let mut select = self
            .tx
            .prepare_cached("SELECT bundle FROM records WHERE key = ?1")?;
        let giver: Option<i64> = select.query_row([record], |row| row.get(0))?;
        if giver != Some(bundle) {
            return rivals::remove(self.tx, record, bundle);
        }
        if let Some(next) = rivals::next(self.tx, record)? {
            return rivals::hand_over(self.tx, record, next);
        }
        let mut update = self
            .tx
            .prepare_cached("UPDATE records SET bundle = NULL WHERE key = ?1")?;
        update.execute([record])?;
        self.ledger.orphan(record, moment, reason);
        Ok(())
    }

    fn find(&mut self, id: Id) -> Result<Option<Found>> {
        let statement = &mut self.statements.find_record;
        let found = statement.query_row([id.as_str()], |row| {
            Ok(Found {
                key: row.get(0)?,
                bundle: row.get(1)?,
                hash: row.get(2)?,
                raw_hash: row.get(3)?,
                deleted_at: row.get(4)?,
                has_places: row.get(5)?,
            })
        });
        Ok(found.optional()?)
    }

    /// Gives the key, unless the record is there already.
    fn create(
        &mut self,
        moment: &Moment<'_>,
        bundle: i64,
        record: &RecordCommit,
    ) -> Result<Option<i64>> {
        let reason = record.archived.then_some(DeletionReason::Archived);
        let model = self.models.key(record.model);
        let inserted = self.statements.insert_record.execute(params![
            moment.integration,
            model,
            record.id.as_str(),
            bundle,
            millis(moment.at),
            record.archived.then_some(millis(moment.at)),
            reason.as_ref().map(word).transpose()?,
            moment.pass,
            record.hash,
            record.raw_hash,
            record.fields.as_ref().map(|(layout, _)| layout),
            record.fields.as_ref().map(|(_, values)| values),
            record.documents.as_ref().map(packed_json).transpose()?,
            record.content,
            moment.touched_at
        ])?;
        if inserted == 0 {
            return Ok(None);
        }
        let key = self.tx.last_insert_rowid();
        self.ledger.tally(moment.pass, record.model).created += 1;
        let links = Links::of(record.model, &record.content);
        links::write(&mut self.statements.insert_link, model, key, &links)?;
        let change = Happened {
            kind: ChangeKind::Created,
            reason,
            fields: None,
        };
        self.log(moment, key, record, change, links)?;
        Ok(Some(key))
    }

    /// Compares what is there with what the bundle gives now.
    fn settle(
        &mut self,
        moment: &Moment<'_>,
        bundle: i64,
        record: &RecordCommit,
        found: &Found,
    ) -> Result<()> {
        let raw_differs = match (&found.raw_hash, &record.raw_hash) {
            (Some(before), Some(now)) => before != now,
            // Whether raw documents are shown is a setting and no change.
            _ => false,
        };
        let differs = found.hash != record.hash || raw_differs;
        // What lost its bundle in this commit only was never gone.
        let was_gone = found.bundle.is_none() && !self.ledger.adopt(found.key);
        let was_deleted = found.deleted_at.is_some();
        let tally = self.ledger.tally(moment.pass, record.model);
        if !differs && !was_gone && was_deleted == record.archived {
            tally.unchanged += u64::from(moment.first);
            if self.keep(bundle, record, found)? {
                self.ledger.reshow(moment.integration, found.key);
            }
            return Ok(());
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
        let mut links = Links::of(record.model, &record.content);
        let fields = if differs {
            let (fields, before) = self.differing(moment, record, found, raw_differs)?;
            let model = self.models.key(record.model);
            let insert = &mut self.statements.insert_link;
            links::replace(self.tx, insert, model, found.key, (&before, &links))?;
            links = links.and(before);
            Some(fields)
        } else {
            None
        };
        let deleted_at = record
            .archived
            .then(|| found.deleted_at.unwrap_or(millis(moment.at)));
        self.update(moment, bundle, record, found, deleted_at, reason)?;
        if was_deleted && record.model == ModelKind::Candidate {
            let mut forget = self
                .tx
                .prepare_cached("DELETE FROM aliases WHERE old = ?1")?;
            forget.execute([record.id.as_str()])?;
        }
        let change = Happened {
            kind,
            reason,
            fields,
        };
        self.log(moment, found.key, record, change, links)
    }

    fn update(
        &self,
        moment: &Moment<'_>,
        bundle: i64,
        record: &RecordCommit,
        found: &Found,
        deleted_at: Option<i64>,
        reason: Option<DeletionReason>,
    ) -> Result<()> {
        let mut statement = self.tx.prepare_cached(
            "UPDATE records SET bundle = ?2, changed_at = ?3, deleted_at = ?4, reason = ?5,
                 pass = ?6, hash = ?7, raw_hash = ?8, layout = ?9, field_values = ?10,
                 documents = ?11, content = ?12, touched_at = ?13, anonymised = 0 WHERE key = ?1",
        )?;
        statement.execute(params![
            found.key,
            bundle,
            millis(moment.at),
            deleted_at,
            reason.as_ref().map(word).transpose()?,
            moment.pass,
            record.hash,
            record.raw_hash,
            record.fields.as_ref().map(|(layout, _)| layout),
            record.fields.as_ref().map(|(_, values)| values),
            record.documents.as_ref().map(packed_json).transpose()?,
            record.content,
            moment.touched_at
        ])?;
        Ok(())
    }

    /// The record is as before; who gives it, whether it shows raw documents, and where they are,
    /// may not be. Tells whether one of these is not.
    fn keep(&self, bundle: i64, record: &RecordCommit, found: &Found) -> Result<bool> {
        let same_raw = found.raw_hash.as_deref() == record.raw_hash.as_ref().map(|hash| &hash[..]);
        let has_places = found.has_places || record.documents.is_some();
        if found.bundle == Some(bundle) && same_raw && !has_places {
            return Ok(false);
        }
        let mut statement = self.tx.prepare_cached(
            "UPDATE records SET bundle = ?2, raw_hash = ?3, documents = ?4 WHERE key = ?1
             AND (bundle, raw_hash, documents) IS NOT (?2, ?3, ?4)",
        )?;
        let kept = statement.execute(params![
            found.key,
            bundle,
            record.raw_hash,
            record.documents.as_ref().map(packed_json).transpose()?
        ])?;
        Ok(kept > 0)
    }

    /// The names of the fields that differ, and what was referred to before. An application that moves to another candidate is
    /// written down: that candidate may have been merged.
    fn differing(
        &self,
        moment: &Moment<'_>,
        record: &RecordCommit,
        found: &Found,
        raw_differs: bool,
    ) -> Result<(Vec<String>, Links)> {
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
        let differ = now
            .iter()
            .filter(|(name, value)| before.get(*name) != Some(value));
        let dropped = before.iter().filter(|(name, _)| !now.contains_key(*name));
        let names = differ.chain(dropped).map(|(name, _)| name.clone());
        let mut fields: Vec<String> = names.collect();
        let fields_before = layout.zip(values);
        if fields_before != record.fields {
            fields.push("integration_fields".to_owned());
        }
        if raw_differs {
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
            alias.execute(params![old, new.as_str(), moment.integration])?;
            // It moved back: that it once moved the other way says nothing any more.
            let mut undo = self
                .tx
                .prepare_cached("DELETE FROM aliases WHERE old = ?2 AND new = ?1")?;
            undo.execute([old, new.as_str()])?;
        }
        Ok((fields, Links::of(record.model, &content)))
    }

    fn log(
        &mut self,
        moment: &Moment<'_>,
        key: i64,
        record: &RecordCommit,
        change: Happened,
        links: Links,
    ) -> Result<()> {
        let touched = Touched {
            integration: moment.integration,
            record: key,
            model: record.model,
            id: record.id,
            is_new: change.kind == ChangeKind::Created,
            elsewhere: change.shows_elsewhere(record.model),
            links,
        };
        let line = Line {
            integration: moment.integration,
            record: key,
            pass: moment.pass,
            at: moment.at,
            kind: change.kind,
            cause: changes::cause(moment.cause)?,
            reason: change.reason,
            fields: change.fields,
        };
        self.ledger.log(line, touched);
        Ok(())
    }
}
