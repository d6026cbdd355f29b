//! Writing applications: creating, moving, rejecting, changing the source.

use ats_simulator::{KeySpec, Simulator};
use serde_json::{Value, json};

use crate::client::{ask_as, done, ids, key_without, nothing, refused, small, walk, where_};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const PLAN: &str = "1d000000-0000-4000-8000-000000000001";
const JOB: &str = "0b000000-0000-4000-8000-000000000001";

fn stage(simulator: &Simulator, plan: &str, kind: &str) -> String {
    let found = where_(simulator, "interview_stages", |stage| {
        stage["interviewPlanId"] == plan && stage["type"] == kind
    });
    found[0].clone()
}

async fn candidate(simulator: &Simulator) -> String {
    let made = done(
        simulator,
        "candidate.create",
        json!({ "name": "Ann Applicant" }),
    )
    .await;
    made["id"].as_str().expect("an id").to_owned()
}

async fn apply(simulator: &Simulator, more: Value) -> Value {
    let mut body = json!({ "candidateId": candidate(simulator).await, "jobId": JOB });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    done(simulator, "application.create", body).await
}

#[tokio::test]
async fn an_application_begins_as_a_lead_or_where_it_is_told_to() {
    let simulator = small().await;
    let (_, token) = walk(&simulator, "application.list", nothing()).await;
    let lead = apply(&simulator, nothing()).await;
    assert_eq!(
        (&lead["status"], &lead["source"]),
        (&json!("Lead"), &Value::Null)
    );
    assert_eq!(lead["currentInterviewStage"]["type"], "Lead");
    assert_eq!(lead["job"]["id"], JOB);
    assert_eq!(lead["appliedViaJobPostingId"], Value::Null);
    assert_eq!(
        lead["applicationHistory"]
            .as_array()
            .expect("history")
            .len(),
        1
    );
    assert!(lead.get("openings").is_none() && lead.get("referrals").is_none());
    let (source, user) = simulator.read(|world| {
        (
            world.ids("sources")[1].clone(),
            world.ids("users")[0].clone(),
        )
    });
    let more = json!({
        "interviewStageId": "FirstPreInterviewScreen",
        "sourceId": source,
        "creditedToUserId": user,
    });
    let active = apply(&simulator, more).await;
    assert_eq!(active["status"], "Active");
    assert_eq!(
        active["currentInterviewStage"]["type"],
        "PreInterviewScreen"
    );
    assert_eq!(active["source"]["id"], source);
    assert_eq!(active["creditedToUser"]["id"], user);
    let other = "1d000000-0000-4000-8000-000000000004";
    let more =
        json!({ "interviewPlanId": other, "interviewStageId": stage(&simulator, other, "Active") });
    let elsewhere = apply(&simulator, more).await;
    assert_eq!(elsewhere["currentInterviewStage"]["interviewPlanId"], other);
    let delta = ids(
        &simulator,
        "application.list",
        json!({ "syncToken": token }),
    )
    .await;
    assert_eq!(
        delta,
        [
            lead["id"].clone(),
            active["id"].clone(),
            elsewhere["id"].clone()
        ]
    );
    let owner = json!({ "id": lead["candidate"]["id"] });
    let owner = done(&simulator, "candidate.info", owner).await;
    assert_eq!(owner["applicationIds"], json!([lead["id"]]));
    let body = json!({ "candidateId": owner["id"], "jobId": JOB });
    let second = done(&simulator, "application.create", body).await;
    assert_ne!(
        second["id"], lead["id"],
        "a second one is taken as any other"
    );
}

