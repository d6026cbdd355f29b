//! A simulated vendor, a store in a folder of its own, and the engine between them.
//!
//! It owns the comparison with the reference engine. No rule of the engine is known here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ats_conformance::Mirror;
use ats_core::{Connection, Connector, Id, IntegrationId, ModelKind};
use ats_simulator::{Fault, FaultKind, Options, Simulator, World, ashby};
use ats_store::{
    DeletionReason, Integration, IntegrationState, Pass, PassKind, PassState, RecordQuery,
    Settings, Store, StoredRecord, sqlite::SqliteStore, vault::Sealed,
};
use ats_sync::{Engine, Error, Event, Observer, PassOptions, Unobserved};
use serde_json::Value;
use tokio::sync::watch;

use crate::clock::TestClock;

/// Everything that one test needs.
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: TestClock,
    pub(crate) integration: Integration,
    _folder: tempfile::TempDir,
}

/// What the store shows of a record, and whether the vendor calls it archived.
pub(crate) type Shown = BTreeMap<Id, (ModelKind, bool, Value)>;

impl Bench {
    /// The small world, two rows a page.
    pub(crate) async fn small() -> Self {
        Self::new(ashby::small_world(), Some(2)).await
    }

    pub(crate) async fn new(world: World, page_size_cap: Option<usize>) -> Self {
        let options = Options {
            page_size_cap,
            ..Options::default()
        };
        Self::with(world, options).await
    }

    pub(crate) async fn with(world: World, options: Options) -> Self {
        let simulator = Simulator::start(world, options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(&folder.path().join("ats.db")).unwrap());
        let clock = TestClock::default();
        let now = clock.date();
        let integration = Integration {
            // The name that the reference engine uses, so that ids are the same.
            id: IntegrationId::derive("ashby", "conformance"),
            connector: "ashby".to_owned(),
            name: "conformance".to_owned(),
            base_url: None,
            state: IntegrationState::Active,
            environment: ats_store::PRODUCTION.to_owned(),
            end_user: ats_store::EndUser::default(),
            credentials: Sealed(Vec::new()),
            settings: Settings::default(),
            created_at: now,
            credentials_changed_at: now,
        };
        store.save_integration(&integration).unwrap();
        Self {
            simulator,
            store,
            clock,
            integration,
            _folder: folder,
        }
    }

    /// Changes the settings of the integration.
    pub(crate) fn set(&mut self, set: impl FnOnce(&mut Integration)) {
        set(&mut self.integration);
        self.store.save_integration(&self.integration).unwrap();
    }

    pub(crate) fn engine(&self) -> Engine {
        Engine::new(self.store.clone(), Arc::new(self.clock.clone()))
    }

    pub(crate) fn connector(&self) -> Arc<dyn Connector> {
        self.connector_with_key(&self.simulator.key())
    }

    pub(crate) fn connector_with_key(&self, key: &str) -> Arc<dyn Connector> {
        let connection = Connection {
            credentials: [("api_key".to_owned(), key.to_owned().into())].into(),
            base_url: Some(self.simulator.base_url()),
            settings: self.integration.settings.switches.clone(),
            clock: Some(Arc::new(self.clock.clone())),
            ..Connection::default()
        };
        let factory = ats_connectors::find("ashby").unwrap();
        Arc::from((factory.connect)(&connection).unwrap())
    }

    /// Runs a pass that must be possible.
    pub(crate) async fn pass(&self, options: &PassOptions) -> Pass {
        self.pass_with(options, self.connector()).await
    }

    pub(crate) async fn pass_with(
        &self,
        options: &PassOptions,
        connector: Arc<dyn Connector>,
    ) -> Pass {
        let (_keep, stop) = watch::channel(false);
        self.watched(options, connector, Arc::new(Unobserved), stop)
            .await
            .unwrap()
    }

    pub(crate) async fn watched(
        &self,
        options: &PassOptions,
        connector: Arc<dyn Connector>,
        observer: Arc<dyn Observer>,
        stop: watch::Receiver<bool>,
    ) -> Result<Pass, Error> {
        self.clock.advance(Duration::from_secs(60));
        self.engine()
            .run(&self.integration, connector, options, observer, stop)
            .await
    }

