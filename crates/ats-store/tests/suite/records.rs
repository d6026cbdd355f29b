//! Reading records: by id, in pages, as the API shows them, with their raw documents.

use ats_core::ModelKind;
use ats_store::{DeletionReason, ModelCount, RecordQuery, Store};
use serde_json::{Value, json};

use super::{
    build::{bundle, candidate, integration, record},
    mirror::Mirror,
};

const ALL: RecordQuery = RecordQuery {
    model: ModelKind::Candidate,
    include_deleted: true,
    changed_since: None,
    after: 0,
    limit: 100,
};

/// Candidates `1` to `5`, of which `2` is gone, and some records of other models between them.
fn filled(store: &dyn Store) -> Mirror<'_> {
    let mirror = Mirror::new(store);
    let row = |id: &str| {
        let joined = record(ModelKind::CandidateTag, &format!("{id}/t"));
        bundle(id, "").gives(candidate(id)).gives(joined)
    };
    mirror.bring("candidates", ["1", "2", "3", "4", "5"].map(row));
    let walk = mirror.bring("candidates", ["1", "3", "4", "5"].map(row));
    let at = mirror.tick();
    store.sweep(walk, DeletionReason::Gone, at, 9).unwrap();
    mirror
}

fn ids(mirror: &Mirror<'_>, query: RecordQuery) -> Vec<String> {
    let records = mirror.store.records(&mirror.id, query).unwrap().into_iter();
    let content = records.map(|record| record.content.parse::<Value>().unwrap());
    content
        .map(|content| content["remote_id"].as_str().unwrap().to_owned())
        .collect()
}

pub(crate) fn records_are_paged_by_their_keys(store: &dyn Store) {
    let mirror = filled(store);
    let other = Mirror::named(store, "second");
    other.bring("candidates", [bundle("1", "").gives(candidate("9"))]);
    assert_eq!(ids(&mirror, ALL), ["1", "2", "3", "4", "5"]);
    let (mut pages, mut after) = (Vec::new(), 0);
    loop {
        let page = RecordQuery {
            after,
            limit: 2,
            ..ALL
        };
        let records = store.records(&mirror.id, page).unwrap();
        let Some(last) = records.last() else { break };
        after = last.key;
        pages.push(records.len());
        assert!(records.windows(2).all(|pair| pair[0].key < pair[1].key));
    }
    assert_eq!(pages, [2, 2, 1]);
}

pub(crate) fn records_with_a_tombstone_are_left_out_unless_wanted(store: &dyn Store) {
    let mirror = filled(store);
    let living = RecordQuery {
        include_deleted: false,
        ..ALL
    };
    assert_eq!(ids(&mirror, living), ["1", "3", "4", "5"]);
    assert_eq!(ids(&mirror, RecordQuery { limit: 2, ..living }), ["1", "3"]);
}

pub(crate) fn only_what_changed_since_a_moment_can_be_asked_for(store: &dyn Store) {
    let mirror = filled(store);
    let swept_at = mirror.now();
    let since = |moment| RecordQuery {
        changed_since: Some(moment),
        ..ALL
    };
    assert_eq!(
        ids(&mirror, since(swept_at)),
        ["2"],
        "the moment itself counts"
    );
    let later = mirror.tick();
    assert!(ids(&mirror, since(later)).is_empty());
    let shown = candidate("4").with("title", "x");
    mirror.bring("candidates", [bundle("4", "x").gives(shown)]);
    assert_eq!(ids(&mirror, since(later)), ["4"]);
    let living = RecordQuery {
        include_deleted: false,
        ..since(swept_at)
    };
    assert_eq!(ids(&mirror, living), ["4"]);
}

pub(crate) fn a_record_belongs_to_its_integration(store: &dyn Store) {
    let mirror = filled(store);
    let other = Mirror::named(store, "second");
    let id = mirror.id_of(ModelKind::Candidate, "1");
    assert!(store.record(&mirror.id, &id).unwrap().is_some());
    assert_eq!(store.record(&other.id, &id).unwrap(), None);
    let found = mirror.candidate("1");
    assert_eq!(store.giver(&other.id, &found).unwrap(), None);
    assert!(store.records(&other.id, ALL).unwrap().is_empty());
}

pub(crate) fn records_are_counted_by_model(store: &dyn Store) {
    let mirror = filled(store);
    let counts = store.counts(&mirror.id).unwrap();
    let count = ModelCount {
        live: 4,
        deleted: 1,
    };
    assert_eq!(counts[&ModelKind::Candidate], count);
    assert_eq!(counts[&ModelKind::CandidateTag], count);
    assert_eq!(counts.len(), 2);
}

