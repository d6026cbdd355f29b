//! Perturbs every value of every document and writes down what moves, what breaks and what is lost
//! without a word. Provenance and hardness both come from this one run.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Bundle, Document, Loss, ModelKind, RawJson};
use serde_json::Value;

use crate::{
    Key,
    expected::key_fields,
    mirror::Place,
    prove::{
        Standing, Subject, Tables,
        perturb::{
            Class, Step, Variant, kind, places, plausible, pointer, scouts, shows, with, wrong,
        },
        sweep::{Effect, Overlay, Sweep},
        trace::fallbacks,
    },
    verify::is_absent,
};

/// Wrong values are tried at so many places of each general path; the rest would say the same.
const WRONG_AT: usize = 6;

/// A field of a model.
pub(super) type FieldKey = (ModelKind, String);

/// A place in the vendor's answers, with indexes written `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The endpoint, as in `job.list`.
    pub endpoint: &'static str,
    /// Where in the answer the document stands, as in `/results/*`.
    pub at: &'static str,
    /// Where in the document the value stands.
    pub path: String,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}{}", self.endpoint, self.at, self.path)
    }
}

/// Something that a wrong value broke.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where the value was put.
    pub source: String,
    /// What was put there.
    pub value: &'static str,
    /// The record it was seen on.
    pub record: String,
    /// What happened.
    pub what: String,
}

/// What perturbing every value did.
#[derive(Debug, Default)]
pub struct Probe {
    /// The places that move each field.
    pub sources: BTreeMap<(ModelKind, String), BTreeSet<Source>>,
    /// The leaves of every document, whether they move anything or not.
    pub leaves: BTreeSet<Source>,
    /// How many wrong values were put where a field comes from.
    pub judged: BTreeMap<(ModelKind, String), usize>,
    /// How many wrong values were put anywhere in documents of a model.
    pub tried: BTreeMap<ModelKind, usize>,
    /// What broke, by field; under `None` what is no field's own matter.
    pub findings: BTreeMap<(ModelKind, Option<String>), BTreeSet<Finding>>,
    /// Fields that are denied and got a value: where.
    pub filled: BTreeMap<(ModelKind, String), String>,
}

/// One place of one document, with all that is known about it.
pub(super) struct Spot {
    pub(super) place: Place,
    document: usize,
    path: Vec<Step>,
    value: Value,
    source: Source,
    tries_wrong: bool,
}

/// What the vendor sends at a general path.
#[derive(Default)]
struct Kinds {
    seen: BTreeSet<&'static str>,
    example: Option<Value>,
}

/// What the probing of one bundle works with.
struct Probing<'a> {
    sweep: &'a Sweep<'a>,
    tables: &'a Tables,
    kinds: &'a BTreeMap<Source, Kinds>,
    open_texts: &'a [String],
    ids: BTreeSet<&'a str>,
}

