//! What is told about stored records, whatever happened to them.

use std::{collections::BTreeSet, time::Duration};

use ats_core::{Id, ModelKind};
use ats_simulator::{KeySpec, Simulator};
use ats_store::{Cause, DeletionReason, PassKind, Store, StoredRecord};
use ats_sync::{FieldExplanation, Found, Origin, Usual, explain};
use serde_json::{Value, json};

use crate::bench::{Bench, full};

/// The proven sources of a model's fields.
fn usual(model: ModelKind) -> Usual {
    let text = include_str!("../../../../docs/support/ashby.json");
    let matrix: Value = serde_json::from_str(text).unwrap();
    let fields = matrix["models"][model.name()]["fields"].as_object();
    let source = |cell: &Value| serde_json::from_value(cell["source"].clone()).unwrap();
    let fields = fields.unwrap().iter();
    fields
        .map(|(name, cell)| (name.clone(), source(cell)))
        .collect()
}

impl Bench {
    fn record(&self, model: ModelKind, remote_id: &str) -> StoredRecord {
        let id = Id::derive([self.integration.id.as_str(), model.name(), remote_id]);
        self.store
            .record(&self.integration.id, &id)
            .unwrap()
            .unwrap()
    }

    fn explain(&self, record: &StoredRecord) -> Vec<FieldExplanation> {
        let (store, connector) = (self.store.as_ref(), self.connector());
        let usual = usual(record.model);
        explain(store, &*connector, &self.integration, record, &usual).unwrap()
    }

    fn field(&self, record: &StoredRecord, name: &str) -> FieldExplanation {
        let mut all = self.explain(record).into_iter();
        all.find(|explained| explained.field == name).unwrap()
    }

    /// Lets the vendor change a document of a collection; gives its id.
    fn edit(&self, collection: &str, change: impl FnOnce(&mut Value)) -> String {
        self.simulator.edit(|world| {
            let id = world.ids(collection).swap_remove(0);
            world.update(collection, &id, change);
            id
        })
    }
}

