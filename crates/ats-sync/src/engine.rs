//! The engine: runs one pass at a time for an integration.

use std::{collections::HashMap, sync::Arc};

use ats_core::{Clock, Connector};
use ats_store::{
    Cause, Integration, NewPass, Pass, PassEnd, PassKind, PassState, Problem, Store, WalkState,
};
use tokio::sync::watch;

use crate::{
    Error, Event, Observer, PassOptions, again,
    driver::Driver,
    error::Result,
    finish,
    lane::Lane,
    pass::{self, Again, Line},
    plan::{self, Plan},
    session::{Parts, Session, Time, pass_id},
    streams, task,
    walk::Walk,
};

/// So many passes are looked at for one that was interrupted. A few may lie above it: passes over
/// some models or streams.
pub(crate) const LOOK_BACK: usize = 20;

/// Runs passes into a store.
#[derive(Debug, Clone)]
pub struct Engine {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

/// What mapping stored bundles again did.
#[derive(Debug, Clone, PartialEq)]
pub struct Remapped {
    /// The pass under which it stands in the history and the change log.
    pub pass: Pass,
    /// Bundles that were mapped again.
    pub bundles: u64,
    /// Streams whose raw documents are not kept; the next pass reads them from the beginning.
    pub streams_to_read_again: Vec<String>,
}

impl Engine {
    /// An engine that writes into `store`.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Runs a pass, or takes up the one that was interrupted. When `stop` turns true it ends soon,
    /// with everything that was read stored, and the next pass takes it up.
    ///
    /// Whoever drops the future instead gives the pass up as if the process had died: nothing more is
    /// asked for or stored, but for what a thread is in the middle of, and the next pass takes it up.
    ///
    /// # Errors
    ///
    /// Only what keeps the pass from being written down: the store, or another pass that runs. What
    /// goes wrong at the vendor is in the report.
    pub async fn run(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        options: &PassOptions,
        observer: Arc<dyn Observer>,
        stop: watch::Receiver<bool>,
    ) -> Result<Pass, Error> {
        let opening = {
            let (engine, connector) = (self.clone(), Arc::clone(&connector));
            let (integration, options) = (integration.clone(), options.clone());
            blocking(move || engine.open(&integration, connector, &options)).await?
        };
        let Opened {
            session,
            pass_id,
            resumed,
            lines,
            lanes,
        } = opening;
        observer.event(Event::Began {
            pass_id: pass_id.clone(),
            kind: session.kind,
            resumed,
        });
        let pass = pass::Pass::new(lines, options.accept_deletions);
        Driver::new(Arc::clone(&session), observer, lanes)
            .run(pass, stop, options.time_limit)
            .await?;
        blocking(move || finish::report(&session, &pass_id)).await
    }

    /// Maps every stored bundle again, without a request to the vendor.
    ///
    /// # Errors
    ///
    /// The store, or a pass that runs.
    pub async fn remap(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        observer: Arc<dyn Observer>,
        stop: watch::Receiver<bool>,
    ) -> Result<Remapped, Error> {
        let (engine, integration) = (self.clone(), integration.clone());
        blocking(move || engine.map_all(&integration, connector, &*observer, &stop)).await
    }
}

/// A pass that is written down and may begin.
struct Opened {
    session: Arc<Session>,
    pass_id: String,
    resumed: bool,
    lines: Vec<Line>,
    lanes: Vec<Lane>,
}

impl Engine {
    fn open(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        options: &PassOptions,
    ) -> Result<Opened> {
        let (store, id) = (&self.store, &integration.id);
        let time = Time::new(self.clock.clone(), store.latest(id)?);
        let now = time.now();
        let holder = format!("process {}, since {now}", std::process::id());
        let guard = store.lock(id, &holder)?;
        let read_before = store.last_full_pass(id)?.is_some() || !store.checkpoints(id)?.is_empty();
        let passes = store.passes(id, LOOK_BACK)?;
        let is_outdated = is_outdated(integration, passes.first());
        let Plan { kind, resume, dead } = plan::plan(passes, options, read_before, now);
        for pass in dead {
            self.bury(pass, &time)?;
        }
        if is_outdated {
            store.mark_all_due(id, &Cause::Scope)?;
        }
        let resumed = resume.is_some();
        let (key, pass_id, walks) = match resume {
            Some(pass) => {
                store.resume_pass(pass.key)?;
                (pass.key, pass.id, pass.walks)
            }
            None => {
                let new = NewPass {
                    id: pass_id(id, now),
                    kind,
                    whole: options.is_whole(),
                    started_at: now,
                };
                (store.begin_pass(id, &new)?, new.id, Vec::new())
            }
        };
        let mut session = Session::open(Parts {
            store: store.clone(),
            connector,
            integration,
            pass: key,
            kind,
            time,
            guard,
        })?;
        if let Some(cause) = &options.cause {
            session.cause = cause.clone();
        }
        let (lines, lanes) = lines(&session, options, walks);
        Ok(Opened {
            session: Arc::new(session),
            pass_id,
            resumed,
            lines,
            lanes,
        })
    }