impl Probe {
    pub(crate) fn run(subject: &Subject, tables: &Tables) -> Self {
        let sweep = Sweep::new(&*subject.connector, subject.mirror.shelf());
        let (spots, kinds) = survey(&sweep);
        let probing = Probing {
            sweep: &sweep,
            tables,
            kinds: &kinds,
            open_texts: &subject.expected.open_texts,
            ids: sweep.bases().keys().map(|(_, id)| id.as_str()).collect(),
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut probe = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|worker| {
                    let share = spots.iter().skip(worker).step_by(threads);
                    let probing = &probing;
                    scope.spawn(move || {
                        let mut probe = Self::default();
                        share.for_each(|spot| probing.probe(spot, &mut probe));
                        probe
                    })
                })
                .collect();
            // A worker panics only by a defect of this file; its share would then be missing, and
            // the fields that nothing moves are red.
            workers
                .into_iter()
                .filter_map(|worker| worker.join().ok())
                .fold(Self::default(), Self::join)
        });
        let leaves = spots
            .iter()
            .filter(|spot| !spot.value.is_object() && !spot.value.is_array());
        probe.leaves = leaves.map(|spot| spot.source.clone()).collect();
        fallbacks(&sweep, &spots, tables, &mut probe.sources);
        probe
    }

    fn join(mut self, other: Self) -> Self {
        for (field, sources) in other.sources {
            self.sources.entry(field).or_default().extend(sources);
        }
        for (field, count) in other.judged {
            *self.judged.entry(field).or_default() += count;
        }
        for (model, count) in other.tried {
            *self.tried.entry(model).or_default() += count;
        }
        for (field, findings) in other.findings {
            self.findings.entry(field).or_default().extend(findings);
        }
        for (field, place) in other.filled {
            let known = self.filled.entry(field).or_insert_with(|| place.clone());
            // The least of the places, so that the same run says the same whatever ran first.
            if place < *known {
                *known = place;
            }
        }
        self
    }

    fn find(
        &mut self,
        key: &Key,
        field: Option<&str>,
        spot: &Spot,
        value: &'static str,
        what: String,
    ) {
        let finding = Finding {
            source: spot.source.to_string(),
            value,
            record: key.1.clone(),
            what,
        };
        let of_field = self.findings.entry((key.0, field.map(str::to_owned)));
        of_field.or_default().insert(finding);
    }
}

/// Lists every place of every document, and what the vendor sends at each general path.
fn survey(sweep: &Sweep<'_>) -> (Vec<Spot>, BTreeMap<Source, Kinds>) {
    let mut spots = Vec::new();
    let mut kinds: BTreeMap<Source, Kinds> = BTreeMap::new();
    let mut counts: BTreeMap<Source, usize> = BTreeMap::new();
    for place in sweep.bases().keys() {
        let Some(bundle) = sweep.bundle(place) else {
            continue;
        };
        for (index, document) in bundle.documents.iter().enumerate() {
            let body = document.body.to_value();
            for (path, value) in places(&body) {
                let source = Source {
                    endpoint: document.endpoint,
                    at: document.at,
                    path: pointer(&path, true),
                };
                let known = kinds.entry(source.clone()).or_default();
                if !value.is_null() {
                    known.seen.insert(kind(value));
                    known.example.get_or_insert_with(|| value.clone());
                }
                let count = counts.entry(source.clone()).or_default();
                *count += usize::from(!value.is_null());
                spots.push(Spot {
                    place: place.clone(),
                    document: index,
                    path,
                    value: value.clone(),
                    source,
                    tries_wrong: !value.is_null() && *count <= WRONG_AT,
                });
            }
        }
    }
    (spots, kinds)
}

/// The overlay in which `spot` holds another value.
pub(super) fn overlay(
    sweep: &Sweep<'_>,
    spot: &Spot,
    value: Option<&Value>,
    rename: bool,
) -> Overlay {
    let mut overlay = Overlay::default();
    lay(sweep, &mut overlay, &[(spot, value)], rename);
    overlay
}

/// Puts other values at several places of one bundle or of several.
pub(super) fn lay(
    sweep: &Sweep<'_>,
    overlay: &mut Overlay,
    changes: &[(&Spot, Option<&Value>)],
    rename: bool,
) {
    let mut bundles: BTreeMap<&Place, Bundle> = BTreeMap::new();
    for (spot, value) in changes {
        let bundle = match bundles.remove(&spot.place) {
            Some(bundle) => bundle,
            None => match sweep.bundle(&spot.place) {
                Some(bundle) => Bundle::clone(&bundle),
                None => continue,
            },
        };
        let bundle = changed(bundle, spot, *value, rename);
        bundles.insert(&spot.place, bundle);
    }
    for (place, bundle) in bundles {
        overlay.put(place.clone(), bundle);
    }
}

