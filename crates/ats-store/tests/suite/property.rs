//! Random commits and sweeps against a model that is too simple to be wrong: of all bundles that
//! give a record, the last in the order of stream and id shows it; without any it is gone.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::ModelKind;
use ats_store::{Cause, DeletionReason, Store, StoredRecord};
use proptest::{
    collection::{btree_map, btree_set, vec},
    option,
    prelude::{Just, Strategy, any},
    prop_oneof,
    test_runner::{Config, TestRunner},
};

use super::{
    build::{Brought, bundle, candidate},
    mirror::Mirror,
};

const STREAMS: [&str; 3] = ["a", "b", "c"];
const GROUPS: [&str; 2] = ["g", "h"];

/// A bundle, by the index of its stream and its number.
type Place = (usize, u8);

/// Titles by record.
type Titles = BTreeMap<u8, u8>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Bundle(Place),
    Group(usize, usize),
}

/// A bundle as a page brings it.
#[derive(Debug, Clone)]
struct Row {
    text: u8,
    group: Option<usize>,
    gives: Titles,
    looks: BTreeSet<Look>,
    mapped: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Commit(usize, BTreeMap<u8, Row>),
    Sweep(usize, BTreeSet<u8>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let look = prop_oneof![
        (0..STREAMS.len(), 0..4_u8).prop_map(Look::Bundle),
        (0..STREAMS.len(), 0..GROUPS.len()).prop_map(|(stream, group)| Look::Group(stream, group)),
    ];
    let row = (
        0..3_u8,
        option::of(0..GROUPS.len()),
        btree_map(0..4_u8, 0..3_u8, 0..3),
        btree_set(look, 0..3),
        prop_oneof![4 => Just(true), 1 => any::<bool>()],
    );
    let row = row.prop_map(|(text, group, gives, looks, mapped)| Row {
        text,
        group,
        gives,
        looks,
        mapped,
    });
    let step = prop_oneof![
        3 => (0..STREAMS.len(), btree_map(0..4_u8, row, 1..4))
            .prop_map(|(stream, rows)| Step::Commit(stream, rows)),
        1 => (0..STREAMS.len(), btree_set(0..4_u8, 0..4))
            .prop_map(|(stream, seen)| Step::Sweep(stream, seen)),
    ];
    vec(step, 1..14)
}

/// What the naive model keeps of a bundle. `wants` is what it will be mapped to when its turn comes.
#[derive(Debug, Clone)]
struct Kept {
    row: Row,
    gives: Titles,
    looks: BTreeSet<Look>,
}

#[derive(Debug, Default)]
struct Naive {
    bundles: BTreeMap<Place, Kept>,
    due: BTreeSet<Place>,
    ever: BTreeSet<u8>,
}

impl Naive {
    fn put(&mut self, place: Place, row: &Row) {
        let old = self.bundles.get(&place).cloned();
        let changed = old
            .as_ref()
            .is_none_or(|old| (old.row.text, old.row.group) != (row.text, row.group));
        if changed {
            let groups = [row.group, old.as_ref().and_then(|old| old.row.group)];
            self.touch(place, groups);
        }
        if !changed && !row.mapped {
            return;
        }
        let (gives, looks) = match (row.mapped, old) {
            (true, _) => (row.gives.clone(), row.looks.clone()),
            (false, Some(old)) => (old.gives, old.looks),
            (false, None) => (Titles::new(), BTreeSet::new()),
        };
        if row.mapped {
            self.due.remove(&place);
        } else {
            self.due.insert(place);
        }
        let row = row.clone();
        self.bundles.insert(place, Kept { row, gives, looks });
    }

    fn touch(&mut self, place: Place, groups: [Option<usize>; 2]) {
        let looks = groups.into_iter().flatten();
        let looks = looks.map(|group| Look::Group(place.0, group));
        let looks: BTreeSet<Look> = looks.chain([Look::Bundle(place)]).collect();
        for (other, kept) in &self.bundles {
            if !kept.looks.is_disjoint(&looks) {
                self.due.insert(*other);
            }
        }
    }

    fn remove(&mut self, place: Place) {
        if let Some(old) = self.bundles.remove(&place) {
            self.touch(place, [old.row.group, None]);
            self.due.remove(&place);
        }
    }

    fn map(&mut self, place: Place) -> &Row {
        self.due.remove(&place);
        let kept = self.bundles.get_mut(&place).unwrap();
        kept.gives = kept.row.gives.clone();
        kept.looks = kept.row.looks.clone();
        &kept.row
    }

    fn givers(&self, record: u8) -> impl Iterator<Item = (&Place, u8)> {
        let givers = self.bundles.iter();
        givers.filter_map(move |(place, kept)| Some((place, *kept.gives.get(&record)?)))
    }

