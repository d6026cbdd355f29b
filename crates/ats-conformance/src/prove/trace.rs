//! Provenance: which places of the vendor's answers a field comes from, those behind a fallback too.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Field, ModelKind};
use serde_json::Value;

use super::{
    Source, Tables,
    probe::FieldKey,
    spot::{Spot, lay},
    sweep::{Overlay, RAW, Sweep},
};
use crate::{Claim, Context, Evidence, Fact, Failure, Key, mirror::Place, verify::is_absent};

/// A fallback behind a fallback behind a fallback is as deep as any rule goes.
const DEPTH: usize = 3;

/// The sources of a field with more of them are not taken away one by one: it takes all there is.
const CLOSE: usize = 16;

/// A document that moves a field from so many of its leaves, and from all of them, is named whole.
const WHOLE: usize = 4;

pub(crate) fn trace_case(
    context: &Context,
    model: ModelKind,
    field: &Field,
) -> Result<Evidence, Failure> {
    let claim = Claim::Field(model, field.name.clone());
    let probe = context.probe()?;
    let sources = probe
        .sources
        .get(&(model, field.name.clone()))
        .cloned()
        .unwrap_or_default();
    if sources.is_empty() {
        return Err(Failure::of(format_args!("{claim} comes from the vendor"))
            .expected(
                "a place in the vendor's answers that moves it",
                "every leaf was perturbed",
            )
            .came(
                "none: the field is a constant, or it reads a key that the vendor does not send",
            ));
    }
    let sources = match field.name.as_str() {
        RAW => documents(&sources),
        _ => folded(&sources, &probe.leaves),
    };
    let sources = sources.iter().map(ToString::to_string).collect();
    Ok(Evidence::of(claim, Fact::Traced { sources }))
}

/// The documents that hold the sources: what shows them whole comes from no part of them.
fn documents(sources: &BTreeSet<Source>) -> BTreeSet<Source> {
    let whole = sources.iter().map(|source| Source {
        path: String::new(),
        ..source.clone()
    });
    whole.collect()
}

/// Names an object instead of its leaves where every leaf below it moves the field.
pub(super) fn folded(sources: &BTreeSet<Source>, leaves: &BTreeSet<Source>) -> BTreeSet<Source> {
    let mut folded = sources.clone();
    let mut parents: BTreeSet<Source> = BTreeSet::new();
    for source in sources {
        let mut path = source.path.as_str();
        while let Some((parent, _)) = path.rsplit_once('/') {
            parents.insert(Source {
                path: parent.to_owned(),
                ..source.clone()
            });
            path = parent;
        }
    }
    // Parents come before their children in this order, so that the outermost wins.
    for parent in parents {
        let below = |leaf: &&Source| {
            (leaf.endpoint, leaf.at) == (parent.endpoint, parent.at)
                && leaf
                    .path
                    .strip_prefix(&parent.path)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let of_parent: Vec<&Source> = leaves.iter().filter(below).collect();
        if of_parent.len() >= WHOLE && of_parent.iter().all(|leaf| folded.contains(*leaf)) {
            folded.retain(|source| !below(&source));
            folded.insert(parent);
        }
    }
    folded
}

/// Finds sources that others hide: takes the known ones away, and where the field still has a value
/// perturbs again.
pub(super) fn fallbacks(
    sweep: &Sweep<'_>,
    spots: &[Spot],
    tables: &Tables,
    sources: &mut BTreeMap<FieldKey, BTreeSet<Source>>,
) {
    let mut by_place: BTreeMap<&Place, Vec<&Spot>> = BTreeMap::new();
    for spot in spots.iter().filter(|spot| spot.is_leaf()) {
        by_place.entry(&spot.place).or_default().push(spot);
    }
    let mut done = BTreeSet::new();
    for (place, base) in sweep.bases() {
        let mut within = sweep.related(place);
        within.insert(place.clone());
        let near: Vec<&Spot> = within
            .iter()
            .filter_map(|place| by_place.get(place))
            .flatten()
            .copied()
            .collect();
        for (key, record) in &base.records {
            for field in tables.claimed(key.0).filter(|field| field.name != RAW) {
                // Only single values have fallbacks; a list takes all there is.
                let value = &record[&field.name];
                if is_absent(value) || value.is_array() {
                    continue;
                }
                let target = Target {
                    sweep,
                    near: &near,
                    place,
                    key,
                    field: &field.name,
                };
                let known = sources.entry((key.0, field.name.clone())).or_default();
                target.search(known, &mut done);
            }
        }
    }
}

/// Places to take away, by source.
type Places<'a> = BTreeMap<&'a Source, Vec<(&'a Spot, Option<&'a Value>)>>;

struct Target<'a> {
    sweep: &'a Sweep<'a>,
    near: &'a [&'a Spot],
    place: &'a Place,
    key: &'a Key,
    field: &'a str,
}

