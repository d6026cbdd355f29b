//! Writing pages: bundles, what they were mapped to, and how far the walk has come.
//!
//! Every statement here runs inside the one transaction of a commit. What becomes of a single
//! record is decided in `settle`.

use std::collections::HashSet;

use ats_core::{BundleRef, Lookup};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    Models, integrations,
    ledger::Ledger,
    passes, rivals,
    settle::Moment,
    values::{json, word},
};
use crate::{
    BundleCommit, BundleHash, Cause, DeletionReason, Documents, MappedCommit, PageCommit, Progress,
    RecordCommit, Result, WalkState, lookup_hash,
};

/// Everything that the statements of one page need.
pub(super) struct Page<'a> {
    pub(super) tx: &'a Transaction<'a>,
    pub(super) models: &'a Models,
    pub(super) commit: &'a PageCommit,
    pub(super) integration: i64,
    pub(super) stream: i64,
}

/// A bundle as it was found.
struct Found {
    key: i64,
    group: Option<String>,
    hash: Vec<u8>,
    lookups: Vec<u8>,
    has_documents: bool,
}

pub(super) fn pages(tx: &Transaction<'_>, models: &Models, pages: &[PageCommit]) -> Result<()> {
    let mut ledger = Ledger::default();
    for commit in pages {
        let page = Page {
            tx,
            models,
            commit,
            integration: integrations::key(tx, &commit.integration)?,
            stream: integrations::stream(tx, &commit.integration, &commit.stream)?,
        };
        page.write(&mut ledger)?;
    }
    ledger.close(tx, models)
}

