//! Merged candidates: one that is gone, whose applications belong to another one now.

use ats_core::{Id, ModelKind};
use ats_store::{DeletionReason, Store};

use super::{
    build::{application, bundle, candidate},
    mirror::Mirror,
};

/// Who applied, by application; and which candidates there are.
fn put<const N: usize>(
    mirror: &Mirror<'_>,
    candidates: &[&str],
    applied: [(&str, &str); N],
) -> u64 {
    let walk = mirror.walk("candidates");
    let rows = candidates
        .iter()
        .map(|&id| bundle(id, "").gives(candidate(id)));
    let page = mirror.page("candidates").list(rows.collect());
    page.ends(walk, None).commit();
    let rows =
        applied.map(|(id, candidate)| bundle(id, candidate).gives(application(id, candidate)));
    mirror.bring("applications", rows);
    let at = mirror.tick();
    let swept = mirror.store.sweep(walk, DeletionReason::Gone, at, 100);
    assert!(swept.unwrap().done);
    mirror.store.settle_merges(&mirror.id).unwrap()
}

fn alias(mirror: &Mirror<'_>, key: &str) -> Option<Id> {
    let id = mirror.id_of(ModelKind::Candidate, key);
    mirror.store.alias(&mirror.id, &id).unwrap()
}

fn is(mirror: &Mirror<'_>, key: &str) -> Option<Id> {
    Some(mirror.id_of(ModelKind::Candidate, key))
}

pub(crate) fn a_gone_candidate_whose_application_moved_was_merged(store: &dyn Store) {
    let mirror = Mirror::new(store);
    put(&mirror, &["a", "b", "c"], [("1", "a"), ("2", "b")]);
    let merged = put(&mirror, &["b"], [("1", "b"), ("2", "b")]);
    assert_eq!(merged, 1);
    let reason = |key| mirror.candidate(key).reason;
    assert_eq!(reason("a"), Some(DeletionReason::Merged));
    assert_eq!(reason("b"), None);
    assert_eq!(
        reason("c"),
        Some(DeletionReason::Gone),
        "it had no application that moved"
    );
    assert_eq!(alias(&mirror, "a"), is(&mirror, "b"));
    assert_eq!((alias(&mirror, "b"), alias(&mirror, "c")), (None, None));
    let lines = mirror.log();
    let line = |key| {
        lines
            .iter()
            .rfind(|line| line.remote_id.as_deref() == Some(key))
    };
    assert_eq!(line("a").unwrap().reason, Some(DeletionReason::Merged));
    assert_eq!(line("c").unwrap().reason, Some(DeletionReason::Gone));
    assert_eq!(store.settle_merges(&mirror.id).unwrap(), 0, "it is settled");
}

pub(crate) fn a_move_alone_merges_nobody(store: &dyn Store) {
    let mirror = Mirror::new(store);
    put(&mirror, &["a", "b"], [("1", "a")]);
    assert_eq!(put(&mirror, &["a", "b"], [("1", "b")]), 0);
    assert_eq!(
        (mirror.candidate("a").reason, alias(&mirror, "a")),
        (None, None)
    );
    assert_eq!(put(&mirror, &["b"], [("1", "b")]), 1, "it went later");
    assert_eq!(alias(&mirror, "a"), is(&mirror, "b"));
}

pub(crate) fn a_change_of_the_candidate_between_move_and_end_keeps_the_alias(store: &dyn Store) {
    let mirror = Mirror::new(store);
    put(&mirror, &["a", "b"], [("1", "a")]);
    put(&mirror, &["a", "b"], [("1", "b")]);
    let changed = candidate("a").with("title", "x");
    mirror.bring("candidates", [bundle("a", "x").gives(changed)]);
    assert_eq!(put(&mirror, &["b"], [("1", "b")]), 1);
    assert_eq!(alias(&mirror, "a"), is(&mirror, "b"));
}

