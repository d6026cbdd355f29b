//! What is mapped again: whatever looked up something that changed, arrived or went away.

use ats_store::{Cause, DeletionReason, Store};

use super::{build::bundle, mirror::Mirror};

pub(crate) fn who_looked_a_bundle_up_is_due_when_it_changes(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("sources", [bundle("s", "a"), bundle("t", "a")]);
    let rows = [
        bundle("1", "")
            .looks_up("sources", "s")
            .looks_up("sources", "t"),
        bundle("2", "").looks_up("sources", "t"),
        bundle("3", "").looks_up_group("sources", "s"),
        bundle("4", ""),
    ];
    mirror.bring("candidates", rows);
    mirror.bring("sources", [bundle("s", "a")]);
    assert!(mirror.due().is_empty(), "it came as it was");
    mirror.bring("sources", [bundle("s", "b")]);
    let due = store.due(&mirror.id, 9).unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(
        (due[0].stream.as_str(), due[0].bundle.id.as_str()),
        ("candidates", "1")
    );
    assert_eq!(due[0].cause, Cause::Related("sources s".to_owned()));
    let known = store
        .bundle(&mirror.id, "candidates", "1")
        .unwrap()
        .unwrap();
    assert_eq!((due[0].key, &due[0].bundle), (known.key, &known.bundle));
    mirror.bring("sources", [bundle("t", "b")]);
    assert_eq!(mirror.due_of("candidates"), ["1", "2"]);
    let due = store.due(&mirror.id, 1).unwrap();
    assert_eq!(due.len(), 1);
}

pub(crate) fn a_bundle_that_was_mapped_is_no_longer_due(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let row = || bundle("1", "").looks_up("sources", "s");
    mirror.bring("candidates", [row()]);
    mirror.bring("sources", [bundle("s", "a")]);
    mirror.bring("candidates", [row().unmapped()]);
    assert_eq!(mirror.due_of("candidates"), ["1"], "it was not mapped");
    mirror.bring("candidates", [row()]);
    assert!(mirror.due().is_empty());
    mirror.bring("sources", [bundle("s", "b")]);
    assert_eq!(mirror.due_of("candidates"), ["1"], "it still looks it up");
}

pub(crate) fn a_miss_that_arrives_later_makes_due(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let rows = [
        bundle("1", "").looks_up("sources", "s"),
        bundle("2", "").looks_up_group("postings", "j"),
    ];
    mirror.bring("candidates", rows);
    mirror.bring("sources", [bundle("s", "")]);
    assert_eq!(mirror.due_of("candidates"), ["1"]);
    mirror.bring("postings", [bundle("p", "").group("j")]);
    assert_eq!(mirror.due_of("candidates"), ["1", "2"]);
}

pub(crate) fn who_looked_a_group_up_is_due_when_a_member_comes_changes_or_leaves(
    store: &dyn Store,
) {
    let mirror = Mirror::new(store);
    let rows = || {
        [
            bundle("1", "").looks_up_group("postings", "g"),
            bundle("2", "").looks_up_group("postings", "h"),
        ]
    };
    let due_after = |postings: [super::build::Brought; 1]| {
        mirror.bring("jobs", rows());
        mirror.bring("postings", postings);
        mirror.due_of("jobs")
    };
    assert_eq!(due_after([bundle("p", "a").group("g")]), ["1"]);
    assert_eq!(due_after([bundle("p", "b").group("g")]), ["1"]);
    assert_eq!(due_after([bundle("p", "b").group("g")]).len(), 0);
    assert_eq!(due_after([bundle("p", "b").group("h")]), ["1", "2"]);
    assert_eq!(due_after([bundle("p", "b")]), ["2"]);
    assert_eq!(due_after([bundle("p", "c")]).len(), 0);
}

