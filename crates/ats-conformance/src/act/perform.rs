//! Performing an action against a running vendor, with a journal and a mirror in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use async_trait::async_trait;
use ats_core::{
    Action, ActionContext, ActionKind, Bundle, Clock, Connector, Error, ErrorKind, Journal, Known,
    Mirror as CoreMirror, ModelKind, Outcome, PlannedCall, Related, Result, Shelf, StepState,
    Support, Warning, action::Parsed,
};
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::{Failure, Harness, Mirror, Remote, Sent, WorldKind};

/// A vendor, and a mirror of it that was read before anything was done.
pub(crate) struct Stage {
    pub(crate) remote: Box<dyn Remote>,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) mirror: Mirror,
}

/// What one performance left.
pub(crate) struct Done {
    pub(crate) outcome: Outcome,
    pub(crate) warnings: Vec<Warning>,
    /// What was written at the vendor.
    pub(crate) writes: Vec<Sent>,
    /// What was asked for an action that only reads; nothing for any other.
    pub(super) reads: Vec<Sent>,
}

impl Stage {
    /// Starts a vendor that serves the small world, and reads it.
    pub(crate) async fn set(harness: &dyn Harness) -> std::result::Result<Self, Failure> {
        let remote = harness.start(WorldKind::SMALL).await;
        let connector = remote.connector();
        let mut mirror = Mirror::new(harness.slug());
        let report = mirror.full_pass(&*connector).await;
        if !report.complete() {
            return Err(Failure::of("the small world can be read")
                .expected("a complete pass", "the suite")
                .came("streams that did not end"));
        }
        remote.clear_requests();
        Ok(Self {
            remote,
            connector,
            mirror,
        })
    }

    /// Performs an action with a journal of its own.
    pub(crate) async fn perform(&self, kind: ActionKind, input: &Value) -> Result<Done> {
        self.perform_with(&*self.connector, kind, input, &Book::default())
            .await
    }

    /// The same for an integration with this default source.
    pub(crate) async fn perform_from(
        &self,
        default_source: Option<&str>,
        kind: ActionKind,
        input: &Value,
    ) -> Result<Done> {
        let book = Book::default();
        let manner = Manner {
            default_source,
            dry_run: false,
        };
        let performed = self.run(&*self.connector, kind, input, &book, manner).await;
        let (outcome, warnings) = performed?;
        Ok(Done {
            outcome,
            warnings,
            writes: self.remote.writes(),
            reads: Vec::new(),
        })
    }

    /// Performs an action as another connector of the same vendor, under this journal.
    pub(super) async fn perform_with(
        &self,
        connector: &dyn Connector,
        kind: ActionKind,
        input: &Value,
        book: &Book,
    ) -> Result<Done> {
        let before = self.remote.writes().len();
        let asked = self.remote.requests().len();
        let performed = self
            .run(connector, kind, input, book, Manner::default())
            .await;
        let writes = self.remote.writes().split_off(before);
        let reads = match kind.only_reads() {
            true => self.remote.requests().split_off(asked),
            false => Vec::new(),
        };
        let (outcome, warnings) = performed?;
        Ok(Done {
            outcome,
            warnings,
            writes,
            reads,
        })
    }

    /// The calls that a dry run plans.
    pub(super) async fn plan(&self, kind: ActionKind, input: &Value) -> Result<Vec<PlannedCall>> {
        let book = Book::default();
        let manner = Manner {
            dry_run: true,
            ..Manner::default()
        };
        self.run(&*self.connector, kind, input, &book, manner)
            .await?;
        Ok(book.planned())
    }

    async fn run(
        &self,
        connector: &dyn Connector,
        kind: ActionKind,
        input: &Value,
        book: &Book,
        manner: Manner<'_>,
    ) -> Result<(Outcome, Vec<Warning>)> {
        let Parsed {
            action,
            given,
            mut warnings,
        } = kind.parse(input.clone())?;
        warnings.extend(gap_warnings(connector, kind, &given));
        let context = ActionContext {
            dry_run: manner.dry_run,
            journal: book,
            mirror: &Shelved(&self.mirror),
            default_source: manner.default_source,
            clock: &NoWait,
        };
        let action: &Action = &action;
        let outcome = connector.perform(action, &context).await?;
        warnings.extend(outcome.warnings.iter().cloned());
        Ok((outcome, warnings))
    }
}

