//! Actions over HTTP: bodies, answers, errors and the limit.

use ats_core::ModelKind;
use ats_store::RecordQuery;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Bench, Setup, assert_schema};

/// The id of some living record.
fn some(bench: &Bench, model: ModelKind) -> String {
    let query = RecordQuery {
        model,
        include_deleted: false,
        changed_since: None,
        after: 0,
        limit: 1,
    };
    let found = bench
        .app
        .platform()
        .records(&bench.integration.id, query)
        .unwrap();
    found[0].id.to_string()
}

fn application() -> Value {
    json!({
        "candidate": {
            "first_name": "Ada", "last_name": "Byron", "email_address": "ada@example.com",
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_created_and_shown_in_full() {
    let bench = Bench::start().await;
    let job = some(&bench, ModelKind::Job);
    let answer = bench
        .post(&format!("/v1/ats/jobs/{job}/applications"), application())
        .await;
    assert_schema("post_ats_jobs_job_id_applications.response", &answer.json());
    assert_eq!(answer.headers["concurrency-remaining"], "29");
    let data = answer.data();
    assert_eq!(data["job"]["id"], job.as_str());
    assert_eq!(data["candidate"]["first_name"], "Ada");
    let candidate = data["candidate"]["id"].as_str().unwrap();
    let path = format!("/v1/ats/candidates/{candidate}/tags");
    let answer = bench
        .post(&path, json!({ "tag": { "name": "Mathematics" } }))
        .await;
    assert_schema(
        "post_ats_candidates_candidate_id_tags.response",
        &answer.json(),
    );
    let answer = bench
        .send(
            Method::DELETE,
            &path,
            Some(json!({ "tag": { "name": "Mathematics" } })),
        )
        .await;
    assert_schema(
        "delete_ats_candidates_candidate_id_tags.response",
        &answer.json(),
    );
    let path = format!("/v1/ats/candidates/{candidate}/attachments");
    let answer = bench.get(&path).await;
    assert_schema(
        "get_ats_candidates_candidate_id_attachments.response",
        &answer.json(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_intent_is_done_once() {
    let bench = Bench::start().await;
    let job = some(&bench, ModelKind::Job);
    let url = format!("{}/v1/ats/jobs/{job}/applications", bench.base);
    let mut answers = Vec::new();
    for _ in 0..2 {
        let request = bench.client.post(&url).bearer_auth(&bench.key);
        let request = request.header("X-Integration-Id", bench.integration.id.as_str());
        let request = request
            .header("Idempotency-Key", "signup-1")
            .json(&application());
        answers.push(request.send().await.unwrap().text().await.unwrap());
    }
    assert_eq!(answers[0], answers[1]);
    let made = bench.simulator.log();
    let made = made
        .iter()
        .filter(|exchange| exchange.endpoint == "application.create");
    assert!(made.count() <= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_says_why() {
    let bench = Bench::start().await;
    let job = some(&bench, ModelKind::Job);
    let cases = [
        (
            format!("/v1/ats/jobs/{job}/applications"),
            json!({}),
            "PLATFORM.INPUT_INVALID",
        ),
        (
            format!("/v1/ats/jobs/{job}/applications"),
            json!([1]),
            "PLATFORM.INPUT_INVALID",
        ),
        (
            "/v1/ats/applications/111111111111111111111111/notes".to_owned(),
            json!({ "content": "Hi", "content_type": "PLAIN_TEXT" }),
            "PLATFORM.INPUT_INVALID",
        ),
    ];
    for (path, body, code) in cases {
        let answer = bench.post(&path, body).await;
        assert_schema("error_ats.response", &answer.json());
        assert_eq!(answer.code(), code, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_actions_at_once_than_allowed_are_turned_away() {
    let setup = Setup {
        actions_at_once: 1,
        ..Setup::default()
    };
    let bench = Bench::with(setup).await;
    let held = bench
        .app
        .runner()
        .begin_action(&bench.integration.id)
        .unwrap();
    let candidate = some(&bench, ModelKind::Candidate);
    let path = format!("/v1/ats/candidates/{candidate}/tags");
    let body = json!({ "tag": { "name": "Busy" } });
    let answer = bench.post(&path, body.clone()).await;
    assert_schema("error_ats.response", &answer.json());
    assert_eq!(answer.code(), "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED");
    assert_eq!(answer.status, 429);
    assert_eq!(answer.headers["concurrency-remaining"], "0");
    assert!(answer.headers.contains_key("retry-after"));
    drop(held);
    assert_eq!(bench.post(&path, body).await.status, 200);
}
