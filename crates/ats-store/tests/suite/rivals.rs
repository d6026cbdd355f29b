//! Several bundles give one record: the order of stream name and bundle id decides, never the order
//! of arrival.

use ats_core::ModelKind;
use ats_store::{Cause, ChangeKind, DeletionReason, Store};

use super::{
    build::{Brought, bundle, candidate},
    mirror::Mirror,
};

/// A bundle that gives the candidate, with a title that tells where it comes from.
fn giving(id: &str, title: &str) -> Brought {
    bundle(id, title).gives(candidate("c").with("title", title))
}

fn title(mirror: &Mirror<'_>) -> String {
    mirror.shows("c", "title").as_str().unwrap().to_owned()
}

/// Maps what is due again, as it would have been mapped the first time.
fn map_again(mirror: &Mirror<'_>, stream: &str, again: Brought) {
    let again = again.stored().because(Cause::Handover);
    mirror.page(stream).bundles([again]).commit();
}

pub(crate) fn the_last_in_the_order_of_stream_and_id_wins_whoever_comes_first(store: &dyn Store) {
    let givers = [("a", "9"), ("b", "1"), ("b", "10"), ("b", "9")];
    for (number, order) in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1], [1, 3, 0, 2]]
        .into_iter()
        .enumerate()
    {
        let mirror = Mirror::named(store, &number.to_string());
        for index in order {
            let (stream, id) = givers[index];
            mirror.bring(stream, [giving(id, &format!("{stream} {id}"))]);
        }
        assert_eq!(title(&mirror), "b 9", "{order:?}");
        assert!(mirror.due().is_empty());
    }
}

pub(crate) fn order_is_that_of_bytes(store: &dyn Store) {
    let mirror = Mirror::new(store);
    for id in ["Z", "a", "ä", "B"] {
        mirror.bring("b", [giving(id, id)]);
    }
    assert_eq!(title(&mirror), "ä");
}

pub(crate) fn who_comes_too_late_changes_nothing(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("b", [giving("1", "b")]);
    let changed_at = mirror.candidate("c").changed_at;
    mirror.bring("a", [giving("1", "a")]);
    mirror.bring("a", [giving("1", "a again")]);
    assert_eq!(mirror.candidate("c").changed_at, changed_at);
    assert_eq!(mirror.log().len(), 1);
    let tally = mirror.tally();
    assert_eq!((tally.created, tally.updated), (1, 0));
}

pub(crate) fn the_next_one_takes_over_once_the_winner_gives_no_more(store: &dyn Store) {
    let mirror = Mirror::new(store);
    for stream in ["a", "b", "c"] {
        mirror.bring(stream, [giving("1", stream)]);
    }
    let before = mirror.candidate("c").changed_at;
    mirror.bring("c", [bundle("1", "nothing")]);
    let due = store.due(&mirror.id, 9).unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(
        (due[0].stream.as_str(), &due[0].cause),
        ("b", &Cause::Handover)
    );
    assert_eq!(
        mirror.candidate("c").changed_at,
        before,
        "not before it is mapped"
    );
    map_again(&mirror, "b", giving("1", "b"));
    assert_eq!(title(&mirror), "b");
    assert_eq!(mirror.candidate("c").changed_at, mirror.now());
    assert!(mirror.due().is_empty());
    // The winner is back.
    mirror.bring("c", [giving("1", "c")]);
    assert_eq!(title(&mirror), "c");
    let kinds: Vec<_> = mirror.log().iter().map(|line| line.change).collect();
    let updated = ChangeKind::Updated;
    assert_eq!(
        kinds,
        [ChangeKind::Created, updated, updated, updated, updated]
    );
}

pub(crate) fn taking_over_the_same_content_is_no_change(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let same = |id| bundle(id, "").gives(candidate("c"));
    mirror.bring("a", [same("1"), same("2")]);
    let before = mirror.candidate("c").changed_at;
    mirror.bring("a", [bundle("2", "nothing")]);
    map_again(&mirror, "a", same("1"));
    assert_eq!(mirror.candidate("c").changed_at, before);
    let owner = store.giver(&mirror.id, &mirror.candidate("c")).unwrap();
    assert_eq!(owner.unwrap().1.bundle.id, "1");
    assert_eq!(mirror.log().len(), 1);
}

pub(crate) fn a_rival_that_gives_no_more_is_not_asked(store: &dyn Store) {
    let mirror = Mirror::new(store);
    for stream in ["a", "b"] {
        mirror.bring(stream, [giving("1", stream)]);
    }
    mirror.bring("a", [bundle("1", "nothing")]);
    assert_eq!(title(&mirror), "b");
    mirror.bring("b", [bundle("1", "nothing")]);
    assert!(mirror.due().is_empty());
    let found = mirror.candidate("c");
    assert_eq!(found.remote_deleted_at, Some(mirror.now()));
    assert_eq!(
        (found.reason, found.bundle),
        (Some(DeletionReason::Gone), None)
    );
    assert_eq!(title(&mirror), "b", "its last content stays");
}

pub(crate) fn one_that_took_over_and_gives_nothing_passes_it_on(store: &dyn Store) {
    let mirror = Mirror::new(store);
    for stream in ["a", "b", "c"] {
        mirror.bring(stream, [giving("1", stream)]);
    }
    mirror.bring("c", [bundle("1", "nothing")]);
    map_again(&mirror, "b", bundle("1", "b"));
    assert_eq!(mirror.due_of("a"), ["1"]);
    map_again(&mirror, "a", bundle("1", "a"));
    assert!(mirror.due().is_empty());
    assert_eq!(mirror.candidate("c").reason, Some(DeletionReason::Gone));
}

pub(crate) fn a_new_winner_of_a_record_that_was_handed_over_wins(store: &dyn Store) {
    let mirror = Mirror::new(store);
    for stream in ["a", "c"] {
        mirror.bring(stream, [giving("1", stream)]);
    }
    mirror.bring("c", [bundle("1", "nothing")]);
    mirror.bring("b", [giving("1", "b")]);
    assert_eq!(title(&mirror), "b");
    map_again(&mirror, "a", giving("1", "a"));
    assert_eq!(title(&mirror), "b");
    mirror.bring("b", [bundle("1", "nothing")]);
    assert_eq!(mirror.due_of("a"), ["1"]);
}

pub(crate) fn records_of_integrations_are_no_rivals(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    mirror.bring("a", [giving("1", "mine")]);
    other.bring("b", [giving("1", "theirs")]);
    assert_eq!(
        (title(&mirror), title(&other)),
        ("mine".to_owned(), "theirs".to_owned())
    );
    let gone = other.bring("b", []);
    let at = other.tick();
    store.sweep(gone, DeletionReason::Gone, at, 9).unwrap();
    assert_eq!(mirror.candidate("c").remote_deleted_at, None);
    assert_eq!(mirror.all(ModelKind::Candidate).len(), 1);
}
