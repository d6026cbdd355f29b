//! Maps bundles as if others had come, and tells what is different. Pure: no vendor is asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ats_core::{
    Bundle, BundleRef, Connector, Lookup, Loss, Mapped, Record, Recorder, Related, Shelf, Stream,
    model::RemoteData,
};
use serde_json::Value;

use crate::{
    Key,
    mirror::{Place, RelatedView, json, with_joins},
};

/// The field that shows the raw documents.
pub(super) const RAW: &str = "remote_data";

/// Everything the mapping of one shelf looked up and gave.
pub(super) struct Sweep<'a> {
    streams: BTreeMap<&'static str, &'a dyn Stream>,
    shelf: &'a Shelf,
    bases: BTreeMap<Place, Base>,
    dependents: BTreeMap<Lookup, BTreeSet<Place>>,
}

/// What a bundle is mapped to while nothing is replaced.
pub(super) struct Base {
    pub(super) records: BTreeMap<Key, Value>,
    pub(super) lookups: BTreeSet<Lookup>,
    mapped: Vec<Record>,
    raw: Vec<Option<RemoteData>>,
    losses: BTreeSet<Loss>,
}

/// Bundles that stand in for others.
#[derive(Debug, Clone, Default)]
pub(super) struct Overlay {
    replaced: BTreeMap<Place, Arc<Bundle>>,
}

/// What is different under an overlay.
#[derive(Debug, Default)]
pub(super) struct Effect {
    /// Records that are still there, with the fields that changed and their new values. Raw
    /// documents are shown as they come, so that their value is left out.
    pub(super) changed: Vec<(Key, String, Value)>,
    /// Records that are no longer given.
    pub(super) vanished: BTreeSet<Key>,
    /// Records that were not given before.
    pub(super) added: Vec<(Key, Value)>,
    /// Losses that were not reported before.
    pub(super) losses: BTreeSet<Loss>,
    /// Whether a mapping panicked.
    pub(super) panicked: bool,
}

impl Effect {
    /// Whether anyone but `remote_data`, which shows every document as it came, took notice.
    pub(super) fn is_noticed(&self) -> bool {
        self.panicked
            || !self.vanished.is_empty()
            || !self.added.is_empty()
            || !self.losses.is_empty()
            || self.changed.iter().any(|(_, field, _)| field != RAW)
    }
}

impl Overlay {
    /// The same with `bundle` in the place of another.
    pub(super) fn put(&mut self, place: Place, bundle: Bundle) {
        self.replaced.insert(place, Arc::new(bundle));
    }
}

struct Laid<'a> {
    shelf: &'a Shelf,
    overlay: &'a Overlay,
}

impl Related for Laid<'_> {
    fn get(&self, stream: &'static str, id: &str) -> Option<Arc<Bundle>> {
        let replaced = &self.overlay.replaced;
        let by_new_id = replaced
            .iter()
            .find(|((of, _), bundle)| *of == stream && bundle.id == id)
            .map(|(_, bundle)| Arc::clone(bundle));
        by_new_id.or_else(|| {
            let hidden = replaced.keys().any(|(of, old)| *of == stream && old == id);
            (!hidden).then(|| self.shelf.get(stream, id)).flatten()
        })
    }

    fn group(&self, stream: &'static str, group: &str) -> Vec<Arc<Bundle>> {
        let members = self.shelf.group(stream, group).into_iter();
        members
            .map(|bundle| {
                let place = (stream, bundle.id.clone());
                self.overlay.replaced.get(&place).cloned().unwrap_or(bundle)
            })
            .collect()
    }
}

