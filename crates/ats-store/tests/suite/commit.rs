//! Committing pages: bundles, records, counts, losses and rejects.

use ats_core::ModelKind;
use ats_store::{BundleState, Error, PassKind, Store, StoredBundle, Tally};
use serde_json::json;

use super::{
    build::{bundle, candidate, record},
    mirror::Mirror,
};

pub(crate) fn a_new_record_is_created_and_comes_back(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let shown = candidate("c").with("first_name", "Ada");
    mirror.bring("candidates", [bundle("1", "").gives(shown)]);
    let found = mirror.candidate("c");
    assert_eq!(found.id, mirror.id_of(ModelKind::Candidate, "c"));
    assert_eq!(found.model, ModelKind::Candidate);
    assert_eq!(mirror.shows("c", "first_name"), "Ada");
    assert_eq!(
        (found.changed_at, found.pass),
        (mirror.now(), mirror.pass.get())
    );
    assert_eq!((found.remote_deleted_at, found.reason), (None, None));
    let (stream, giver) = store.giver(&mirror.id, &found).unwrap().unwrap();
    assert_eq!(
        (stream.as_str(), found.bundle),
        ("candidates", Some(giver.key))
    );
    assert_eq!(giver.bundle, bundle("1", "").whole());
    let created = Tally {
        created: 1,
        ..Tally::default()
    };
    assert_eq!(mirror.tally(), created);
}

pub(crate) fn a_record_that_differs_is_updated_and_any_other_is_left_alone(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let rows = |name: &str| {
        let first = candidate("1").with("first_name", name);
        [
            bundle("1", name).gives(first),
            bundle("2", "").gives(candidate("2")),
        ]
    };
    mirror.bring("candidates", rows("Ada"));
    let (began, pass) = (mirror.now(), mirror.pass.get());
    mirror.begin(PassKind::Full);
    mirror.bring("candidates", rows("Eve"));
    assert_eq!(mirror.shows("1", "first_name"), "Eve");
    let times = |key| (mirror.candidate(key).changed_at, mirror.candidate(key).pass);
    assert_eq!(times("1"), (mirror.now(), mirror.pass.get()));
    assert_eq!(times("2"), (began, pass));
    let tally = Tally {
        updated: 1,
        unchanged: 1,
        ..Tally::default()
    };
    assert_eq!(mirror.tally(), tally);
}

pub(crate) fn a_bundle_is_kept_as_it_last_came(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let get = |id| store.bundle(&mirror.id, "jobs", id).unwrap();
    assert_eq!(get("1"), None, "the stream is unheard of");
    let first = bundle("1", "a").document("job.info", &json!({ "ü": "\n" }));
    mirror.bring("jobs", [first.clone(), bundle("2", "b").group("g")]);
    assert_eq!(get("1").unwrap().bundle, first.whole());
    assert_eq!(get("3"), None);
    let second = bundle("1", "c").group("g");
    mirror.bring("jobs", [second.clone()]);
    assert_eq!(get("1").unwrap().bundle, second.whole());
    let ids = |bundles: Vec<StoredBundle>| -> Vec<String> {
        bundles.into_iter().map(|stored| stored.bundle.id).collect()
    };
    assert_eq!(
        ids(store.group(&mirror.id, "jobs", "g").unwrap()),
        ["1", "2"]
    );
    assert!(store.group(&mirror.id, "jobs", "h").unwrap().is_empty());
    mirror.bring("jobs", [bundle("1", "c")]);
    assert_eq!(ids(store.group(&mirror.id, "jobs", "g").unwrap()), ["2"]);
}

pub(crate) fn bundles_are_paged_in_the_order_of_their_ids(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("jobs", ["b", "c", "a", "d"].map(|id| bundle(id, "")));
    mirror.bring("users", [bundle("e", "")]);
    let page = |after, limit| -> Vec<String> {
        let bundles = store.bundles(&mirror.id, "jobs", after, limit).unwrap();
        bundles.into_iter().map(|stored| stored.bundle.id).collect()
    };
    assert_eq!(page(None, 3), ["a", "b", "c"]);
    assert_eq!(page(Some("c"), 3), ["d"]);
    let count = |stream| store.count_bundles(&mirror.id, stream).unwrap();
    assert_eq!((count("jobs"), count("users"), count("tags")), (4, 1, 0));
}

