//! What is switched off: it goes with the next pass, and comes back once it is switched on.

use std::{collections::BTreeSet, time::Duration};

use ats_core::ModelKind;
use ats_store::{Cause, Change, ChangeQuery, Scope, Store, StoredRecord};

use crate::bench::Bench;

fn switch(bench: &mut Bench, scope: Scope) {
    bench.clock.advance(Duration::from_secs(60));
    let now = bench.clock.date();
    bench.set(|integration| {
        integration.settings.scope = scope;
        integration.settings.scope_changed_at = Some(now);
    });
}

fn without_models(models: &[ModelKind]) -> Scope {
    Scope {
        models_off: models.iter().map(|model| model.name().to_owned()).collect(),
        ..Scope::default()
    }
}

fn without_fields(model: ModelKind, fields: &[&str]) -> Scope {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Scope {
        fields_off: [(model.name().to_owned(), fields)].into(),
        ..Scope::default()
    }
}

fn of(bench: &Bench, model: ModelKind) -> Vec<StoredRecord> {
    let mut all = bench.stored();
    all.retain(|record| record.model == model);
    all
}

fn log(bench: &Bench) -> Vec<Change> {
    let query = ChangeQuery {
        limit: 10_000,
        ..ChangeQuery::default()
    };
    bench.store.changes(&bench.integration.id, &query).unwrap()
}

fn models(bench: &Bench) -> BTreeSet<ModelKind> {
    let all = bench.stored();
    all.into_iter().map(|record| record.model).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_a_model_that_is_switched_off_go_with_the_next_pass_and_come_back() {
    let mut bench = Bench::small().await;
    bench.full().await;
    let before: BTreeSet<_> = bench.stored().iter().map(|record| record.id).collect();
    let off = [ModelKind::Candidate, ModelKind::JobHiringTeamMember];
    switch(&mut bench, without_models(&off));
    bench.delta().await;
    let present = models(&bench);
    assert!(off.iter().all(|model| !present.contains(model)));
    // What joins a candidate to others gets a tombstone as if it were gone.
    let joins = of(&bench, ModelKind::CandidateTag);
    assert!(!joins.is_empty() && joins.iter().all(|join| join.remote_deleted_at.is_some()));
    assert!(present.contains(&ModelKind::Application) && present.contains(&ModelKind::Job));
    let lines = log(&bench);
    assert!(lines.iter().all(|line| !off.contains(&line.model)));

    switch(&mut bench, Scope::default());
    bench.delta().await;
    let after: BTreeSet<_> = bench.stored().iter().map(|record| record.id).collect();
    assert_eq!(after, before);
    bench.full().await;
    bench.assert_true("after it was switched on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_switched_off_is_empty_and_moves_only_its_records() {
    let mut bench = Bench::small().await;
    bench.full().await;
    let dates = |bench: &Bench, model| -> Vec<_> {
        let records = of(bench, model).into_iter();
        records
            .map(|record| (record.id, record.changed_at))
            .collect()
    };
    let jobs = dates(&bench, ModelKind::Job);
    let fields = ["first_name", "email_addresses", "integration_fields"];
    switch(&mut bench, without_fields(ModelKind::Candidate, &fields));
    bench.delta().await;
    let mut named = 0;
    for record in of(&bench, ModelKind::Candidate) {
        let json = bench.json(&record);
        assert!(json["first_name"].is_null(), "{json}");
        named += usize::from(json["last_name"].is_string());
        assert_eq!(json["email_addresses"], serde_json::json!([]));
        assert_eq!(json["integration_fields"], serde_json::json!([]));
        let text = &record.content;
        assert!(!text.contains("email_address\":"), "{text}");
    }
    assert!(named > 0, "what is on is there");
    assert_eq!(dates(&bench, ModelKind::Job), jobs);
    let moved = dates(&bench, ModelKind::Candidate);
    let lines = log(&bench);
    assert!(lines.iter().any(|line| line.cause == Cause::Scope));

    // A pass that finds nothing new moves nothing.
    bench.full().await;
    assert_eq!(dates(&bench, ModelKind::Candidate), moved);
    switch(&mut bench, Scope::default());
    bench.delta().await;
    bench.full().await;
    bench.assert_true("after it was switched on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_documents_are_not_kept_where_something_that_is_read_is_off() {
    let mut bench = Bench::small().await;
    bench.full().await;
    let id = bench.integration.id.clone();
    let kept = |bench: &Bench| {
        bench
            .store
            .bundles(&id, "candidates", None, 10)
            .unwrap()
            .len()
    };
    assert!(kept(&bench) > 0);
    let mut scope = Scope::default();
    scope.actions_off.insert("reject_application".to_owned());
    switch(&mut bench, scope);
    bench.full().await;
    assert!(kept(&bench) > 0, "an action holds no data");
    switch(
        &mut bench,
        without_fields(ModelKind::Application, &["source"]),
    );
    bench.full().await;
    assert_eq!(kept(&bench), 0);
    for record in of(&bench, ModelKind::Candidate) {
        let shown = bench.store.remote_data(&id, &record).unwrap();
        assert!(shown.is_none_or(|text| text == "null"), "nothing is shown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_was_stopped_does_not_forget_that_something_was_switched_off() {
    let mut bench = Bench::small().await;
    bench.full().await;
    bench.stopped_after(&crate::bench::full(), 1).await;
    switch(&mut bench, without_models(&[ModelKind::Offer]));
    bench.stopped_after(&crate::bench::full(), 1).await;
    bench.full().await;
    assert!(!models(&bench).contains(&ModelKind::Offer));
}
