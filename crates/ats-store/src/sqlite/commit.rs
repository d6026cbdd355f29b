//! Writing pages: bundles, what they were mapped to, and how far the walk has come.
//!
//! Every statement here runs inside the one transaction of a commit. What becomes of a single
//! record is decided in `settle`.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    Models, dependents, integrations, passes, rivals,
    settle::{Giver, Moment},
    values::{damaged, json, word},
    writer::Writer,
};
use crate::{
    BundleCommit, BundleHash, Cause, DeletionReason, Documents, MappedCommit, PageCommit, Progress,
    RecordCommit, Result, WalkState,
};

pub(super) fn pages(tx: &Transaction<'_>, models: &Models, pages: &[PageCommit]) -> Result<()> {
    let mut writer = Writer::new(tx, models)?;
    for commit in pages {
        let integration = integrations::key(tx, &commit.integration)?;
        let page = Page {
            commit,
            integration,
            stream: integrations::stream(tx, &commit.integration, &commit.stream)?,
            touched_at: writer.ledger.moment(tx, integration, commit.at)?,
        };
        page.write(&mut writer)?;
    }
    writer.close()
}

struct Page<'a> {
    commit: &'a PageCommit,
    integration: i64,
    stream: i64,
    touched_at: i64,
}

/// A bundle as it was found.
struct Found {
    key: i64,
    group: Option<String>,
    hash: Vec<u8>,
    lookups: Vec<u8>,
    has_documents: bool,
}

