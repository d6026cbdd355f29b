//! From the bundles of a page to what is stored of them.
//!
//! It owns which bundle has to be mapped at all, and what of a page is left out. It blocks, since it
//! looks bundles up in the store; it asks nothing of the vendor.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use ats_core::{Bundle, Mapped, ModelKind, Record, Recorder, Reject, Stream};
use ats_store::{
    BodyHash, BundleCommit, BundleState, Documents, DueBundle, MappedCommit, PageCommit, PassKind,
    Progress, Tracked, body_hashes, bundle_hash_of, lookup_hash, pack,
};

use crate::{
    error::Result,
    record::{self, Origin},
    related::View,
    session::{Place, Session, Tracking},
};

/// The ids of a page, for those that come after it.
pub(crate) type Ids = Arc<HashSet<String>>;

/// A page as it came.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) bundles: Vec<Bundle>,
    pub(crate) rejects: Vec<Reject>,
    /// How far it brings its walk; `None` for what was read alone.
    pub(crate) progress: Option<Progress>,
    /// Whether nothing of the stream was stored when its walk began.
    pub(crate) empty: bool,
    /// The ids of earlier pages that are not stored yet. What is stored of them says nothing.
    pub(crate) unstored: Vec<Ids>,
}

impl Page {
    /// Bundles that were read alone, beside any walk.
    pub(crate) fn alone(bundles: Vec<Bundle>) -> Self {
        Self {
            bundles,
            rejects: Vec::new(),
            progress: None,
            empty: false,
            unstored: Vec::new(),
        }
    }
}

/// A page that can be stored, but for its moment.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) commit: PageCommit,
    /// Records on it, for people who watch.
    pub(crate) records: u64,
}

/// Maps a page.
pub(crate) fn page(session: &Session, place: Place, page: Page) -> Result<Ready> {
    let mapper = Mapper::new(session, place);
    let bundles = last_of_each(page.bundles, |bundle| bundle.id.clone());
    let states = states(session, place, &bundles, page.empty)?;
    let mut ready = mapper.empty(page.progress, page.rejects);
    for (bundle, state) in bundles.into_iter().zip(states) {
        let unstored = page.unstored.iter().any(|ids| ids.contains(&bundle.id));
        let state = state.filter(|_| !unstored);
        match mapper.bundle(bundle, state)? {
            Some((commit, records)) => {
                ready.records += records;
                ready.commit.bundles.push(commit);
            }
            None => ready.commit.left_out += 1,
        }
    }
    mapper.finish(ready)
}

/// Maps stored bundles again.
pub(crate) fn again(session: &Session, place: Place, due: Vec<DueBundle>) -> Result<Ready> {
    let mapper = Mapper::new(session, place);
    let mut ready = mapper.empty(None, Vec::new());
    for DueBundle { bundle, cause, .. } in due {
        let bodies = body_hashes(&bundle);
        let (mapped, records) = mapper.map(&bundle, &bodies, None)?.unwrap_or_default();
        ready.records += records;
        ready.commit.bundles.push(BundleCommit {
            hash: bundle_hash_of(&bundle, &bodies),
            id: bundle.id,
            group: bundle.group,
            documents: Documents::AsStored,
            mapped: Some(mapped),
            cause,
        });
    }
    mapper.finish(ready)
}

struct Mapper<'a> {
    session: &'a Session,
    place: Place,
    stream: &'a dyn Stream,
    view: View<'a>,
}

impl<'a> Mapper<'a> {
    fn new(session: &'a Session, place: Place) -> Self {
        let stream = session.stream(place);
        Self {
            view: View::new(&session.holdings, stream),
            session,
            place,
            stream,
        }
    }

    fn empty(&self, progress: Option<Progress>, rejects: Vec<Reject>) -> Ready {
        Ready {
            commit: PageCommit {
                integration: self.session.integration.clone(),
                pass: self.session.pass,
                at: self.session.time.now(),
                stream: self.place.name.to_owned(),
                model: self.stream.models().first().copied(),
                shared: self.place.shared,
                progress,
                bundles: Vec::new(),
                rejects,
                left_out: 0,
                layouts: Vec::new(),
            },
            records: 0,
        }
    }

    fn finish(&self, mut ready: Ready) -> Result<Ready> {
        self.view.check()?;
        let bundles = ready.commit.bundles.iter();
        let mapped = bundles.filter_map(|bundle| bundle.mapped.as_ref());
        let records = mapped.flat_map(|mapped| &mapped.records);
        let layouts = records.filter_map(|record| Some(record.fields.as_ref()?.0));
        ready.commit.layouts = self.session.layouts.unstored(layouts);
        Ok(ready)
    }