fn changed(mut bundle: Bundle, spot: &Spot, value: Option<&Value>, rename: bool) -> Bundle {
    let document: &mut Document = &mut bundle.documents[spot.document];
    let body = with(&document.body.to_value(), &spot.path, value);
    document.body = RawJson::from(&body);
    if rename && let Some(id) = value.and_then(Value::as_str) {
        bundle.id = id.to_owned();
    }
    bundle
}

impl Probing<'_> {
    fn probe(&self, spot: &Spot, probe: &mut Probe) {
        let [absent, odd] = scouts(&spot.value);
        let gone = self.effect(spot, &absent, probe);
        let broken = self.effect(spot, &odd, probe);
        let mut missing = Moved::default();
        missing.add(&gone);
        let mut moved = Moved::default();
        let is_read = spot.is_id() || gone.is_noticed() || broken.is_noticed();
        let kinds = self.kinds.get(&spot.source);
        let mut texts = Vec::new();
        if is_read {
            let example = kinds.and_then(|kinds| kinds.example.as_ref());
            let is_link = spot
                .value
                .as_str()
                .is_some_and(|text| self.ids.contains(text));
            for variant in plausible(&spot.value, example, is_link) {
                let effect = self.effect(spot, &variant, probe);
                match variant.class {
                    Class::Missing => missing.add(&effect),
                    _ => moved.add(&effect),
                }
                if variant.class == Class::UnknownText {
                    texts.push((variant, effect));
                }
            }
        } else {
            // Raw documents still show it.
            moved.add(&gone);
        }
        let is_leaf = !spot.value.is_object() && !spot.value.is_array();
        self.judge_missing(spot, &gone, &moved, probe);
        moved.join(missing);
        for key in &moved.fields {
            if is_leaf {
                let sources = probe.sources.entry((key.0.0, key.1.clone())).or_default();
                sources.insert(spot.source.clone());
            }
        }
        if is_read && spot.tries_wrong {
            let none = BTreeSet::new();
            let seen = kinds.map_or(&none, |kinds| &kinds.seen);
            for variant in wrong(&spot.value, seen) {
                let effect = self.effect(spot, &variant, probe);
                self.judge_wrong(spot, &variant, &effect, &moved, is_leaf, probe);
            }
            for (variant, effect) in texts {
                if !self.open_texts.contains(&spot.source.to_string()) {
                    self.judge_wrong(spot, &variant, &effect, &moved, is_leaf, probe);
                }
            }
        }
    }

    fn effect(&self, spot: &Spot, variant: &Variant, probe: &mut Probe) -> Effect {
        let rename = spot.is_id() && variant.class != Class::Wrong;
        let effect = self
            .sweep
            .effect(&overlay(self.sweep, spot, variant.value.as_ref(), rename));
        let changed = effect
            .changed
            .iter()
            .map(|(key, field, value)| (key.0, field, value));
        let added = effect.added.iter().flat_map(|(key, record)| {
            let fields = record.as_object().into_iter().flatten();
            fields.map(|(field, value)| (key.0, field, value))
        });
        for (model, field, value) in changed.chain(added) {
            let fields = &self.tables.fields[&model];
            let denied = fields.get(field).is_some_and(|field| {
                matches!(
                    self.tables.standing(model, field),
                    Standing::Gap(_) | Standing::Constant(_)
                )
            });
            if denied && !is_absent(value) {
                let known = probe.filled.entry((model, field.clone()));
                known.or_insert_with(|| format!("{} ({})", spot.source, variant.name));
            }
        }
        effect
    }

    /// A value that is not there must not take other records, nor half a record, with it.
    fn judge_missing(&self, spot: &Spot, gone: &Effect, moved: &Moved, probe: &mut Probe) {
        const WITH_IT: usize = 3;
        let is_leaf = !spot.value.is_object() && !spot.value.is_array();
        if !is_leaf {
            return;
        }
        for key in &gone.vanished {
            if !moved.vanished.contains(key) && !reported(spot, &gone.losses) {
                probe.find(
                    key,
                    None,
                    spot,
                    "absent",
                    "the record is gone, and no loss says so".into(),
                );
            }
        }
        let mut extra: BTreeMap<&Key, BTreeSet<&str>> = BTreeMap::new();
        for (key, field, _) in &gone.changed {
            if field != "remote_data" && !moved.fields.contains(&(key.clone(), field.clone())) {
                extra.entry(key).or_default().insert(field);
            }
        }
        for (key, fields) in extra {
            if fields.len() >= WITH_IT {
                let what = format!("{fields:?} change with it, though no other value moves them");
                probe.find(key, None, spot, "absent", what);
            }
        }
    }

    /// A value of the wrong kind may cost the fields that come from it, and must say so.
    fn judge_wrong(
        &self,
        spot: &Spot,
        variant: &Variant,
        effect: &Effect,
        moved: &Moved,
        is_leaf: bool,
        probe: &mut Probe,
    ) {
        let put = variant.value.clone().unwrap_or_default();
        let is_reported = reported(spot, &effect.losses);
        let base = &self.sweep.bases()[&spot.place];
        for model in base
            .records
            .keys()
            .map(|key| key.0)
            .collect::<BTreeSet<_>>()
        {
            *probe.tried.entry(model).or_default() += 1;
        }
        if effect.panicked {
            for key in base.records.keys().take(1) {
                probe.find(key, None, spot, variant.name, "the mapping panics".into());
            }
        }
        for key in &effect.vanished {
            let owner = moved.vanished.contains(key);
            if !owner {
                probe.find(key, None, spot, variant.name, "the record is gone".into());
            } else if !is_reported && variant.class == Class::Wrong {
                let what = "the record is gone, and no loss says so".to_owned();
                probe.find(key, Some(key_fields(key.0)[0]), spot, variant.name, what);
            }
        }
        for (key, field, value) in &effect.changed {
            if !moved.fields.contains(&(key.clone(), field.clone())) {
                let what = format!("`{field}` changes too, which no other value there moves");
                probe.find(key, None, spot, variant.name, what);
            } else if !is_reported && !shows(value, &put) {
                let what = format!("the value is lost, and no loss names the place: {value}");
                probe.find(key, Some(field), spot, variant.name, what);
            }
        }
        if is_leaf {
            for ((model, _), field) in &moved.fields {
                *probe.judged.entry((*model, field.clone())).or_default() += 1;
            }
        }
    }
}

