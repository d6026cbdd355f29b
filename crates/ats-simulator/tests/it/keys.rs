//! Credentials, permissions and what a key may not see.

use ats_simulator::{KeySpec, Simulator, ashby};
use serde_json::{Value, json};

use crate::client::{ask, ask_as, basic, ids_of, key_without, nothing, send, small, where_};

#[tokio::test]
async fn missing_wrong_and_weak_keys_are_told_apart() {
    let simulator = small().await;
    let json = ("content-type", "application/json");
    for header in [
        "",
        "Basic",
        "Basic !!!",
        "Bearer abc",
        "Basic Og==",
        "Basic YWJj",
    ] {
        let headers = [("authorization", header), json];
        let answer = send(simulator.address(), "POST", "user.list", &headers, "{}").await;
        assert_eq!(answer.expect("an answer").status, 401, "{header:?}");
    }
    let wrong = ask_as(&simulator, "no-such-key", "user.list", nothing()).await;
    assert_eq!((wrong.status, &*wrong.code()), (403, "forbidden"));
    let mut spec = key_without("");
    spec.active = false;
    let off = simulator.add_key(spec);
    assert_eq!(
        ask_as(&simulator, &off, "user.list", nothing())
            .await
            .status,
        403
    );
    let weak = simulator.add_key(key_without("organizationRead"));
    let answer = ask_as(&simulator, &weak, "user.list", nothing()).await;
    assert_eq!(
        (answer.status, &*answer.code()),
        (403, "missing_endpoint_permission")
    );
    assert_eq!(
        ask_as(&simulator, &weak, "job.list", nothing())
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn every_endpoint_needs_its_permission() {
    let simulator = small().await;
    for endpoint in ashby::endpoints() {
        let permission = ashby::permission_of(endpoint).expect("a permission");
        let key = simulator.add_key(key_without(permission));
        let answer = ask_as(&simulator, &key, endpoint, nothing()).await;
        assert_eq!(answer.code(), "missing_endpoint_permission", "{endpoint}");
    }
    assert_eq!(
        ashby::permission_of("candidate.create"),
        Some("candidatesWrite")
    );
    assert_eq!(ashby::permission_of("application.archive"), None);
    let all = Simulator::all_permissions();
    assert!(all.contains(&"jobsRead") && all.contains(&"candidatesWrite"));
}

#[tokio::test]
async fn a_permission_can_be_taken_away() {
    let simulator = small().await;
    let key = simulator.add_key(key_without(""));
    assert_eq!(
        ask_as(&simulator, &key, "offer.list", nothing())
            .await
            .status,
        200
    );
    simulator.revoke(&key, "offersRead");
    assert_eq!(
        ask_as(&simulator, &key, "offer.list", nothing())
            .await
            .status,
        403
    );
    let info = ask_as(&simulator, &key, "apiKey.info", nothing())
        .await
        .json();
    let scopes = info["results"]["scopes"].as_array().expect("scopes");
    assert!(scopes.contains(&json!("hiringProcessMetadata:read")));
    assert!(!scopes.contains(&json!("offers:read")));
}

#[tokio::test]
async fn confidential_jobs_and_what_hangs_on_them_need_the_option() {
    let simulator = small().await;
    let mut spec = key_without("");
    spec.confidential = false;
    let key = simulator.add_key(spec);
    let secret = where_(&simulator, "jobs", |job| job["confidential"] == true);
    assert!(!secret.is_empty());
    let is_secret = |id: &Value| id.as_str().is_some_and(|id| secret.iter().any(|s| s == id));
    let gone = where_(&simulator, "applications", |found| {
        is_secret(&found["job"]["id"])
    });
    let hidden = |id: &Value| {
        id.as_str()
            .is_some_and(|id| gone.iter().any(|gone| gone == id))
    };
    let only_secret = |candidate: &Value| {
        let ids = candidate["applicationIds"]
            .as_array()
            .expect("application ids");
        !ids.is_empty() && ids.iter().all(hidden)
    };
    let hangs_on = |document: &Value| hidden(&document["applicationId"]);
    let all = json!({ "status": ["Draft", "Open", "Closed", "Archived"] });
    for (endpoint, body, collection, hidden) in [
        (
            "job.list",
            all,
            "jobs",
            where_(&simulator, "jobs", |job| is_secret(&job["id"])),
        ),
        ("application.list", nothing(), "applications", gone.clone()),
        (
            "candidate.list",
            nothing(),
            "candidates",
            where_(&simulator, "candidates", only_secret),
        ),
        (
            "interviewSchedule.list",
            nothing(),
            "interview_schedules",
            where_(&simulator, "interview_schedules", hangs_on),
        ),
        (
            "offer.list",
            nothing(),
            "offers",
            where_(&simulator, "offers", hangs_on),
        ),
    ] {
        let rows = ids_of(&ask_as(&simulator, &key, endpoint, body).await.json());
        let expected = where_(&simulator, collection, |d| {
            !hidden.iter().any(|id| d["id"] == id.as_str())
        });
        assert_eq!(rows, expected, "{endpoint}");
    }
    assert!(
        !gone.is_empty(),
        "the world has an application for a confidential job"
    );
    let answer = ask_as(&simulator, &key, "job.info", json!({ "id": secret[0] })).await;
    assert_eq!(answer.code(), "job_not_found");
    let info = json!({ "applicationId": gone[0] });
    let answer = ask_as(&simulator, &key, "application.info", info).await;
    assert_eq!(answer.code(), "application_not_found");
    let postings = where_(&simulator, "job_postings", |posting| {
        posting["jobId"] == secret[0].as_str()
    });
    let info = json!({ "jobPostingId": postings[0], "includeUnpublishedJobPostings": true });
    let answer = ask_as(&simulator, &key, "jobPosting.info", info).await;
    assert_eq!(answer.code(), "job_posting_not_found");
}

#[tokio::test]
async fn private_fields_need_the_option() {
    let world = ashby::generated_world(7, 40);
    let simulator = crate::client::start(world).await;
    let spec = KeySpec {
        private_fields: false,
        ..key_without("")
    };
    let key = simulator.add_key(spec);
    let has_private = |answer: &Value| {
        let rows = answer["results"].as_array().expect("rows");
        let fields = rows
            .iter()
            .flat_map(|row| row["customFields"].as_array().expect("fields"));
        fields.into_iter().any(|field| field["isPrivate"] == true)
    };
    let full = ask(&simulator, "candidate.list", nothing()).await.json();
    let limited = ask_as(&simulator, &key, "candidate.list", nothing())
        .await
        .json();
    assert!(has_private(&full));
    assert!(!has_private(&limited));
    let private = |definition: &Value| definition["isPrivate"] == true;
    let definitions = ask_as(&simulator, &key, "customField.list", nothing())
        .await
        .json();
    assert!(
        !definitions["results"]
            .as_array()
            .expect("rows")
            .iter()
            .any(private)
    );
}

#[tokio::test]
async fn the_log_tells_who_asked_what_and_no_secret() {
    let simulator = small().await;
    let credentials = basic(&simulator.key());
    let headers = [
        ("authorization", &*credentials),
        ("content-type", "application/json"),
        ("ashby-version", "2026-01-01"),
    ];
    let body = r#"{"limit":2}"#;
    send(simulator.address(), "POST", "user.list", &headers, body)
        .await
        .expect("an answer");
    let log = simulator.log();
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].endpoint, "user.list");
    assert_eq!(log[0].key_name, "Every permission");
    assert_eq!(log[0].request, json!({ "limit": 2 }));
    assert_eq!(log[0].status, 200);
    assert_eq!(log[0].request_headers["ashby-version"], "2026-01-01");
    assert!(log[0].response.is_none());
    let text = format!("{log:?}");
    assert!(!text.contains(&simulator.key()) && !text.contains(&credentials[6..]));
    simulator.clear_log();
    assert!(simulator.log().is_empty());
}
