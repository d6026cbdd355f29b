//! The change log: which record, what happened, when, why, and which fields.

use ats_core::ModelKind;
use ats_store::{
    Cause, Change, ChangeKind, ChangeQuery, DeletionReason, DocumentPlace, PassKind, Store,
};
use serde_json::json;

use super::{
    build::{Shown, application, bundle, candidate, record},
    mirror::Mirror,
};

/// What the log says of candidates, briefly.
fn kinds(mirror: &Mirror<'_>) -> Vec<ChangeKind> {
    mirror.log().iter().map(|line| line.change).collect()
}

fn last(mirror: &Mirror<'_>) -> Change {
    mirror.log().pop().unwrap()
}

/// The fields of the last line.
fn sorted(mirror: &Mirror<'_>) -> Vec<String> {
    let mut fields = last(mirror).fields;
    fields.sort();
    fields
}

/// Commits the one bundle of the one candidate.
fn put(mirror: &Mirror<'_>, text: &str, shown: Shown) {
    mirror.bring("candidates", [bundle("1", text).gives(shown)]);
}

pub(crate) fn every_change_has_a_line_and_nothing_else_has_one(store: &dyn Store) {
    let mirror = Mirror::new(store);
    put(&mirror, "a", candidate("c").with("title", "x"));
    put(&mirror, "b", candidate("c").with("title", "x"));
    put(&mirror, "c", candidate("c").with("title", "y"));
    let gone = mirror.bring("candidates", []);
    let swept_at = mirror.tick();
    let swept = store.sweep(gone, DeletionReason::AccessLost, swept_at, 9);
    assert_eq!(swept.unwrap().bundles, 1);
    mirror.begin(PassKind::Full);
    put(&mirror, "d", candidate("c").with("title", "y"));
    let log = mirror.log();
    assert_eq!(
        kinds(&mirror),
        [
            ChangeKind::Created,
            ChangeKind::Updated,
            ChangeKind::Deleted,
            ChangeKind::Restored
        ]
    );
    assert!(log.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    let passes = store.passes(&mirror.id, 9).unwrap();
    let first = &log[0];
    assert_eq!(
        (first.model, first.id),
        (
            ModelKind::Candidate,
            mirror.id_of(ModelKind::Candidate, "c")
        )
    );
    assert_eq!(first.remote_id.as_deref(), Some("c"));
    assert_eq!(
        (&first.pass_id, &first.cause),
        (&passes[1].id, &Cause::Fetched)
    );
    assert_eq!((first.reason, first.fields.len()), (None, 0));
    assert_eq!(log[1].fields, ["title"]);
    assert_eq!(
        (&log[2].cause, log[2].reason),
        (&Cause::Swept, Some(DeletionReason::AccessLost))
    );
    assert_eq!((log[2].at, log[2].fields.len()), (swept_at, 0));
    assert_eq!((&log[3].pass_id, log[3].at), (&passes[0].id, mirror.now()));
    assert_eq!((log[3].reason, log[3].fields.len()), (None, 0));
}

pub(crate) fn a_line_names_the_fields_that_differ(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let definitions = json!([{ "id": "f", "key": "k", "type": "TEXT", "label": "L" }]);
    mirror.page("candidates").layout(7, &definitions).commit();
    let shown = || {
        candidate("c")
            .with("title", "x")
            .with("tags", json!([1, 2]))
    };
    let full = || shown().fields(7, &json!(["v"])).raw("r");
    put(&mirror, "1", full());
    put(
        &mirror,
        "2",
        full()
            .with("tags", json!([2, 1]))
            .with("title", json!(null)),
    );
    assert_eq!(sorted(&mirror), ["tags", "title"]);
    put(&mirror, "3", full());
    put(&mirror, "4", full().fields(7, &json!(["w"])));
    assert_eq!(last(&mirror).fields, ["integration_fields"]);
    put(&mirror, "5", full().fields(7, &json!(["w"])).raw("s"));
    assert_eq!(last(&mirror).fields, ["remote_data"]);
    put(
        &mirror,
        "6",
        full().fields(7, &json!(["w"])).with("title", "z").raw("t"),
    );
    assert_eq!(last(&mirror).fields, ["title", "remote_data"]);
    let lean = candidate("c").with("tags", json!([1, 2])).with("more", 1);
    put(&mirror, "7", lean.fields(7, &json!(["w"])).raw("t"));
    assert_eq!(
        sorted(&mirror),
        ["more", "title"],
        "one that is no more differs too"
    );
}

pub(crate) fn showing_raw_documents_or_not_is_no_change(store: &dyn Store) {
    let mirror = Mirror::new(store);
    put(&mirror, "a", candidate("c"));
    put(&mirror, "a", candidate("c").raw("r"));
    put(&mirror, "a", candidate("c"));
    assert_eq!(kinds(&mirror), [ChangeKind::Created]);
    put(&mirror, "a", candidate("c").raw("r"));
    put(&mirror, "b", candidate("c").raw("s"));
    assert_eq!(kinds(&mirror), [ChangeKind::Created, ChangeKind::Updated]);
}

pub(crate) fn moved_documents_are_found_and_are_no_change(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let shared = |text: &str| bundle("b", text).document("board.info", &json!({ "board": 1 }));
    mirror.bring("boards", [shared("")]);
    let put = |shown: Shown| put(&mirror, "a", shown.raw("r"));
    let places = || mirror.candidate("c").documents;
    put(candidate("c").documents(&[("/board.info", "boards", "b", 0)]));
    put(candidate("c").documents(&[("/board.info", "boards", "b", 1)]));
    let expected = DocumentPlace {
        path: "/board.info".to_owned(),
        stream: "boards".to_owned(),
        bundle: "b".to_owned(),
        index: 1,
        body: None,
    };
    assert_eq!(places(), Some(vec![expected]));
    let data = store
        .remote_data(&mirror.id, &mirror.candidate("c"))
        .unwrap();
    assert_eq!(data.unwrap(), r#"{"/board.info":{"board":1}}"#);
    put(candidate("c"));
    assert_eq!(places(), None);
    assert_eq!(kinds(&mirror), [ChangeKind::Created]);
}

pub(crate) fn the_cause_is_that_of_the_bundle(store: &dyn Store) {
    let mirror = Mirror::new(store);
    put(&mirror, "a", candidate("c").with("source", "x"));
    for (cause, text) in [
        (Cause::Related("sources s".to_owned()), "y"),
        (Cause::Remap, "z"),
        (Cause::Handover, "w"),
    ] {
        let again = bundle("1", "a").gives(candidate("c").with("source", text));
        let again = again.stored().because(cause.clone());
        mirror.page("candidates").bundles([again]).commit();
        assert_eq!(last(&mirror).cause, cause);
    }
}

pub(crate) fn the_log_can_be_asked_for_a_part(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    put(&mirror, "a", candidate("c"));
    let since = mirror.tick();
    put(&mirror, "b", candidate("c").with("title", "x"));
    put(&other, "a", candidate("other"));
    mirror.bring(
        "applications",
        [bundle("1", "").gives(application("a", "c"))],
    );
    let all = mirror.log();
    assert_eq!(all.len(), 3);
    let ask = |query: ChangeQuery| store.changes(&mirror.id, &query).unwrap();
    let any = || ChangeQuery {
        limit: 100,
        ..ChangeQuery::default()
    };
    let model = Some(ModelKind::Application);
    assert_eq!(ask(ChangeQuery { model, ..any() }), all[2..]);
    let id = Some(mirror.id_of(ModelKind::Candidate, "c"));
    assert_eq!(ask(ChangeQuery { id, ..any() }), all[..2]);
    let since = Some(since);
    assert_eq!(ask(ChangeQuery { since, ..any() }), all[1..]);
    let after = all[1].seq;
    assert_eq!(ask(ChangeQuery { after, ..any() }), all[2..]);
    assert_eq!(ask(ChangeQuery { limit: 1, ..any() }), all[..1]);
    let nobody = Some(other.id_of(ModelKind::Candidate, "other"));
    assert_eq!(
        ask(ChangeQuery {
            id: nobody,
            ..any()
        }),
        []
    );
}

pub(crate) fn what_moves_within_one_commit_did_not_go(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let shown = || record(ModelKind::Interview, "i").with("name", "x");
    let began = {
        mirror.bring(
            "schedules",
            [bundle("1", "").gives(shown()), bundle("2", "")],
        );
        mirror.now()
    };
    let rows = [bundle("1", "x"), bundle("2", "x").gives(shown())];
    let walk = mirror.bring("schedules", rows);
    let interview = || mirror.get(ModelKind::Interview, "i").unwrap();
    assert_eq!(
        (interview().changed_at, interview().remote_deleted_at),
        (began, None)
    );
    assert_eq!(kinds(&mirror), [ChangeKind::Created]);
    // Over two pages of one commit too, and back.
    let first = mirror.page("schedules").bundles([bundle("2", "y")]);
    let first = first.goes_on(walk, "next").into_inner();
    let second = mirror.page("schedules");
    let second = second.bundles([bundle("1", "y").gives(shown())]);
    store
        .commit(&[first, second.ends(walk, None).into_inner()])
        .unwrap();
    assert_eq!(
        (interview().changed_at, interview().remote_deleted_at),
        (began, None)
    );
    let owner = store.giver(&mirror.id, &interview()).unwrap().unwrap();
    assert_eq!(owner.1.bundle.id, "1");
    assert!(mirror.due().is_empty());
}