pub(crate) fn a_record_reads_as_the_api_shows_it(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let definitions = json!([
        { "id": "f1", "key": "level", "type": "NUMBER", "label": "Level \"ü\"" },
        { "id": "f2", "key": null, "type": "TEXT", "label": null },
    ]);
    let shown = candidate("c")
        .with("first_name", "Zoë \"x\" \n")
        .with("confidential", true)
        .with(
            "email_addresses",
            json!([{ "email_address": "a@example.com", "type": null }]),
        )
        .with("remote_url", json!(null))
        .fields(9, &json!([3.5, ["a", { "b": null }]]));
    let page = mirror
        .page("candidates")
        .bundles([bundle("1", "").gives(shown)]);
    page.layout(9, &definitions).commit();
    let found = mirror.candidate("c");
    let remote_data = store.remote_data(&mirror.id, &found).unwrap().unwrap();
    let text = found.to_json(Some(&remote_data)).unwrap();
    let expected = json!({
        "id": found.id,
        "remote_id": "c",
        "first_name": "Zoë \"x\" \n",
        "confidential": true,
        "email_addresses": [{ "email_address": "a@example.com", "type": null }],
        "remote_url": null,
        "integration_fields": [
            { "id": "f1", "key": "level", "type": "NUMBER", "value": 3.5, "label": "Level \"ü\"" },
            { "id": "f2", "key": null, "type": "TEXT", "value": ["a", { "b": null }], "label": null },
        ],
        "remote_data": { "/thing.list": { "id": "1", "text": "" } },
        "changed_at": mirror.now().to_string(),
        "remote_deleted_at": null,
    });
    assert_eq!(text.parse::<Value>().unwrap(), expected);
    let walk = mirror.bring("candidates", []);
    let at = mirror.tick();
    store.sweep(walk, DeletionReason::Gone, at, 9).unwrap();
    let text = mirror.candidate("c").to_json(Some("null")).unwrap();
    let value = text.parse::<Value>().unwrap();
    assert_eq!(value["remote_deleted_at"], at.to_string());
    assert_eq!(value["remote_data"], Value::Null);
    assert_eq!(value["integration_fields"], expected["integration_fields"]);
}

pub(crate) fn raw_documents_are_shown_by_their_endpoint(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let row = bundle("1", "x").document("thing.info", &json!({ "more": [1.10, "ü"] }));
    let tag = record(ModelKind::CandidateTag, "c/t");
    mirror.bring("candidates", [row.gives(candidate("c")).gives(tag)]);
    let data = |model, key| {
        let found = mirror.get(model, key).unwrap();
        store.remote_data(&mirror.id, &found).unwrap()
    };
    let expected = r#"{"/thing.info":{"more":[1.1,"ü"]},"/thing.list":{"id":"1","text":"x"}}"#;
    assert_eq!(data(ModelKind::Candidate, "c").unwrap(), expected);
    assert_eq!(
        data(ModelKind::CandidateTag, "c/t"),
        None,
        "it has no place for them"
    );
    let mut saved = integration("first");
    saved.settings.remote_data = false;
    store.save_integration(&saved).unwrap();
    assert_eq!(data(ModelKind::Candidate, "c"), None);
}

pub(crate) fn raw_documents_of_another_bundle_are_found_in_their_place(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let shared = bundle("form", "f").document("form.info", &json!({ "q": "why" }));
    mirror.bring("forms", [shared]);
    let places = [
        ("/form.info", "forms", "form", 1),
        ("/form.list", "forms", "form", 0),
        ("/never.list", "forms", "never", 0),
        ("/form.never", "forms", "form", 7),
    ];
    let shown = candidate("c").documents(&places);
    mirror.bring("candidates", [bundle("1", "").gives(shown)]);
    let data = store.remote_data(&mirror.id, &mirror.candidate("c"));
    let expected = r#"{"/form.info":{"q":"why"},"/form.list":{"id":"form","text":"f"}}"#;
    assert_eq!(data.unwrap().unwrap(), expected);
}

pub(crate) fn a_raw_document_that_no_bundle_holds_is_kept_with_its_record(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let shown = candidate("c").made_up("/form.info", r#"[1.10,  "ü"]"#);
    mirror.bring("candidates", [bundle("1", "").gives(shown.clone())]);
    let found = mirror.candidate("c");
    let data = store.remote_data(&mirror.id, &found).unwrap();
    assert_eq!(data.unwrap(), r#"{"/form.info":[1.10,  "ü"]}"#);
    let walk = mirror.bring("candidates", []);
    let at = mirror.tick();
    store.sweep(walk, DeletionReason::Gone, at, 9).unwrap();
    let found = mirror.candidate("c");
    assert_eq!(
        store.remote_data(&mirror.id, &found).unwrap(),
        None,
        "nothing gives it"
    );
}
