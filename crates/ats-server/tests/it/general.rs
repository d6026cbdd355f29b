//! Keys, integrations, and what every request gets.

use reqwest::Method;
use serde_json::json;

use crate::support::{Bench, api_key, assert_schema, connect};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_tells_its_environment_and_a_wrong_one_is_refused() {
    let bench = Bench::start().await;
    let answer = bench.get("/v1/check-api-key").await;
    assert_schema("get_check_api_key.response", &answer.json());
    let id = answer.data()["environment_id"].clone();
    let other = api_key(&bench.app, "development");
    let answer = bench
        .send_as(Method::GET, "/v1/check-api-key", None, Some(&other), None)
        .await;
    assert_ne!(answer.data()["environment_id"], id);
    for key in [None, Some("nonsense"), Some("")] {
        let answer = bench
            .send_as(Method::GET, "/v1/check-api-key", None, key, None)
            .await;
        assert_eq!(answer.status, 401);
        assert_schema("error_general.response", &answer.json());
        assert_eq!(answer.code(), "PLATFORM.AUTHENTICATION_INVALID");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_of_another_environment_is_as_unknown_as_one_that_is_not_there() {
    let bench = Bench::start().await;
    let settings = Default::default();
    let other = connect(
        &bench.app,
        &bench.simulator,
        "other",
        "development",
        settings,
    );
    let mut answers = Vec::new();
    let unknown = "ashby:111111111111111111111111";
    for id in [other.id.as_str(), unknown, "nonsense"] {
        let key = Some(bench.key.as_str());
        let body = Some(json!({}));
        let answer = bench
            .send_as(Method::POST, "/v1/force-sync", body, key, Some(id))
            .await;
        assert_schema("error_general.response", &answer.json());
        let mut body = answer.json();
        body["error"]["log_url"].take();
        answers.push((answer.status, body));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    assert_eq!(
        answers[0].1["error"]["code"],
        "PLATFORM.INTEGRATION_NOT_FOUND"
    );
    let answer = bench
        .send_as(
            Method::POST,
            "/v1/force-sync",
            Some(json!({})),
            Some(&bench.key),
            None,
        )
        .await;
    assert_eq!(answer.code(), "PLATFORM.INPUT_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_asked_for_begins_and_is_named() {
    let bench = Bench::start().await;
    let answer = bench
        .post("/v1/force-sync", json!({ "type": "DELTA" }))
        .await;
    assert_schema("post_force_sync.response", &answer.json());
    let data = answer.data();
    assert_eq!(
        (data["already_queued"].as_bool(), data["type"].as_str()),
        (Some(false), Some("DELTA"))
    );
    let id = data["sync_id"].as_str().unwrap().to_owned();
    let integration = bench.integration.id.clone();
    let app = bench.app.clone();
    bench.end().await;
    let pass = app.platform().pass(&integration, &id).unwrap();
    assert!(pass.is_some(), "the id is that of a pass in the history");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_the_vendors_own_api_comes_back_as_it_is() {
    let bench = Bench::start().await;
    let body = json!({ "method": "POST", "path": "/job.list", "data": { "limit": 1 } });
    let answer = bench.post("/v1/passthrough/ashby/v1", body).await;
    assert_schema("post_passthrough_tool_api.response", &answer.json());
    let data = answer.data();
    assert_eq!(data["status"], 200);
    assert_eq!(data["data"]["results"].as_array().map(Vec::len), Some(1));
    let body = json!({ "method": "POST", "path": "/no.such", "data": {} });
    let data = bench.post("/v1/passthrough/ashby/v1", body).await.data();
    assert_ne!(data["status"], 200, "a refusal of the vendor is an answer");
    for path in ["/v1/passthrough/ashby/v9", "/v1/passthrough/lever/v1"] {
        let body = json!({ "method": "POST", "path": "/job.list" });
        let answer = bench.post(path, body).await;
        assert_schema("error_general.response", &answer.json());
        assert_eq!(answer.code(), "PLATFORM.INPUT_INVALID");
    }
    let body = json!({ "method": "POST", "path": "//evil.example/" });
    let answer = bench.post("/v1/passthrough/ashby/v1", body).await;
    assert_schema("error_general.response", &answer.json());
}
