//! Perturbs every value of every document and writes down what moves, what breaks and what is lost
//! without a word. Provenance and hardness both come from this one run.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::ModelKind;

use super::{
    Source, Subject, Tables,
    judge::Probing,
    spot::{Spot, survey},
    sweep::Sweep,
    trace::fallbacks,
};
use crate::Key;

/// Wrong values are tried at so many places of each source of a field; more would say the same.
const WRONG_AT: usize = 6;

/// A field of a model.
pub(super) type FieldKey = (ModelKind, String);

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
    /// Places of `open_texts` where the excuse was needed.
    pub excused: BTreeSet<String>,
    /// Places, by their number, that move a field from a source; under `None` those that are read.
    movers: BTreeMap<(Option<FieldKey>, Source), BTreeSet<usize>>,
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
        let all: Vec<usize> = (0..spots.len()).collect();
        let traced = side_by_side(&all, |index, probe| {
            probing.trace(index, &spots[index], probe)
        });
        let chosen: BTreeSet<usize> = traced.movers.values().flatten().copied().collect();
        let chosen = Vec::from_iter(chosen);
        let hardened = side_by_side(&chosen, |index, probe| probing.harden(&spots[index], probe));
        let mut probe = traced.join(hardened);
        let leaves = spots.iter().filter(|spot| spot.is_leaf());
        probe.leaves = leaves.map(|spot| spot.source.clone()).collect();
        fallbacks(&sweep, &spots, tables, &mut probe.sources);
        probe
    }

    /// Remembers that the place of this number moves the field.
    pub(super) fn mover(&mut self, field: Option<FieldKey>, spot: &Spot, index: usize) {
        let places = self.movers.entry((field, spot.source.clone())).or_default();
        places.insert(index);
        // The first ones stay, whatever order they come in, so that every run tries the same.
        if places.len() > WRONG_AT {
            places.pop_last();
        }
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
        self.excused.extend(other.excused);
        for (field, places) in other.movers {
            let known = self.movers.entry(field).or_default();
            known.extend(places);
            while known.len() > WRONG_AT {
                known.pop_last();
            }
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

    pub(super) fn find(
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

/// Shares the work out to as many threads as there are, and joins what they found.
fn side_by_side(work: &[usize], run: impl Fn(usize, &mut Probe) + Sync) -> Probe {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let share = work.iter().skip(worker).step_by(threads);
                let run = &run;
                scope.spawn(move || {
                    let mut probe = Probe::default();
                    share.for_each(|index| run(*index, &mut probe));
                    probe
                })
            })
            .collect();
        // A worker panics only by a defect of this file; its share would then be missing, and the
        // fields that nothing moves are red.
        let found = workers.into_iter().filter_map(|worker| worker.join().ok());
        found.fold(Probe::default(), Probe::join)
    })
}
