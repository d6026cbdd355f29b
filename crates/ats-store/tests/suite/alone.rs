//! What is read or taken away alone, beside the walks, and what an answer is made of.

use ats_core::ModelKind;
use ats_store::{Cause, DeletionReason, PassKind, PassState, Problem, Removal, Store};
use serde_json::json;

use super::{
    build::{application, bundle, candidate, record},
    mirror::Mirror,
};

/// Reads a candidate alone, as an action does.
fn read_alone(mirror: &Mirror<'_>, key: &str) {
    let pass = mirror.pass.get();
    mirror.begin(PassKind::Named);
    let row = bundle(key, "").gives(candidate(key));
    let row = row.because(Cause::Action("create_candidate".to_owned()));
    mirror.page("candidates").bundles([row]).commit();
    mirror.end(PassState::Succeeded);
    mirror.pass.set(pass);
}

fn sweep(mirror: &Mirror<'_>, walk: i64) -> u64 {
    let at = mirror.tick();
    let swept = mirror.store.sweep(walk, DeletionReason::Gone, at, 100);
    swept.unwrap().bundles
}

fn lives(mirror: &Mirror<'_>, key: &str) -> bool {
    mirror.candidate(key).remote_deleted_at.is_none()
}

pub(crate) fn what_is_read_alone_is_not_swept_by_the_walk_under_way(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", [bundle("old", "").gives(candidate("old"))]);
    let walk = mirror.walk("candidates");
    read_alone(&mirror, "in the middle");
    mirror
        .page("candidates")
        .bundles([])
        .ends(walk, None)
        .commit();
    read_alone(&mirror, "at the end");
    assert_eq!(store.missing(walk).unwrap().bundles, 1);
    assert_eq!(sweep(&mirror, walk), 1);
    assert!(!lives(&mirror, "old"));
    assert!(lives(&mirror, "in the middle") && lives(&mirror, "at the end"));
    let lines = mirror.log();
    let line = lines
        .iter()
        .rfind(|line| line.remote_id.as_deref() == Some("at the end"));
    assert_eq!(
        line.unwrap().cause,
        Cause::Action("create_candidate".to_owned())
    );
    assert_eq!(
        mirror.last_pass().kind,
        PassKind::Full,
        "readings alone are no passes"
    );
}

pub(crate) fn what_is_read_alone_between_the_parts_of_a_pass_is_not_swept(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let walk = mirror.walk("candidates");
    mirror.put("candidates", walk, [bundle("1", "").gives(candidate("1"))]);
    let problem = Problem {
        kind: "unavailable".to_owned(),
        message: "it did not answer".to_owned(),
    };
    store.fail_walk(walk, &problem, mirror.tick()).unwrap();
    mirror.end(PassState::TimedOut);
    read_alone(&mirror, "2");
    store.resume_pass(mirror.pass.get()).unwrap();
    mirror
        .page("candidates")
        .bundles([])
        .ends(walk, None)
        .commit();
    assert_eq!(sweep(&mirror, walk), 0);
    assert!(lives(&mirror, "1") && lives(&mirror, "2"));
}

pub(crate) fn what_is_read_alone_before_a_walk_is_swept_if_that_does_not_bring_it(
    store: &dyn Store,
) {
    let mirror = Mirror::new(store);
    let walk = mirror.bring("candidates", []);
    store.complete_walk(walk, None, mirror.tick()).unwrap();
    read_alone(&mirror, "1");
    let walk = mirror.bring("candidates", []);
    assert_eq!(sweep(&mirror, walk), 1);
    assert!(!lives(&mirror, "1"));
}

pub(crate) fn mapping_again_shows_nothing_to_a_walk(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", [bundle("1", "").gives(candidate("1"))]);
    let walk = mirror.walk("candidates");
    let row = bundle("1", "").gives(candidate("1")).stored();
    mirror.page("candidates").bundles([row]).commit();
    mirror
        .page("candidates")
        .bundles([])
        .ends(walk, None)
        .commit();
    assert_eq!(
        sweep(&mirror, walk),
        1,
        "the vendor did not say that it is there"
    );
}

fn remove(mirror: &Mirror<'_>, stream: &str, bundle: &str) -> bool {
    let removal = Removal {
        integration: mirror.id.clone(),
        pass: mirror.pass.get(),
        at: mirror.tick(),
        stream: stream.to_owned(),
        bundle: bundle.to_owned(),
        reason: DeletionReason::Gone,
        cause: Cause::Webhook("candidateDelete".to_owned()),
    };
    mirror.store.remove_bundle(&removal).unwrap()
}

