//! What the mirror shows once events are worked off.

use std::time::Duration;

use ats_core::{Id, ModelKind};
use ats_simulator::{DeliveryFault, DeliveryFaultKind, ashby};
use ats_store::{Cause, DeletionReason, PassKind, Store, StoredRecord, Tracked};
use ats_sync::Received;
use serde_json::json;

use super::desk::Desk;
use crate::bench::{Bench, Shown, assert_same, without_documents};

/// What no event tells of, until a pass does: the end of interviews, which cannot be read alone, and
/// edits of candidates.
const LEFT: &[(&str, &[ModelKind])] = &[
    (
        "delete a candidate",
        &[ModelKind::Interview, ModelKind::InterviewingTeamMember],
    ),
    (
        "delete an application",
        &[
            ModelKind::Candidate,
            ModelKind::Interview,
            ModelKind::InterviewingTeamMember,
        ],
    ),
];

/// The mirror equals a fresh reading, but for raw documents: what was read alone shows those of
/// another endpoint.
async fn assert_true(bench: &Bench, left: &[ModelKind], when: &str) {
    let without = |shown: Shown| -> Shown {
        let shown = without_documents(shown).into_iter();
        shown
            .filter(|(_, (model, ..))| !left.contains(model))
            .collect()
    };
    let truth = without(bench.truth().await);
    assert_same(&without(bench.shown()), &truth, when);
}