impl Page<'_> {
    fn write(&self, ledger: &mut Ledger) -> Result<()> {
        let mut insert = self
            .tx
            .prepare_cached("INSERT OR IGNORE INTO layouts VALUES (?1, ?2, ?3)")?;
        for layout in &self.commit.layouts {
            insert.execute(params![self.integration, layout.key, layout.definitions])?;
        }
        let mut distinct = 0;
        let mut losses = 0;
        for bundle in &self.commit.bundles {
            distinct += u64::from(self.bundle(bundle, ledger)?);
            let mapped = bundle.mapped.as_ref();
            losses += mapped.map_or(0, |mapped| mapped.losses.len() as u64);
        }
        if let Some(model) = self.commit.model {
            let tally = ledger.tally(self.commit.pass, model);
            tally.losses += losses;
            tally.rejects += self.commit.rejects.len() as u64;
        }
        if let Some(progress) = &self.commit.progress {
            self.progress(progress, distinct, losses)?;
        }
        passes::moved_on(self.tx, self.integration, self.commit.at)
    }

    fn progress(&self, progress: &Progress, distinct: u64, losses: u64) -> Result<()> {
        let (state, cursor, checkpoint) = match &progress.next {
            Ok(cursor) => (WalkState::Open, Some(&cursor.0), None),
            Err(checkpoint) => (
                WalkState::Ended,
                None,
                checkpoint.as_ref().map(|checkpoint| &checkpoint.0),
            ),
        };
        let mut statement = self.tx.prepare_cached(
            "UPDATE walks SET state = ?2, cursor = ?3, checkpoint = ?4, pages = pages + 1,
                 rows = rows + ?5, distinct_ids = distinct_ids + ?6, rejects = rejects + ?7,
                 losses = losses + ?8 WHERE key = ?1",
        )?;
        let rows = self.commit.bundles.len() + self.commit.rejects.len();
        statement.execute(params![
            progress.walk,
            word(&state)?,
            cursor,
            checkpoint,
            (rows as u64 + self.commit.left_out) as i64,
            distinct as i64,
            self.commit.rejects.len() as i64,
            losses as i64
        ])?;
        let mut insert = self
            .tx
            .prepare_cached("INSERT INTO rejects VALUES (?1, ?2, ?3)")?;
        for reject in &self.commit.rejects {
            insert.execute(params![progress.walk, reject.endpoint, reject.reason])?;
        }
        Ok(())
    }

    /// Writes one bundle; tells whether the walk sees it for the first time.
    fn bundle(&self, bundle: &BundleCommit, ledger: &mut Ledger) -> Result<bool> {
        let found = self.find(&bundle.id)?;
        let changed = found.as_ref().is_none_or(|found| found.hash != bundle.hash);
        if changed && bundle.documents == Documents::AsStored {
            return self.stale(bundle, found.as_ref());
        }
        let key = match &found {
            None => self.insert(bundle)?,
            Some(found) => {
                self.update(found, bundle, changed)?;
                found.key
            }
        };
        if self.commit.shared {
            let appears = found.as_ref().is_some_and(|found| {
                matches!(
                    (&bundle.documents, found.has_documents),
                    (Documents::Packed(_), false) | (Documents::Dropped, true)
                )
            });
            if changed || appears {
                let old_group = found.as_ref().and_then(|found| found.group.as_deref());
                self.mark_dependents(&bundle.id, bundle.group.as_deref(), old_group)?;
            }
        }
        let seen = self.see(key)?;
        let first = seen || self.commit.progress.is_none();
        match &bundle.mapped {
            Some(mapped) => self.mapped(key, found.as_ref(), bundle, mapped, first, ledger)?,
            // The engine looked before another page changed it: what it took for granted no longer
            // holds, so it is mapped later.
            None if changed => self.mark_due(key, &bundle.cause)?,
            None if first => self.count_unchanged(key, ledger)?,
            None => {}
        }
        Ok(seen)
    }

    /// A bundle whose documents are said to be there, and are not: other ones are, or none. What it
    /// was mapped to comes from documents that are no more, so it is mapped later, or read again.
    fn stale(&self, bundle: &BundleCommit, found: Option<&Found>) -> Result<bool> {
        let key = match (found, &self.commit.progress) {
            (Some(found), _) => found.key,
            (None, None) => return Ok(false),
            (None, Some(_)) => self.insert(&BundleCommit {
                hash: BundleHash::default(),
                mapped: None,
                ..bundle.clone()
            })?,
        };
        self.mark_due(key, &bundle.cause)?;
        self.see(key)
    }

    fn find(&self, id: &str) -> Result<Option<Found>> {
        let mut statement = self.tx.prepare_cached(
            "SELECT key, grp, hash, lookups, documents IS NOT NULL FROM bundles
             WHERE stream = ?1 AND id = ?2",
        )?;
        let found = statement.query_row(params![self.stream, id], |row| {
            Ok(Found {
                key: row.get(0)?,
                group: row.get(1)?,
                hash: row.get(2)?,
                lookups: row.get(3)?,
                has_documents: row.get(4)?,
            })
        });
        Ok(found.optional()?)
    }

    fn insert(&self, bundle: &BundleCommit) -> Result<i64> {
        let documents = match &bundle.documents {
            Documents::Packed(packed) => Some(packed),
            Documents::AsStored | Documents::Dropped => None,
        };
        let lookups = bundle.mapped.as_ref().map(lookup_bytes);
        let mut statement = self.tx.prepare_cached(
            "INSERT INTO bundles (stream, id, grp, hash, lookups, documents)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        Ok(statement.insert(params![
            self.stream,
            bundle.id,
            bundle.group,
            bundle.hash,
            lookups.unwrap_or_default(),
            documents
        ])?)
    }

    fn update(&self, found: &Found, bundle: &BundleCommit, changed: bool) -> Result<()> {
        match &bundle.documents {
            Documents::Packed(packed) if changed || !found.has_documents => {
                let mut statement = self.tx.prepare_cached(
                    "UPDATE bundles SET grp = ?2, hash = ?3, documents = ?4 WHERE key = ?1",
                )?;
                statement.execute(params![found.key, bundle.group, bundle.hash, packed])?;
            }
            Documents::Dropped if changed || found.has_documents => {
                let mut statement = self.tx.prepare_cached(
                    "UPDATE bundles SET grp = ?2, hash = ?3, documents = NULL WHERE key = ?1",
                )?;
                statement.execute(params![found.key, bundle.group, bundle.hash])?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Marks what looked up the bundle, or the group that it is or was in.
    fn mark_dependents(&self, id: &str, group: Option<&str>, old: Option<&str>) -> Result<()> {
        let old = old.filter(|old| Some(*old) != group);
        mark_dependents(
            self.tx,
            &self.commit.integration,
            &self.commit.stream,
            id,
            [group, old],
        )
    }

    fn mark_due(&self, key: i64, cause: &Cause) -> Result<()> {
        let mut statement = self
            .tx
            .prepare_cached("INSERT OR IGNORE INTO due VALUES (?1, ?2)")?;
        statement.execute(params![key, json(cause)?])?;
        Ok(())
    }

    /// Tells whether the page belongs to a walk that has not brought the bundle before.
    fn see(&self, key: i64) -> Result<bool> {
        let Some(Progress { walk, .. }) = self.commit.progress else {
            return Ok(false);
        };
        let mut statement = self.tx.prepare_cached(
            "INSERT INTO sightings VALUES (?1, ?2)
             ON CONFLICT (bundle) DO UPDATE SET walk = excluded.walk WHERE walk <> excluded.walk",
        )?;
        Ok(statement.execute([key, walk])? > 0)
    }

    fn count_unchanged(&self, key: i64, ledger: &mut Ledger) -> Result<()> {
        let mut statement = self.tx.prepare_cached(
            "SELECT model, count(*) FROM records WHERE bundle = ?1 GROUP BY model",
        )?;
        let rows = statement.query_map([key], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        for row in rows {
            let (model, count) = row?;
            let model = self.models.kind(model)?;
            ledger.tally(self.commit.pass, model).unchanged += count as u64;
        }
        Ok(())
    }

    fn mapped(
        &self,
        key: i64,
        found: Option<&Found>,
        bundle: &BundleCommit,
        mapped: &MappedCommit,
        first: bool,
        ledger: &mut Ledger,
    ) -> Result<()> {
        self.write_lookups(key, found, mapped)?;
        self.write_losses(key, found.is_some(), mapped)?;
        let moment = Moment {
            tx: self.tx,
            models: self.models,
            integration: self.integration,
            pass: self.commit.pass,
            at: self.commit.at,
            cause: &bundle.cause,
            first,
        };
        let records = last_of_each(&mapped.records);
        for record in &records {
            moment.give(key, &self.commit.stream, &bundle.id, record, ledger)?;
        }
        if found.is_some() {
            let given: HashSet<&str> = records.iter().map(|record| record.id.as_str()).collect();
            for (record, id) in rivals::given_by(self.tx, key)? {
                if !given.contains(id.as_str()) {
                    moment.take_back(record, key, DeletionReason::Gone, ledger)?;
                }
            }
            let mut statement = self
                .tx
                .prepare_cached("DELETE FROM due WHERE bundle = ?1")?;
            statement.execute([key])?;
        }
        Ok(())
    }

    fn write_lookups(&self, key: i64, found: Option<&Found>, mapped: &MappedCommit) -> Result<()> {
        let bytes = lookup_bytes(mapped);
        if let Some(found) = found {
            if found.lookups == bytes {
                return Ok(());
            }
            let wanted: HashSet<i64> = mapped.lookups.iter().copied().collect();
            let mut delete = self
                .tx
                .prepare_cached("DELETE FROM lookups WHERE lookup = ?1 AND bundle = ?2")?;
            for lookup in numbers(&found.lookups).filter(|lookup| !wanted.contains(lookup)) {
                delete.execute([lookup, key])?;
            }
            let mut update = self
                .tx
                .prepare_cached("UPDATE bundles SET lookups = ?2 WHERE key = ?1")?;
            update.execute(params![key, bytes])?;
        }
        let mut insert = self
            .tx
            .prepare_cached("INSERT OR IGNORE INTO lookups VALUES (?1, ?2)")?;
        for lookup in &mapped.lookups {
            insert.execute([*lookup, key])?;
        }
        Ok(())
    }

    fn write_losses(&self, key: i64, was_there: bool, mapped: &MappedCommit) -> Result<()> {
        if was_there {
            let mut delete = self
                .tx
                .prepare_cached("DELETE FROM losses WHERE bundle = ?1")?;
            delete.execute([key])?;
        }
        let mut insert = self
            .tx
            .prepare_cached("INSERT INTO losses VALUES (?1, ?2, ?3, ?4)")?;
        for loss in &mapped.losses {
            insert.execute(params![key, loss.endpoint, loss.path, loss.expected])?;
        }
        Ok(())
    }
}

/// The records that a bundle gives: of several with one id the last.
fn last_of_each(records: &[RecordCommit]) -> Vec<&RecordCommit> {
    let mut seen = HashSet::with_capacity(records.len());
    let backwards = records.iter().rev();
    let mut last: Vec<_> = backwards.filter(|record| seen.insert(record.id)).collect();
    last.reverse();
    last
}

/// Marks what looked up a bundle or one of the groups.
pub(super) fn mark_dependents<'a>(
    tx: &Transaction<'_>,
    integration: &ats_core::IntegrationId,
    stream: &str,
    id: &str,
    groups: impl IntoIterator<Item = Option<&'a str>>,
) -> Result<()> {
    let place = |id: &str| BundleRef {
        stream: stream.to_owned().into(),
        id: id.to_owned(),
    };
    let groups = groups.into_iter().flatten();
    let lookups = std::iter::once(Lookup::Bundle(place(id)))
        .chain(groups.map(|group| Lookup::Group(place(group))));
    let cause = json(&Cause::Related(format!("{stream} {id}")))?;
    let mut statement = tx.prepare_cached(
        "INSERT OR IGNORE INTO due SELECT bundle, ?2 FROM lookups WHERE lookup = ?1",
    )?;
    for lookup in lookups {
        statement.execute(params![lookup_hash(integration, &lookup), cause])?;
    }
    Ok(())
}

fn lookup_bytes(mapped: &MappedCommit) -> Vec<u8> {
    let numbers = mapped.lookups.iter();
    numbers.flat_map(|number| number.to_le_bytes()).collect()
}

/// The numbers in what [`lookup_bytes`] made.
pub(super) fn numbers(bytes: &[u8]) -> impl Iterator<Item = i64> {
    let chunks = bytes.chunks_exact(8);
    chunks.filter_map(|chunk| Some(i64::from_le_bytes(chunk.try_into().ok()?)))
}
