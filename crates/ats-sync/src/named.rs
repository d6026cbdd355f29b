//! Reading what an action or an event of the vendor names, beside the passes.
//!
//! It stands in the history like a mapping from the store: a small pass without walks. It takes no
//! right to write, so that an action need not wait for a pass; the store keeps a walk that is under
//! way from sweeping what was read here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ats_core::{Bundle, Connector, Effect, ErrorKind, Id, ModelKind, Target};
use ats_store::{
    Cause, DeletionReason, Integration, NewPass, PassKind, PassState, Problem, Removal,
};

use crate::{
    Engine, Error, again,
    engine::blocking,
    error::Result,
    finish,
    known::Stored,
    map::{self, Page},
    pass::Again,
    problem,
    session::{Parts, Session, Time, Unguarded, pass_id},
};

/// What became of the things that were named.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedReport {
    /// The public id of the pass under which it stands in the history, if anything was read.
    pub pass_id: Option<String>,
    /// The streams that have to be walked, because the vendor does not give one thing alone.
    pub walks: BTreeSet<&'static str>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Engine {
    /// Reads again what the effects name, takes away what they say is gone, and maps again what
    /// looked any of it up.
    ///
    /// # Errors
    ///
    /// The store. What goes wrong at the vendor is in the report.
    pub async fn read_named(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        effects: &[Effect],
        cause: Cause,
    ) -> Result<NamedReport, Error> {
        let mut report = NamedReport::default();
        let wanted = Wanted::of(effects, &mut report);
        if wanted.is_empty() {
            return Ok(report);
        }
        let session = {
            let (engine, integration) = (self.clone(), integration.clone());
            blocking(move || engine.open_named(&integration, connector, cause)).await?
        };
        let (session, id) = session;
        report.pass_id = Some(id);
        let found = fetch(&session, &wanted, &mut report).await;
        let problems = report.problems.first().cloned();
        blocking(move || write(&session, found, &wanted, problems)).await?;
        Ok(report)
    }

    fn open_named(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        cause: Cause,
    ) -> Result<(Arc<Session>, String)> {
        let (store, id) = (self.store(), &integration.id);
        let time = Time::new(self.clock(), store.latest(id)?);
        let now = time.now();
        let new = NewPass {
            id: pass_id(id, now),
            kind: PassKind::Delta,
            whole: false,
            started_at: now,
        };
        let mut session = Session::open(Parts {
            pass: store.begin_pass(id, &new)?,
            store,
            connector,
            integration,
            kind: new.kind,
            time,
            guard: Box::new(Unguarded),
        })?;
        session.cause = cause;
        Ok((Arc::new(session), new.id))
    }
}

/// What the effects come down to, each thing once.
#[derive(Debug, Default)]
struct Wanted {
    read: BTreeMap<&'static str, BTreeSet<String>>,
    gone: Vec<(Target, DeletionReason)>,
    merged: Vec<(String, String)>,
}

impl Wanted {
    fn of(effects: &[Effect], report: &mut NamedReport) -> Self {
        let mut wanted = Self::default();
        for effect in effects {
            match effect.clone() {
                Effect::Read(target) => wanted.read(target),
                Effect::Gone(target) => wanted.gone.push((target, DeletionReason::Gone)),
                Effect::Merged { from, into } => {
                    wanted.merged.push((from.id.clone(), into.id.clone()));
                    wanted.gone.push((from, DeletionReason::Gone));
                    wanted.read(into);
                }
                Effect::Walk(stream) => {
                    report.walks.insert(stream);
                }
            }
        }
        wanted
    }

    fn read(&mut self, target: Target) {
        self.read
            .entry(target.stream)
            .or_default()
            .insert(target.id);
    }

    fn is_empty(&self) -> bool {
        self.read.is_empty() && self.gone.is_empty()
    }
}

/// What the vendor said, by stream: the bundles, and the ids of what it does not have.
type Found = Vec<(usize, Vec<Bundle>, Vec<String>)>;

async fn fetch(session: &Arc<Session>, wanted: &Wanted, report: &mut NamedReport) -> Found {
    let mut all = Found::new();
    for place in &session.places {
        let Some(ids) = wanted.read.get(place.name) else {
            continue;
        };
        let known = Stored::new(Arc::clone(session), *place, false);
        let (mut bundles, mut missing) = (Vec::new(), Vec::new());
        for id in ids {
            match session.stream(*place).fetch_one(id, &known).await {
                Ok(Some(bundle)) => bundles.push(bundle),
                Ok(None) => missing.push(id.clone()),
                Err(error) if *error.kind() == ErrorKind::NotAvailable => {
                    report.walks.insert(place.name);
                }
                Err(error) => report
                    .problems
                    .push(problem::problem(&error, session.connector.manifest())),
            }
        }
        all.push((place.index, bundles, missing));
    }
    all
}

fn write(session: &Session, found: Found, wanted: &Wanted, problem: Option<Problem>) -> Result<()> {
    let store = &session.store;
    for (index, bundles, missing) in found {
        let place = session.places[index];
        // One stream after the other, so that each finds what it looks up.
        let ready = map::page(session, place, Page::alone(bundles))?;
        store.commit(std::slice::from_ref(&ready.commit))?;
        session.layouts.stored(&ready.commit.layouts);
        for id in missing {
            remove(session, place.name, id, DeletionReason::Gone)?;
        }
    }
    for (from, into) in &wanted.merged {
        let id = |remote_id: &str| {
            let model = ModelKind::Candidate.name();
            Id::derive([session.integration.as_str(), model, remote_id])
        };
        store.merge(&session.integration, &id(from), &id(into))?;
    }
    for (target, reason) in &wanted.gone {
        remove(session, target.stream, target.id.clone(), *reason)?;
    }
    store.settle_merges(&session.integration)?;
    let mut times = again::Times::default();
    let mut left = problem;
    loop {
        match again::round(session, &mut times)?.again {
            Again::More => {}
            Again::Done => break,
            Again::Stuck(stuck) => {
                left.get_or_insert(stuck);
                break;
            }
        }
    }
    let state = match left {
        None => PassState::Succeeded,
        Some(_) => PassState::PartiallyFailed,
    };
    finish::end(session, state, left)
}

fn remove(session: &Session, stream: &str, bundle: String, reason: DeletionReason) -> Result<()> {
    session.store.remove_bundle(&Removal {
        integration: session.integration.clone(),
        pass: session.pass,
        at: session.time.now(),
        stream: stream.to_owned(),
        bundle,
        reason,
        cause: session.cause.clone(),
    })?;
    Ok(())
}
