//! A simulated Ashby, the connector, a memory of steps that can be made to fail, and a mirror.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use ats_core::{
    ActionContext, ActionKind, Bundle, Connection, Connector, Error, ErrorKind, Journal, Known,
    Mirror, Outcome, PlannedCall, Result, Shelf, StepState,
};
use ats_http::testing::FakeClock;
use ats_simulator::{KeySpec, Options, Simulator, World, ashby};
use serde_json::Value;

/// A vendor with the small world, and our side of it.
pub(crate) struct Vendor {
    pub(crate) simulator: Simulator,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) mirror: Kept,
    pub(crate) default_source: Option<&'static str>,
}

impl Vendor {
    /// The small world, mirrored.
    pub(crate) async fn start(options: Options) -> Self {
        Self::with(ashby::small_world(), options).await
    }

    /// A world, mirrored.
    pub(crate) async fn with(world: World, options: Options) -> Self {
        let simulator = Simulator::start(world, options).await.unwrap();
        let connector = connect(&simulator, &simulator.key());
        let mut mirror = ats_conformance::Mirror::new("ashby");
        assert!(mirror.full_pass(&*connector).await.complete());
        simulator.clear_log();
        Self {
            simulator,
            connector,
            mirror: Kept(mirror.shelf().clone()),
            default_source: None,
        }
    }

    /// The same vendor with a key that lacks a permission.
    pub(crate) fn without(&self, permission: &str) -> Arc<dyn Connector> {
        let mut permissions = Simulator::all_permissions();
        permissions.retain(|known| *known != permission);
        let key = self
            .simulator
            .add_key(KeySpec::new("Some permissions", permissions));
        connect(&self.simulator, &key)
    }

    /// Performs an action with a memory of its own.
    pub(crate) async fn act(&self, kind: ActionKind, input: Value) -> Result<Outcome> {
        self.act_with(&Book::default(), kind, input).await
    }

    /// Performs an action with a memory that outlives it.
    pub(crate) async fn act_with(
        &self,
        book: &Book,
        kind: ActionKind,
        input: Value,
    ) -> Result<Outcome> {
        self.perform(&*self.connector, book, kind, input, false)
            .await
    }

    /// What an action would send.
    pub(crate) async fn plan(
        &self,
        kind: ActionKind,
        input: Value,
    ) -> Result<(Vec<PlannedCall>, Outcome)> {
        let book = Book::default();
        let outcome = self
            .perform(&*self.connector, &book, kind, input, true)
            .await?;
        assert!(book.steps().is_empty(), "a dry run wrote something down");
        Ok((book.planned.lock().unwrap().clone(), outcome))
    }

    pub(crate) async fn perform(
        &self,
        connector: &dyn Connector,
        book: &Book,
        kind: ActionKind,
        input: Value,
        dry_run: bool,
    ) -> Result<Outcome> {
        let action = kind.parse(input)?.action;
        let context = ActionContext {
            dry_run,
            journal: book,
            mirror: &self.mirror,
            default_source: self.default_source,
            clock: &FakeClock::new(),
        };
        connector.perform(&action, &context).await
    }

    /// The names of the endpoints that were asked, in their order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let log = self.simulator.log().into_iter();
        log.map(|exchange| exchange.endpoint).collect()
    }

    /// The bodies that were sent to an endpoint.
    pub(crate) fn sent(&self, endpoint: &str) -> Vec<Value> {
        let log = self.simulator.log().into_iter();
        let log = log.filter(|exchange| exchange.endpoint == endpoint);
        log.map(|exchange| exchange.request).collect()
    }

    /// A document of the vendor's world.
    pub(crate) fn document(&self, collection: &str, id: &str) -> Value {
        let found = self
            .simulator
            .read(|world| world.get(collection, id).cloned());
        found.unwrap_or_else(|| panic!("{collection} has no {id}"))
    }

    /// How many documents a collection has.
    pub(crate) fn count(&self, collection: &str) -> usize {
        self.simulator.read(|world| world.len(collection))
    }
}