#[tokio::test]
async fn a_history_may_be_given() {
    let simulator = small().await;
    let reason = where_(&simulator, "archive_reasons", |r| r["isArchived"] == false)[0].clone();
    let step = |number: u32, kind: &str| {
        json!({
            "stageId": stage(&simulator, PLAN, kind),
            "stageNumber": number,
            "enteredStageAt": format!("2026-03-0{}T00:00:00Z", number + 1),
        })
    };
    let mut last = step(1, "Archived");
    let body = json!({ "applicationHistory": [last, step(0, "Active")] });
    let mut create = body.clone();
    create["candidateId"] = json!(candidate(&simulator).await);
    create["jobId"] = json!(JOB);
    assert_eq!(
        refused(&simulator, "application.create", create).await,
        "invalid_input"
    );
    last["archiveReasonId"] = json!(reason);
    let made = apply(
        &simulator,
        json!({ "applicationHistory": [last, step(0, "Active")] }),
    )
    .await;
    assert_eq!(
        (&made["status"], &made["archiveReason"]["id"]),
        (&json!("Archived"), &json!(reason))
    );
    assert_eq!(made["archivedAt"], "2026-03-02T00:00:00Z");
    let history = made["applicationHistory"].as_array().expect("history");
    assert_eq!(history[0]["leftStageAt"], "2026-03-02T00:00:00Z");
    assert!(history[1].get("leftStageAt").is_none());
}

#[tokio::test]
async fn what_an_application_cannot_begin_with_is_refused() {
    let simulator = small().await;
    let person = candidate(&simulator).await;
    let plan = "1d000000-0000-4000-8000-000000000002";
    let no_plan = where_(&simulator, "jobs", |job| {
        !job["defaultInterviewPlanId"].is_string()
    });
    let exec = where_(&simulator, "jobs", |job| {
        job["defaultInterviewPlanId"] == "1d000000-0000-4000-8000-000000000004"
    });
    for (body, code) in [
        (
            json!({ "candidateId": NOBODY, "jobId": JOB }),
            "candidate_not_found",
        ),
        (
            json!({ "candidateId": person, "jobId": NOBODY }),
            "job_not_found",
        ),
        (json!({ "candidateId": person }), "invalid_input"),
        (
            json!({ "candidateId": person, "jobId": no_plan[0] }),
            "interview_plan_not_found",
        ),
        (
            json!({ "candidateId": person, "jobId": JOB, "interviewPlanId": NOBODY }),
            "interview_plan_not_found",
        ),
        (
            json!({ "candidateId": person, "jobId": JOB, "interviewPlanId": plan }),
            "invalid_input",
        ),
        (
            json!({ "candidateId": person, "jobId": JOB, "interviewStageId": NOBODY }),
            "interview_stage_not_found",
        ),
        (
            json!({
                "candidateId": person, "jobId": JOB,
                "interviewStageId": stage(&simulator, plan, "Active"),
            }),
            "invalid_input",
        ),
        (
            json!({
                "candidateId": person, "jobId": exec[0],
                "interviewStageId": "FirstPreInterviewScreen",
            }),
            "interview_stage_not_found",
        ),
        (
            json!({ "candidateId": person, "jobId": JOB, "interviewStageId": "FirstLead" }),
            "invalid_input",
        ),
        (
            json!({ "candidateId": person, "jobId": JOB, "sourceId": NOBODY }),
            "invalid_input",
        ),
    ] {
        let found = refused(&simulator, "application.create", body.clone()).await;
        assert_eq!(found, code, "{body}");
    }
    let spec = KeySpec {
        confidential: false,
        ..key_without("")
    };
    let key = simulator.add_key(spec);
    let secret = where_(&simulator, "jobs", |job| job["confidential"] == true);
    let body = json!({ "candidateId": person, "jobId": secret[0] });
    let answer = ask_as(&simulator, &key, "application.create", body).await;
    assert_eq!(answer.code(), "job_not_found");
}