pub(crate) fn a_bundle_that_is_removed_leaves_tombstones_and_makes_due_who_looked_it_up(
    store: &dyn Store,
) {
    let mirror = Mirror::new(store);
    let row = bundle("1", "").group("g").gives(candidate("1"));
    mirror.bring("candidates", [row, bundle("2", "").gives(candidate("2"))]);
    mirror.bring(
        "applications",
        [
            bundle("by id", "").looks_up("candidates", "1"),
            bundle("by group", "").looks_up_group("candidates", "g"),
            bundle("another", "").looks_up("candidates", "2"),
        ],
    );
    assert!(remove(&mirror, "candidates", "1"));
    let gone = mirror.candidate("1");
    assert_eq!(gone.remote_deleted_at, Some(mirror.now()));
    assert_eq!(gone.reason, Some(DeletionReason::Gone));
    assert!(lives(&mirror, "2"));
    assert_eq!(store.bundle(&mirror.id, "candidates", "1").unwrap(), None);
    assert_eq!(mirror.due_of("applications"), ["by id", "by group"]);
    let line = mirror.log().pop().unwrap();
    assert_eq!(line.cause, Cause::Webhook("candidateDelete".to_owned()));
    assert_eq!(store.latest(&mirror.id).unwrap(), Some(mirror.now()));
}

pub(crate) fn a_bundle_that_is_removed_hands_its_record_to_the_next(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let gives = |text: &str| bundle(text, "").gives(candidate("1").with("title", text));
    mirror.bring("candidates", [gives("a"), gives("b")]);
    assert!(remove(&mirror, "candidates", "b"));
    assert!(lives(&mirror, "1"), "another bundle gives it");
    assert_eq!(mirror.due_of("candidates"), ["a"]);
}

pub(crate) fn a_bundle_that_is_not_there_is_removed_without_an_error(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", [bundle("1", "").gives(candidate("1"))]);
    assert!(!remove(&mirror, "candidates", "2") && !remove(&mirror, "unheard of", "1"));
    assert!(remove(&mirror, "candidates", "1") && !remove(&mirror, "candidates", "1"));
}

pub(crate) fn a_merge_that_is_written_down_gives_its_reason_once_the_candidate_is_gone(
    store: &dyn Store,
) {
    let mirror = Mirror::new(store);
    mirror.bring(
        "candidates",
        ["a", "b"].map(|key| bundle(key, "").gives(candidate(key))),
    );
    let (a, b) = (
        mirror.id_of(ModelKind::Candidate, "a"),
        mirror.id_of(ModelKind::Candidate, "b"),
    );
    store.merge(&mirror.id, &a, &b).unwrap();
    assert_eq!(
        store.settle_merges(&mirror.id).unwrap(),
        0,
        "it is still there"
    );
    assert_eq!(store.alias(&mirror.id, &a).unwrap(), None);
    remove(&mirror, "candidates", "a");
    assert_eq!(store.settle_merges(&mirror.id).unwrap(), 1);
    assert_eq!(mirror.candidate("a").reason, Some(DeletionReason::Merged));
    assert_eq!(store.alias(&mirror.id, &a).unwrap(), Some(b));
}

pub(crate) fn the_records_of_a_candidate_are_its_applications_and_tags_that_live(
    store: &dyn Store,
) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    let owner = mirror.id_of(ModelKind::Candidate, "c");
    let tag =
        |key: &str| record(ModelKind::CandidateTag, key).with("candidate_id", owner.to_string());
    mirror.bring(
        "applications",
        [
            bundle("2", "").gives(application("2", "c")),
            bundle("1", "").gives(application("1", "c")).gives(tag("t")),
            bundle("3", "").gives(application("3", "another")),
            bundle("4", "").gives(application("4", "c")),
        ],
    );
    remove(&mirror, "applications", "4");
    let found = store.of_candidate(&mirror.id, &owner).unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|record| (record.model, record.id))
        .collect();
    let expected = [
        (ModelKind::Application, "2"),
        (ModelKind::Application, "1"),
        (ModelKind::CandidateTag, "t"),
    ];
    assert_eq!(
        shown,
        expected.map(|(model, key)| (model, mirror.id_of(model, key)))
    );
    assert_eq!(store.of_candidate(&other.id, &owner).unwrap(), []);
}

pub(crate) fn candidates_are_found_by_any_address_in_any_case(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    let person = |key: &str, created: &str, addresses: &[&str]| {
        let addresses: Vec<_> = addresses
            .iter()
            .map(|address| json!({ "email_address": address, "type": "WORK" }))
            .collect();
        let shown = candidate(key).with("remote_created_at", created);
        bundle(key, "").gives(shown.with("email_addresses", addresses))
    };
    mirror.bring(
        "candidates",
        [
            person("young", "2026-02-01", &["Ada@Example.com"]),
            person("old", "2026-01-01", &["x@example.com", " ada@example.com "]),
            person("twice", "2026-03-01", &["b@example.com", "B@example.com"]),
            person("gone", "2026-01-01", &["ada@example.com"]),
            person("longer", "2026-01-01", &["ada@example.com.au"]),
            bundle("none", "").gives(candidate("none")),
            bundle("null", "").gives(candidate("null").with("email_addresses", json!(null))),
        ],
    );
    remove(&mirror, "candidates", "gone");
    let found = |email: &str| store.candidates_with_email(&mirror.id, email).unwrap();
    assert_eq!(
        found("ADA@example.com "),
        ["old", "young"],
        "the oldest first"
    );
    assert_eq!(found("b@example.com"), ["twice"]);
    assert!(found("example.com").is_empty() && found("").is_empty());
    let there = store.candidates_with_email(&other.id, "b@example.com");
    assert!(there.unwrap().is_empty());
}