/// How an action is performed.
#[derive(Default, Clone, Copy)]
struct Manner<'a> {
    dry_run: bool,
    default_source: Option<&'a str>,
}

fn gap_warnings(
    connector: &dyn Connector,
    kind: ActionKind,
    given: &BTreeSet<String>,
) -> Vec<Warning> {
    let actions = connector.actions();
    let mut slots = actions.slots().into_iter();
    match slots.find(|(name, _)| *name == kind.name()) {
        Some((_, Support::Yes(write))) => write.warnings(given),
        _ => Vec::new(),
    }
}

/// A journal in memory. It can refuse to confirm, as if the process had died before it could.
#[derive(Debug, Default)]
pub(super) struct Book {
    steps: Mutex<BTreeMap<String, StepState>>,
    planned: Mutex<Vec<PlannedCall>>,
    dies_at: Mutex<Option<usize>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Book {
    /// Lets the process die when so many steps are confirmed and the next one would be.
    pub(super) fn die_at(&self, step: Option<usize>) {
        *lock(&self.dies_at) = step;
    }

    fn planned(&self) -> Vec<PlannedCall> {
        lock(&self.planned).clone()
    }
}

#[async_trait]
impl Journal for Book {
    async fn recall(&self, step: &str) -> Result<Option<StepState>> {
        Ok(lock(&self.steps).get(step).cloned())
    }

    async fn sending(&self, step: &str, before: &Value) -> Result<()> {
        let before = before.clone();
        lock(&self.steps).insert(step.to_owned(), StepState::Sent { before });
        Ok(())
    }

    async fn confirmed(&self, step: &str, result: &Value) -> Result<()> {
        let mut dies_at = lock(&self.dies_at);
        match *dies_at {
            Some(0) => {
                return Err(Error::new(
                    ErrorKind::Unexpected,
                    "journal",
                    "the process died",
                ));
            }
            Some(left) => *dies_at = Some(left - 1),
            None => {}
        }
        let result = result.clone();
        lock(&self.steps).insert(step.to_owned(), StepState::Confirmed { result });
        Ok(())
    }

    async fn refused(&self, step: &str) -> Result<()> {
        lock(&self.steps).remove(step);
        Ok(())
    }

    async fn hold(&self, _: &str) -> Result<Box<dyn Send + Sync>> {
        Ok(Box::new(()))
    }

    fn plan(&self, call: PlannedCall) {
        lock(&self.planned).push(call);
    }
}

/// The reference engine's mirror, as an action may look into it.
struct Shelved<'a>(&'a Mirror);

impl Shelved<'_> {
    fn shelf(&self) -> &Shelf {
        self.0.shelf()
    }
}

#[async_trait]
impl Known for Shelved<'_> {
    async fn bundle(&self, stream: &'static str, id: &str) -> Result<Option<Arc<Bundle>>> {
        Ok(self.shelf().get(stream, id))
    }

    async fn bundles(&self, stream: &'static str) -> Result<Vec<Arc<Bundle>>> {
        Ok(self.shelf().stream(stream).cloned().collect())
    }
}

#[async_trait]
impl CoreMirror for Shelved<'_> {
    async fn group(&self, stream: &'static str, group: &str) -> Result<Vec<Arc<Bundle>>> {
        Ok(self.shelf().group(stream, group))
    }

    async fn candidates_with_email(&self, email: &str) -> Result<Vec<String>> {
        let records = self.0.records();
        let candidates = records.get(&ModelKind::Candidate).into_iter().flatten();
        let has = |candidate: &Value| {
            let emails = candidate["email_addresses"]
                .as_array()
                .into_iter()
                .flatten();
            emails
                .filter_map(|found| found["email_address"].as_str())
                .any(|found| found.eq_ignore_ascii_case(email))
        };
        Ok(candidates
            .filter(|(_, candidate)| has(candidate))
            .map(|(remote_id, _)| remote_id.clone())
            .collect())
    }
}

/// A clock that makes nobody wait.
#[derive(Debug)]
struct NoWait;

impl Clock for NoWait {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}
