//! Sweeping: what a complete walk did not bring gets a tombstone.

use ats_core::{Checkpoint, ModelKind};
use ats_store::{
    ChangeKind, ChangeQuery, DeletionReason, Missing, MissingOfModel, PassKind, Store, Swept,
    WalkStart,
};

use super::{
    build::{Brought, bundle, candidate, record},
    mirror::Mirror,
};

fn row(id: &str) -> Brought {
    bundle(id, "").gives(candidate(id))
}

fn gone(mirror: &Mirror<'_>, walk: i64) -> Swept {
    let at = mirror.tick();
    let swept = mirror.store.sweep(walk, DeletionReason::Gone, at, 100);
    swept.unwrap()
}

/// The candidates that live.
fn alive(mirror: &Mirror<'_>) -> Vec<String> {
    let records = mirror.all(ModelKind::Candidate).into_iter();
    let alive = records.filter(|record| record.remote_deleted_at.is_none());
    let content = alive.map(|record| record.content.parse::<serde_json::Value>().unwrap());
    let mut ids: Vec<String> = content
        .map(|content| content["remote_id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

pub(crate) fn what_a_complete_walk_did_not_bring_gets_a_tombstone(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", ["1", "2", "3"].map(row));
    mirror.bring("users", [bundle("1", "")]);
    mirror.begin(PassKind::Full);
    let walk = mirror.bring("candidates", [row("2")]);
    let before = mirror.candidate("1").changed_at;
    assert_eq!(
        mirror.candidate("1").remote_deleted_at,
        None,
        "not before the sweep"
    );
    let swept = Swept {
        bundles: 2,
        done: true,
    };
    assert_eq!(gone(&mirror, walk), swept);
    assert_eq!(alive(&mirror), ["2"]);
    let found = mirror.candidate("1");
    assert!(before < mirror.now());
    assert_eq!(
        (found.changed_at, found.remote_deleted_at),
        (mirror.now(), Some(mirror.now()))
    );
    assert_eq!(
        (found.reason, found.bundle),
        (Some(DeletionReason::Gone), None)
    );
    assert_eq!(found.pass, mirror.pass.get());
    assert_eq!(store.giver(&mirror.id, &found).unwrap(), None);
    assert_eq!(store.remote_data(&mirror.id, &found).unwrap(), None);
    assert_eq!(store.count_bundles(&mirror.id, "candidates").unwrap(), 1);
    assert_eq!(store.count_bundles(&mirror.id, "users").unwrap(), 1);
    assert_eq!((mirror.tally().deleted, mirror.tally().unchanged), (2, 1));
    assert_eq!(mirror.last_pass().walks[0].swept, 2);
    assert_eq!(gone(&mirror, walk).bundles, 0);
}

pub(crate) fn a_sweep_goes_in_rounds(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", ["1", "2", "3", "4", "5"].map(row));
    let walk = mirror.bring("candidates", [row("3")]);
    let round = || {
        let at = mirror.tick();
        let swept = store.sweep(walk, DeletionReason::Gone, at, 2);
        (swept.unwrap(), alive(&mirror).len())
    };
    let swept = |bundles, done| Swept { bundles, done };
    assert_eq!(round(), (swept(2, false), 3));
    assert_eq!(round(), (swept(2, false), 1));
    assert_eq!(round(), (swept(0, true), 1));
    let walk = mirror.last_pass().walks.pop().unwrap();
    assert_eq!(walk.swept, 4);
}

pub(crate) fn what_would_go_is_counted_by_model(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let tag = |key: &str| record(ModelKind::CandidateTag, key);
    let rows = [
        row("1").gives(tag("1/a")).gives(tag("1/b")),
        row("2").gives(tag("2/a")),
        row("3"),
        bundle("4", "").gives(candidate("4").archived()),
    ];
    mirror.bring("candidates", rows);
    let walk = mirror.bring("candidates", [row("3")]);
    let share = |missing, live| MissingOfModel { missing, live };
    let missing = store.missing(walk).unwrap();
    assert_eq!(missing.bundles, 3);
    assert_eq!(missing.models[&ModelKind::Candidate], share(2, 3));
    assert_eq!(missing.models[&ModelKind::CandidateTag], share(3, 3));
    assert_eq!(missing.models.len(), 2);
    let all = mirror.bring("candidates", ["1", "2", "3", "4"].map(row));
    assert_eq!(store.missing(all).unwrap(), Missing::default());
}

pub(crate) fn a_record_that_another_bundle_gives_is_not_missing(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("a", [row("1"), row("2")]);
    let twice = |id| bundle(id, "b").gives(candidate("1"));
    mirror.bring("b", [twice("x"), twice("y")]);
    let walk = mirror.bring("b", []);
    let missing = store.missing(walk).unwrap();
    assert_eq!((missing.bundles, missing.models.len()), (2, 0));
    gone(&mirror, walk);
    assert_eq!(alive(&mirror), ["1", "2"]);
    assert_eq!(mirror.due_of("a"), ["1"]);
    let walk = mirror.bring("a", [row("2")]);
    assert_eq!(
        store.missing(walk).unwrap().models[&ModelKind::Candidate].missing,
        1
    );
}

pub(crate) fn a_record_that_only_missing_bundles_give_is_missing_once(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let giving = |id| bundle(id, "").gives(candidate("c"));
    mirror.bring("a", [giving("1"), giving("2"), giving("3")]);
    let walk = mirror.bring("a", []);
    let missing = store.missing(walk).unwrap();
    assert_eq!(missing.bundles, 3);
    assert_eq!(missing.models[&ModelKind::Candidate].missing, 1);
    let walk = mirror.bring("a", [giving("1")]);
    assert!(store.missing(walk).unwrap().models.is_empty());
    let walk = mirror.bring("a", []);
    gone(&mirror, walk);
    assert_eq!((alive(&mirror).len(), mirror.tally().deleted), (0, 1));
    assert!(mirror.due().is_empty());
}

pub(crate) fn what_comes_back_lives_again_under_its_id(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", [row("1")]);
    let before = mirror.candidate("1");
    let walk = mirror.bring("candidates", []);
    gone(&mirror, walk);
    mirror.begin(PassKind::Full);
    mirror.bring("candidates", [row("1")]);
    let after = mirror.candidate("1");
    assert_eq!((after.key, after.id), (before.key, before.id));
    assert_eq!((after.remote_deleted_at, after.reason), (None, None));
    assert_eq!(after.changed_at, mirror.now());
    assert!(store.giver(&mirror.id, &after).unwrap().is_some());
    let tally = mirror.tally();
    assert_eq!((tally.created, tally.updated), (0, 1));
    assert_eq!(mirror.log().pop().unwrap().change, ChangeKind::Restored);
}

pub(crate) fn the_reason_is_kept(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", [row("1")]);
    let walk = mirror.bring("candidates", []);
    let at = mirror.tick();
    store
        .sweep(walk, DeletionReason::AccessLost, at, 9)
        .unwrap();
    let lost = Some(DeletionReason::AccessLost);
    assert_eq!(mirror.candidate("1").reason, lost);
    assert_eq!(mirror.log().pop().unwrap().reason, lost);
}

pub(crate) fn only_an_ended_walk_from_the_beginning_sweeps(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", [row("1"), row("2")]);
    let since = WalkStart::Since(Checkpoint("token".to_owned()));
    let delta = mirror.walk_from("candidates", &since);
    mirror.page("candidates").ends(delta, None).commit();
    let open = mirror.walk("candidates");
    mirror.put("candidates", open, []);
    for walk in [delta, open] {
        assert_eq!(store.missing(walk).unwrap(), Missing::default());
        let nothing = Swept {
            bundles: 0,
            done: true,
        };
        assert_eq!(gone(&mirror, walk), nothing);
    }
    assert_eq!(alive(&mirror), ["1", "2"]);
}

pub(crate) fn a_walk_in_several_pages_and_passes_sees_all_of_them(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", ["1", "2", "3"].map(row));
    let walk = mirror.walk("candidates");
    mirror.put("candidates", walk, [row("1")]);
    mirror.put("candidates", walk, [row("3").unmapped()]);
    store.resume_pass(mirror.pass.get()).unwrap();
    mirror
        .page("candidates")
        .bundles([row("2")])
        .ends(walk, None)
        .commit();
    assert_eq!(store.missing(walk).unwrap(), Missing::default());
    let walk = mirror.last_pass().walks.pop().unwrap();
    assert_eq!((walk.rows, walk.distinct_ids), (3, 3));
}

pub(crate) fn an_archived_record_has_a_tombstone_while_it_is_given(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let put = |text: &str, archived: bool| {
        let shown = candidate("c");
        let shown = if archived { shown.archived() } else { shown };
        mirror.bring("candidates", [bundle("1", text).gives(shown)]);
        mirror.candidate("c")
    };
    let archived = Some(DeletionReason::Archived);
    let found = put("a", true);
    let first = mirror.now();
    assert_eq!(
        (found.remote_deleted_at, found.reason),
        (Some(first), archived)
    );
    assert_eq!((mirror.tally().created, mirror.tally().deleted), (1, 0));
    let found = put("b", true);
    assert_eq!(
        (found.remote_deleted_at, found.changed_at),
        (Some(first), first)
    );
    let found = put("c", false);
    assert_eq!((found.remote_deleted_at, found.reason), (None, None));
    let found = put("d", true);
    let second = Some(mirror.now());
    assert_eq!((found.remote_deleted_at, found.reason), (second, archived));
    let tally = mirror.tally();
    assert_eq!((tally.created, tally.updated, tally.deleted), (1, 1, 1));
    // Gone on top: it keeps the tombstone that it had.
    let walk = mirror.bring("candidates", []);
    gone(&mirror, walk);
    let found = mirror.candidate("c");
    assert_eq!((found.remote_deleted_at, found.reason), (second, archived));
    assert_eq!((found.changed_at, found.bundle), (mirror.now(), None));
    // And comes back, still archived.
    let found = put("d", true);
    assert_eq!((found.remote_deleted_at, found.reason), (second, archived));
    assert_eq!(found.changed_at, mirror.now());
    let kinds: Vec<_> = mirror
        .log()
        .iter()
        .map(|line| (line.change, line.reason))
        .collect();
    let expected = [
        (ChangeKind::Created, archived),
        (ChangeKind::Restored, None),
        (ChangeKind::Deleted, archived),
        (ChangeKind::Deleted, archived),
        (ChangeKind::Updated, archived),
    ];
    assert_eq!(kinds, expected);
    let found = put("e", false);
    assert_eq!((found.remote_deleted_at, found.reason), (None, None));
}

pub(crate) fn a_gone_record_that_comes_back_archived_keeps_its_tombstone(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.bring("candidates", [row("c")]);
    let walk = mirror.bring("candidates", []);
    gone(&mirror, walk);
    let tombstone = mirror.candidate("c").remote_deleted_at;
    mirror.bring(
        "candidates",
        [bundle("c", "").gives(candidate("c").archived())],
    );
    let found = mirror.candidate("c");
    assert_eq!(found.remote_deleted_at, tombstone);
    assert_eq!(found.reason, Some(DeletionReason::Archived));
    assert_eq!(found.changed_at, mirror.now());
}

pub(crate) fn a_purge_takes_the_tombstones_of_the_named_models_and_nothing_else(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let other = Mirror::named(store, "other");
    // The last record that is written is one that goes: its key may be given again.
    for mirror in [&other, &mirror] {
        let tag = |id: &str| bundle(id, "").gives(record(ModelKind::Tag, id));
        let both = |id: &str| tag(id).gives(candidate(id));
        mirror.bring("candidates", ["2", "1"].map(both));
        mirror.begin(PassKind::Full);
        let walk = mirror.bring("candidates", [both("2")]);
        gone(mirror, walk);
    }
    let lines = |mirror: &Mirror<'_>, model| {
        let query = ChangeQuery {
            model: Some(model),
            limit: 99,
            ..ChangeQuery::default()
        };
        store.changes(&mirror.id, &query).unwrap().len()
    };
    let of_tags = lines(&mirror, ModelKind::Tag);
    assert_eq!(store.purge(&mirror.id, &[ModelKind::Candidate]).unwrap(), 1);
    assert_eq!(mirror.all(ModelKind::Candidate).len(), 1);
    assert_eq!(alive(&mirror), ["2"]);
    assert_eq!(lines(&mirror, ModelKind::Candidate), 1);
    assert_eq!(mirror.all(ModelKind::Tag).len(), 2);
    assert_eq!(lines(&mirror, ModelKind::Tag), of_tags);
    assert_eq!(other.all(ModelKind::Candidate).len(), 2);
    assert_eq!(store.purge(&mirror.id, &[ModelKind::Candidate]).unwrap(), 0);
    // What is gone from here can come again.
    mirror.bring("candidates", [row("1")]);
    assert_eq!(alive(&mirror), ["1", "2"]);
    assert_eq!(lines(&mirror, ModelKind::Candidate), 2);
}
