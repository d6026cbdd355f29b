//! Webhooks: set up, told of changes, tried again, and what may go wrong on the way.

use std::collections::BTreeSet;

use ats_simulator::{
    Delivery, DeliveryFault, DeliveryFaultKind, DeliveryState, Fault, FaultKind, Options,
    Simulator, ashby,
};
use serde_json::{Value, json};

use crate::client::{ask, done, nothing, refused, small, try_ask, where_};
use crate::receiver::{Message, Receiver, SECRET};

async fn open(options: Options) -> Simulator {
    Simulator::start(ashby::small_world(), options)
        .await
        .expect("a free port")
}

fn stage(simulator: &Simulator, kind: &str) -> String {
    let found = where_(simulator, "interview_stages", |stage| {
        stage["interviewPlanId"] == "1d000000-0000-4000-8000-000000000001" && stage["type"] == kind
    });
    found[0].clone()
}

/// An application in the plan of [`stage`], in its lead stage.
async fn application(simulator: &Simulator) -> String {
    let candidate = simulator.read(|world| world.ids("candidates")[0].clone());
    let body = json!({
        "candidateId": candidate, "jobId": "0b000000-0000-4000-8000-000000000001",
    });
    let made = done(simulator, "application.create", body).await;
    made["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_webhook_is_pinged_while_it_is_made_and_on_every_edit() {
    let (simulator, receiver) = (small().await, Receiver::start().await);
    let id = receiver.subscribe(&simulator, "applicationUpdate").await;
    let seen = receiver.seen();
    assert_eq!(seen.len(), 1, "the ping came before the answer");
    let ping = json!({ "action": "ping", "data": { "webhookActionType": "ping" } });
    assert_eq!((seen[0].json(), seen[0].is_genuine()), (ping, true));
    let info = done(&simulator, "webhook.info", json!({ "webhookId": id })).await;
    let expected = json!({
        "id": id, "enabled": true, "requestUrl": receiver.url, "webhookType": "applicationUpdate",
    });
    assert_eq!(info, expected, "the secret is not shown");
    let body = json!({ "webhookId": id, "secretToken": "another" });
    let edited = done(&simulator, "webhook.update", body).await;
    assert_eq!(edited["secretToken"], "another");
    let last = receiver.seen().pop().expect("a ping");
    assert_eq!(
        last.signature,
        Some(ashby::signature("another", &last.body))
    );
    let code = refused(&simulator, "webhook.update", json!({ "webhookId": id })).await;
    assert_eq!(code, "invalid_input");
    let gone = done(&simulator, "webhook.delete", json!({ "webhookId": id })).await;
    assert_eq!(gone, json!({ "webhookId": id }));
    for endpoint in ["webhook.info", "webhook.delete"] {
        let code = refused(&simulator, endpoint, json!({ "webhookId": id })).await;
        assert_eq!(code, "webhook_not_found");
    }
    assert_eq!(receiver.seen().len(), 2);
}

#[tokio::test]
async fn a_webhook_whose_making_was_lost_is_there_all_the_same() {
    let (simulator, receiver) = (small().await, Receiver::start().await);
    simulator.inject(Fault::once("webhook.create", FaultKind::ApplyThenReset));
    let body = json!({
        "webhookType": "offerCreate", "requestUrl": receiver.url, "secretToken": SECRET,
    });
    let lost = try_ask(&simulator, &simulator.key(), "webhook.create", body).await;
    assert!(lost.is_err());
    assert_eq!(simulator.read(|world| world.len("webhooks")), 1);
    assert_eq!(receiver.actions(), ["ping"]);
}

#[tokio::test]
async fn only_some_types_are_taken() {
    let url = "http://127.0.0.1:9/";
    let strict = small().await;
    let loose = open(Options {
        more_webhook_types: true,
        ..Options::default()
    })
    .await;
    for (kind, by_schema, with_option) in [
        ("offerDelete", true, true),
        ("jobUpdate", false, true),
        ("candidateCreate", false, false),
        ("ping", false, false),
    ] {
        for (simulator, taken) in [(&strict, by_schema), (&loose, with_option)] {
            let body = json!({ "webhookType": kind, "requestUrl": url, "secretToken": "s" });
            let answer = ask(simulator, "webhook.create", body).await.json();
            assert_eq!(answer["success"], taken, "{kind}: {answer}");
        }
    }
    for body in [
        json!({ "webhookType": "offerDelete", "requestUrl": url }),
        json!({ "webhookType": "offerDelete", "requestUrl": url, "secretToken": "" }),
        json!({ "webhookType": "offerDelete", "requestUrl": "nowhere", "secretToken": "s" }),
    ] {
        assert_eq!(
            refused(&strict, "webhook.create", body).await,
            "invalid_input"
        );
    }
}

#[tokio::test]
async fn an_event_is_told_with_those_that_it_implies() {
    let (simulator, receiver) = (small().await, Receiver::start().await);
    for kind in [
        "applicationUpdate",
        "candidateStageChange",
        "candidateHire",
        "applicationSubmit",
    ] {
        receiver.subscribe(&simulator, kind).await;
    }
    receiver.actions();
    let own = application(&simulator).await;
    simulator.deliveries_settled().await;
    let submitted = receiver.seen()[0].json();
    assert_eq!(submitted["data"]["application"]["id"], own.as_str());
    assert!(
        submitted["data"]["application"]
            .get("applicationHistory")
            .is_none()
    );
    assert_eq!(receiver.actions(), ["applicationSubmit"]);
    let body = json!({ "applicationId": own, "interviewStageId": stage(&simulator, "Hired") });
    done(&simulator, "application.changeStage", body.clone()).await;
    simulator.deliveries_settled().await;
    let seen = receiver.seen();
    assert!(seen.iter().all(Message::is_genuine));
    let ids: BTreeSet<String> = seen
        .iter()
        .map(|message| message.json()["webhookActionId"].to_string())
        .collect();
    assert_eq!(ids.len(), 1, "related events share their id");
    assert!(!ids.contains(&submitted["webhookActionId"].to_string()));
    assert_eq!(
        receiver.actions(),
        ["candidateHire", "candidateStageChange", "applicationUpdate"]
    );
    done(&simulator, "application.changeStage", body).await;
    simulator.deliveries_settled().await;
    assert_eq!(receiver.actions(), [""; 0], "nothing has changed");
    let body = json!({ "applicationId": own, "sourceId": null });
    done(&simulator, "application.changeSource", body).await;
    simulator.deliveries_settled().await;
    assert_eq!(receiver.actions(), ["applicationUpdate"]);
}

#[tokio::test]
async fn every_change_of_a_world_is_told_as_documented() {
    let options = Options {
        more_webhook_types: true,
        ..Options::default()
    };
    let receiver = Receiver::start().await;
    let told: &[(&str, &[&str])] = &[
        ("delete a candidate", &["candidateDelete", "offerDelete"]),
        (
            "merge two candidates",
            &["candidateMerge", "applicationUpdate"],
        ),
        ("add an application", &["applicationSubmit"]),
        (
            "move an application to another stage",
            &["candidateStageChange", "applicationUpdate"],
        ),
        (
            "archive an application",
            &["candidateStageChange", "applicationUpdate"],
        ),
        (
            "hire",
            &["candidateHire", "candidateStageChange", "applicationUpdate"],
        ),
        ("delete an application", &["offerDelete"]),
        ("a new questionnaire submission", &["surveySubmit"]),
        ("a new plan", &["jobUpdate"]),
        ("edit a job", &["jobUpdate"]),
        ("close a job", &["jobUpdate"]),
        (
            "a new posting for a job",
            &["jobPostingPublish", "jobPostingUpdate"],
        ),
        ("change a posting's description", &["jobPostingUpdate"]),
        ("a posting's form gains a question", &["jobPostingUpdate"]),
        ("unlist a posting", &["jobPostingUpdate"]),
        (
            "unpublish a posting",
            &["jobPostingUnpublish", "jobPostingUpdate"],
        ),
        ("delete a posting", &["jobPostingDelete"]),
        ("a schedule gains an event", &["interviewScheduleUpdate"]),
        ("a schedule loses an event", &["interviewScheduleUpdate"]),
        ("cancel a schedule", &["interviewScheduleUpdate"]),
        ("accept an offer", &["offerUpdate"]),
        ("a new offer", &["offerCreate"]),
    ];
    let all = ashby::changes();
    for (name, _) in told {
        assert!(
            all.iter().any(|change| change.name == *name),
            "no change: {name}"
        );
    }
    for change in all {
        let simulator = open(options.clone()).await;
        for kind in [
            "applicationSubmit",
            "applicationUpdate",
            "candidateHire",
            "candidateStageChange",
            "candidateDelete",
            "candidateMerge",
            "interviewScheduleCreate",
            "interviewScheduleUpdate",
            "jobPostingUpdate",
            "jobPostingPublish",
            "jobPostingUnpublish",
            "jobPostingDelete",
            "offerCreate",
            "offerUpdate",
            "offerDelete",
            "surveySubmit",
            "jobCreate",
            "jobUpdate",
            "openingCreate",
        ] {
            simulator.edit(|world| {
                world.insert(
                    "webhooks",
                    json!({
                        "enabled": true, "requestUrl": receiver.url, "secretToken": SECRET,
                        "webhookType": kind,
                    }),
                );
            });
        }
        simulator.edit(|world| (change.apply)(world, 0));
        let actual: BTreeSet<String> = simulator
            .deliveries()
            .into_iter()
            .map(|sent| sent.action)
            .collect();
        let expected = told.iter().find(|(name, _)| *name == change.name);
        let expected: BTreeSet<String> = expected
            .map(|(_, actions)| actions.iter().map(|action| (*action).to_owned()).collect())
            .unwrap_or_default();
        assert_eq!(actual, expected, "{}", change.name);
    }
}

fn told(simulator: &Simulator, action: &str) -> Value {
    let sent = simulator.deliveries();
    let found = sent.iter().rev().find(|sent| sent.action == action);
    let body = &found.expect("a delivery").body;
    serde_json::from_slice::<Value>(body).expect("JSON")["data"].clone()
}

#[tokio::test]
async fn data_say_what_happened_and_to_whom() {
    let simulator = open(Options {
        more_webhook_types: true,
        ..Options::default()
    })
    .await;
    let receiver = Receiver::start().await;
    for kind in [
        "candidateMerge",
        "candidateDelete",
        "interviewPlanTransition",
        "jobPostingDelete",
        "offerDelete",
        "surveySubmit",
        "interviewScheduleCreate",
    ] {
        receiver.subscribe(&simulator, kind).await;
    }
    let before = simulator.read(|world| world.ids("candidates"));
    let change = ashby::changes()
        .into_iter()
        .find(|c| c.name == "merge two candidates");
    simulator.edit(|world| (change.expect("a change").apply)(world, 0));
    let data = told(&simulator, "candidateMerge");
    let after = simulator.read(|world| world.ids("candidates"));
    let gone = data["deletedCandidate"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let stays = data["mergedCandidate"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert!(before.contains(&gone) && !after.contains(&gone) && after.contains(&stays));
    simulator.edit(|world| world.remove("candidates", &stays));
    assert_eq!(
        told(&simulator, "candidateDelete"),
        json!({ "candidate": { "id": stays } })
    );
    let job = "0b000000-0000-4000-8000-000000000001";
    let plan = "1d000000-0000-4000-8000-000000000002";
    simulator.edit(|world| {
        world.update("jobs", job, |job| {
            job["defaultInterviewPlanId"] = json!(plan)
        })
    });
    let data = told(&simulator, "interviewPlanTransition");
    assert_eq!(
        (&data["jobId"], &data["toInterviewPlan"]["id"]),
        (&json!(job), &json!(plan))
    );
    assert!(data["interviewStageMappings"][0]["toInterviewStageId"].is_string());
    let posting = simulator.read(|world| world.ids("job_postings")[0].clone());
    simulator.edit(|world| world.remove("job_postings", &posting));
    let data = told(&simulator, "jobPostingDelete");
    assert_eq!(
        data,
        json!({ "jobPosting": { "id": posting, "jobId": job } })
    );
    simulator.edit(|world| {
        let mut schedule = world
            .collection("interview_schedules")
            .values()
            .next()
            .cloned();
        let schedule = schedule.as_mut().expect("a schedule");
        schedule["id"] = json!("00000000-0000-4000-8000-0000000000aa");
        world.insert("interview_schedules", schedule.clone());
        world.insert(
            "survey_submissions",
            json!({ "surveyType": "EEOC", "submittedValues": { "gender": "marker" } }),
        );
    });
    let data = told(&simulator, "interviewScheduleCreate");
    assert_eq!(
        data["interviewSchedule"]["id"],
        "00000000-0000-4000-8000-0000000000aa"
    );
    let data = told(&simulator, "surveySubmit");
    assert_eq!(data["surveySubmission"]["surveyType"], "EEOC");
    assert!(!data.to_string().contains("marker"), "{data}");
}

/// A simulator with one webhook for jobs, and a change of a job that is yet to be told.
async fn with_webhook() -> (Simulator, Receiver) {
    let simulator = open(Options {
        more_webhook_types: true,
        ..Options::default()
    })
    .await;
    let receiver = Receiver::start().await;
    receiver.subscribe(&simulator, "jobUpdate").await;
    simulator.clear_deliveries();
    receiver.actions();
    (simulator, receiver)
}

fn rename_job(simulator: &Simulator, title: &str) {
    simulator.edit(|world| {
        let id = world.ids("jobs")[0].clone();
        world.update("jobs", &id, |job| job["title"] = json!(title));
    });
}

fn only(simulator: &Simulator) -> Delivery {
    let mut sent = simulator.deliveries();
    assert_eq!(sent.len(), 1);
    sent.remove(0)
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_and_stays_the_same() {
    for (answers, attempts, state) in [
        (vec![204], 1, DeliveryState::Delivered),
        (vec![500, 302, 200], 3, DeliveryState::Delivered),
        (vec![401], 1, DeliveryState::GivenUp),
        (vec![500, 410], 2, DeliveryState::GivenUp),
        (vec![503; 12], 10, DeliveryState::GivenUp),
    ] {
        let (simulator, receiver) = with_webhook().await;
        receiver.answer_with(&answers);
        rename_job(&simulator, "A");
        simulator.deliveries_settled().await;
        let sent = only(&simulator);
        assert_eq!(
            (sent.attempts.len(), sent.state),
            (attempts, state),
            "{answers:?}"
        );
        assert_eq!(sent.attempts, answers[..attempts]);
        let seen = receiver.seen();
        assert!(seen.iter().all(|message| message.body == sent.body[..]));
    }
}

#[tokio::test]
async fn a_webhook_that_is_off_or_gone_hears_nothing() {
    let (simulator, receiver) = with_webhook().await;
    let id = simulator.read(|world| world.ids("webhooks")[0].clone());
    let off = json!({ "webhookId": id, "enabled": false });
    done(&simulator, "webhook.update", off).await;
    receiver.actions();
    rename_job(&simulator, "A");
    simulator.deliveries_settled().await;
    assert_eq!(receiver.actions(), [""; 0]);
    done(
        &simulator,
        "webhook.update",
        json!({ "webhookId": id, "enabled": true }),
    )
    .await;
    rename_job(&simulator, "B");
    simulator.deliveries_settled().await;
    assert_eq!(receiver.actions(), ["ping", "jobUpdate"]);
    done(&simulator, "webhook.delete", json!({ "webhookId": id })).await;
    rename_job(&simulator, "C");
    simulator.deliveries_settled().await;
    assert_eq!(receiver.actions(), [""; 0]);
}

#[tokio::test]
async fn a_receiver_that_is_not_there_costs_attempts_and_no_more() {
    let (simulator, _) = with_webhook().await;
    let id = simulator.read(|world| world.ids("webhooks")[0].clone());
    simulator.edit(|world| {
        world.update("webhooks", &id, |hook| {
            hook["requestUrl"] = json!("http://127.0.0.1:9/")
        });
    });
    rename_job(&simulator, "A");
    simulator.deliveries_settled().await;
    assert_eq!(only(&simulator).attempts, [0; 10]);
}

#[tokio::test]
async fn deliveries_go_wrong_on_demand() {
    let (simulator, receiver) = with_webhook().await;
    let hit = async |kind: DeliveryFaultKind| {
        simulator.inject_delivery(DeliveryFault::once(kind));
        rename_job(&simulator, &format!("{kind:?}"));
        simulator.deliveries_settled().await;
        receiver.take()
    };
    let twice = hit(DeliveryFaultKind::Duplicate).await;
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0].body, twice[1].body);
    assert!(hit(DeliveryFaultKind::Lost).await.is_empty());
    let tampered = hit(DeliveryFaultKind::Tampered).await;
    assert!(!tampered[0].is_genuine());
    let signed = simulator.deliveries().pop().expect("a delivery");
    assert_eq!(signed.body, tampered[0].body);
    let forged = hit(DeliveryFaultKind::WrongSecret).await;
    assert!(forged[0].signature.is_some() && !forged[0].is_genuine());
    assert_eq!(hit(DeliveryFaultKind::Unsigned).await[0].signature, None);
    let unknown = hit(DeliveryFaultKind::UnknownEvent).await;
    assert!(unknown[0].is_genuine());
    assert_ne!(unknown[0].json()["action"], "jobUpdate");
    let huge = hit(DeliveryFaultKind::Huge(2_000_000)).await;
    assert!(huge[0].is_genuine() && huge[0].body.len() > 2_000_000);
    let states: Vec<DeliveryState> = simulator
        .deliveries()
        .iter()
        .map(|sent| sent.state)
        .collect();
    assert_eq!(states[2], DeliveryState::Lost);
    simulator.inject_delivery(DeliveryFault {
        action: Some("jobUpdate".to_owned()),
        skip: 1,
        times: 1,
        kind: DeliveryFaultKind::OutOfOrder,
    });
    for title in ["first", "second", "third"] {
        rename_job(&simulator, title);
    }
    simulator.deliveries_settled().await;
    let titles: Vec<Value> = receiver
        .seen()
        .iter()
        .map(|message| message.json()["data"]["job"]["title"].clone())
        .collect();
    assert_eq!(titles, ["first", "third", "second"]);
    simulator.inject_delivery(DeliveryFault::once(DeliveryFaultKind::Lost));
    simulator.clear_delivery_faults();
    simulator.emit("jobUpdate", json!({ "job": { "id": "x" } }));
    simulator.deliveries_settled().await;
    let last = receiver.seen().pop().expect("a message");
    assert_eq!(last.json()["data"], json!({ "job": { "id": "x" } }));
}

#[tokio::test]
async fn an_event_can_be_built_without_a_server() {
    let event = ashby::signed_event("s", "candidateDelete", Some("a"), &nothing());
    let body: Value = serde_json::from_slice(&event.body).expect("JSON");
    let expected = json!({ "action": "candidateDelete", "webhookActionId": "a", "data": {} });
    assert_eq!(body, expected);
    assert_eq!(event.signature, ashby::signature("s", &event.body));
    assert!(event.signature.starts_with("sha256=") && event.signature.len() == 71);
}
