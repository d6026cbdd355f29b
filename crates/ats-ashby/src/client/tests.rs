//! The dialect at the wire: what is sent, and what each odd answer becomes.

use std::sync::Arc;

use ats_core::{Connection, ErrorKind, Next, PageCursor, PageRequest, Start};
use ats_http::testing::FakeClock;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::*;

async fn client(server: &MockServer) -> Client {
    let connection = Connection {
        credentials: [("api_key".to_owned(), "canary".into())].into(),
        base_url: Some(server.uri()),
        clock: Some(Arc::new(FakeClock::new())),
        ..Connection::default()
    };
    Client::new(&connection).unwrap()
}

async fn answering(response: ResponseTemplate) -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(matchers::any())
        .respond_with(response)
        .mount(&server)
        .await;
    let client = client(&server).await;
    (server, client)
}

fn first_page(start: Start) -> PageRequest {
    PageRequest {
        start,
        cursor: None,
    }
}

async fn page(response: ResponseTemplate) -> Result<Page> {
    let (_server, client) = answering(response).await;
    client
        .page("candidate.list", Body::new(), &first_page(Start::Full))
        .await
}

async fn kind(status: u16, body: Value) -> ErrorKind {
    let response = ResponseTemplate::new(status).set_body_json(body);
    page(response).await.unwrap_err().kind().clone()
}

fn refused(code: &str) -> Value {
    json!({ "success": false, "errors": [code], "errorInfo": { "code": code, "message": "no" } })
}

#[tokio::test]
async fn every_documented_header_is_sent() {
    let good = ResponseTemplate::new(200).set_body_json(json!({ "success": true, "results": [] }));
    let (server, client) = answering(good).await;
    client
        .page("candidate.list", Body::new(), &first_page(Start::Full))
        .await
        .unwrap();
    let requests = server.received_requests().await.unwrap();
    let header = |name: &str| {
        requests[0]
            .headers
            .get(name)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(requests[0].url.path(), "/candidate.list");
    assert_eq!(header("accept"), "application/json; version=1");
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("ashby-version"), "2026-01-01");
    assert_eq!(header("authorization"), "Basic Y2FuYXJ5Og==");
}

