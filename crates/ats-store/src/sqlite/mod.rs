//! The embedded store, on SQLite: one file, one writer, readers beside it.
//!
//! It owns connections and transactions; what is written stands in the files beside this one. A
//! write waits for another process that writes, and gives up with a message after a while.

mod actions;
mod anonymise;
mod answers;
mod bundles;
mod changes;
mod commit;
mod dependents;
mod failure;
mod filters;
mod integrations;
mod ledger;
mod links;
mod lists;
mod lock;
mod outbox;
mod passes;
#[cfg(test)]
mod plans;
mod purge;
mod records;
mod rivals;
mod schema;
mod settle;
mod statements;
mod subscriptions;
mod sweep;
mod tenancy;
mod touch;
mod values;
mod writer;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use ats_core::{Checkpoint, Id, IntegrationId, ModelKind, StepState, Timestamp, Usage};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig};

use crate::{
    ActionEnd, ActionEntry, BundleState, Cause, Change, ChangeQuery, DeletionReason,
    DeliveryProgress, DueBundle, Error, Guard, Integration, ListQuery, LossRow, Missing,
    ModelCount, NewAction, NewDelivery, NewEvent, NewPass, NewSubscription, Page, PageCommit, Pass,
    PassEnd, Problem, RecordQuery, RejectRow, Removal, Result, Segment, Store, StoredBundle,
    StoredDelivery, StoredRecord, StoredSubscription, Swept, Tracked, WalkStart,
};

/// How a file is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a statement waits for another process that writes, before it gives up.
    pub patience: Duration,
    /// The most pages that the file may have. Tests fill a disk with it.
    #[doc(hidden)]
    pub most_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(15),
            most_pages: None,
        }
    }
}

/// Readers that are kept open when nobody reads.
const IDLE_READERS: usize = 8;

/// A database file.
pub struct SqliteStore {
    path: PathBuf,
    /// The same, however it was called: locks lie beside it.
    real_path: PathBuf,
    options: Options,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    models: Models,
}

/// The numbers of the models in this file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Models {
    keys: HashMap<ModelKind, i64>,
    kinds: HashMap<i64, ModelKind>,
}

impl Models {
    fn key(&self, kind: ModelKind) -> i64 {
        // Every model is given a number when the file is opened.
        self.keys.get(&kind).copied().unwrap_or_default()
    }