fn connect(simulator: &Simulator, key: &str) -> Arc<dyn Connector> {
    let connection = Connection {
        credentials: BTreeMap::from([("api_key".to_owned(), key.to_owned().into())]),
        base_url: Some(simulator.base_url()),
        clock: Some(Arc::new(FakeClock::new())),
        // The storage of the simulated vendor is on this machine.
        allow_private_network: true,
        ..Connection::default()
    };
    let factory = ats_connectors::find("ashby").unwrap();
    Arc::from((factory.connect)(&connection).unwrap())
}

/// A mirror in memory.
pub(crate) struct Kept(pub(crate) Shelf);

#[async_trait]
impl Known for Kept {
    async fn bundle(&self, stream: &'static str, id: &str) -> Result<Option<Arc<Bundle>>> {
        Known::bundle(&self.0, stream, id).await
    }

    async fn bundles(&self, stream: &'static str) -> Result<Vec<Arc<Bundle>>> {
        Known::bundles(&self.0, stream).await
    }
}

#[async_trait]
impl Mirror for Kept {
    async fn group(&self, stream: &'static str, group: &str) -> Result<Vec<Arc<Bundle>>> {
        Ok(ats_core::Related::group(&self.0, stream, group))
    }

    async fn candidates_with_email(&self, email: &str) -> Result<Vec<String>> {
        let has = |bundle: &&Arc<Bundle>| {
            let candidate = bundle.documents[0].body.to_value();
            let all = candidate["emailAddresses"].as_array().cloned();
            let mut all = all.unwrap_or_default().into_iter();
            all.any(|known| {
                let known = known["value"].as_str().unwrap_or_default();
                known.trim().eq_ignore_ascii_case(email.trim())
            })
        };
        let found = self.0.stream("candidates").filter(has);
        Ok(found.map(|bundle| bundle.id.clone()).collect())
    }
}

/// A memory of steps. It can be made to fail, as if the process died at that moment.
#[derive(Default)]
pub(crate) struct Book {
    steps: Mutex<BTreeMap<String, StepState>>,
    pub(crate) planned: Mutex<Vec<PlannedCall>>,
    /// The number of writes that still succeed.
    pub(crate) lives: Mutex<Option<u32>>,
}

impl Book {
    /// A memory that dies at its write number `lives`.
    pub(crate) fn dying(lives: u32) -> Self {
        Self {
            lives: Mutex::new(Some(lives)),
            ..Self::default()
        }
    }

    /// Comes back to life, with everything that was written before.
    pub(crate) fn revive(&self) {
        *self.lives.lock().unwrap() = None;
    }

    /// Whether it has died.
    pub(crate) fn is_dead(&self) -> bool {
        *self.lives.lock().unwrap() == Some(0)
    }

    pub(crate) fn steps(&self) -> MutexGuard<'_, BTreeMap<String, StepState>> {
        self.steps.lock().unwrap()
    }

    fn breathe(&self) -> Result<()> {
        let mut lives = self.lives.lock().unwrap();
        match &mut *lives {
            None => Ok(()),
            Some(0) => Err(Error::new(ErrorKind::Unexpected, "journal", "it died")),
            Some(lives) => {
                *lives -= 1;
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Journal for Book {
    async fn recall(&self, step: &str) -> Result<Option<StepState>> {
        if self.is_dead() {
            return Err(Error::new(ErrorKind::Unexpected, "journal", "it died"));
        }
        Ok(self.steps().get(step).cloned())
    }

    async fn sending(&self, step: &str, before: &Value) -> Result<()> {
        self.breathe()?;
        let before = before.clone();
        self.steps().insert(step.into(), StepState::Sent { before });
        Ok(())
    }

    async fn confirmed(&self, step: &str, result: &Value) -> Result<()> {
        self.breathe()?;
        let result = result.clone();
        self.steps()
            .insert(step.into(), StepState::Confirmed { result });
        Ok(())
    }

    async fn refused(&self, step: &str) -> Result<()> {
        self.breathe()?;
        self.steps().remove(step);
        Ok(())
    }

    async fn hold(&self, _: &str) -> Result<Box<dyn Send + Sync>> {
        Ok(Box::new(()))
    }

    fn plan(&self, call: PlannedCall) {
        self.planned.lock().unwrap().push(call);
    }
}
