//! One place of one document, and bundles in which other values stand there.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use ats_core::{Bundle, Loss, RawJson};
use serde_json::Value;

use crate::{
    mirror::Place,
    prove::{
        perturb::{Step, kind, places, pointer, put},
        sweep::{Overlay, Sweep},
    },
};

/// A list longer than this has items that say the same.
const ITEMS: usize = 8;

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

/// One place of one document.
pub(super) struct Spot {
    pub(super) place: Place,
    pub(super) value: Value,
    pub(super) source: Source,
    document: usize,
    path: Vec<Step>,
}

/// What the vendor sends at a general path.
#[derive(Default)]
pub(super) struct Kinds {
    pub(super) seen: BTreeSet<&'static str>,
    pub(super) example: Option<Value>,
}

/// Lists every place of every document, and what the vendor sends at each general path.
pub(super) fn survey(sweep: &Sweep<'_>) -> (Vec<Spot>, BTreeMap<Source, Kinds>) {
    let mut spots = Vec::new();
    let mut kinds: BTreeMap<Source, Kinds> = BTreeMap::new();
    let is_far = |step: &Step| matches!(step, Step::Index(index) if *index >= ITEMS);
    for place in sweep.bases().keys() {
        let Some(bundle) = sweep.bundle(place) else {
            continue;
        };
        for (index, document) in bundle.documents.iter().enumerate() {
            let body = document.body.to_value();
            for (path, value) in places(&body) {
                if path.iter().any(is_far) {
                    continue;
                }
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
                spots.push(Spot {
                    place: place.clone(),
                    value: value.clone(),
                    source,
                    document: index,
                    path,
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

/// Puts other values at several places of one bundle or of several. Where places of one list are
/// taken away, the later ones must come first.
pub(super) fn lay(
    sweep: &Sweep<'_>,
    overlay: &mut Overlay,
    changes: &[(&Spot, Option<&Value>)],
    rename: bool,
) {
    // Each document is parsed and printed once, however many of its places change.
    let mut bodies: BTreeMap<(&Place, usize), Value> = BTreeMap::new();
    let mut bundles: BTreeMap<&Place, Bundle> = BTreeMap::new();
    for (spot, value) in changes {
        let bundle = match bundles.entry(&spot.place) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => match sweep.bundle(&spot.place) {
                Some(bundle) => free.insert(Bundle::clone(&bundle)),
                None => continue,
            },
        };
        if rename && let Some(id) = value.and_then(Value::as_str) {
            bundle.id = id.to_owned();
        }
        let body = bodies
            .entry((&spot.place, spot.document))
            .or_insert_with(|| bundle.documents[spot.document].body.to_value());
        put(body, &spot.path, *value);
    }
    for ((place, index), body) in bodies {
        if let Some(bundle) = bundles.get_mut(place) {
            bundle.documents[index].body = RawJson::from(&body);
        }
    }
    for (place, bundle) in bundles {
        overlay.put(place.clone(), bundle);
    }
}

/// Whether a loss names the place, something around it or something in it.
pub(super) fn reported(spot: &Spot, losses: &BTreeSet<Loss>) -> bool {
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
    /// Whether it holds the id of its bundle, which would then be another too.
    pub(super) fn is_id(&self) -> bool {
        self.value.as_str() == Some(self.place.1.as_str())
    }

    /// Whether it holds a value that holds no other.
    pub(super) fn is_leaf(&self) -> bool {
        !self.value.is_object() && !self.value.is_array()
    }
}