    /// What becomes of a bundle that came, and how many records that is; `None` if it is left out.
    fn bundle(
        &self,
        bundle: Bundle,
        state: Option<BundleState>,
    ) -> Result<Option<(BundleCommit, u64)>> {
        let bodies = body_hashes(&bundle);
        let hash = bundle_hash_of(&bundle, &bodies);
        let keeps = self.session.keeps_documents(self.place);
        let same = state.filter(|state| state.hash == hash);
        let tracking = self.session.tracked.as_ref().filter(|_| self.place.people);
        let as_stored = same.is_some_and(|state| !state.due && state.kept == keeps);
        // Documents that others look up are kept in any case, so that they do not tell whether their
        // records show them, which can be switched. Such streams are small.
        let switched = self.place.shared && self.session.kind == PassKind::Full;
        // Whether it is wanted at all is only known of its records.
        let (mapped, records) = if as_stored && !switched && tracking.is_none() {
            (None, u64::from(!self.stream.models().is_empty()))
        } else {
            let Some((mapped, records)) = self.map(&bundle, &bodies, tracking)? else {
                return Ok(None);
            };
            (Some(mapped), records)
        };
        let documents = if same.is_some_and(|state| state.kept == keeps) {
            Documents::AsStored
        } else if keeps {
            Documents::Packed(pack(&bundle.documents))
        } else {
            Documents::Dropped
        };
        let commit = BundleCommit {
            id: bundle.id,
            group: bundle.group,
            hash,
            documents,
            mapped,
            cause: self.session.cause.clone(),
        };
        Ok(Some((commit, records)))
    }

    /// Maps a bundle; `None` if nothing of it is wanted.
    fn map(
        &self,
        bundle: &Bundle,
        bodies: &[BodyHash],
        tracking: Option<&Tracking>,
    ) -> Result<Option<(MappedCommit, u64)>> {
        let recorder = Recorder::new(&self.view);
        let Mapped {
            mut records,
            losses,
        } = self.stream.map(bundle, &recorder);
        if let Some(tracking) = tracking
            && !self.retain(&mut records, tracking)?
        {
            return Ok(None);
        }
        let lookups = recorder.into_lookups();
        let origin = Origin {
            stream: self.place.name,
            bundle,
            bodies,
            lookups: &lookups,
            view: &self.view,
        };
        let off = &self.session.off;
        records.retain(|record| !off.has(record.kind()));
        let count = records.len() as u64;
        let mut commits = Vec::with_capacity(records.len());
        for record in records {
            let mut joins = record.joins();
            joins.retain(|record| !off.has(record.kind()));
            for record in std::iter::once(record).chain(joins) {
                commits.push(record::commit(self.session, record, origin)?);
            }
        }
        let mut hashes: Vec<i64> = lookups
            .iter()
            .map(|lookup| lookup_hash(&self.session.integration, lookup))
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        let mapped = MappedCommit {
            lookups: hashes,
            records: last_of_each(commits, |record| record.id),
            losses,
        };
        Ok(Some((mapped, count)))
    }

    /// Leaves the candidates and applications out that the integration is not limited to. Tells
    /// whether any of them is left. The candidate of an application that is comes with it.
    fn retain(&self, records: &mut Vec<Record>, tracking: &Tracking) -> Result<bool> {
        let mut kept = false;
        let mut more = Vec::new();
        records.retain(|record| {
            let model = record.kind();
            if !matches!(model, ModelKind::Candidate | ModelKind::Application) {
                return true;
            }
            let tracked = tracking.has(model, &record.remote_key());
            kept |= tracked;
            if let (true, Record::Application(application)) = (tracked, record) {
                let candidate = application.candidate_id.as_ref();
                more.extend(
                    candidate
                        .and_then(|candidate| candidate.remote_id())
                        .map(str::to_owned),
                );
            }
            tracked
        });
        more.retain(|candidate| !tracking.has(ModelKind::Candidate, candidate));
        for remote_id in more {
            let tracked = Tracked {
                model: ModelKind::Candidate,
                remote_id,
            };
            let streams = self.session.connector.streams();
            let carrying = streams
                .iter()
                .filter(|stream| stream.models().contains(&ModelKind::Candidate));
            let carrying: Vec<&str> = carrying.map(|stream| stream.name()).collect();
            let (store, id) = (&self.session.store, &self.session.integration);
            store.track(id, std::slice::from_ref(&tracked), &carrying)?;
            tracking.add(tracked);
        }
        Ok(kept)
    }
}

/// What is stored of the bundles.
fn states(
    session: &Session,
    place: Place,
    bundles: &[Bundle],
    empty: bool,
) -> Result<Vec<Option<BundleState>>> {
    if empty || bundles.is_empty() {
        return Ok(vec![None; bundles.len()]);
    }
    let ids: Vec<&str> = bundles.iter().map(|bundle| bundle.id.as_str()).collect();
    Ok(session
        .store
        .bundle_states(&session.integration, place.name, &ids)?)
}

/// The items in their order; of several with one key, the last.
fn last_of_each<T, K: Eq + Hash>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    let mut places: HashMap<K, usize> = HashMap::with_capacity(items.len());
    let mut kept: Vec<T> = Vec::with_capacity(items.len());
    for item in items {
        let place = *places.entry(key(&item)).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(earlier) => *earlier = item,
            None => kept.push(item),
        }
    }
    kept
}