/// What values of the vendor's own kind move at one place.
#[derive(Debug, Default)]
struct Moved {
    fields: BTreeSet<(Key, String)>,
    vanished: BTreeSet<Key>,
}

impl Moved {
    fn add(&mut self, effect: &Effect) {
        let changed = effect
            .changed
            .iter()
            .map(|(key, field, _)| (key.clone(), field.clone()));
        self.fields.extend(changed);
        for key in &effect.vanished {
            self.vanished.insert(key.clone());
            let fields = key_fields(key.0).iter();
            self.fields
                .extend(fields.map(|field| (key.clone(), (*field).to_owned())));
        }
    }

    fn join(&mut self, other: Self) {
        self.fields.extend(other.fields);
        self.vanished.extend(other.vanished);
    }
}

/// Whether a loss names the place, something around it or something in it.
fn reported(spot: &Spot, losses: &BTreeSet<Loss>) -> bool {
    let here = pointer(&spot.path, false);
    losses.iter().any(|loss| {
        let within = |outer: &str, inner: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        loss.endpoint == spot.source.endpoint
            && (within(&loss.path, &here) || within(&here, &loss.path))
    })
}

impl Spot {
    /// The place without its indexes.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// Whether it holds the id of its bundle, which would then be another too.
    fn is_id(&self) -> bool {
        self.value.as_str() == Some(self.place.1.as_str())
    }

    /// Whether it holds a value that holds no other.
    pub(super) fn is_leaf(&self) -> bool {
        !self.value.is_object() && !self.value.is_array()
    }
}