#[tokio::test]
async fn a_move_leaves_a_trace_and_an_archived_stage_wants_a_reason() {
    let simulator = small().await;
    let application = apply(&simulator, nothing()).await["id"].clone();
    let to = |kind: &str| json!({ "applicationId": application, "interviewStageId": stage(&simulator, PLAN, kind) });
    for _ in 0..2 {
        let moved = done(&simulator, "application.changeStage", to("Active")).await;
        assert_eq!(moved["status"], "Active");
        let history = moved["applicationHistory"].as_array().expect("history");
        assert_eq!(history.len(), 2, "the same move again changes nothing");
        assert!(history[0]["leftStageAt"].is_string());
        assert_eq!(history[1]["stageNumber"], 1);
    }
    let mut reject = to("Archived");
    assert_eq!(
        refused(&simulator, "application.changeStage", reject.clone()).await,
        "invalid_input"
    );
    reject["archiveReasonId"] = json!(NOBODY);
    assert_eq!(
        refused(&simulator, "application.changeStage", reject.clone()).await,
        "archive_reason_not_found"
    );
    let reason = where_(&simulator, "archive_reasons", |r| r["isArchived"] == false)[0].clone();
    reject["archiveReasonId"] = json!(reason);
    reject["archiveEmail"] = json!({ "communicationTemplateId": NOBODY });
    assert_eq!(
        refused(&simulator, "application.changeStage", reject.clone()).await,
        "communication_template_not_found"
    );
    reject
        .as_object_mut()
        .expect("an object")
        .remove("archiveEmail");
    let rejected = done(&simulator, "application.changeStage", reject).await;
    assert_eq!(rejected["status"], "Archived");
    assert_eq!(rejected["archiveReason"]["id"], reason);
    assert_eq!(rejected["archiveReason"]["customFields"], json!([]));
    assert!(rejected["archivedAt"].is_string());
    let back = done(&simulator, "application.changeStage", to("Offer")).await;
    assert_eq!(
        (&back["status"], &back["archiveReason"]),
        (&json!("Active"), &Value::Null)
    );
    assert!(back.get("archivedAt").is_none());
    let hired = done(&simulator, "application.changeStage", to("Hired")).await;
    assert_eq!(hired["status"], "Hired");
    let mut mail = to("Active");
    mail["archiveEmail"] = json!({ "communicationTemplateId": NOBODY });
    for (body, code) in [
        (mail, "invalid_input"),
        (
            json!({ "applicationId": NOBODY, "interviewStageId": NOBODY }),
            "application_not_found",
        ),
        (
            json!({ "applicationId": application, "interviewStageId": NOBODY }),
            "interview_stage_not_found",
        ),
        (
            json!({
                "applicationId": application,
                "interviewStageId": stage(&simulator, "1d000000-0000-4000-8000-000000000002", "Offer"),
            }),
            "invalid_input",
        ),
    ] {
        let found = refused(&simulator, "application.changeStage", body.clone()).await;
        assert_eq!(found, code, "{body}");
    }
}

#[tokio::test]
async fn the_source_is_set_and_cleared() {
    let simulator = small().await;
    let application = apply(&simulator, nothing()).await["id"].clone();
    let source = simulator.read(|world| world.ids("sources")[2].clone());
    let body = json!({ "applicationId": application, "sourceId": source });
    let set = done(&simulator, "application.changeSource", body.clone()).await;
    assert_eq!(set["source"]["id"], source);
    let clear = json!({ "applicationId": application, "sourceId": null });
    let cleared = done(&simulator, "application.changeSource", clear).await;
    assert_eq!(cleared["source"], Value::Null);
    let user = simulator.read(|world| world.ids("users")[0].clone());
    let mut update = body;
    update["creditedToUserId"] = json!(user);
    update["sendNotifications"] = json!(false);
    let updated = done(&simulator, "application.update", update).await;
    assert_eq!(updated["source"]["id"], source);
    assert_eq!(updated["creditedToUser"]["id"], user);
    assert!(updated["updatedAt"].as_str() > cleared["updatedAt"].as_str());
    for body in [
        json!({ "applicationId": application }),
        json!({ "applicationId": application, "sourceId": NOBODY }),
    ] {
        let code = refused(&simulator, "application.changeSource", body).await;
        assert_eq!(code, "invalid_input");
    }
}