    /// Who gives each record that was ever given, and the title.
    fn shown(&mut self) -> BTreeMap<u8, Option<(Place, u8)>> {
        let given = self.bundles.values().flat_map(|kept| kept.gives.keys());
        self.ever.extend(given);
        let winner = |record| {
            self.givers(record)
                .last()
                .map(|(place, title)| (*place, title))
        };
        self.ever
            .iter()
            .map(|&record| (record, winner(record)))
            .collect()
    }
}

fn brought(place: Place, row: &Row) -> Brought {
    let mut brought = bundle(&place.1.to_string(), &row.text.to_string());
    if let Some(group) = row.group {
        brought = brought.group(GROUPS[group]);
    }
    for (record, title) in &row.gives {
        brought = brought.gives(candidate(&record.to_string()).with("title", *title));
    }
    for look in &row.looks {
        brought = match look {
            Look::Bundle((stream, id)) => brought.looks_up(STREAMS[*stream], &id.to_string()),
            Look::Group(stream, group) => brought.looks_up_group(STREAMS[*stream], GROUPS[*group]),
        };
    }
    if row.mapped {
        brought
    } else {
        brought.unmapped()
    }
}

fn place_of(stream: &str, id: &str) -> Place {
    let stream = STREAMS.iter().position(|name| *name == stream).unwrap();
    (stream, id.parse().unwrap())
}

/// Checks what is due, and maps it all again.
fn settle(mirror: &Mirror<'_>, naive: &mut Naive) {
    let due = mirror.store.due(&mirror.id, 1000).unwrap();
    let places: BTreeSet<Place> = due
        .iter()
        .map(|due| place_of(&due.stream, &due.bundle.id))
        .collect();
    assert!(
        places.is_superset(&naive.due),
        "{:?} in {places:?}",
        naive.due
    );
    for due in &due {
        let related = naive.due.contains(&place_of(&due.stream, &due.bundle.id));
        assert!(related || due.cause == Cause::Handover, "{due:?}");
    }
    while let Some(due) = mirror.store.due(&mirror.id, 1).unwrap().pop() {
        let place = place_of(&due.stream, &due.bundle.id);
        let mut row = naive.map(place).clone();
        row.mapped = true;
        let again = brought(place, &row).stored().because(due.cause);
        mirror.page(&due.stream).bundles([again]).commit();
    }
    assert!(naive.due.is_empty());
}

fn sweep(mirror: &Mirror<'_>, naive: &mut Naive, stream: usize, seen: &BTreeSet<u8>) {
    let (store, name) = (mirror.store, STREAMS[stream]);
    let of_stream = |place: &&Place| place.0 == stream;
    let there: Vec<Place> = naive.bundles.keys().filter(of_stream).copied().collect();
    let (found, missing): (Vec<Place>, Vec<Place>) =
        there.into_iter().partition(|place| seen.contains(&place.1));
    let walk = mirror.walk(name);
    let rows = found.iter().map(|place| {
        let row = &naive.bundles[place].row;
        brought(*place, row).stored().unmapped()
    });
    let page = mirror.page(name).list(rows.collect());
    page.ends(walk, None).commit();
    let shown = naive.shown();
    let going = shown.keys().filter(|record| {
        let mut givers = naive.givers(**record).peekable();
        givers.peek().is_some() && givers.all(|(place, _)| missing.contains(place))
    });
    let going = going.count() as u64;
    let counted = store.missing(walk).unwrap();
    assert_eq!(counted.bundles, missing.len() as u64);
    let of_model = counted.models.get(&ModelKind::Candidate);
    assert_eq!(of_model.map_or(0, |share| share.missing), going);
    while !store
        .sweep(walk, DeletionReason::Gone, mirror.tick(), 2)
        .unwrap()
        .done
    {}
    for place in missing {
        naive.remove(place);
    }
}

fn records(mirror: &Mirror<'_>) -> BTreeMap<u8, StoredRecord> {
    let records = mirror.all(ModelKind::Candidate).into_iter();
    let keyed = records.map(|record| {
        let content: serde_json::Value = record.content.parse().unwrap();
        (
            content["remote_id"].as_str().unwrap().parse().unwrap(),
            record,
        )
    });
    keyed.collect()
}

fn run(store: &dyn Store, name: &str, steps: &[Step]) {
    let mirror = Mirror::named(store, name);
    let mut naive = Naive::default();
    let mut before = records(&mirror);
    for step in steps {
        // Records that several bundles of one step give may show one after the other, and those of
        // bundles that wait for their mapping may be gone until then.
        let mut touched: BTreeMap<u8, usize> = BTreeMap::new();
        let began = mirror.now();
        match step {
            Step::Commit(stream, rows) => {
                let brought = rows.iter().map(|(id, row)| brought((*stream, *id), row));
                mirror
                    .page(STREAMS[*stream])
                    .list(brought.collect())
                    .commit();
                for (id, row) in rows {
                    naive.put((*stream, *id), row);
                    for record in row.gives.keys() {
                        *touched.entry(*record).or_default() += if row.mapped { 1 } else { 2 };
                    }
                }
            }
            Step::Sweep(stream, seen) => sweep(&mirror, &mut naive, *stream, seen),
        }
        settle(&mirror, &mut naive);
        let after = records(&mirror);
        for (record, winner) in naive.shown() {
            let found = &after[&record];
            let giver = store.giver(&mirror.id, found).unwrap();
            let giver = giver.map(|(stream, stored)| place_of(&stream, &stored.bundle.id));
            assert_eq!(
                giver,
                winner.map(|(place, _)| place),
                "{record} after {step:?}"
            );
            if let Some((_, title)) = winner {
                let content: serde_json::Value = found.content.parse().unwrap();
                assert_eq!(content["title"], title, "{record} after {step:?}");
            }
            assert_eq!(found.remote_deleted_at.is_some(), winner.is_none());
            let same = before.get(&record).is_some_and(|before| {
                (&before.content, before.remote_deleted_at)
                    == (&found.content, found.remote_deleted_at)
            });
            let moved = found.changed_at > began;
            let contested = touched.get(&record).is_some_and(|times| *times > 1);
            assert!(
                moved != same || contested,
                "{record} after {step:?}: {found:?}"
            );
        }
        assert!(after.len() == naive.ever.len());
        before = after;
    }
}

pub(crate) fn random_commits_and_sweeps_equal_a_naive_model(store: &dyn Store) {
    let config = Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let number = std::cell::Cell::new(0);
    let outcome = runner.run(&steps(), |steps| {
        number.set(number.get() + 1);
        run(store, &number.get().to_string(), &steps);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