pub(crate) fn states_come_in_the_order_that_was_asked(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let state = |stream, ids: &[&str]| store.bundle_states(&mirror.id, stream, ids).unwrap();
    assert_eq!(state("candidates", &["1", "2"]), [None, None]);
    let first = bundle("1", "").looks_up("sources", "s");
    mirror.bring("candidates", [first.clone(), bundle("2", "")]);
    mirror.bring("sources", [bundle("s", "")]);
    let known = |bundle: super::build::Brought, due| {
        let hash = bundle.hash();
        Some(BundleState {
            hash,
            due,
            kept: true,
        })
    };
    let expected = [known(bundle("2", ""), false), None, known(first, true)];
    assert_eq!(state("candidates", &["2", "3", "1"]), expected);
}

pub(crate) fn a_bundle_that_was_not_mapped_counts_its_records_as_unchanged(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let joined = record(ModelKind::CandidateTag, "c/t");
    let row = bundle("1", "").gives(candidate("c")).gives(joined);
    mirror.bring("candidates", [row]);
    mirror.begin(PassKind::Full);
    let same = || bundle("1", "").stored().unmapped();
    mirror.bring("candidates", [same(), same()]);
    let tallies = mirror.last_pass().tallies;
    let unchanged = Tally {
        unchanged: 1,
        ..Tally::default()
    };
    assert_eq!(tallies[&ModelKind::Candidate], unchanged);
    assert_eq!(tallies[&ModelKind::CandidateTag], unchanged);
    assert!(mirror.due().is_empty());
}

pub(crate) fn a_bundle_that_was_not_mapped_although_it_changed_is_due(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", [bundle("1", "a").gives(candidate("c"))]);
    mirror.bring(
        "candidates",
        [bundle("1", "b").unmapped(), bundle("2", "").unmapped()],
    );
    assert_eq!(mirror.due_of("candidates"), ["1", "2"]);
    let found = store.bundle(&mirror.id, "candidates", "1").unwrap();
    assert_eq!(found.unwrap().bundle, bundle("1", "b").whole());
    assert!(
        mirror.candidate("c").bundle.is_some(),
        "it lives until it is mapped"
    );
    assert_eq!(mirror.tally().unchanged, 0);
}

pub(crate) fn a_mapping_of_documents_that_are_no_longer_there_is_not_taken(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let shown = |name: &str| candidate("c").with("first_name", name);
    mirror.bring("candidates", [bundle("1", "new").gives(shown("new"))]);
    let old = bundle("1", "old").gives(shown("old")).stored();
    let never = bundle("2", "").gives(candidate("never")).stored();
    mirror.page("candidates").bundles([old, never]).commit();
    assert_eq!(mirror.shows("c", "first_name"), "new");
    assert_eq!(mirror.due_of("candidates"), ["1"]);
    assert_eq!(mirror.get(ModelKind::Candidate, "never"), None);
    let state = store.bundle_states(&mirror.id, "candidates", &["1", "2"]);
    let state = state.unwrap();
    assert_eq!(state[0].unwrap().hash, bundle("1", "new").hash());
    assert_eq!(state[1], None);
}

pub(crate) fn a_bundle_that_should_be_there_and_is_not_is_read_again(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let row = || {
        bundle("1", "")
            .gives(candidate("c"))
            .looks_up("sources", "s")
    };
    mirror.bring("candidates", [bundle("0", ""), row().stored()]);
    let again = store.streams_to_read_again(&mirror.id).unwrap();
    assert_eq!(again, ["candidates"]);
    assert_eq!(mirror.get(ModelKind::Candidate, "c"), None);
    let states = store.bundle_states(&mirror.id, "candidates", &["1"]);
    assert_ne!(states.unwrap()[0].unwrap().hash, row().hash());
    let walk = mirror.last_pass().walks.remove(0);
    assert_eq!((walk.distinct_ids, mirror.tally().unchanged), (2, 0));
    mirror.bring("candidates", [row()]);
    assert!(store.streams_to_read_again(&mirror.id).unwrap().is_empty());
    assert_eq!(mirror.tally().created, 1);
    mirror.bring("sources", [bundle("s", "")]);
    assert_eq!(mirror.due_of("candidates"), ["1"]);
}

