//! A simulated vendor, the connector to it, and a journal that remembers.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use ats_core::{
    ActionContext, ActionKind, Bundle, Connection, Connector, Journal, Known, Mirror, Outcome,
    PlannedCall, Result, Shelf, Start, StepState, Walk,
};
use ats_http::testing::FakeClock;
use ats_simulator::{Fault, FaultKind, KeySpec, Options, Simulator, ashby};
use serde_json::{Value, json};

/// What was done already, as a store would keep it, and what a dry run would do.
#[derive(Default)]
pub(crate) struct Book {
    steps: Mutex<BTreeMap<String, StepState>>,
    planned: Mutex<Vec<PlannedCall>>,
}

impl Book {
    /// The calls that a dry run would make.
    pub(crate) fn planned(&self) -> Vec<(String, Value)> {
        let planned = self.planned.lock().unwrap().clone();
        planned
            .into_iter()
            .map(|call| (call.endpoint, call.body))
            .collect()
    }

    /// As if the process had died after the step was sent and before it was confirmed.
    pub(crate) fn forget_answer(&self, step: &str, before: Value) {
        let mut steps = self.steps.lock().unwrap();
        steps.insert(step.to_owned(), StepState::Sent { before });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.steps.lock().unwrap().is_empty()
    }
}

#[async_trait::async_trait]
impl Journal for Book {
    async fn recall(&self, step: &str) -> Result<Option<StepState>> {
        Ok(self.steps.lock().unwrap().get(step).cloned())
    }

    async fn sending(&self, step: &str, before: &Value) -> Result<()> {
        self.forget_answer(step, before.clone());
        Ok(())
    }

    async fn confirmed(&self, step: &str, result: &Value) -> Result<()> {
        let result = result.clone();
        let mut steps = self.steps.lock().unwrap();
        steps.insert(step.to_owned(), StepState::Confirmed { result });
        Ok(())
    }

    async fn refused(&self, step: &str) -> Result<()> {
        self.steps.lock().unwrap().remove(step);
        Ok(())
    }

    async fn hold(&self, _: &str) -> Result<Box<dyn Send + Sync>> {
        Ok(Box::new(()))
    }

    fn plan(&self, call: PlannedCall) {
        self.planned.lock().unwrap().push(call);
    }
}

/// What is known without asking.
#[derive(Default)]
struct Kept(Shelf);

#[async_trait::async_trait]
impl Known for Kept {
    async fn bundle(&self, stream: &'static str, id: &str) -> Result<Option<Arc<Bundle>>> {
        self.0.bundle(stream, id).await
    }

    async fn bundles(&self, stream: &'static str) -> Result<Vec<Arc<Bundle>>> {
        self.0.bundles(stream).await
    }
}

#[async_trait::async_trait]
impl Mirror for Kept {
    async fn group(&self, stream: &'static str, group: &str) -> Result<Vec<Arc<Bundle>>> {
        let mut bundles = self.0.bundles(stream).await?;
        bundles.retain(|bundle| bundle.group.as_deref() == Some(group));
        Ok(bundles)
    }

    async fn candidates_with_email(&self, _: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}

/// A vendor and the connector to it.
pub(crate) struct Vendor {
    pub(crate) simulator: Simulator,
    pub(crate) connector: Box<dyn Connector>,
    clock: Arc<FakeClock>,
}

impl Vendor {
    /// The small world, and a key with everything.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The small world, and a key without these permissions.
    pub(crate) async fn with(missing: &[&str]) -> Self {
        Self::connected(missing, true).await
    }

    /// Files are only fetched from the public internet.
    pub(crate) async fn guarded() -> Self {
        Self::connected(&[], false).await
    }

    async fn connected(missing: &[&str], allow_private_network: bool) -> Self {
        let simulator = Simulator::start(ashby::small_world(), Options::default())
            .await
            .unwrap();
        let all = Simulator::all_permissions().into_iter();
        let permissions = all.filter(|permission| !missing.contains(permission));
        let key = simulator.add_key(KeySpec::new("Some", permissions));
        let clock = Arc::new(FakeClock::new());
        let connection = Connection {
            credentials: [("api_key".to_owned(), key.into())].into(),
            base_url: Some(simulator.base_url()),
            clock: Some(clock.clone()),
            allow_private_network,
            ..Connection::default()
        };
        let connect = ats_connectors::find("ashby").unwrap().connect;
        Self {
            connector: connect(&connection).unwrap(),
            simulator,
            clock,
        }
    }

