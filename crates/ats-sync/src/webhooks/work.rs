//! Working off the inbox: what deliveries name is read again, and what cannot be is tried later.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use ats_core::{Connector, Effect, Target, Timestamp};
use ats_store::{
    Cause, DeliveryProgress, DeliveryState, Integration, Pass, PassState, Problem, StoredDelivery,
    WalkState,
};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use super::{
    effects,
    fold::{self, Folded},
};
use crate::{
    Engine, Error, PassOptions, Unobserved, Unread,
    engine::{LOOK_BACK, blocking},
    error::Result,
    plan,
    session::Time,
};

/// So many deliveries are worked off together.
const AT_ONCE: usize = 500;

/// So often a delivery is tried. After that the next pass has to bring what it named.
const MOST_ATTEMPTS: u32 = 8;

/// The wait after the first try that failed. It doubles with each, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// The wait for a pass that runs, or that was interrupted and is to be taken up first.
const WHILE_BUSY: Duration = Duration::from_secs(30);

/// Deliveries are forgotten after so many days. Until then a repetition is known as one.
const KEPT_DAYS: i64 = 30;

/// What became of the deliveries that were due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkReport {
    /// Those that were worked off.
    pub done: usize,
    /// Those that are tried again later.
    pub waiting: usize,
    /// Those that were given up.
    pub failed: usize,
    /// Whether somebody else works off the inbox of the integration; then nothing was done.
    pub busy: bool,
    /// Whether more may be due.
    pub more: bool,
    /// The public ids of the passes under which it stands in the history.
    pub passes: Vec<String>,
}

/// What went wrong while a fold was worked off.
#[derive(Debug, Default)]
struct Trouble {
    of_things: BTreeMap<(&'static str, String), Problem>,
    of_walks: BTreeMap<&'static str, Problem>,
    /// The streams that could not be walked, because of another pass.
    held_up: BTreeSet<&'static str>,
    passes: Vec<String>,
}

impl Engine {
    /// Works off the deliveries of an integration that are due, a limited number at once. When
    /// `stop` turns true, a walk that is under way ends soon, and its deliveries are tried again.
    ///
    /// # Errors
    ///
    /// The store. What goes wrong at the vendor is in the report, and in the inbox.
    pub async fn work_off(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        stop: watch::Receiver<bool>,
    ) -> Result<WorkReport, Error> {
        let (engine, id) = (self.clone(), integration.id.clone());
        let taken = blocking(move || engine.take(&id)).await?;
        let Some((deliveries, guard)) = taken else {
            return Ok(WorkReport {
                busy: true,
                ..WorkReport::default()
            });
        };
        let deliveries: Vec<(StoredDelivery, Vec<Effect>)> = deliveries
            .into_iter()
            .map(|delivery| {
                let effects = effects::recall(&delivery.effects, &*connector);
                (delivery, effects)
            })
            .collect();
        let folded = fold::fold(
            deliveries
                .iter()
                .map(|(delivery, effects)| (delivery.event.as_str(), effects.as_slice())),
        );
        let trouble = self.carry_out(integration, connector, folded, stop).await?;
        let engine = self.clone();
        let id = integration.id.clone();
        blocking(move || {
            let _guard = guard;
            let now = Time::new(engine.clock(), engine.store().latest(&id)?).now();
            let mut report = WorkReport {
                more: deliveries.len() == AT_ONCE,
                ..WorkReport::default()
            };
            let mut settled = Vec::with_capacity(deliveries.len());
            for (delivery, effects) in deliveries {
                let progress = trouble.settle(&delivery.progress, &effects, now);
                match progress.state {
                    DeliveryState::Done => report.done += 1,
                    DeliveryState::Waiting => report.waiting += 1,
                    DeliveryState::Failed => report.failed += 1,
                }
                settled.push((delivery.key, progress));
            }
            engine.store().settle_deliveries(&settled)?;
            report.passes = trouble.passes;
            Ok(report)
        })
        .await
    }