pub(crate) fn what_is_looked_up_no_more_makes_nothing_due(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let first = bundle("1", "")
        .looks_up("sources", "s")
        .looks_up("sources", "t");
    mirror.bring("candidates", [first]);
    let second = bundle("1", "")
        .looks_up("sources", "t")
        .looks_up("sources", "u");
    mirror
        .page("candidates")
        .bundles([second.stored()])
        .commit();
    mirror.bring("sources", [bundle("s", "")]);
    assert!(mirror.due().is_empty());
    mirror.bring("sources", [bundle("t", "")]);
    assert_eq!(mirror.due_of("candidates"), ["1"]);
    let third = bundle("1", "").looks_up("sources", "u");
    mirror.page("candidates").bundles([third.stored()]).commit();
    mirror.bring("sources", [bundle("u", "")]);
    assert_eq!(mirror.due_of("candidates"), ["1"]);
}

pub(crate) fn what_is_not_shared_makes_nothing_due(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", [bundle("1", "").looks_up("notes", "n")]);
    let page = mirror.page("notes").bundles([bundle("n", "")]);
    page.but(|page| page.shared = false).commit();
    assert!(mirror.due().is_empty());
}

pub(crate) fn what_was_swept_makes_due_who_looked_it_up(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("sources", [bundle("s", "").group("g"), bundle("t", "")]);
    let rows = [
        bundle("1", "").looks_up("sources", "s"),
        bundle("2", "").looks_up_group("sources", "g"),
        bundle("3", "").looks_up("sources", "t"),
    ];
    mirror.bring("candidates", rows);
    let walk = mirror.bring("sources", [bundle("t", "")]);
    let at = mirror.tick();
    store.sweep(walk, DeletionReason::Gone, at, 9).unwrap();
    assert_eq!(mirror.due_of("candidates"), ["1", "2"]);
}

pub(crate) fn within_one_commit_only_what_came_before_the_change_is_due(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let rows = [
        bundle("1", "")
            .looks_up("plans", "2")
            .looks_up("plans", "1"),
        bundle("2", ""),
        bundle("3", "").looks_up("plans", "2"),
    ];
    mirror.bring("plans", rows);
    assert_eq!(mirror.due_of("plans"), ["1"]);
}

pub(crate) fn other_integrations_are_not_made_due(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    for mirror in [&mirror, &other] {
        mirror.bring("candidates", [bundle("1", "").looks_up("sources", "s")]);
    }
    mirror.bring("sources", [bundle("s", "")]);
    assert_eq!((mirror.due().len(), other.due().len()), (1, 0));
}

pub(crate) fn a_bundle_that_was_swept_is_not_due(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", [bundle("1", "").looks_up("candidates", "1")]);
    mirror.bring("candidates", [bundle("2", "").looks_up("candidates", "1")]);
    store.mark_all_due(&mirror.id, &Cause::Remap).unwrap();
    let walk = mirror.bring("candidates", [bundle("2", "").looks_up("candidates", "1")]);
    let at = mirror.tick();
    store.sweep(walk, DeletionReason::Gone, at, 9).unwrap();
    assert_eq!(mirror.due_of("candidates"), ["2"]);
    assert!(store.streams_to_read_again(&mirror.id).unwrap().is_empty());
    // A new bundle has nothing of the one before it, even under its key.
    mirror.bring("candidates", [bundle("3", ""), bundle("2", "")]);
    mirror.bring("candidates", [bundle("1", "")]);
    assert!(mirror.due().is_empty());
}

pub(crate) fn documents_that_come_or_go_make_due_who_looked_them_up(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let looking = || bundle("1", "").looks_up("sources", "s");
    mirror.bring("sources", [bundle("s", "").dropped()]);
    mirror.bring("candidates", [looking()]);
    mirror.bring("sources", [bundle("s", "").dropped()]);
    assert!(mirror.due().is_empty());
    mirror.bring("sources", [bundle("s", "")]);
    assert_eq!(mirror.due_of("candidates"), ["1"], "they are there now");
    mirror.bring("candidates", [looking()]);
    mirror.bring("sources", [bundle("s", "").dropped().unmapped()]);
    assert_eq!(mirror.due_of("candidates"), ["1"], "they are no more");
}
