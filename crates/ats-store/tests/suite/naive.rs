//! Random bundles, and a model of a store that is too simple to be wrong: of all bundles that give a
//! record, the last in the order of stream and id shows it; without any it is gone.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    collection::{btree_map, btree_set, vec},
    option,
    prelude::{Just, Strategy, any},
    prop_oneof,
};

pub(crate) const STREAMS: [&str; 3] = ["a", "b", "c"];
pub(crate) const GROUPS: [&str; 2] = ["g", "h"];

/// A bundle, by the index of its stream and its number.
pub(crate) type Place = (usize, u8);

/// Titles by record.
pub(crate) type Titles = BTreeMap<u8, u8>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Look {
    Bundle(Place),
    Group(usize, usize),
}

/// A bundle as a page brings it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) text: u8,
    pub(crate) group: Option<usize>,
    pub(crate) gives: Titles,
    pub(crate) looks: BTreeSet<Look>,
    pub(crate) mapped: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Commit(usize, BTreeMap<u8, Row>),
    Sweep(usize, BTreeSet<u8>),
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
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
pub(crate) struct Kept {
    pub(crate) row: Row,
    pub(crate) gives: Titles,
    pub(crate) looks: BTreeSet<Look>,
}

#[derive(Debug, Default)]
pub(crate) struct Naive {
    pub(crate) bundles: BTreeMap<Place, Kept>,
    pub(crate) due: BTreeSet<Place>,
    pub(crate) ever: BTreeSet<u8>,
}

impl Naive {
    pub(crate) fn put(&mut self, place: Place, row: &Row) {
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

    pub(crate) fn touch(&mut self, place: Place, groups: [Option<usize>; 2]) {
        let looks = groups.into_iter().flatten();
        let looks = looks.map(|group| Look::Group(place.0, group));
        let looks: BTreeSet<Look> = looks.chain([Look::Bundle(place)]).collect();
        for (other, kept) in &self.bundles {
            if !kept.looks.is_disjoint(&looks) {
                self.due.insert(*other);
            }
        }
    }

    pub(crate) fn remove(&mut self, place: Place) {
        if let Some(old) = self.bundles.remove(&place) {
            self.touch(place, [old.row.group, None]);
            self.due.remove(&place);
        }
    }

    pub(crate) fn map(&mut self, place: Place) -> &Row {
        self.due.remove(&place);
        let kept = self.bundles.get_mut(&place).unwrap();
        kept.gives = kept.row.gives.clone();
        kept.looks = kept.row.looks.clone();
        &kept.row
    }

    pub(crate) fn givers(&self, record: u8) -> impl Iterator<Item = (&Place, u8)> {
        let givers = self.bundles.iter();
        givers.filter_map(move |(place, kept)| Some((place, *kept.gives.get(&record)?)))
    }

    /// Who gives each record that was ever given, and the title.
    pub(crate) fn shown(&mut self) -> BTreeMap<u8, Option<(Place, u8)>> {
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