fn first_place(origin: &Origin) -> (String, Value) {
    let Origin::Vendor { places } = origin else {
        panic!("{origin:?}")
    };
    let place = &places[0];
    (
        format!("{}:{}", place.endpoint, place.path),
        place.value.clone(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_record_is_explained_as_the_api_shows_it() {
    let bench = Bench::small().await;
    bench.full().await;
    let mut models = BTreeSet::new();
    for record in bench.stored() {
        if !models.insert(record.model) {
            continue;
        }
        let raw = bench
            .store
            .remote_data(&bench.integration.id, &record)
            .unwrap();
        let shown: Value = serde_json::from_str(&record.to_json(raw.as_deref()).unwrap()).unwrap();
        let explained = bench.explain(&record);
        assert_eq!(explained.len(), ats_core::fields(record.model).len());
        for field in explained {
            if field.field != "remote_data" {
                assert_eq!(
                    field.value, shown[&field.field],
                    "{}.{}",
                    record.model, field.field
                );
            }
            assert_ne!(
                field.origin,
                Origin::Stale,
                "{}.{}",
                record.model,
                field.field
            );
        }
    }
    assert_eq!(models.len(), ModelKind::ALL.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_names_the_pass_that_brought_it_and_why() {
    let bench = Bench::small().await;
    let arrived = bench.full().await;
    let source = bench
        .simulator
        .read(|world| world.ids("sources").swap_remove(0));
    let of_source = |record: &StoredRecord| {
        let content: Value = serde_json::from_str(&record.content).unwrap();
        !content["source"].is_null()
            && bench.explain(record).iter().any(|field| {
                let Origin::Vendor { places } = &field.origin else {
                    return false;
                };
                field.field == "source" && places[0].bundle == source
            })
    };
    let mut candidates = bench
        .stored()
        .into_iter()
        .filter(|record| record.model == ModelKind::Candidate);
    let candidate = candidates.find(of_source).unwrap();
    bench.simulator.edit(|world| {
        world.update("sources", &source, |found| {
            found["title"] = json!("Another name")
        })
    });
    let renamed = bench.delta().await;
    let record = bench
        .store
        .record(&bench.integration.id, &candidate.id)
        .unwrap()
        .unwrap();

    let field = bench.field(&record, "source");
    assert_eq!(
        first_place(&field.origin),
        (
            "source.list:/results/*/title".to_owned(),
            json!("Another name")
        )
    );
    let brought = field.brought.unwrap();
    assert_eq!(
        (brought.pass_id, brought.kind),
        (renamed.id, Some(PassKind::Delta))
    );
    assert!(matches!(brought.cause, Cause::Related(what) if what.contains(&source)));

    let brought = bench.field(&record, "email_addresses").brought.unwrap();
    assert_eq!(
        (brought.pass_id, brought.kind, brought.cause),
        (arrived.id, Some(PassKind::Full), Cause::Fetched)
    );
    let changed = bench.field(&record, "changed_at");
    assert!(matches!(changed.origin, Origin::Changed { fields, .. } if fields == ["source"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_field_says_why() {
    let bench = Bench::small().await;
    let job = bench.edit("jobs", |job| {
        job["title"] = json!(7);
        job["closedAt"] = Value::Null;
    });
    bench.full().await;
    let record = bench.record(ModelKind::Job, &job);
    let origin = |name: &str| bench.field(&record, name).origin;

    assert!(matches!(
        origin("weekly_hours"),
        Origin::Gap {
            vendor: Some(_),
            ..
        }
    ));
    let lost = Origin::Lost {
        endpoint: "job.list",
        path: "/title".to_owned(),
        expected: "a string",
    };
    assert_eq!(origin("name"), lost);
    let Origin::Absent {
        looked_at,
        decided_by,
    } = origin("closed_at")
    else {
        panic!("{:?}", origin("closed_at"))
    };
    assert_eq!(looked_at[0].source, "job.list:/results/*/closedAt");
    assert_eq!(looked_at[0].found, Found::Null);
    // Found out without being told: a date there would fill the field.
    assert_eq!(decided_by[0].path, "/results/*/closedAt");

    let mut questions = bench
        .stored()
        .into_iter()
        .filter(|record| record.model == ModelKind::JobScreeningQuestion);
    let question = questions.next().unwrap();
    let never = bench.field(&question, "precondition_options").origin;
    assert!(matches!(never, Origin::AlwaysNull { .. }), "{never:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_whose_document_no_permission_allows_says_so() {
    let bench = Bench::small().await;
    let all = Simulator::all_permissions().into_iter();
    let some = all.filter(|permission| *permission != "organizationRead");
    let key = bench
        .simulator
        .add_key(KeySpec::new("No organisation", some));
    bench
        .pass_with(&full(), bench.connector_with_key(&key))
        .await;
    let record = bench.stored().into_iter().find(|record| {
        let content: Value = serde_json::from_str(&record.content).unwrap();
        record.model == ModelKind::Job && content["department"].is_null() && {
            let origin = bench.field(record, "department").origin;
            matches!(
                origin,
                Origin::PermissionMissing {
                    stream: "departments",
                    ..
                }
            )
        }
    });
    let record = record.unwrap();
    let name = bench.field(&record, "name").origin;
    assert_eq!(first_place(&name).0, "job.list:/results/*/title");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_raw_documents_only_the_value_is_known() {
    let mut bench = Bench::small().await;
    bench.set(|integration| integration.settings.remote_data = false);
    bench.full().await;
    let candidate = bench
        .simulator
        .read(|world| world.ids("candidates").swap_remove(0));
    let record = bench.record(ModelKind::Candidate, &candidate);
    let name = bench.field(&record, "first_name");
    let usual = vec!["candidate.list:/results/*/name".to_owned()];
    assert_eq!(name.origin, Origin::NotKept { usual });
    assert!(matches!(
        bench.field(&record, "remote_data").origin,
        Origin::NotKept { .. }
    ));
    assert!(matches!(
        bench.field(&record, "confidential").origin,
        Origin::Gap { .. }
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_gone_keeps_its_last_values_and_its_reason() {
    let bench = Bench::small().await;
    bench.full().await;
    let candidate = bench.simulator.edit(|world| {
        let id = world.ids("candidates").swap_remove(0);
        world.remove("candidates", &id);
        id
    });
    let swept = bench.full().await;
    let record = bench.record(ModelKind::Candidate, &candidate);
    assert!(matches!(
        bench.field(&record, "first_name").origin,
        Origin::Gone { .. }
    ));
    let tombstone = bench.field(&record, "remote_deleted_at");
    let reason = Some(DeletionReason::Gone);
    assert_eq!(
        tombstone.origin,
        Origin::Tombstone {
            reason,
            merged_into: None
        }
    );
    assert_eq!(tombstone.brought.unwrap().pass_id, swept.id);
    let id = bench.field(&record, "id").origin;
    let parts = vec![
        bench.integration.id.to_string(),
        "candidates".to_owned(),
        candidate.clone(),
    ];
    assert_eq!(id, Origin::Derived { parts });
    // Once it is emptied, nothing is told of where it came from.
    bench.clock.advance(Duration::from_secs(15 * 24 * 60 * 60));
    bench.delta().await;
    let record = bench.record(ModelKind::Candidate, &candidate);
    let name = bench.field(&record, "first_name");
    assert_eq!((name.value, name.origin), (Value::Null, Origin::Anonymised));
    let tombstone = bench.field(&record, "remote_deleted_at").origin;
    assert!(matches!(tombstone, Origin::Tombstone { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_switched_off_says_so_and_no_other() {
    let mut bench = Bench::small().await;
    bench.set(|integration| {
        let off = [("jobs".to_owned(), ["name".to_owned()].into())];
        integration.settings.scope.fields_off = off.into();
    });
    bench.full().await;
    let mut all = bench.stored().into_iter();
    let job = all.find(|record| record.model == ModelKind::Job).unwrap();
    let name = bench.field(&job, "name");
    assert_eq!(
        (name.value, name.origin),
        (Value::Null, Origin::SwitchedOff)
    );
    let explained = bench.explain(&job);
    let off = explained
        .iter()
        .filter(|field| field.origin == Origin::SwitchedOff);
    assert_eq!(off.count(), 1);
}