    /// Writes down that a pass whose process died is not taken up.
    fn bury(&self, pass: i64, time: &Time) -> Result<()> {
        let end = PassEnd {
            state: PassState::Cancelled,
            ended_at: time.now(),
            problem: Some(Problem {
                kind: "interrupted".to_owned(),
                message: "its process ended before it did, and another pass began after it"
                    .to_owned(),
            }),
        };
        Ok(self.store.end_pass(pass, &end)?)
    }

    fn map_all(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        observer: &dyn Observer,
        stop: &watch::Receiver<bool>,
    ) -> Result<Remapped> {
        let (store, id) = (&self.store, &integration.id);
        let time = Time::new(self.clock.clone(), store.latest(id)?);
        let now = time.now();
        let holder = format!("process {}, mapping again, since {now}", std::process::id());
        let guard = store.lock(id, &holder)?;
        let new = NewPass {
            id: pass_id(id, now),
            kind: PassKind::Delta,
            whole: false,
            started_at: now,
        };
        let session = Session::open(Parts {
            store: store.clone(),
            connector,
            integration,
            pass: store.begin_pass(id, &new)?,
            kind: new.kind,
            time,
            guard,
        })?;
        observer.event(Event::Began {
            pass_id: new.id.clone(),
            kind: new.kind,
            resumed: false,
        });
        store.mark_all_due(id, &Cause::Remap)?;
        let mut times = again::Times::default();
        let mut bundles = 0;
        let (state, problem) = loop {
            if *stop.borrow() {
                break (PassState::Cancelled, None);
            }
            let round = again::round(&session, &mut times)?;
            bundles += round.mapped;
            match round.again {
                Again::More => observer.event(Event::MappingAgain { bundles }),
                Again::Done => break (PassState::Succeeded, None),
                Again::Stuck(problem) => break (PassState::PartiallyFailed, Some(problem)),
            }
        };
        store.settle_merges(id)?;
        finish::end(&session, state, problem)?;
        Ok(Remapped {
            pass: finish::report(&session, &new.id)?,
            bundles,
            streams_to_read_again: store.streams_to_read_again(id)?,
        })
    }
}

/// Whether other things are off now than when the last pass began.
fn is_outdated(integration: &Integration, last: Option<&Pass>) -> bool {
    let changed = integration.settings.scope_changed_at;
    let last = last.map(|last| last.started_at);
    last.zip(changed)
        .is_some_and(|(last, changed)| last <= changed)
}

/// The streams of a pass, for the step and for the driver.
fn lines(
    session: &Session,
    options: &PassOptions,
    walks: Vec<ats_store::Walk>,
) -> (Vec<Line>, Vec<Lane>) {
    let streams = session.connector.streams();
    let mut chosen = streams::chosen(&streams, &options.only);
    if !options.streams.is_empty() {
        chosen.retain(|index| options.streams.contains(streams[*index].name()));
    }
    let after = streams::after(&streams, &chosen, session.tracked.is_some());
    let mut walks: HashMap<String, ats_store::Walk> = walks
        .into_iter()
        .map(|walk| (walk.stream.clone(), walk))
        .collect();
    let mut lines = Vec::with_capacity(chosen.len());
    let mut lanes = Vec::with_capacity(chosen.len());
    for (index, after) in chosen.into_iter().zip(after) {
        let place = session.places[index];
        let earlier = walks.remove(place.name);
        let complete = earlier
            .as_ref()
            .filter(|walk| walk.state == WalkState::Complete);
        let walk = complete.map_or_else(Walk::default, |walk| Walk::complete(walk.problem.clone()));
        lines.push(Line { after, walk });
        lanes.push(Lane::new(place, earlier));
    }
    (lines, lanes)
}

/// Runs `work` on a thread that may wait.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match task::begin(work).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panicked) => std::panic::resume_unwind(panicked),
            // A thread that has begun is never cancelled; one that has not is when the runtime ends,
            // and then nobody waits for it.
            Err(_) => std::future::pending().await,
        },
    }
}