    /// The deliveries that are due, and the right to work them off; `None` if another has it.
    #[expect(
        clippy::type_complexity,
        reason = "two things that are handed on at once"
    )]
    fn take(
        &self,
        id: &ats_core::IntegrationId,
    ) -> Result<Option<(Vec<StoredDelivery>, Box<dyn ats_store::Guard>)>> {
        let store = self.store();
        let holder = format!("process {}, working off events", std::process::id());
        let guard = match store.lock_named(id, "webhook inbox", &holder) {
            Ok(guard) => guard,
            Err(ats_store::Error::Busy { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // The plain time of the clock, by which deliveries are received.
        let now = Time::new(self.clock(), None).now();
        let old = DateTime::<Utc>::from(now) - TimeDelta::days(KEPT_DAYS);
        store.prune_deliveries(id, old.into())?;
        Ok(Some((store.due_deliveries(id, now, AT_ONCE)?, guard)))
    }

    async fn carry_out(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        folded: Folded,
        stop: watch::Receiver<bool>,
    ) -> Result<Trouble> {
        let mut trouble = Trouble::default();
        let mut walks = folded.walks;
        for (event, effects) in folded.of_events {
            let cause = Cause::Webhook(event.clone());
            let connector = Arc::clone(&connector);
            let report = self
                .read_named(integration, connector, &effects, cause)
                .await?;
            trouble.passes.extend(report.pass_id);
            for unread in report.unread {
                trouble.note(&effects, &unread);
            }
            for stream in report.walks {
                walks.entry(stream).or_insert_with(|| event.clone());
            }
        }
        if !walks.is_empty() {
            self.walk(integration, connector, walks, stop, &mut trouble)
                .await?;
        }
        Ok(trouble)
    }

    /// Walks streams from their checkpoints.
    async fn walk(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        walks: BTreeMap<&'static str, String>,
        stop: watch::Receiver<bool>,
        trouble: &mut Trouble,
    ) -> Result<()> {
        let (engine, id) = (self.clone(), integration.id.clone());
        if blocking(move || engine.is_interrupted(&id)).await? {
            trouble.held_up.extend(walks.into_keys());
            return Ok(());
        }
        // One pass has one cause: that of the event that named most of the streams, or the first.
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        for event in walks.values() {
            *named.entry(event).or_default() += 1;
        }
        let cause = named.into_iter().max_by_key(|(_, count)| *count);
        let options = PassOptions {
            streams: walks.keys().map(|stream| (*stream).to_owned()).collect(),
            cause: cause.map(|(event, _)| Cause::Webhook(event.to_owned())),
            ..PassOptions::default()
        };
        match self
            .run(integration, connector, &options, Arc::new(Unobserved), stop)
            .await
        {
            Ok(pass) => {
                for stream in walks.keys() {
                    trouble.of_walks.extend(problem_of(&pass, stream));
                }
                trouble.passes.push(pass.id);
                Ok(())
            }
            Err(Error::Store(ats_store::Error::Busy { .. })) => {
                trouble.held_up.extend(walks.into_keys());
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a pass over all streams was interrupted and is to be taken up. A walk in between would
    /// make it begin anew.
    fn is_interrupted(&self, id: &ats_core::IntegrationId) -> Result<bool> {
        let store = self.store();
        let now = Time::new(self.clock(), store.latest(id)?).now();
        let passes = store.passes(id, LOOK_BACK)?;
        let plan = plan::plan(passes, &PassOptions::default(), true, now);
        Ok(plan.resume.is_some())
    }
}

/// Why the walk of a stream did not reach its end, if it did not.
fn problem_of(pass: &Pass, stream: &'static str) -> Option<(&'static str, Problem)> {
    let walk = pass.walks.iter().find(|walk| walk.stream == stream);
    if walk.is_some_and(|walk| walk.state == WalkState::Complete) {
        return None;
    }
    let stopped = || Problem {
        kind: "interrupted".to_owned(),
        message: "its pass ended before it did".to_owned(),
    };
    let problem = walk.and_then(|walk| walk.problem.clone());
    let problem = problem.or_else(|| pass.problem.clone());
    match pass.state {
        PassState::Succeeded => None,
        _ => Some((stream, problem.unwrap_or_else(stopped))),
    }
}

impl Trouble {
    /// Notes what could not be read. What no event named belongs to something that is gone.
    fn note(&mut self, effects: &[Effect], unread: &Unread) {
        let place = fold::place(&unread.target);
        let named = |effect: &Effect| match effect {
            Effect::Read(target) | Effect::Merged { into: target, .. } => *target == unread.target,
            Effect::Gone(_) | Effect::Walk(_) => false,
        };
        if effects.iter().any(named) {
            self.of_things.insert(place, unread.problem.clone());
            return;
        }
        for effect in effects {
            if let Effect::Gone(owner) | Effect::Merged { from: owner, .. } = effect {
                let owner = fold::place(owner);
                self.of_things.insert(owner, unread.problem.clone());
            }
        }
    }

    /// How far a delivery has come.
    fn settle(
        &self,
        before: &DeliveryProgress,
        effects: &[Effect],
        now: Timestamp,
    ) -> DeliveryProgress {
        let of_thing = |target: &Target| self.of_things.get(&fold::place(target));
        let problem = effects.iter().find_map(|effect| match effect {
            Effect::Read(target) => {
                let of_walk = || self.of_walks.get(target.stream);
                of_thing(target).or_else(of_walk)
            }
            Effect::Gone(target) => of_thing(target),
            Effect::Merged { from, into } => of_thing(from).or_else(|| of_thing(into)),
            Effect::Walk(stream) => self.of_walks.get(stream),
        });
        if let Some(problem) = problem {
            return failed(before, problem, now);
        }
        let is_held_up = effects.iter().any(|effect| match effect {
            Effect::Read(target) => self.held_up.contains(target.stream),
            Effect::Walk(stream) => self.held_up.contains(stream),
            Effect::Gone(_) | Effect::Merged { .. } => false,
        });
        DeliveryProgress {
            state: match is_held_up {
                true => DeliveryState::Waiting,
                false => DeliveryState::Done,
            },
            attempts: before.attempts + u32::from(!is_held_up),
            not_before: match is_held_up {
                true => later(now, WHILE_BUSY),
                false => before.not_before,
            },
            problem: None,
        }
    }
}

fn failed(before: &DeliveryProgress, problem: &Problem, now: Timestamp) -> DeliveryProgress {
    let attempts = before.attempts + 1;
    // What the key may not read it may not read tomorrow; a pass says so to a person.
    let is_final = attempts >= MOST_ATTEMPTS || problem.kind == "permission_missing";
    let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(before.attempts));
    DeliveryProgress {
        state: match is_final {
            true => DeliveryState::Failed,
            false => DeliveryState::Waiting,
        },
        attempts,
        not_before: later(now, wait.min(LONGEST_WAIT)),
        problem: Some(problem.clone()),
    }
}

fn later(from: Timestamp, by: Duration) -> Timestamp {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    let at = DateTime::<Utc>::from(from).checked_add_signed(by);
    at.unwrap_or(DateTime::<Utc>::MAX_UTC).into()
}