    fn kind(&self, key: i64) -> Result<ModelKind> {
        self.kinds.get(&key).copied().ok_or_else(|| Error::Damaged {
            what: format!("there is no model of the number {key}"),
        })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, &Options::default())
    }

    /// The same, with other options than the usual ones.
    pub fn open_with(path: &Path, options: &Options) -> Result<Self> {
        let mut writer = open(path, OpenFlags::SQLITE_OPEN_CREATE, options)?;
        prepare(&mut writer, path, options.patience)?;
        if let Some(most_pages) = options.most_pages {
            writer.pragma_update(None, "max_page_count", most_pages)?;
        }
        let models = schema::models(&writer)?;
        Ok(Self {
            path: path.to_owned(),
            real_path: path.canonicalize().unwrap_or_else(|_| path.to_owned()),
            options: options.clone(),
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            models,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads with a connection of its own, beside the writer.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = lock_of(&self.readers).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let connection = open(&self.path, OpenFlags::empty(), &self.options)?;
                connection.pragma_update(None, "query_only", true)?;
                connection
            }
        };
        let result = read(&connection);
        let mut readers = lock_of(&self.readers);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        result
    }

    /// Writes in one transaction: all of it holds, or nothing.
    fn write<T>(&self, write: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut writer = lock_of(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = write(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

fn lock_of<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in a reader or in a transaction, which is rolled back, leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(path: &Path, more: OpenFlags, options: &Options) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| failure::opening(path, error))?;
    connection.busy_timeout(options.patience)?;
    connection.set_prepared_statement_cache_capacity(128);
    // Plans do not depend on values: otherwise every statement with `LIMIT ?` is planned anew each time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Brings the file up to date. Where two do so at once, SQLite sends one of them away at once, lest
/// they wait for each other; so that one tries again.
fn prepare(writer: &mut Connection, path: &Path, patience: Duration) -> Result<()> {
    let began = Instant::now();
    loop {
        match schema::prepare(writer, path) {
            Err(Error::Locked) if began.elapsed() < patience => {
                thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

impl SqliteStore {
    /// Erases an integration, and writes the event that tells of it with that.
    fn erase(&self, id: &IntegrationId, event: Option<&NewEvent>) -> Result<()> {
        let key = self.read(|db| integrations::key(db, id));
        let mut writer = lock_of(&self.writer);
        integrations::erase(&mut writer, id, event)?;
        if let Ok(key) = key {
            lock::forget(&self.real_path, key);
        }
        Ok(())
    }
}

impl Store for SqliteStore {
    fn save_integration(&self, integration: &Integration) -> Result<()> {
        self.write(|tx| integrations::save(tx, integration))
    }

    fn integrations(&self) -> Result<Vec<Integration>> {
        self.read(integrations::all)
    }

    fn integration(&self, id: &IntegrationId) -> Result<Option<Integration>> {
        self.read(|db| integrations::one(db, id))
    }

    fn erase_integration(&self, id: &IntegrationId) -> Result<()> {
        self.erase(id, None)
    }

    fn track(&self, id: &IntegrationId, tracked: &[Tracked], streams: &[&str]) -> Result<()> {
        self.write(|tx| integrations::track(tx, &self.models, id, tracked, streams))
    }

    fn tracked(&self, id: &IntegrationId) -> Result<Vec<Tracked>> {
        self.read(|db| integrations::tracked(db, &self.models, id))
    }

    fn lock(&self, id: &IntegrationId, holder: &str) -> Result<Box<dyn Guard>> {
        let key = self.read(|db| integrations::key(db, id))?;
        lock::take(&self.real_path, key, None, holder)
    }

    fn lock_named(&self, id: &IntegrationId, name: &str, holder: &str) -> Result<Box<dyn Guard>> {
        let key = self.read(|db| integrations::key(db, id))?;
        lock::take(&self.real_path, key, Some(name), holder)
    }

    fn begin_action(&self, id: &IntegrationId, new: &NewAction) -> Result<ActionEntry> {
        self.write(|tx| actions::begin(tx, id, new))
    }

    fn end_action(&self, action: i64, end: &ActionEnd) -> Result<()> {
        self.write(|tx| actions::end(tx, action, end))
    }

    fn step(&self, action: i64, name: &str) -> Result<Option<StepState>> {
        self.read(|db| actions::step(db, action, name))
    }

    fn save_step(&self, action: i64, name: &str, state: Option<&StepState>) -> Result<()> {
        self.write(|tx| actions::save_step(tx, action, name, state))
    }

    fn actions(&self, id: &IntegrationId, limit: usize) -> Result<Vec<ActionEntry>> {
        self.read(|db| actions::latest(db, id, limit))
    }

    fn add_subscription(&self, id: &IntegrationId, new: &NewSubscription) -> Result<i64> {
        self.write(|tx| subscriptions::add(tx, id, new))
    }

    fn save_subscription(&self, subscription: &StoredSubscription) -> Result<()> {
        self.write(|tx| subscriptions::save(tx, subscription))
    }

    fn remove_subscription(&self, subscription: i64) -> Result<()> {
        self.write(|tx| subscriptions::remove(tx, subscription))
    }

    fn subscriptions(&self, id: &IntegrationId) -> Result<Vec<StoredSubscription>> {
        self.read(|db| subscriptions::of(db, id))
    }

    fn subscription_at(&self, segment: &Segment) -> Result<Option<StoredSubscription>> {
        self.read(|db| subscriptions::at(db, segment))
    }

    fn accept_delivery(&self, id: &IntegrationId, new: &NewDelivery) -> Result<bool> {
        self.write(|tx| subscriptions::accept(tx, id, new))
    }

    fn due_deliveries(
        &self,
        id: &IntegrationId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<StoredDelivery>> {
        self.read(|db| subscriptions::due(db, id, now, limit))
    }

    fn next_delivery(&self, id: &IntegrationId) -> Result<Option<Timestamp>> {
        self.read(|db| subscriptions::next(db, id))
    }

    fn waiting_deliveries(&self, id: &IntegrationId) -> Result<u64> {
        self.read(|db| subscriptions::waiting(db, id))
    }

    fn settle_deliveries(&self, settled: &[(i64, DeliveryProgress)]) -> Result<()> {
        self.write(|tx| subscriptions::settle(tx, settled))
    }

    fn deliveries(&self, id: &IntegrationId, limit: usize) -> Result<Vec<StoredDelivery>> {
        self.read(|db| subscriptions::latest(db, id, limit))
    }

    fn prune_deliveries(&self, id: &IntegrationId, before: Timestamp) -> Result<u64> {
        self.write(|tx| subscriptions::prune(tx, id, before))
    }

    fn begin_pass(&self, id: &IntegrationId, pass: &NewPass) -> Result<i64> {
        self.write(|tx| passes::begin(tx, id, pass))
    }

    fn resume_pass(&self, pass: i64) -> Result<()> {
        self.write(|tx| passes::resume(tx, pass))
    }

    fn end_pass(&self, pass: i64, end: &PassEnd) -> Result<()> {
        self.write(|tx| passes::end(tx, pass, end))
    }

    fn add_usage(&self, pass: i64, usage: Usage) -> Result<()> {
        self.write(|tx| passes::add_usage(tx, pass, usage))
    }

    fn passes(&self, id: &IntegrationId, limit: usize) -> Result<Vec<Pass>> {
        self.read(|db| passes::latest(db, &self.models, id, limit))
    }

    fn pass(&self, id: &IntegrationId, pass_id: &str) -> Result<Option<Pass>> {
        self.read(|db| passes::one(db, &self.models, id, pass_id))
    }

    fn begin_walk(
        &self,
        id: &IntegrationId,
        pass: i64,
        stream: &str,
        start: &WalkStart,
        at: Timestamp,
    ) -> Result<i64> {
        self.write(|tx| passes::begin_walk(tx, id, pass, stream, start, at))
    }

    fn restart_walk(&self, walk: i64, start: &WalkStart) -> Result<()> {
        self.write(|tx| passes::restart_walk(tx, walk, start))
    }

    fn fail_walk(&self, walk: i64, problem: &Problem, at: Timestamp) -> Result<()> {
        self.write(|tx| passes::fail_walk(tx, walk, problem, at))
    }

    fn complete_walk(&self, walk: i64, problem: Option<&Problem>, at: Timestamp) -> Result<()> {
        self.write(|tx| passes::complete_walk(tx, walk, problem, at))
    }

    fn checkpoints(&self, id: &IntegrationId) -> Result<BTreeMap<String, Checkpoint>> {
        self.read(|db| passes::checkpoints(db, id))
    }

    fn last_full_pass(&self, id: &IntegrationId) -> Result<Option<Timestamp>> {
        self.read(|db| passes::last_full(db, id))
    }

    fn commit(&self, pages: &[PageCommit]) -> Result<()> {
        self.write(|tx| {
            schema::size_log(tx)?;
            commit::pages(tx, &self.models, pages)
        })
    }

    fn bundle(
        &self,
        id: &IntegrationId,
        stream: &str,
        bundle: &str,
    ) -> Result<Option<StoredBundle>> {
        self.read(|db| bundles::one(db, id, stream, bundle))
    }

    fn group(&self, id: &IntegrationId, stream: &str, group: &str) -> Result<Vec<StoredBundle>> {
        self.read(|db| bundles::group(db, id, stream, group))
    }

    fn bundles(
        &self,
        id: &IntegrationId,
        stream: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StoredBundle>> {
        self.read(|db| bundles::of_stream(db, id, stream, after, limit))
    }

    fn count_bundles(&self, id: &IntegrationId, stream: &str) -> Result<u64> {
        self.read(|db| bundles::count(db, id, stream))
    }

    fn bundle_states(
        &self,
        id: &IntegrationId,
        stream: &str,
        bundles: &[&str],
    ) -> Result<Vec<Option<BundleState>>> {
        self.read(|db| bundles::states(db, id, stream, bundles))
    }

    fn due(&self, id: &IntegrationId, limit: usize) -> Result<Vec<DueBundle>> {
        self.read(|db| bundles::due(db, id, limit))
    }

    fn streams_to_read_again(&self, id: &IntegrationId) -> Result<Vec<String>> {
        self.read(|db| bundles::streams_to_read_again(db, id))
    }

    fn mark_all_due(&self, id: &IntegrationId, cause: &Cause) -> Result<u64> {
        self.write(|tx| bundles::mark_all_due(tx, id, cause))
    }

    fn purge(&self, id: &IntegrationId, models: &[ModelKind]) -> Result<u64> {
        self.write(|tx| purge::purge(tx, &self.models, id, models))
    }

    fn anonymise(
        &self,
        id: &IntegrationId,
        pass: i64,
        before: Timestamp,
        at: Timestamp,
        limit: usize,
    ) -> Result<u64> {
        self.write(|tx| anonymise::anonymise(tx, &self.models, (id, pass), before, at, limit))
    }

    fn missing(&self, walk: i64) -> Result<Missing> {
        self.read(|db| sweep::missing(db, &self.models, walk))
    }

    fn sweep(
        &self,
        walk: i64,
        reason: DeletionReason,
        at: Timestamp,
        limit: usize,
    ) -> Result<Swept> {
        self.write(|tx| sweep::sweep(tx, &self.models, walk, reason, at, limit))
    }

    fn remove_bundle(&self, removal: &Removal) -> Result<bool> {
        self.write(|tx| sweep::remove(tx, &self.models, removal))
    }

    fn merge(&self, id: &IntegrationId, from: &Id, into: &Id) -> Result<()> {
        self.write(|tx| sweep::merge(tx, id, from, into))
    }

    fn candidates_with_email(&self, id: &IntegrationId, email: &str) -> Result<Vec<String>> {
        self.read(|db| records::candidates_with_email(db, &self.models, id, email))
    }

    fn settle_merges(&self, id: &IntegrationId) -> Result<u64> {
        self.write(|tx| sweep::settle_merges(tx, id))
    }

    fn alias(&self, id: &IntegrationId, record: &Id) -> Result<Option<Id>> {
        self.read(|db| records::alias(db, id, record))
    }

    fn record(&self, id: &IntegrationId, record: &Id) -> Result<Option<StoredRecord>> {
        self.read(|db| records::one(db, &self.models, id, record))
    }

    fn of_candidate(&self, id: &IntegrationId, candidate: &Id) -> Result<Vec<StoredRecord>> {
        self.read(|db| records::of_candidate(db, &self.models, id, candidate))
    }

    fn records(&self, id: &IntegrationId, query: RecordQuery) -> Result<Vec<StoredRecord>> {
        self.read(|db| records::page(db, &self.models, id, query))
    }

    fn records_by_ids(&self, id: &IntegrationId, ids: &[Id]) -> Result<Vec<StoredRecord>> {
        self.read(|db| records::by_ids(db, &self.models, id, ids))
    }

    fn children(
        &self,
        id: &IntegrationId,
        model: ModelKind,
        parents: &[Id],
    ) -> Result<Vec<StoredRecord>> {
        self.read(|db| records::children(db, &self.models, id, model, parents))
    }

    fn remote_data(&self, id: &IntegrationId, record: &StoredRecord) -> Result<Option<String>> {
        self.read(|db| records::remote_data(db, id, record))
    }

    fn giver(
        &self,
        id: &IntegrationId,
        record: &StoredRecord,
    ) -> Result<Option<(String, StoredBundle)>> {
        self.read(|db| bundles::giver(db, id, record))
    }

    fn layouts(&self, id: &IntegrationId) -> Result<Vec<(ModelKind, String)>> {
        self.read(|db| records::layouts(db, &self.models, id))
    }

    fn counts(&self, id: &IntegrationId) -> Result<BTreeMap<ModelKind, ModelCount>> {
        self.read(|db| records::counts(db, &self.models, id))
    }

    fn losses(&self, id: &IntegrationId, limit: usize) -> Result<Vec<LossRow>> {
        self.read(|db| changes::losses(db, id, limit))
    }

    fn rejects(&self, id: &IntegrationId, limit: usize) -> Result<Vec<RejectRow>> {
        self.read(|db| changes::rejects(db, id, limit))
    }

    fn changes(&self, id: &IntegrationId, query: &ChangeQuery) -> Result<Vec<Change>> {
        self.read(|db| changes::log(db, &self.models, id, query))
    }

    fn latest(&self, id: &IntegrationId) -> Result<Option<Timestamp>> {
        self.read(|db| passes::latest_moment(db, id))
    }

    fn list(&self, id: &IntegrationId, query: &ListQuery, text: &mut Vec<u8>) -> Result<Page> {
        self.read(|db| lists::page(db, &self.models, id, query, text))
    }

    fn last_change(&self, id: &IntegrationId) -> Result<i64> {
        self.read(|db| answers::last_change(db, id))
    }

    fn save_answers(
        &self,
        id: &IntegrationId,
        as_of: i64,
        answers: &[(i64, String)],
    ) -> Result<bool> {
        self.write(|tx| answers::save(tx, id, as_of, answers))
    }

    fn without_answer(
        &self,
        id: &IntegrationId,
        model: ModelKind,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StoredRecord>> {
        self.read(|db| answers::missing(db, &self.models, id, model, after, limit))
    }

    fn drop_answers(&self, id: &IntegrationId) -> Result<()> {
        self.write(|tx| answers::drop_all(tx, id))
    }
}