pub(crate) fn a_chain_of_merges_leads_to_its_end(store: &dyn Store) {
    let mirror = Mirror::new(store);
    put(&mirror, &["a", "b", "c"], [("1", "a"), ("2", "b")]);
    put(&mirror, &["b", "c"], [("1", "b"), ("2", "b")]);
    put(&mirror, &["c"], [("1", "c"), ("2", "c")]);
    assert_eq!(alias(&mirror, "a"), is(&mirror, "c"));
    assert_eq!(alias(&mirror, "b"), is(&mirror, "c"));
}

pub(crate) fn a_candidate_that_comes_back_forgets_that_it_was_merged(store: &dyn Store) {
    let mirror = Mirror::new(store);
    put(&mirror, &["a", "b"], [("1", "a")]);
    put(&mirror, &["b"], [("1", "b")]);
    assert_eq!(put(&mirror, &["a", "b"], [("1", "b")]), 0);
    assert_eq!(
        (mirror.candidate("a").reason, alias(&mirror, "a")),
        (None, None)
    );
    assert_eq!(put(&mirror, &["b"], [("1", "b")]), 0);
    assert_eq!(mirror.candidate("a").reason, Some(DeletionReason::Gone));
    assert_eq!(alias(&mirror, "a"), None);
}

pub(crate) fn an_application_that_moves_back_takes_the_alias_with_it(store: &dyn Store) {
    let mirror = Mirror::new(store);
    put(&mirror, &["a", "b"], [("1", "a")]);
    put(&mirror, &["a", "b"], [("1", "b")]);
    put(&mirror, &["a", "b"], [("1", "a")]);
    assert_eq!(put(&mirror, &[], [("1", "a")]), 1);
    assert_eq!(mirror.candidate("a").reason, Some(DeletionReason::Gone));
    assert_eq!(
        (alias(&mirror, "a"), alias(&mirror, "b")),
        (None, is(&mirror, "a"))
    );
}

pub(crate) fn only_the_latest_line_of_the_log_says_merged(store: &dyn Store) {
    let mirror = Mirror::new(store);
    put(&mirror, &["a", "b"], [("1", "a")]);
    put(&mirror, &["b"], [("1", "a")]);
    put(&mirror, &["a", "b"], [("1", "a")]);
    put(&mirror, &["b"], [("1", "b")]);
    let lines = mirror.log().into_iter();
    let lines = lines.filter(|line| line.remote_id.as_deref() == Some("a"));
    let reasons: Vec<_> = lines.filter_map(|line| line.reason).collect();
    assert_eq!(reasons, [DeletionReason::Gone, DeletionReason::Merged]);
}

pub(crate) fn nothing_but_an_application_makes_an_alias(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let put = |owner: &str| {
        let id = mirror.id_of(ModelKind::Candidate, owner).to_string();
        let offer = super::build::record(ModelKind::Offer, "o").with("candidate_id", id);
        mirror.bring("offers", [bundle("o", owner).gives(offer)]);
    };
    mirror.bring(
        "candidates",
        ["a", "b"].map(|id| bundle(id, "").gives(candidate(id))),
    );
    put("a");
    put("b");
    let walk = mirror.bring("candidates", [bundle("b", "").gives(candidate("b"))]);
    let at = mirror.tick();
    store.sweep(walk, DeletionReason::Gone, at, 9).unwrap();
    assert_eq!(store.settle_merges(&mirror.id).unwrap(), 0);
    assert_eq!(alias(&mirror, "a"), None);
}

pub(crate) fn merges_are_settled_for_one_integration(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    put(&mirror, &["a", "b"], [("1", "a")]);
    put(&mirror, &["b"], [("1", "b")]);
    let a = mirror.id_of(ModelKind::Candidate, "a");
    assert_eq!(store.alias(&other.id, &a).unwrap(), None);
    assert_eq!(store.settle_merges(&other.id).unwrap(), 0);
}
