//! What a request must look like, and how it is refused.

use ats_simulator::{Options, Simulator, ashby};
use serde_json::{Value, json};

use crate::client::{ask, basic, ids, nothing, send, small};

#[tokio::test]
async fn only_post_to_a_known_path_is_taken() {
    let simulator = small().await;
    let credentials = basic(&simulator.key());
    let headers = [
        ("authorization", &*credentials),
        ("content-type", "application/json"),
    ];
    for (method, path, status) in [
        ("POST", "user.nothing", 404),
        ("POST", "", 404),
        ("GET", "user.list", 405),
        ("PUT", "user.list", 405),
        ("POST", "user.list", 200),
    ] {
        let answer = send(simulator.address(), method, path, &headers, "{}").await;
        assert_eq!(answer.expect("an answer").status, status, "{method} {path}");
    }
}

#[tokio::test]
async fn the_body_must_be_json_and_say_so() {
    let simulator = small().await;
    let credentials = basic(&simulator.key());
    let authorized = ("authorization", &*credentials);
    let typed = ("content-type", "application/json; charset=utf-8");
    let cases = [
        (vec![authorized], "{}", 415),
        (vec![authorized, ("content-type", "text/plain")], "{}", 415),
        (vec![authorized, typed], "", 200),
        (vec![authorized, typed], "[1]", 200),
        (vec![authorized, typed], "{", 200),
        (
            vec![authorized, typed, ("ashby-version", "2020-01-01")],
            "{}",
            400,
        ),
    ];
    for (headers, body, status) in cases {
        let answer = send(simulator.address(), "POST", "user.list", &headers, body).await;
        let answer = answer.expect("an answer");
        assert_eq!(
            (answer.status, &*answer.code()),
            (status, "invalid_input"),
            "{body:?}"
        );
    }
}

#[tokio::test]
async fn a_refusal_and_a_success_look_as_documented() {
    let simulator = small().await;
    let good = ask(&simulator, "user.list", nothing()).await;
    assert_eq!(good.header("ashby-version"), Some("2026-01-01"));
    assert_eq!(good.header("ashby-version-status"), Some("active"));
    assert_eq!(good.json()["success"], true);
    let bad = ask(&simulator, "user.list", json!({ "limit": 0 })).await;
    let body = bad.json();
    assert_eq!((bad.status, &body["success"]), (200, &json!(false)));
    assert_eq!(body["errors"], json!([body["errorInfo"]["message"]]));
    assert_eq!(
        body["errorInfo"]["requestId"].as_str(),
        bad.header("x-ashby-request-id")
    );
    assert_ne!(
        good.header("x-ashby-request-id"),
        bad.header("x-ashby-request-id")
    );
}

#[tokio::test]
async fn wrong_values_are_invalid_input() {
    let simulator = small().await;
    let cases: Vec<(&str, Value)> = vec![
        ("user.list", json!({ "limit": 101 })),
        ("user.list", json!({ "limit": 0 })),
        ("user.list", json!({ "limit": "10" })),
        ("user.list", json!({ "limit": 1.5 })),
        ("user.list", json!({ "includeDeactivated": "true" })),
        ("user.info", nothing()),
        ("user.info", json!({ "userId": "not-a-uuid" })),
        ("job.list", json!({ "status": "Open" })),
        ("job.list", json!({ "status": ["All"] })),
        ("job.list", json!({ "cursor": null })),
        ("job.list", json!({ "createdAfter": "2026-01-01" })),
        ("job.search", nothing()),
        ("application.list", json!({ "status": ["Active"] })),
        (
            "application.list",
            json!({ "expand": ["applicationFormSubmissions"] }),
        ),
        ("application.info", nothing()),
        ("candidate.info", nothing()),
        ("offer.list", json!({ "acceptanceStatus": [] })),
        ("interviewStage.list", nothing()),
        ("surveySubmission.list", nothing()),
        ("surveySubmission.list", json!({ "surveyType": "EEOC" })),
        ("customField.info", nothing()),
    ];
    for (endpoint, body) in cases {
        let answer = ask(&simulator, endpoint, body.clone()).await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (200, "invalid_input"),
            "{endpoint} {body}"
        );
    }
    // A null cursor was made legal for this one list.
    ids(
        &simulator,
        "user.list",
        json!({ "cursor": null, "syncToken": null }),
    )
    .await;
}

#[tokio::test]
async fn an_unknown_property_is_refused_only_where_the_vendor_does() {
    let simulator = small().await;
    let unknown = json!({ "somethingNew": true });
    assert_eq!(
        ask(&simulator, "location.list", unknown.clone())
            .await
            .code(),
        "invalid_input"
    );
    ids(&simulator, "department.list", unknown).await;
    let schedule = simulator.read(|world| world.ids("interview_schedules")[0].clone());
    let mut body = json!({ "interviewScheduleId": schedule, "expand": ["interview"] });
    let events = ask(&simulator, "interviewEvent.list", body.clone())
        .await
        .json();
    assert!(events["results"][0]["interview"]["title"].is_string());
    body["somethingNew"] = json!(1);
    assert_eq!(
        ask(&simulator, "interviewEvent.list", body).await.code(),
        "invalid_input"
    );
}

#[tokio::test]
async fn disputed_parameters_are_refused_on_demand() {
    let compensation = json!({ "expand": ["compensation"] });
    let drafts = json!({ "includeUnpublishedJobPostings": true });
    let open = small().await;
    ids(&open, "job.list", compensation.clone()).await;
    ids(&open, "jobPosting.list", drafts.clone()).await;
    let options = Options {
        refuse_compensation_expand: true,
        refuse_unpublished_flag: true,
        ..Options::default()
    };
    let strict = Simulator::start(ashby::small_world(), options)
        .await
        .expect("a free port");
    assert_eq!(
        ask(&strict, "job.list", compensation).await.code(),
        "invalid_input"
    );
    assert_eq!(
        ask(&strict, "jobPosting.list", drafts).await.code(),
        "invalid_input"
    );
}

#[tokio::test]
async fn what_is_not_there_has_its_own_code() {
    let simulator = small().await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (endpoint, param, code) in [
        ("candidate.info", "id", "candidate_not_found"),
        ("application.info", "applicationId", "application_not_found"),
        ("job.info", "id", "job_not_found"),
        ("offer.info", "offerId", "offer_not_found"),
        (
            "interviewStage.list",
            "interviewPlanId",
            "interview_plan_not_found",
        ),
        (
            "interviewEvent.list",
            "interviewScheduleId",
            "interview_schedule_not_found",
        ),
    ] {
        let answer = ask(&simulator, endpoint, json!({ param: nobody })).await;
        assert_eq!((answer.status, &*answer.code()), (200, code));
    }
}