fn record(bench: &Bench, model: ModelKind, remote_id: &str) -> StoredRecord {
    let id = Id::derive([bench.integration.id.as_str(), model.name(), remote_id]);
    let found = bench.store.record(&bench.integration.id, &id).unwrap();
    found.unwrap_or_else(|| panic!("no {model} {remote_id}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn events_end_in_the_records_that_a_sync_would_bring() {
    let desk = Desk::open().await;
    let mut told = 0;
    for (pick, change) in ashby::changes().into_iter().enumerate() {
        let news = desk.change(change.name, pick as u64).await;
        desk.work_all().await;
        if news > 0 {
            told += 1;
            let left = LEFT.iter().find(|(name, _)| *name == change.name);
            let left = left.map_or(&[][..], |(_, models)| models);
            let when = format!("the events of `{}`", change.name);
            assert_true(&desk.bench, left, &when).await;
        }
        desk.bench.full().await;
    }
    assert!(told >= 20, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_says_which_event_told_of_it() {
    let desk = Desk::open().await;
    desk.change("edit a job", 0).await;
    desk.change("archive an application", 0).await;
    let report = desk.work_all().await;
    let mut causes: Vec<Cause> = Vec::new();
    for pass in &report.passes {
        causes.extend(
            desk.bench
                .changes(pass)
                .into_iter()
                .map(|change| change.cause),
        );
    }
    for event in ["applicationUpdate", "jobUpdate"] {
        assert!(
            causes.contains(&Cause::Webhook(event.to_owned())),
            "{causes:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_takes_away_the_candidate_and_its_applications_at_once() {
    let desk = Desk::open().await;
    let bench = &desk.bench;
    let application = bench.simulator.read(|world| {
        let mut all = world.collection("applications").values();
        all.next().cloned().unwrap()
    });
    let (candidate, application) = (&application["candidate"]["id"], &application["id"]);
    let candidate = candidate.as_str().unwrap().to_owned();
    let application = application.as_str().unwrap().to_owned();
    bench.simulator.edit(|world| {
        let of_candidate: Vec<String> = world
            .collection("applications")
            .values()
            .filter(|one| one["candidate"]["id"] == candidate.as_str())
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        for id in of_candidate {
            world.remove("applications", &id);
        }
        world.remove("candidates", &candidate);
    });
    assert!(desk.heard().await.contains(&Received::Accepted));
    bench.simulator.clear_log();
    desk.work_all().await;
    for (model, id) in [
        (ModelKind::Candidate, &candidate),
        (ModelKind::Application, &application),
    ] {
        let gone = record(bench, model, id);
        assert_eq!(gone.reason, Some(DeletionReason::Gone), "{model}");
    }
    assert!(!bench.requests().contains_key("candidate.list"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_leads_from_one_candidate_to_the_other_at_once() {
    let desk = Desk::open().await;
    let bench = &desk.bench;
    let before = bench.simulator.read(|world| world.ids("candidates"));
    desk.change("merge two candidates", 0).await;
    let after = bench.simulator.read(|world| world.ids("candidates"));
    let from = before.iter().find(|id| !after.contains(id)).unwrap();
    desk.work_all().await;
    let gone = record(bench, ModelKind::Candidate, from);
    assert_eq!(gone.reason, Some(DeletionReason::Merged));
    let heir = bench.store.alias(&bench.integration.id, &gone.id).unwrap();
    let heir = bench.store.record(&bench.integration.id, &heir.unwrap());
    assert_eq!(heir.unwrap().unwrap().remote_deleted_at, None);
    assert_true(bench, &[], "after the merge").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_candidate_without_applications_leads_to_its_heir_too() {
    let desk = Desk::open().await;
    let bench = &desk.bench;
    let (from, into) = bench.simulator.edit(|world| {
        let into = world.ids("candidates")[0].clone();
        let mut copy = world.get("candidates", &into).cloned().unwrap();
        copy["id"] = json!("ff000000-0000-4000-8000-00000000bbbb");
        copy["applicationIds"] = json!([]);
        (world.insert("candidates", copy), into)
    });
    bench.full().await;
    bench
        .simulator
        .edit(|world| world.remove("candidates", &from));
    let data = json!({ "deletedCandidate": { "id": from }, "mergedCandidate": { "id": into } });
    bench.simulator.emit("candidateMerge", data);
    assert_eq!(desk.heard().await, [Received::Accepted; 2]);
    desk.work_all().await;
    let gone = record(bench, ModelKind::Candidate, &from);
    assert_eq!(gone.reason, Some(DeletionReason::Merged));
    let heir = bench.store.alias(&bench.integration.id, &gone.id).unwrap();
    assert_eq!(heir, Some(record(bench, ModelKind::Candidate, &into).id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_of_which_only_one_event_arrives_moves_the_applications_too() {
    let desk = Desk::open().await;
    for event in ["applicationUpdate", "offerUpdate"] {
        desk.bench.simulator.inject_delivery(DeliveryFault {
            action: Some(event.to_owned()),
            skip: 0,
            times: 99,
            kind: DeliveryFaultKind::Lost,
        });
    }
    assert_eq!(desk.change("merge two candidates", 0).await, 1);
    desk.work_all().await;
    assert_true(&desk.bench, &[], "after the one event").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_event_is_caught_by_the_next_delta_pass() {
    for change in ["edit a job", "archive an application", "accept an offer"] {
        let desk = Desk::open().await;
        desk.bench.simulator.inject_delivery(DeliveryFault {
            action: None,
            skip: 0,
            times: 99,
            kind: DeliveryFaultKind::Lost,
        });
        assert_eq!(desk.change(change, 0).await, 0, "{change}");
        assert_eq!(desk.work_all().await.done, 0);
        desk.bench.delta().await;
        assert_true(&desk.bench, &[], change).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_may_come_in_any_order() {
    let desk = Desk::open().await;
    let bench = &desk.bench;
    bench.simulator.inject_delivery(DeliveryFault {
        action: Some("applicationUpdate".to_owned()),
        skip: 0,
        times: 1,
        kind: DeliveryFaultKind::OutOfOrder,
    });
    // The update of an application arrives when its candidate is gone already.
    let news = bench.simulator.read(|world| {
        let mut all = world.collection("applications").values();
        all.next().cloned().unwrap()
    });
    let (id, candidate) = (
        news["id"].as_str().unwrap(),
        news["candidate"]["id"].as_str().unwrap(),
    );
    bench.simulator.edit(|world| {
        world.update("applications", id, |one| one["status"] = json!("Archived"));
    });
    bench.simulator.edit(|world| {
        world.remove("applications", id);
        world.remove("candidates", candidate);
    });
    desk.heard().await;
    let events: Vec<String> = desk.inbox().into_iter().map(|one| one.event).collect();
    assert_eq!(
        events.first().map(String::as_str),
        Some("applicationUpdate")
    );
    assert!(events.contains(&"candidateDelete".to_owned()), "{events:?}");
    desk.work_all().await;
    assert!(
        record(bench, ModelKind::Application, id)
            .remote_deleted_at
            .is_some()
    );
    assert!(
        record(bench, ModelKind::Candidate, candidate)
            .remote_deleted_at
            .is_some()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_events_of_one_thing_are_one_reading() {
    let desk = Desk::open().await;
    let bench = &desk.bench;
    let id = bench
        .simulator
        .read(|world| world.ids("applications")[0].clone());
    for title in ["a", "b", "c", "d"] {
        bench.simulator.edit(|world| {
            world.update("applications", &id, |one| one["marker"] = json!(title));
        });
    }
    let heard = desk.heard().await;
    assert_eq!(heard.len(), 4, "{heard:?}");
    bench.simulator.clear_log();
    assert_eq!(desk.work_all().await.done, 4);
    assert_eq!(bench.requests()["application.info"], 1);
    assert_eq!(bench.requests()["candidate.info"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_that_is_limited_asks_for_nothing_else() {
    let mut desk = Desk::open().await;
    desk.bench
        .set(|integration| integration.settings.sync_only_created = true);
    let bench = &desk.bench;
    let ids = bench.simulator.read(|world| world.ids("applications"));
    let (wanted, other) = (&ids[0], &ids[1]);
    let tracked = Tracked {
        model: ModelKind::Application,
        remote_id: wanted.clone(),
    };
    bench
        .store
        .track(&bench.integration.id, &[tracked], &[])
        .unwrap();
    for (id, requests) in [(other, 0), (wanted, 1)] {
        bench.simulator.edit(|world| {
            world.update("applications", id, |one| one["marker"] = json!("new"));
        });
        assert_eq!(desk.heard().await, [Received::Accepted]);
        bench.simulator.clear_log();
        desk.work_all().await;
        for endpoint in ["application.info", "candidate.info"] {
            let asked = bench.requests().get(endpoint).copied().unwrap_or(0);
            assert_eq!(asked, requests, "{endpoint} of {id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_for_an_event_walks_its_stream_alone_and_from_its_checkpoint() {
    let desk = Desk::open().await;
    desk.change("edit a job", 0).await;
    desk.bench.clock.advance(Duration::from_secs(1));
    let report = desk.work_all().await;
    let pass = desk
        .bench
        .store
        .pass(&desk.bench.integration.id, report.passes.last().unwrap())
        .unwrap()
        .unwrap();
    assert_eq!((pass.kind, pass.whole), (PassKind::Delta, false));
    let walks: Vec<&str> = pass.walks.iter().map(|walk| walk.stream.as_str()).collect();
    assert_eq!(walks, ["jobs"]);
    assert_eq!(pass.walks[0].rows, 1);
}
