//! What has been gone for long keeps its ids and loses the rest.

use ats_core::ModelKind;
use ats_store::{Cause, ChangeKind, ChangeQuery, DeletionReason, PassKind, Store};
use serde_json::{Value, json};

use super::{
    build::{Brought, application, at, bundle, candidate},
    mirror::Mirror,
};

fn row(id: &str) -> Brought {
    let fields = json!([["remote", "value"]]);
    let anna = candidate(id)
        .with("first_name", "Anna")
        .with("last_name", Value::Null)
        .with("email_addresses", json!([{ "email_address": "a@x" }]))
        .fields(1, &fields)
        .raw("raw");
    let applied = application(id, id).with("rejection_reason_name", "Too far");
    bundle(id, "").gives(anna).gives(applied)
}

/// Candidates 1 and 2 with an application each, of which those of 1 are gone since the second 2,000.
fn with_one_gone<'a>(store: &'a dyn Store, name: &str) -> Mirror<'a> {
    let mirror = Mirror::named(store, name);
    mirror.bring("candidates", ["1", "2"].map(row));
    mirror.begin(PassKind::Full);
    let walk = mirror.bring("candidates", [row("2")]);
    let swept = store.sweep(walk, DeletionReason::Gone, at(2_000), 9);
    assert_eq!(swept.unwrap().bundles, 1);
    mirror
}

fn content(mirror: &Mirror<'_>, model: ModelKind, id: &str) -> Value {
    let mut all = mirror.all(model).into_iter();
    let found = all.find(|record| record.content.contains(&format!("\"remote_id\":\"{id}\"")));
    serde_json::from_str(&found.unwrap().content).unwrap()
}

fn anonymise(mirror: &Mirror<'_>, before: i64, limit: usize) -> u64 {
    let (id, pass) = (&mirror.id, mirror.pass.get());
    let done = mirror
        .store
        .anonymise(id, pass, at(before), at(3_000), limit);
    done.unwrap()
}

pub(crate) fn what_has_been_gone_for_long_keeps_its_ids_and_nothing_else(store: &dyn Store) {
    let mirror = with_one_gone(store, "first");
    let other = with_one_gone(store, "other");
    let applied = content(&mirror, ModelKind::Application, "1");
    assert_eq!(anonymise(&mirror, 2_000, 9), 0, "it is not gone for long");
    let before = mirror.tally().updated;
    assert_eq!(anonymise(&mirror, 2_001, 1), 1);
    assert_eq!(anonymise(&mirror, 2_001, 9), 1);
    assert_eq!(anonymise(&mirror, 2_001, 9), 0, "it is done once");
    let left = json!({
        "remote_id": "1",
        "first_name": null,
        "last_name": null,
        "email_addresses": [],
    });
    assert_eq!(content(&mirror, ModelKind::Candidate, "1"), left);
    let left = content(&mirror, ModelKind::Application, "1");
    assert_eq!(left["candidate_id"], applied["candidate_id"]);
    assert_eq!(left["rejection_reason_name"], Value::Null);

    let found = mirror.candidate("1");
    assert_eq!(
        (found.changed_at, found.remote_deleted_at),
        (at(3_000), Some(at(2_000)))
    );
    assert_eq!(found.reason, Some(DeletionReason::Gone));
    assert_eq!(found.documents, None);
    assert!(!found.to_json(None).unwrap().contains("value"));
    assert_eq!(mirror.tally().updated, before + 1);
    let query = ChangeQuery {
        id: Some(found.id),
        limit: 9,
        ..ChangeQuery::default()
    };
    let lines = store.changes(&mirror.id, &query).unwrap();
    let line = lines.last().unwrap();
    assert_eq!(
        (line.change, &line.cause),
        (ChangeKind::Updated, &Cause::Anonymised)
    );
    assert_eq!(
        line.fields,
        ["first_name", "email_addresses", "integration_fields"]
    );

    let alive = content(&mirror, ModelKind::Candidate, "2");
    assert_eq!(alive["first_name"], "Anna");
    let elsewhere = content(&other, ModelKind::Candidate, "1");
    assert_eq!(elsewhere["first_name"], "Anna");
}

pub(crate) fn what_comes_back_has_everything_again_and_may_go_again(store: &dyn Store) {
    let mirror = with_one_gone(store, "first");
    assert_eq!(anonymise(&mirror, 2_001, 9), 2);
    mirror.bring("candidates", [row("1")]);
    let back = mirror.candidate("1");
    assert_eq!((back.remote_deleted_at, back.reason), (None, None));
    assert_eq!(
        content(&mirror, ModelKind::Candidate, "1")["first_name"],
        "Anna"
    );
    mirror.begin(PassKind::Full);
    let walk = mirror.bring("candidates", [row("2")]);
    store
        .sweep(walk, DeletionReason::Gone, at(4_000), 9)
        .unwrap();
    assert_eq!(anonymise(&mirror, 2_001, 9), 0);
    assert_eq!(anonymise(&mirror, 4_001, 9), 2);
}

pub(crate) fn what_the_vendor_still_has_as_archived_is_left_as_it_is(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let archived = candidate("1").with("first_name", "Anna").archived();
    mirror.bring("candidates", [bundle("1", "").gives(archived)]);
    assert!(mirror.candidate("1").remote_deleted_at.is_some());
    assert_eq!(anonymise(&mirror, 9_999, 9), 0);
}