impl fmt::Debug for Sweep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweep")
            .field("bundles", &self.bases.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Sweep<'a> {
    /// Maps every bundle of `shelf` once.
    pub(super) fn new(connector: &'a dyn Connector, shelf: &'a Shelf) -> Self {
        let streams = connector
            .streams()
            .into_iter()
            .map(|stream| (stream.name(), stream));
        let mut sweep = Self {
            streams: streams.collect(),
            shelf,
            bases: BTreeMap::new(),
            dependents: BTreeMap::new(),
        };
        let nothing = Overlay::default();
        for (name, stream) in sweep.streams.clone() {
            for bundle in shelf.stream(name) {
                let (mapped, lookups) = sweep.map(stream, bundle, &nothing);
                let place = (name, bundle.id.clone());
                for lookup in &lookups {
                    let dependents = sweep.dependents.entry(lookup.clone()).or_default();
                    dependents.insert(place.clone());
                }
                let losses = mapped.losses.iter().cloned().collect();
                let (mapped, raw): (Vec<Record>, Vec<_>) = with_joins(mapped).map(apart).unzip();
                let base = Base {
                    records: by_key(&mapped),
                    lookups,
                    mapped,
                    raw,
                    losses,
                };
                sweep.bases.insert(place, base);
            }
        }
        sweep
    }

    /// Every bundle with what it is mapped to.
    pub(super) fn bases(&self) -> &BTreeMap<Place, Base> {
        &self.bases
    }

    /// The bundle at `place`.
    pub(super) fn bundle(&self, place: &Place) -> Option<Arc<Bundle>> {
        self.shelf.get(place.0, &place.1)
    }

    /// The bundles that the mapping of `place` looked up and found.
    pub(super) fn related(&self, place: &Place) -> BTreeSet<Place> {
        let lookups = self.bases.get(place).map(|base| &base.lookups);
        let mut found = BTreeSet::new();
        for lookup in lookups.into_iter().flatten() {
            let (Lookup::Bundle(name) | Lookup::Group(name)) = lookup;
            let Some(stream) = self.streams.keys().find(|stream| **stream == name.stream) else {
                continue;
            };
            match lookup {
                Lookup::Bundle(_) => {
                    found.extend(
                        self.shelf
                            .get(stream, &name.id)
                            .map(|_| (*stream, name.id.clone())),
                    );
                }
                Lookup::Group(_) => {
                    let members = self.shelf.group(stream, &name.id);
                    found.extend(members.iter().map(|bundle| (*stream, bundle.id.clone())));
                }
            }
        }
        found
    }

    /// What is different when the overlay's bundles come instead.
    pub(super) fn effect(&self, overlay: &Overlay) -> Effect {
        let mut effect = Effect::default();
        for place in self.affected(overlay) {
            let (Some(stream), Some(base)) = (self.streams.get(place.0), self.bases.get(&place))
            else {
                continue;
            };
            let laid = overlay.replaced.get(&place).cloned();
            let Some(bundle) = laid.or_else(|| self.bundle(&place)) else {
                continue;
            };
            match catch_unwind(AssertUnwindSafe(|| self.map(*stream, &bundle, overlay).0)) {
                Ok(mapped) => compare(base, mapped, &mut effect),
                Err(_) => effect.panicked = true,
            }
        }
        effect
    }

    /// One field of one record of `place` under an overlay; `None` when the record is gone.
    pub(super) fn value(
        &self,
        overlay: &Overlay,
        place: &Place,
        key: &Key,
        field: &str,
    ) -> Option<Value> {
        let stream = self.streams.get(place.0)?;
        let bundle = overlay
            .replaced
            .get(place)
            .cloned()
            .or_else(|| self.bundle(place))?;
        let map = || self.map(*stream, &bundle, overlay).0;
        let mapped = catch_unwind(AssertUnwindSafe(map)).ok()?;
        let record = with_joins(mapped)
            .filter(|record| record.kind() == key.0 && record.remote_key() == key.1)
            .last()?;
        json(&apart(record).0).get(field).cloned()
    }

    fn affected(&self, overlay: &Overlay) -> BTreeSet<Place> {
        let mut affected = BTreeSet::new();
        for (place, bundle) in &overlay.replaced {
            affected.insert(place.clone());
            let name = |id: &str| BundleRef {
                stream: place.0.into(),
                id: id.to_owned(),
            };
            let lookups = [&place.1, &bundle.id]
                .map(|id| Lookup::Bundle(name(id)))
                .into_iter()
                .chain(
                    bundle
                        .group
                        .as_deref()
                        .map(|group| Lookup::Group(name(group))),
                );
            for lookup in lookups {
                affected.extend(self.dependents.get(&lookup).into_iter().flatten().cloned());
            }
        }
        affected
    }

    fn map(
        &self,
        stream: &dyn Stream,
        bundle: &Bundle,
        overlay: &Overlay,
    ) -> (Mapped, BTreeSet<Lookup>) {
        let laid = Laid {
            shelf: self.shelf,
            overlay,
        };
        let view = RelatedView::new(stream, &laid);
        let recorder = Recorder::new(&view);
        let mapped = stream.map(bundle, &recorder);
        (mapped, recorder.into_lookups())
    }
}

fn by_key(records: &[Record]) -> BTreeMap<Key, Value> {
    let keyed = records.iter().map(|record| (key_of(record), json(record)));
    keyed.collect()
}

fn compare(base: &Base, mapped: Mapped, effect: &mut Effect) {
    effect.losses.extend(
        mapped
            .losses
            .iter()
            .filter(|loss| !base.losses.contains(loss))
            .cloned(),
    );
    let (records, raw): (Vec<Record>, Vec<_>) = with_joins(mapped).map(apart).unzip();
    let same = records == base.mapped;
    let keys = records.iter().map(key_of);
    let documents: BTreeMap<Key, &Option<RemoteData>> = keys.zip(&raw).collect();
    for (record, before) in base.mapped.iter().zip(&base.raw) {
        let key = key_of(record);
        if documents.get(&key).is_some_and(|now| *now != before) {
            effect.changed.push((key, RAW.to_owned(), Value::Null));
        }
    }
    // Most perturbations move nothing else, and comparing typed records is far cheaper than
    // printing them.
    if same {
        return;
    }
    let now = by_key(&records);
    for (key, before) in &base.records {
        let Some(after) = now.get(key) else {
            effect.vanished.insert(key.clone());
            continue;
        };
        for (field, value) in after.as_object().into_iter().flatten() {
            if before.get(field) != Some(value) {
                let changed = (key.clone(), field.clone(), value.clone());
                effect.changed.push(changed);
            }
        }
    }
    let added = now
        .into_iter()
        .filter(|(key, _)| !base.records.contains_key(key));
    effect.added.extend(added);
}

/// Takes the raw documents off a record: they change with everything, and are dear to compare.
fn apart(mut record: Record) -> (Record, Option<RemoteData>) {
    let raw = match &mut record {
        Record::User(record) => record.remote_data.take(),
        Record::Tag(record) => record.remote_data.take(),
        Record::RejectionReason(record) => record.remote_data.take(),
        Record::ApplicationStage(record) => record.remote_data.take(),
        Record::Job(record) => record.remote_data.take(),
        Record::JobPosting(record) => record.remote_data.take(),
        Record::Candidate(record) => record.remote_data.take(),
        Record::Application(record) => record.remote_data.take(),
        Record::Interview(record) => record.remote_data.take(),
        Record::Offer(record) => record.remote_data.take(),
        Record::ScreeningQuestion(_)
        | Record::CandidateTag(_)
        | Record::JobApplicationStage(_)
        | Record::JobScreeningQuestion(_)
        | Record::JobHiringTeamMember(_)
        | Record::InterviewingTeamMember(_) => None,
    };
    (record, raw)
}

fn key_of(record: &Record) -> Key {
    (record.kind(), record.remote_key().into_owned())
}
