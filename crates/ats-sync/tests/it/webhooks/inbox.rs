//! The inbox: what waits, what is tried again, and what is given up.

use std::time::Duration;

use ats_core::ModelKind;
use ats_simulator::{DeliveryFault, DeliveryFaultKind, FaultKind};
use ats_store::{DeliveryState, Store};
use ats_sync::{PassOptions, Received};
use serde_json::json;

use super::desk::Desk;
use crate::bench::{assert_same, delta, without_documents};

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

/// The problem of the only delivery.
fn problem(desk: &Desk) -> String {
    let inbox = desk.inbox();
    assert_eq!(inbox.len(), 1, "{inbox:#?}");
    let problem = inbox[0].progress.problem.as_ref();
    problem.map_or(String::new(), |problem| problem.kind.clone())
}

fn archive(desk: &Desk) {
    let id = desk
        .bench
        .simulator
        .read(|world| world.ids("applications")[0].clone());
    desk.bench.simulator.edit(|world| {
        world.update("applications", &id, |one| one["marker"] = json!("new"));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vendor_does_not_give_is_tried_again_later_and_longer() {
    let desk = Desk::open().await;
    archive(&desk);
    desk.heard().await;
    let refusal = FaultKind::SuccessFalse {
        code: "strange".to_owned(),
        http: 200,
    };
    desk.bench.inject("application.info", 0, 2, refusal);
    let report = desk.work().await;
    assert_eq!((report.done, report.waiting), (0, 1));
    assert_eq!(problem(&desk), "unexpected");
    assert_eq!(desk.work().await.waiting, 0, "it is not due yet");
    desk.bench.clock.advance(Duration::from_secs(30));
    assert_eq!(desk.work().await.waiting, 1);
    desk.bench.clock.advance(Duration::from_secs(30));
    assert_eq!(desk.work().await.done, 0, "it waits twice as long now");
    desk.bench.clock.advance(Duration::from_secs(30));
    assert_eq!(desk.work().await.done, 1);
    assert_eq!(problem(&desk), "");
    assert_eq!(desk.inbox()[0].progress.attempts, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_works_is_given_up_and_a_pass_brings_it() {
    let desk = Desk::open().await;
    archive(&desk);
    desk.heard().await;
    let refusal = FaultKind::SuccessFalse {
        code: "strange".to_owned(),
        http: 200,
    };
    desk.bench.inject("application.info", 0, 8, refusal);
    for attempt in 1..=8 {
        let report = desk.work().await;
        assert_eq!(report.failed, usize::from(attempt == 8), "{attempt}");
        desk.bench.clock.advance(minutes(61));
    }
    assert_eq!(desk.in_state(DeliveryState::Failed), 1);
    assert_eq!(problem(&desk), "unexpected");
    assert_eq!(desk.work().await.done, 0);
    desk.bench.delta().await;
    let shown = without_documents(desk.bench.shown());
    let truth = without_documents(desk.bench.truth().await);
    assert_same(&shown, &truth, "after the pass");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_something_gone_is_tried_again_with_it() {
    let desk = Desk::open().await;
    // It would tell of the application, and is not what this is about.
    desk.bench.simulator.inject_delivery(DeliveryFault {
        action: Some("offerDelete".to_owned()),
        skip: 0,
        times: 9,
        kind: DeliveryFaultKind::Lost,
    });
    assert_eq!(desk.change("delete a candidate", 0).await, 1);
    let refusal = FaultKind::SuccessFalse {
        code: "strange".to_owned(),
        http: 200,
    };
    desk.bench.inject("application.info", 0, 99, refusal);
    assert_eq!(desk.work().await.waiting, 1);
    desk.bench.simulator.clear_faults();
    desk.bench.clock.advance(minutes(1));
    desk.work_all().await;
    let living = desk.bench.shown();
    let truth = desk.bench.truth().await;
    for (id, (model, ..)) in living {
        if model == ModelKind::Application {
            assert!(truth.contains_key(&id), "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_not_asked_for_again() {
    let desk = Desk::open().await;
    archive(&desk);
    desk.heard().await;
    let simulator = &desk.bench.simulator;
    simulator.revoke(&simulator.key(), "candidatesRead");
    assert_eq!(desk.work().await.failed, 1);
    assert_eq!(problem(&desk), "permission_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_waits_for_the_pass_that_runs_and_a_reading_does_not() {
    let desk = Desk::open().await;
    archive(&desk);
    desk.change("edit a job", 0).await;
    let id = &desk.bench.integration.id;
    let guard = desk.bench.store.lock(id, "a pass").unwrap();
    let report = desk.work().await;
    assert_eq!((report.done, report.waiting), (1, 1));
    assert_eq!(
        desk.inbox()[0].progress.attempts,
        0,
        "waiting is no failure"
    );
    drop(guard);
    desk.bench.clock.advance(minutes(1));
    assert_eq!(desk.work_all().await.done, 1);
    desk.bench.full().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_waits_until_an_interrupted_pass_was_taken_up() {
    let desk = Desk::open().await;
    let pass = desk.bench.stopped_after(&delta(), 3).await;
    desk.change("edit a job", 0).await;
    assert_eq!(desk.work().await.waiting, 1);
    let resumed = desk.bench.pass(&PassOptions::default()).await;
    assert_eq!((resumed.id, resumed.resumed), (pass.id, 1));
    desk.bench.clock.advance(minutes(1));
    assert_eq!(desk.work_all().await.done, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_works_off_an_inbox_at_a_time() {
    let desk = Desk::open().await;
    archive(&desk);
    desk.heard().await;
    let id = &desk.bench.integration.id;
    let guard = desk
        .bench
        .store
        .lock_named(id, "webhook inbox", "another")
        .unwrap();
    let report = desk.work().await;
    assert!(report.busy && report.done == 0);
    drop(guard);
    assert_eq!(desk.work_all().await.done, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_forgotten_after_thirty_days() {
    let desk = Desk::open().await;
    archive(&desk);
    desk.heard().await;
    desk.work_all().await;
    desk.bench.clock.advance(minutes(29 * 24 * 60));
    desk.work_all().await;
    assert_eq!(desk.inbox().len(), 1);
    desk.bench.clock.advance(minutes(2 * 24 * 60));
    desk.work_all().await;
    assert_eq!(desk.inbox().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_body_is_kept_but_ids() {
    let desk = Desk::open().await;
    let id = desk
        .bench
        .simulator
        .read(|world| world.ids("applications")[0].clone());
    let body = json!({
        "action": "surveySubmit",
        "webhookActionId": "1",
        "data": { "surveySubmission": {
            "applicationId": id, "surveyType": "EEOC",
            "submittedValues": { "gender": "planted-marker" },
        } },
    });
    assert_eq!(
        desk.signed_call(body.to_string().as_bytes()),
        Received::Accepted
    );
    let (segment, secret) = desk.line("offerDelete");
    desk.work_all().await;
    assert_eq!(desk.inbox().len(), 1);
    let folder = desk.bench.store.path().parent().unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let holds = |text: &str| {
            bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        };
        assert!(!holds("planted-marker"));
        assert!(!holds(secrecy::ExposeSecret::expose_secret(&secret)));
    }
    assert!(!format!("{:?} {:?}", desk.inbox(), segment).contains("planted-marker"));
    let found = desk.bench.stored();
    assert!(
        found
            .iter()
            .any(|record| record.model == ModelKind::Application)
    );
}
