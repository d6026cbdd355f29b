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
use futures_util::{StreamExt, stream};

use crate::{
    Engine, Error, again,
    engine::blocking,
    error::Result,
    finish,
    known::Stored,
    map::{self, Page},
    pass::Again,
    problem,
    session::{Parts, Place, Session, Time, Unguarded, pass_id},
};

/// What became of the things that were named.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedReport {
    /// The public id of the pass under which it stands in the history, if anything was read.
    pub pass_id: Option<String>,
    /// The streams that have to be walked, because the vendor does not give one thing alone.
    pub walks: BTreeSet<&'static str>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    /// What was named.
    pub target: Target,
    /// Why.
    pub problem: Problem,
}

impl NamedReport {
    /// The first thing that went wrong.
    pub fn problem(&self) -> Option<&Problem> {
        self.unread.first().map(|unread| &unread.problem)
    }
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
        let mut wanted = Wanted::of(effects, &mut report);
        if wanted.is_empty() {
            return Ok(report);
        }
        let session = {
            let (engine, integration) = (self.clone(), integration.clone());
            blocking(move || engine.open_named(&integration, connector, cause)).await?
        };
        let (session, id) = session;
        report.pass_id = Some(id);
        if wanted.takes_away() {
            let session = Arc::clone(&session);
            wanted = blocking(move || {
                wanted.add_belongings(&session)?;
                Ok(wanted)
            })
            .await?;
        }
        let found = fetch(&session, &wanted, &mut report).await;
        let problem = report.problem().cloned();
        blocking(move || write(&session, found, &wanted, problem)).await?;
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
            kind: PassKind::Named,
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

    fn takes_away(&self) -> bool {
        !self.gone.is_empty()
    }

    /// With a candidate that goes, its applications go, or move to another candidate: they are read
    /// again, since no event tells of each.
    fn add_belongings(&mut self, session: &Session) -> Result<()> {
        let gone: Vec<Target> = self.gone.iter().map(|(target, _)| target.clone()).collect();
        for target in gone {
            let place = session.place(target.stream).filter(|place| place.people);
            if place.is_none() {
                continue;
            }
            let candidate = candidate_id(session, &target.id);
            let (store, id) = (&session.store, &session.integration);
            for record in store.of_candidate(id, &candidate)? {
                let Some((stream, giver)) = store.giver(id, &record)? else {
                    continue;
                };
                let place = session.place(&stream).filter(|place| place.people);
                if let Some(place) = place.filter(|place| place.name != target.stream) {
                    self.read(Target::new(place.name, giver.bundle.id));
                }
            }
        }
        Ok(())
    }
}

/// Our id of a candidate.
fn candidate_id(session: &Session, remote_id: &str) -> Id {
    let model = ModelKind::Candidate.name();
    Id::derive([session.integration.as_str(), model, remote_id])
}

/// What the vendor said, by stream: the bundles, and the ids of what it does not have.
type Found = Vec<(usize, Vec<Bundle>, Vec<String>)>;

/// So many things are asked for at once; the connector's budget may allow fewer.
const AT_ONCE: usize = 8;

async fn fetch(session: &Arc<Session>, wanted: &Wanted, report: &mut NamedReport) -> Found {
    let mut all = Found::new();
    for place in &session.places {
        let Some(ids) = wanted.read.get(place.name) else {
            continue;
        };
        let known = Stored::new(Arc::clone(session), *place, false);
        let mut calls = Vec::new();
        for id in ids {
            if is_wanted(session, wanted, *place, id) {
                calls.push(fetch_one(session, *place, id, &known));
            }
        }
        let mut calls = stream::iter(calls).buffered(AT_ONCE);
        let (mut bundles, mut missing) = (Vec::new(), Vec::new());
        while let Some((id, answer)) = calls.next().await {
            match answer {
                Ok(Some(bundle)) => bundles.push(bundle),
                Ok(None) => missing.push(id.to_owned()),
                Err(error) if *error.kind() == ErrorKind::NotAvailable => {
                    report.walks.insert(place.name);
                }
                Err(error) => report.unread.push(Unread {
                    target: Target::new(place.name, id),
                    problem: problem::problem(&error, session.connector.manifest()),
                }),
            }
        }
        all.push((place.index, bundles, missing));
    }
    all
}

async fn fetch_one<'a>(
    session: &Session,
    place: Place,
    id: &'a str,
    known: &Stored,
) -> (&'a str, ats_core::Result<Option<Bundle>>) {
    (id, session.stream(place).fetch_one(id, known).await)
}

/// Whether a thing that an event names belongs to what the integration is limited to. An event may
/// name any, and each costs a request.
fn is_wanted(session: &Session, wanted: &Wanted, place: Place, id: &str) -> bool {
    let Some(tracking) = session.tracked.as_ref().filter(|_| place.people) else {
        return true;
    };
    if !matches!(session.cause, Cause::Webhook(_)) {
        return true;
    }
    let carries = |place: Place, model| session.stream(place).models().contains(&model);
    if carries(place, ModelKind::Application) {
        return tracking.has(ModelKind::Application, id);
    }
    // The candidate of a wanted application is wanted, which is known once that is read.
    let with_an_application = || {
        let places = session.places.iter().copied();
        let carrying = places.filter(|place| carries(*place, ModelKind::Application));
        let ids = carrying.filter_map(|place| wanted.read.get(place.name));
        ids.flatten()
            .any(|id| tracking.has(ModelKind::Application, id))
    };
    tracking.has(ModelKind::Candidate, id) || with_an_application()
}

fn write(
    session: &Session,
    mut found: Found,
    wanted: &Wanted,
    problem: Option<Problem>,
) -> Result<()> {
    let store = &session.store;
    if session.tracked.is_some() {
        // An application that is wanted makes its candidate one that is wanted.
        found.sort_by_key(|(index, ..)| {
            let models = session.stream(session.places[*index]).models();
            !models.contains(&ModelKind::Application)
        });
    }
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
        let (from, into) = (candidate_id(session, from), candidate_id(session, into));
        store.merge(&session.integration, &from, &into)?;
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
