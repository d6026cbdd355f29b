//! Many deliveries at once: each thing is read once, however often it was named. Pure.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Effect, Target};

/// What deliveries come down to.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Folded {
    /// What is to be read or taken away, by the event that named it last.
    pub(super) of_events: BTreeMap<String, Vec<Effect>>,
    /// The streams that are to be walked, with the event that named each last.
    pub(super) walks: BTreeMap<&'static str, String>,
}

/// Folds deliveries, the earliest first.
///
/// What is gone is not read again: the events of one thing come in any order, and nothing comes back
/// under its id.
pub(super) fn fold<'a>(deliveries: impl IntoIterator<Item = (&'a str, &'a [Effect])>) -> Folded {
    let mut folded = Folded::default();
    let mut reads: BTreeMap<(&'static str, String), &str> = BTreeMap::new();
    let mut gone: BTreeSet<(&'static str, String)> = BTreeSet::new();
    for (event, effects) in deliveries {
        for effect in effects {
            match effect {
                Effect::Read(target) => {
                    reads.insert(place(target), event);
                }
                Effect::Walk(stream) => {
                    folded.walks.insert(stream, event.to_owned());
                }
                Effect::Gone(target) | Effect::Merged { from: target, .. } => {
                    gone.insert(place(target));
                    let of_event = folded.of_events.entry(event.to_owned()).or_default();
                    if !of_event.contains(effect) {
                        of_event.push(effect.clone());
                    }
                }
            }
        }
    }
    for ((stream, id), event) in reads {
        if !gone.contains(&(stream, id.clone())) {
            let of_event = folded.of_events.entry(event.to_owned()).or_default();
            of_event.push(Effect::Read(Target::new(stream, id)));
        }
    }
    folded
}

/// Where a thing stands.
pub(super) fn place(target: &Target) -> (&'static str, String) {
    (target.stream, target.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(stream: &'static str, id: &str) -> Target {
        Target::new(stream, id)
    }

    fn read(id: &str) -> Effect {
        Effect::Read(at("people", id))
    }

    fn gone(id: &str) -> Effect {
        Effect::Gone(at("people", id))
    }

    fn merged(from: &str, into: &str) -> Effect {
        let (from, into) = (at("people", from), at("people", into));
        Effect::Merged { from, into }
    }

    fn folded(deliveries: &[(&str, Vec<Effect>)]) -> Folded {
        let deliveries = deliveries.iter();
        fold(deliveries.map(|(event, effects)| (*event, effects.as_slice())))
    }

    #[test]
    fn each_thing_is_read_once_for_the_event_that_named_it_last() {
        let found = folded(&[
            ("made", vec![read("1"), read("2")]),
            ("moved", vec![read("1"), Effect::Walk("jobs")]),
            ("moved", vec![read("1"), Effect::Walk("jobs")]),
            ("renamed", vec![Effect::Walk("jobs")]),
        ]);
        let expected = [
            ("made".to_owned(), vec![read("2")]),
            ("moved".to_owned(), vec![read("1")]),
        ];
        assert_eq!(found.of_events, BTreeMap::from(expected));
        assert_eq!(
            found.walks,
            BTreeMap::from([("jobs", "renamed".to_owned())])
        );
    }

    #[test]
    fn what_is_gone_is_not_read_in_whatever_order_it_was_told() {
        for turned in [false, true] {
            let mut told = vec![
                ("moved", vec![read("1"), read("2"), read("3")]),
                ("deleted", vec![gone("1")]),
                ("merged", vec![merged("2", "3")]),
                ("deleted", vec![gone("1")]),
            ];
            if turned {
                told.reverse();
            }
            let expected = [
                ("deleted".to_owned(), vec![gone("1")]),
                ("merged".to_owned(), vec![merged("2", "3")]),
                ("moved".to_owned(), vec![read("3")]),
            ];
            assert_eq!(folded(&told).of_events, BTreeMap::from(expected));
        }
    }
}