impl Target<'_> {
    fn search(
        &self,
        known: &mut BTreeSet<Source>,
        done: &mut BTreeSet<(FieldKey, BTreeSet<Source>)>,
    ) {
        for _ in 0..DEPTH {
            let here: BTreeSet<&Source> = self
                .near
                .iter()
                .map(|spot| &spot.source)
                .filter(|source| known.contains(*source))
                .collect();
            // Each source alone, for a link that is gone hides what lies behind it; then all at once.
            let alone = here
                .iter()
                .filter(|_| here.len() <= CLOSE)
                .map(|source| BTreeSet::from([(*source).clone()]));
            let all = here.iter().map(|source| (*source).clone()).collect();
            let rounds: Vec<BTreeSet<Source>> = alone.chain([all]).collect();
            let found: BTreeSet<Source> = rounds
                .into_iter()
                .filter(|removed| {
                    let name = ((self.key.0, self.field.to_owned()), removed.clone());
                    done.insert(name)
                })
                .flat_map(|removed| self.behind(&removed))
                .filter(|source| !known.contains(source))
                .collect();
            if found.is_empty() {
                return;
            }
            known.extend(found);
        }
    }

    /// What moves the field once `removed` is gone.
    fn behind(&self, removed: &BTreeSet<Source>) -> BTreeSet<Source> {
        let gone: Vec<(&Spot, Option<&Value>)> = self
            .near
            .iter()
            .filter(|spot| removed.contains(&spot.source))
            // From the last to the first, so that indexes before it stay true.
            .rev()
            .map(|spot| (*spot, None))
            .collect();
        let Some(fallback) = self.value(&gone).filter(|value| !is_absent(value)) else {
            return BTreeSet::new();
        };
        // All places of one source at once: it is the source that is asked for. A whole member of
        // a document first, since most members move nothing and need no closer look.
        let mut members: BTreeMap<(&str, &str), Places<'_>> = BTreeMap::new();
        for spot in self.near.iter().rev() {
            let source = &spot.source;
            if !removed.contains(source) {
                let member = source.path[1..].split('/').next().unwrap_or_default();
                let places = members.entry((source.endpoint, member)).or_default();
                places.entry(source).or_default().push((*spot, None));
            }
        }
        let moves = |places: &[(&Spot, Option<&Value>)]| {
            let changes = [gone.as_slice(), places].concat();
            self.value(&changes).is_some_and(|value| value != fallback)
        };
        let mut found = BTreeSet::new();
        for places in members.into_values() {
            let whole: Vec<_> = places.values().flatten().copied().collect();
            if moves(&whole) {
                let moving = places.into_iter().filter(|(_, places)| moves(places));
                found.extend(moving.map(|(source, _)| source.clone()));
            }
        }
        found
    }

    /// The field's value with these places changed; `None` when the record is gone.
    fn value(&self, changes: &[(&Spot, Option<&Value>)]) -> Option<Value> {
        let mut overlay = Overlay::default();
        lay(self.sweep, &mut overlay, changes, false);
        self.sweep.value(&overlay, self.place, self.key, self.field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str) -> Source {
        Source {
            endpoint: "job.list",
            at: "/results/*",
            path: path.to_owned(),
        }
    }

    #[test]
    fn an_object_that_moves_a_field_from_every_leaf_is_named_whole() {
        let leaves: BTreeSet<Source> = ["/a/1", "/a/2", "/a/3", "/a/4", "/b"]
            .into_iter()
            .map(source)
            .collect();
        let all_of_a = leaves
            .iter()
            .filter(|leaf| leaf.path != "/b")
            .cloned()
            .collect();
        assert_eq!(folded(&all_of_a, &leaves), BTreeSet::from([source("/a")]));
        assert_eq!(folded(&leaves, &leaves), BTreeSet::from([source("")]));
        let some: BTreeSet<Source> = [source("/a/1"), source("/b")].into();
        assert_eq!(folded(&some, &leaves), some);
    }
}