#[tokio::test]
async fn a_delta_page_repeats_the_body_with_token_and_cursor() {
    let good = ResponseTemplate::new(200).set_body_json(json!({ "success": true, "results": [] }));
    let (server, client) = answering(good).await;
    let request = PageRequest {
        start: Start::Since(Checkpoint("t1".into())),
        cursor: Some(PageCursor("c1".into())),
    };
    let body = json!({ "includeArchived": true })
        .as_object()
        .unwrap()
        .clone();
    client
        .page("department.list", body, &request)
        .await
        .unwrap();
    let sent: Value = server.received_requests().await.unwrap()[0]
        .body_json()
        .unwrap();
    let expected =
        json!({ "includeArchived": true, "limit": 100, "syncToken": "t1", "cursor": "c1" });
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_token_is_handed_out_only_with_the_last_page() {
    let with = |more: bool| {
        let body = json!({
            "success": true, "results": [{"id": "1"}], "moreDataAvailable": more,
            "nextCursor": "c", "syncToken": "t"
        });
        page(ResponseTemplate::new(200).set_body_json(body))
    };
    assert_eq!(
        with(true).await.unwrap().next,
        Next::Page(PageCursor("c".into()))
    );
    let done = Next::Done {
        checkpoint: Some(Checkpoint("t".into())),
    };
    assert_eq!(with(false).await.unwrap().next, done);
}

#[tokio::test]
async fn an_answer_that_is_not_understood_is_an_error_and_never_an_empty_page() {
    let malformed = |path: &str| ErrorKind::Malformed { path: path.into() };
    assert_eq!(
        kind(200, json!({ "success": true })).await,
        malformed("/results")
    );
    assert_eq!(
        kind(200, json!({ "success": true, "results": null })).await,
        malformed("/results")
    );
    assert_eq!(
        kind(200, json!({ "success": true, "results": {} })).await,
        malformed("/results")
    );
    let more = json!({ "success": true, "results": [], "moreDataAvailable": true });
    assert_eq!(kind(200, more).await, malformed("/nextCursor"));
    let html = ResponseTemplate::new(200).set_body_string("<html>busy</html>");
    assert!(matches!(
        page(html).await.unwrap_err().kind(),
        ErrorKind::Malformed { .. }
    ));
}

#[tokio::test]
async fn every_restart_code_is_typed_whatever_the_status() {
    for status in [200, 400] {
        for code in [
            "sync_token_expired",
            "sync_token_invalid",
            "incremental_sync_too_large",
        ] {
            assert_eq!(
                kind(status, refused(code)).await,
                ErrorKind::CheckpointExpired,
                "{code}"
            );
        }
        for code in [
            "next_cursor_expired",
            "invalid_next_cursor",
            "cursor_invalid",
        ] {
            assert_eq!(
                kind(status, refused(code)).await,
                ErrorKind::CursorExpired,
                "{code}"
            );
        }
    }
}

#[tokio::test]
async fn errors_may_be_texts_objects_or_null() {
    let of = |errors: Value| kind(200, json!({ "success": false, "errors": errors }));
    assert_eq!(
        of(json!(["sync_token_expired"])).await,
        ErrorKind::CheckpointExpired
    );
    let objects = json!([{ "code": "sync_token_expired", "message": "too old" }]);
    assert_eq!(of(objects).await, ErrorKind::CheckpointExpired);
    let without_code = json!([{ "message": "limit is too large", "parameter": "limit" }]);
    assert_eq!(of(without_code).await, ErrorKind::Unexpected);
    assert_eq!(of(Value::Null).await, ErrorKind::Unexpected);
}

#[tokio::test]
async fn a_missing_key_a_wrong_key_and_a_missing_permission_are_told_apart() {
    let permission = ErrorKind::PermissionMissing {
        permission: Some("candidatesRead".into()),
    };
    assert_eq!(
        kind(403, refused("missing_endpoint_permission")).await,
        permission
    );
    assert_eq!(
        kind(403, json!({ "success": false, "errors": ["forbidden"] })).await,
        ErrorKind::CredentialsRejected
    );
    let bare = ResponseTemplate::new(401).set_body_string("Unauthorized");
    assert_eq!(
        *page(bare).await.unwrap_err().kind(),
        ErrorKind::CredentialsRejected
    );
}

#[tokio::test]
async fn an_error_keeps_the_vendors_words_and_request_id_and_no_secret() {
    let response = ResponseTemplate::new(200)
        .insert_header("x-ashby-request-id", "01HXYZ")
        .set_body_json(refused("application_blocked"));
    let error = page(response).await.unwrap_err();
    assert_eq!(error.context("request id"), Some("01HXYZ"));
    assert_eq!(error.context("code"), Some("application_blocked"));
    let printed = format!("{error} {error:?}");
    assert!(printed.contains("candidate.list"), "{printed}");
    assert!(
        !printed.contains("canary") && !printed.contains("Y2FuYXJ5"),
        "{printed}"
    );
}

#[tokio::test]
async fn a_rate_limit_inside_an_ordinary_answer_is_waited_out() {
    let server = MockServer::start().await;
    let limited = ResponseTemplate::new(200).set_body_json(refused("rate_limit_exceeded"));
    Mock::given(matchers::any())
        .respond_with(limited)
        .up_to_n_times(2)
        .mount(&server)
        .await;
    let good = ResponseTemplate::new(200)
        .set_body_json(json!({ "success": true, "results": [{"id": "1"}] }));
    Mock::given(matchers::any())
        .respond_with(good)
        .mount(&server)
        .await;
    let client = client(&server).await;
    let page = client
        .page("candidate.list", Body::new(), &first_page(Start::Full))
        .await
        .unwrap();
    assert_eq!(page.rows.len(), 1);
    assert_eq!(client.usage().requests, 3);
}

#[tokio::test]
async fn a_whole_list_follows_a_cursor_and_refuses_to_walk_in_circles() {
    let body = json!({ "success": true, "results": [{"id": "1"}], "moreDataAvailable": true, "nextCursor": "c" });
    let (_server, client) = answering(ResponseTemplate::new(200).set_body_json(body)).await;
    let error = client
        .whole("source.list", Body::new(), Lane::Full)
        .await
        .unwrap_err();
    assert_eq!(
        *error.kind(),
        ErrorKind::Malformed {
            path: "/nextCursor".into()
        }
    );
}

#[tokio::test]
async fn an_answer_without_the_success_key_counts_by_its_results() {
    let body = json!({ "results": [{"id": "1"}] });
    let page = page(ResponseTemplate::new(200).set_body_json(body))
        .await
        .unwrap();
    assert_eq!(page.rows.len(), 1);
}
