//! Random commits and sweeps against the naive model.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::ModelKind;
use ats_store::{Cause, DeletionReason, Store, StoredRecord};
use proptest::test_runner::{Config, TestRunner};

use super::{
    build::{Brought, bundle, candidate},
    mirror::Mirror,
    naive::{GROUPS, Look, Naive, Place, Row, STREAMS, Step, steps},
};

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