pub(crate) fn a_bundle_that_comes_twice_in_one_commit_shows_what_came_last(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let walk = mirror.walk("candidates");
    let row = |name: &str| bundle("1", name).gives(candidate("c").with("first_name", name));
    let page = mirror.page("candidates").bundles([row("a"), row("b")]);
    let page = page.goes_on(walk, "next").into_inner();
    let again = mirror
        .page("candidates")
        .bundles([row("b"), row("c"), row("c")]);
    let again = again.ends(walk, None).into_inner();
    store.commit(&[page, again]).unwrap();
    assert_eq!(mirror.shows("c", "first_name"), "c");
    let walk = &mirror.last_pass().walks[0];
    assert_eq!((walk.rows, walk.distinct_ids, walk.pages), (5, 1, 2));
    let tally = mirror.tally();
    assert_eq!((tally.created, tally.updated, tally.unchanged), (1, 2, 0));
    assert_eq!(store.count_bundles(&mirror.id, "candidates").unwrap(), 1);
    assert_eq!(store.missing(walk.key).unwrap().bundles, 0);
}

pub(crate) fn a_record_that_a_bundle_gives_twice_shows_the_last(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let row = || {
        let first = candidate("c").with("first_name", "Ada");
        let second = candidate("c").with("first_name", "Eve");
        bundle("1", "").gives(first).gives(second)
    };
    mirror.bring("candidates", [row()]);
    let changed_at = mirror.candidate("c").changed_at;
    mirror.bring("candidates", [row()]);
    assert_eq!(mirror.shows("c", "first_name"), "Eve");
    assert_eq!(mirror.candidate("c").changed_at, changed_at);
    let tally = mirror.tally();
    assert_eq!((tally.created, tally.updated, tally.unchanged), (1, 0, 1));
}

pub(crate) fn a_commit_that_fails_leaves_nothing(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let walk = mirror.walk("candidates");
    let row = bundle("1", "").gives(candidate("c"));
    let good = mirror.page("candidates").bundles([row]);
    let good = good.goes_on(walk, "next").into_inner();
    let mut bad = good.clone();
    bad.integration = super::build::integration("unheard of").id;
    let failed = store.commit(&[good.clone(), bad]);
    assert!(matches!(failed, Err(Error::UnknownIntegration { .. })));
    assert_eq!(mirror.get(ModelKind::Candidate, "c"), None);
    assert_eq!(mirror.last_pass().walks[0].pages, 0);
    store.commit(&[good]).unwrap();
    assert_eq!(mirror.last_pass().walks[0].pages, 1);
}

pub(crate) fn join_records_are_diffed_for_each_parent(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let row = |tags: &[&str]| {
        let mut row = bundle("1", &tags.concat()).gives(candidate("c"));
        for tag in tags {
            row = row.gives(record(ModelKind::CandidateTag, &format!("c/{tag}")));
        }
        row
    };
    mirror.bring("candidates", [row(&["a", "b"])]);
    let began = mirror.now();
    mirror.bring("candidates", [row(&["b", "d"])]);
    let tag = |key: &str| {
        let found = mirror.get(ModelKind::CandidateTag, key).unwrap();
        (found.changed_at, found.remote_deleted_at)
    };
    let now = mirror.now();
    assert_eq!(tag("c/a"), (now, Some(now)));
    assert_eq!(tag("c/b"), (began, None));
    assert_eq!(tag("c/d"), (now, None));
    assert_eq!(mirror.candidate("c").changed_at, began);
    let tally = mirror.last_pass().tallies[&ModelKind::CandidateTag];
    assert_eq!((tally.created, tally.deleted, tally.unchanged), (3, 1, 1));
    mirror.bring("candidates", [row(&["a"])]);
    assert_eq!(tag("c/a"), (mirror.now(), None), "it came back");
}