impl Page<'_> {
    fn write(&self, writer: &mut Writer<'_>) -> Result<()> {
        let mut insert = writer
            .tx
            .prepare_cached("INSERT OR IGNORE INTO layouts VALUES (?1, ?2, ?3)")?;
        for layout in &self.commit.layouts {
            insert.execute(params![self.integration, layout.key, layout.definitions])?;
        }
        let mut distinct = 0;
        let mut losses = 0;
        for bundle in &self.commit.bundles {
            distinct += u64::from(self.bundle(bundle, writer)?);
            let mapped = bundle.mapped.as_ref();
            losses += mapped.map_or(0, |mapped| mapped.losses.len() as u64);
        }
        if let Some(model) = self.commit.model {
            let tally = writer.ledger.tally(self.commit.pass, model);
            tally.losses += losses;
            tally.rejects += self.commit.rejects.len() as u64;
        }
        if let Some(progress) = &self.commit.progress {
            self.progress(writer.tx, progress, distinct, losses)?;
        }
        passes::moved_on(writer.tx, self.integration, self.commit.at)
    }

    fn progress(
        &self,
        tx: &Transaction<'_>,
        progress: &Progress,
        distinct: u64,
        losses: u64,
    ) -> Result<()> {
        let (state, cursor, checkpoint) = match &progress.next {
            Ok(cursor) => (WalkState::Open, Some(&cursor.0), None),
            Err(checkpoint) => (
                WalkState::Ended,
                None,
                checkpoint.as_ref().map(|checkpoint| &checkpoint.0),
            ),
        };
        let mut statement = tx.prepare_cached(
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
        let mut insert = tx.prepare_cached("INSERT INTO rejects VALUES (?1, ?2, ?3)")?;
        for reject in &self.commit.rejects {
            insert.execute(params![progress.walk, reject.endpoint, reject.reason])?;
        }
        Ok(())
    }

    /// Writes one bundle; tells whether the walk sees it for the first time.
    fn bundle(&self, bundle: &BundleCommit, writer: &mut Writer<'_>) -> Result<bool> {
        let (key, found) = match self.look(bundle, writer)? {
            Look::New(key) => (key, None),
            Look::Found(found) => (found.key, Some(found)),
            Look::Stale(None) => return Ok(false),
            Look::Stale(Some(key)) => {
                mark_due(writer.tx, key, &bundle.cause)?;
                return self.see(key, writer);
            }
        };
        let changed = found.as_ref().is_none_or(|found| found.hash != bundle.hash);
        if let Some(found) = &found {
            update(writer.tx, found, bundle, changed)?;
        }
        if self.commit.shared && (changed || appears(found.as_ref(), bundle)) {
            let old = found.as_ref().and_then(|found| found.group.as_deref());
            let old = old.filter(|old| Some(*old) != bundle.group.as_deref());
            dependents::mark(
                writer.tx,
                &self.commit.integration,
                &self.commit.stream,
                &bundle.id,
                [bundle.group.as_deref(), old],
            )?;
        }
        let seen = self.see(key, writer)?;
        if self.commit.progress.is_none() && bundle.documents != Documents::AsStored {
            self.show_to_walks(key, writer.tx)?;
        }
        let first = seen || self.commit.progress.is_none();
        match &bundle.mapped {
            Some(mapped) => self.mapped(key, found.as_ref(), bundle, mapped, first, writer)?,
            // The engine looked before another page changed it: what it took for granted no longer
            // holds, so it is mapped later.
            None if changed => mark_due(writer.tx, key, &bundle.cause)?,
            None if first => self.count_unchanged(key, writer)?,
            None => {}
        }
        Ok(seen)
    }

    /// Finds a bundle, or inserts it. As long as bundles are new, inserting comes first.
    fn look(&self, bundle: &BundleCommit, writer: &mut Writer<'_>) -> Result<Look> {
        let as_stored = bundle.documents == Documents::AsStored;
        if writer.expects_new
            && !as_stored
            && let Some(key) = self.insert(bundle, writer)?
        {
            return Ok(Look::New(key));
        }
        let found = self.find(&bundle.id, writer)?;
        writer.expects_new = found.is_none();
        match found {
            Some(found) if as_stored && found.hash != bundle.hash => {
                Ok(Look::Stale(Some(found.key)))
            }
            Some(found) => Ok(Look::Found(found)),
            None if as_stored && self.commit.progress.is_none() => Ok(Look::Stale(None)),
            None if as_stored => {
                // A hash that no bundle has: whatever comes next is another one.
                let unread = BundleCommit {
                    hash: BundleHash::default(),
                    mapped: None,
                    ..bundle.clone()
                };
                Ok(Look::Stale(self.insert(&unread, writer)?))
            }
            None => {
                let key = self.insert(bundle, writer)?;
                let odd = || damaged("a bundle is there and cannot be found");
                Ok(Look::New(key.ok_or_else(odd)?))
            }
        }
    }

    fn find(&self, id: &str, writer: &mut Writer<'_>) -> Result<Option<Found>> {
        let statement = &mut writer.statements.find_bundle;
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

    /// Gives the key, unless the bundle is there already.
    fn insert(&self, bundle: &BundleCommit, writer: &mut Writer<'_>) -> Result<Option<i64>> {
        let documents = match &bundle.documents {
            Documents::Packed(packed) => Some(packed),
            Documents::AsStored | Documents::Dropped => None,
        };
        let lookups = bundle.mapped.as_ref().map(dependents::bytes);
        let inserted = writer.statements.insert_bundle.execute(params![
            self.stream,
            bundle.id,
            bundle.group,
            bundle.hash,
            lookups.unwrap_or_default(),
            documents
        ])?;
        Ok((inserted > 0).then(|| writer.tx.last_insert_rowid()))
    }

    /// Tells whether the page belongs to a walk that has not brought the bundle before.
    fn see(&self, key: i64, writer: &mut Writer<'_>) -> Result<bool> {
        let Some(Progress { walk, .. }) = self.commit.progress else {
            return Ok(false);
        };
        Ok(writer.statements.see.execute([key, walk])? > 0)
    }

    /// What was read alone was seen by the walk that is under way, or may go on, and which may have
    /// passed its place already: otherwise that walk would sweep it.
    fn show_to_walks(&self, key: i64, tx: &Transaction<'_>) -> Result<()> {
        let mut statement = tx.prepare_cached(
            "INSERT OR REPLACE INTO sightings
             SELECT ?1, key FROM walks WHERE stream = ?2 AND state IN ('OPEN', 'ENDED', 'FAILED')
             ORDER BY key DESC LIMIT 1",
        )?;
        statement.execute([key, self.stream])?;
        Ok(())
    }

    fn count_unchanged(&self, key: i64, writer: &mut Writer<'_>) -> Result<()> {
        let mut statement = writer.tx.prepare_cached(
            "SELECT model, count(*) FROM records WHERE bundle = ?1 GROUP BY model",
        )?;
        let rows = statement.query_map([key], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        for row in rows {
            let (model, count) = row?;
            let model = writer.models.kind(model)?;
            writer.ledger.tally(self.commit.pass, model).unchanged += count as u64;
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
        writer: &mut Writer<'_>,
    ) -> Result<()> {
        dependents::write(writer, key, found.map(|found| &found.lookups[..]), mapped)?;
        write_losses(writer.tx, key, found.is_some(), mapped)?;
        let moment = Moment {
            integration: self.integration,
            pass: self.commit.pass,
            at: self.commit.at,
            touched_at: self.touched_at,
            cause: &bundle.cause,
            first,
        };
        let giver = Giver {
            key,
            stream: &self.commit.stream,
            id: &bundle.id,
            is_new: found.is_none(),
        };
        let mut given = Vec::with_capacity(mapped.records.len());
        for record in last_of_each(&mapped.records) {
            given.push(writer.give(&moment, &giver, record)?);
        }
        if found.is_some() {
            for record in rivals::given_by(writer.tx, key)? {
                if !given.contains(&record) {
                    writer.take_back(&moment, record, key, DeletionReason::Gone)?;
                }
            }
            let mut statement = writer
                .tx
                .prepare_cached("DELETE FROM due WHERE bundle = ?1")?;
            statement.execute([key])?;
        }
        Ok(())
    }
}

/// How a bundle was met.
enum Look {
    /// It was not there, and is now.
    New(i64),
    /// It was there.
    Found(Found),
    /// Its documents are said to be there and are not: other ones are, or none. What it was mapped
    /// to comes from documents that are no more, so it is mapped later, or read again.
    Stale(Option<i64>),
}

/// Whether documents are there that were not, or the other way round.
fn appears(found: Option<&Found>, bundle: &BundleCommit) -> bool {
    let had = found.is_some_and(|found| found.has_documents);
    match bundle.documents {
        Documents::Packed(_) => !had,
        Documents::AsStored => false,
        Documents::Dropped => had,
    }
}

fn update(tx: &Transaction<'_>, found: &Found, bundle: &BundleCommit, changed: bool) -> Result<()> {
    if !changed && !appears(Some(found), bundle) {
        return Ok(());
    }
    let documents = match &bundle.documents {
        Documents::Packed(packed) => Some(packed),
        Documents::AsStored | Documents::Dropped => None,
    };
    let mut statement =
        tx.prepare_cached("UPDATE bundles SET grp = ?2, hash = ?3, documents = ?4 WHERE key = ?1")?;
    statement.execute(params![found.key, bundle.group, bundle.hash, documents])?;
    Ok(())
}

fn mark_due(tx: &Transaction<'_>, key: i64, cause: &Cause) -> Result<()> {
    let mut statement = tx.prepare_cached("INSERT OR IGNORE INTO due VALUES (?1, ?2)")?;
    statement.execute(params![key, json(cause)?])?;
    Ok(())
}

fn write_losses(
    tx: &Transaction<'_>,
    key: i64,
    was_there: bool,
    mapped: &MappedCommit,
) -> Result<()> {
    if was_there {
        let mut delete = tx.prepare_cached("DELETE FROM losses WHERE bundle = ?1")?;
        delete.execute([key])?;
    }
    if mapped.losses.is_empty() {
        return Ok(());
    }
    let mut insert = tx.prepare_cached("INSERT INTO losses VALUES (?1, ?2, ?3, ?4)")?;
    for loss in &mapped.losses {
        insert.execute(params![key, loss.endpoint, loss.path, loss.expected])?;
    }
    Ok(())
}

/// The records that a bundle gives: of several with one id the last.
fn last_of_each(records: &[RecordCommit]) -> Vec<&RecordCommit> {
    let mut seen = HashSet::with_capacity(records.len());
    let backwards = records.iter().rev();
    let mut last: Vec<_> = backwards.filter(|record| seen.insert(record.id)).collect();
    last.reverse();
    last
}