    /// A full pass that must succeed.
    pub(crate) async fn full(&self) -> Pass {
        let pass = self.pass(&full()).await;
        assert_eq!(pass.state, PassState::Succeeded, "{pass:#?}");
        pass
    }

    /// A delta pass that must succeed.
    pub(crate) async fn delta(&self) -> Pass {
        let pass = self.pass(&delta()).await;
        assert_eq!(pass.state, PassState::Succeeded, "{pass:#?}");
        pass
    }

    /// A pass that is stopped after so many pages.
    pub(crate) async fn stopped_after(&self, options: &PassOptions, pages: u64) -> Pass {
        self.stopped(options, None, pages).await
    }

    /// A pass that is stopped once a page of this stream is stored.
    pub(crate) async fn stopped_in(&self, options: &PassOptions, stream: &'static str) -> Pass {
        self.stopped(options, Some(stream), 1).await
    }

    async fn stopped(
        &self,
        options: &PassOptions,
        stream: Option<&'static str>,
        pages: u64,
    ) -> Pass {
        let (sender, stop) = watch::channel(false);
        let observer = Arc::new(StopAfter {
            of: stream,
            left: AtomicU64::new(pages),
            stop: sender,
        });
        self.watched(options, self.connector(), observer, stop)
            .await
            .unwrap()
    }

    pub(crate) fn apply(&self, name: &str, pick: u64) {
        let changes = ashby::changes();
        let change = changes.iter().find(|change| change.name == name).unwrap();
        self.simulator.edit(|world| (change.apply)(world, pick));
    }

    pub(crate) fn inject(&self, endpoint: &str, skip: u32, times: u32, kind: FaultKind) {
        self.simulator.inject(Fault {
            endpoint: Some(endpoint.to_owned()),
            skip,
            times,
            kind,
        });
    }

    /// How often each endpoint was asked since the log was last forgotten.
    pub(crate) fn requests(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for exchange in self.simulator.log() {
            *counts.entry(exchange.endpoint).or_default() += 1;
        }
        counts
    }

    /// Every record in the store, those with a tombstone too.
    pub(crate) fn stored(&self) -> Vec<StoredRecord> {
        let mut all = Vec::new();
        for model in ModelKind::ALL {
            let mut query = RecordQuery {
                model: *model,
                include_deleted: true,
                changed_since: None,
                after: 0,
                limit: 100,
            };
            loop {
                let page = self.store.records(&self.integration.id, query).unwrap();
                let Some(last) = page.last() else { break };
                query.after = last.key;
                all.extend(page);
            }
        }
        all
    }

    /// What the store shows of the records that the vendor has.
    pub(crate) fn shown(&self) -> Shown {
        let present = self.stored().into_iter().filter(|record| {
            record.remote_deleted_at.is_none() || record.reason == Some(DeletionReason::Archived)
        });
        present
            .map(|record| {
                let archived = record.remote_deleted_at.is_some();
                (record.id, (record.model, archived, self.json(&record)))
            })
            .collect()
    }

    /// A record as the API shows it, without the fields of the engine.
    pub(crate) fn json(&self, record: &StoredRecord) -> Value {
        let data = self
            .store
            .remote_data(&self.integration.id, record)
            .unwrap();
        let text = record.to_json(data.as_deref()).unwrap();
        let mut json: Value = serde_json::from_str(&text).unwrap();
        let members = json.as_object_mut().unwrap();
        for own in ["id", "changed_at", "remote_deleted_at"] {
            members.remove(own).unwrap();
        }
        json
    }

    /// What the vendor has, by a fresh reading of the reference engine.
    pub(crate) async fn truth(&self) -> Shown {
        self.truth_with(self.connector()).await
    }

    pub(crate) async fn truth_with(&self, connector: Arc<dyn Connector>) -> Shown {
        let mut mirror = Mirror::new("ashby");
        let report = mirror.full_pass(&*connector).await;
        assert!(
            report.complete(),
            "{:?}",
            report.errors().collect::<Vec<_>>()
        );
        assert_eq!(mirror.integration(), &self.integration.id);
        present(&mirror)
    }

    /// Fails with the first difference, for a person to read.
    pub(crate) async fn assert_true(&self, when: &str) {
        assert_same(&self.shown(), &self.truth().await, when);
    }
}