    /// Performs an action once and for all.
    pub(crate) async fn act(&self, action: &str, input: Value) -> Result<Outcome> {
        self.attempt(&Book::default(), action, input).await
    }

    /// Performs an action that `book` may know of.
    pub(crate) async fn attempt(&self, book: &Book, action: &str, input: Value) -> Result<Outcome> {
        self.perform(book, &Kept::default(), false, action, input)
            .await
    }

    /// What an action would do, from a mirror of everything.
    pub(crate) async fn plan(&self, action: &str, input: Value) -> (Result<Outcome>, Book) {
        let mut kept = Kept::default();
        for stream in self.connector.streams() {
            let mut walk = Walk::new(stream, Start::Full);
            while let Some(page) = walk.next(&kept).await.unwrap() {
                for bundle in page.bundles {
                    kept.0.put(stream.name(), Arc::new(bundle));
                }
            }
        }
        self.simulator.clear_log();
        let book = Book::default();
        let outcome = self.perform(&book, &kept, true, action, input).await;
        assert_eq!(self.endpoints(), [""; 0], "a dry run asks nothing");
        assert!(book.is_empty(), "a dry run leaves no trace");
        (outcome, book)
    }

    async fn perform(
        &self,
        book: &Book,
        mirror: &dyn Mirror,
        dry_run: bool,
        action: &str,
        input: Value,
    ) -> Result<Outcome> {
        let action = ActionKind::from_name(action).unwrap().parse(input)?.action;
        let context = ActionContext {
            dry_run,
            journal: book,
            mirror,
            default_source: None,
            clock: &*self.clock,
        };
        self.connector.perform(&action, &context).await
    }

    /// The next call of `endpoint` is carried out, and its answer is lost.
    pub(crate) fn lose_answer(&self, endpoint: &str) {
        let fault = Fault::once(endpoint, FaultKind::ApplyThenReset);
        self.simulator.inject(fault);
    }

    /// What was asked since the log was cleared.
    pub(crate) fn endpoints(&self) -> Vec<String> {
        let log = self.simulator.log();
        log.into_iter().map(|exchange| exchange.endpoint).collect()
    }

    /// How often an endpoint was called.
    pub(crate) fn calls(&self, endpoint: &str) -> usize {
        let endpoints = self.endpoints();
        endpoints
            .iter()
            .filter(|called| *called == endpoint)
            .count()
    }

    /// The body of the last call of an endpoint.
    pub(crate) fn sent(&self, endpoint: &str) -> Value {
        let log = self.simulator.log();
        let mut calls = log.into_iter().rev();
        let call = calls.find(|exchange| exchange.endpoint == endpoint);
        call.unwrap_or_else(|| panic!("{endpoint} was not called"))
            .request
    }

    /// A document of the world.
    pub(crate) fn document(&self, collection: &str, id: &str) -> Value {
        let found = self
            .simulator
            .read(|world| world.get(collection, id).cloned());
        found.unwrap_or_else(|| panic!("no {id} in {collection}"))
    }

    /// All documents of a collection.
    pub(crate) fn documents(&self, collection: &str) -> Vec<Value> {
        self.simulator
            .read(|world| world.collection(collection).values().cloned().collect())
    }
}

/// Ids of the small world.
pub(crate) fn candidate(number: u8) -> String {
    format!("3a000000-0000-4000-8000-{number:012}")
}

pub(crate) fn application(number: u8) -> String {
    format!("3b000000-0000-4000-8000-{number:012}")
}

pub(crate) fn stage(number: u8) -> String {
    format!("2a000000-0000-4000-8000-{number:012}")
}

pub(crate) fn reason(number: u8) -> String {
    format!("0f000000-0000-4000-8000-{number:012}")
}

/// A reference to something of the vendor.
pub(crate) fn remote(id: &str) -> Value {
    json!(format!("remote:{id}"))
}

/// The texts of an outcome's warnings.
pub(crate) fn warnings(outcome: &Outcome) -> Vec<&str> {
    let warnings = outcome.warnings.iter();
    warnings.map(|warning| &*warning.message).collect()
}