/// What a mirror has of the records that the vendor has.
pub(crate) fn present(mirror: &Mirror) -> Shown {
    let present = mirror.stored().iter().filter(|(_, stored)| !stored.gone);
    present
        .map(|((model, _), stored)| {
            let (id, record) = stored.record.clone().identify(mirror.integration());
            assert_eq!(id, stored.id);
            let json = serde_json::to_value(&record).unwrap();
            (id, (*model, stored.record.archived(), json))
        })
        .collect()
}

pub(crate) fn assert_same(ours: &Shown, truth: &Shown, when: &str) {
    let ids: BTreeSet<&Id> = ours.keys().chain(truth.keys()).collect();
    for id in ids {
        match (ours.get(id), truth.get(id)) {
            (Some(one), Some(other)) => {
                assert_eq!(one.0, other.0, "{when}: {id}");
                assert_eq!(one.1, other.1, "{when}: {} {id} archived", one.0);
                let differing = differing(&one.2, &other.2, String::new());
                assert!(
                    differing.is_empty(),
                    "{when}: {} {id}: {differing:#?}",
                    one.0
                );
            }
            (one, other) => panic!("{when}: {id} is stored as {one:?} and should be {other:?}"),
        }
    }
}

/// The places where two values differ, with what stands there.
fn differing(one: &Value, other: &Value, at: String) -> Vec<String> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let of = |value: &serde_json::Map<String, Value>, key: &str| {
                value
                    .get(key)
                    .cloned()
                    .unwrap_or(Value::String("(missing)".to_owned()))
            };
            keys.into_iter()
                .flat_map(|key| differing(&of(a, key), &of(b, key), format!("{at}/{key}")))
                .collect()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs
                .flat_map(|(index, (a, b))| differing(a, b, format!("{at}/{index}")))
                .collect()
        }
        (one, other) if one == other => Vec::new(),
        (one, other) => vec![format!("{at}: {one} is stored and should be {other}")],
    }
}

/// The same without raw documents.
pub(crate) fn without_documents(shown: Shown) -> Shown {
    let strip = |(model, archived, mut json): (ModelKind, bool, Value)| {
        json.as_object_mut().unwrap().remove("remote_data");
        (model, archived, json)
    };
    shown
        .into_iter()
        .map(|(id, shown)| (id, strip(shown)))
        .collect()
}

/// The same without the documents that are fetched one by one: they are not fetched again while the
/// row is the same, although the copies of other things in them may be.
pub(crate) fn without_details(shown: Shown) -> Shown {
    let strip = |(model, archived, mut json): (ModelKind, bool, Value)| {
        if let Some(Value::Object(documents)) = json.get_mut("remote_data") {
            documents.retain(|path, _| !path.ends_with(".info"));
        }
        (model, archived, json)
    };
    let shown = shown.into_iter();
    shown.map(|(id, shown)| (id, strip(shown))).collect()
}

pub(crate) fn full() -> PassOptions {
    PassOptions {
        kind: Some(PassKind::Full),
        ..PassOptions::default()
    }
}

pub(crate) fn delta() -> PassOptions {
    PassOptions {
        kind: Some(PassKind::Delta),
        ..PassOptions::default()
    }
}

/// The walk of a stream.
pub(crate) fn walk<'a>(pass: &'a Pass, stream: &str) -> &'a ats_store::Walk {
    let mut walks = pass.walks.iter().filter(|walk| walk.stream == stream);
    let found = walks
        .next()
        .unwrap_or_else(|| panic!("no walk of {stream}: {pass:#?}"));
    assert!(walks.next().is_none(), "two walks of {stream}: {pass:#?}");
    found
}

/// The kind of the problem that a walk had.
pub(crate) fn problem<'a>(pass: &'a Pass, stream: &str) -> &'a str {
    let problem = walk(pass, stream).problem.as_ref();
    problem.map_or("", |problem| problem.kind.as_str())
}

/// Stops the pass after so many pages, of one stream or of any.
struct StopAfter {
    of: Option<&'static str>,
    left: AtomicU64,
    stop: watch::Sender<bool>,
}

impl Observer for StopAfter {
    fn event(&self, event: Event) {
        if let Event::Page { stream, .. } = event
            && self.of.is_none_or(|of| of == stream)
            && self.left.fetch_sub(1, Ordering::Relaxed) == 1
        {
            self.stop.send_replace(true);
        }
    }
}
