//! What goes over the wire, what is kept of an answer, and how much of it.

use std::sync::Arc;

use ats_core::ErrorKind;
use ats_http::{Auth, Call, CallKind, Client, Lane, json, testing::FakeClock};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use wiremock::{
    Mock, MockServer,
    matchers::{body_json, header, method, path},
};

use crate::support::{builder, call, ok, read, requests, server, status};

/// 100 002 bytes of JSON, a string of spaces, in 133 bytes of gzip.
const BOMB: &str = "H4sIAAAAAAACA+3BMQ0AAAACoCrO/iGt4QE0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwK0OrrqLdqKGAQA=";

#[tokio::test]
async fn a_call_is_a_post_of_json_with_the_clients_headers() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/thing.list"))
        .and(header("authorization", "Basic a2V5Og=="))
        .and(header("accept", "application/json; version=1"))
        .and(header("content-type", "application/json"))
        .and(header("x-version", "2"))
        .and(header("user-agent", "tests"))
        .and(body_json(serde_json::json!({"limit": 100})))
        .respond_with(ok())
        .mount(&server)
        .await;
    for base in ["/v1", "/v1/"] {
        let client = builder(&format!("{}{base}", server.uri()), &FakeClock::new())
            .auth(Auth::Basic {
                user: "key".into(),
                password: "".into(),
            })
            .header("accept", "application/json; version=1")
            .header("x-version", "2")
            .user_agent("tests")
            .build()
            .unwrap();
        assert_eq!(read(&client).await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_path_cannot_leave_the_base_url() {
    let server = server(vec![ok()]).await;
    let client = builder(&format!("{}/v1", server.uri()), &FakeClock::new())
        .build()
        .unwrap();
    for evil in [
        "http://elsewhere.example/x",
        "//elsewhere.example/x",
        "../../x",
        "a?b=c#d",
    ] {
        let call = Call {
            path: evil,
            ..call(CallKind::Read)
        };
        client.post_json(call).await.unwrap();
    }
    let received = server.received_requests().await.unwrap();
    assert_eq!(received.len(), 4);
    for request in received {
        assert!(request.url.path().starts_with("/v1/"), "{}", request.url);
        assert_eq!(request.url.query(), None);
    }
}

#[tokio::test]
async fn only_named_headers_are_kept() {
    let answer = ok()
        .insert_header("x-request-id", "req-1")
        .insert_header("x-scope", "partner")
        .insert_header("set-cookie", "session=canary");
    let server = server(vec![answer]).await;
    let client = builder(&server.uri(), &FakeClock::new())
        .keep_header("x-scope")
        .build()
        .unwrap();

    let response = read(&client).await.unwrap();

    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("x-scope"), Some("partner"));
    assert_eq!(response.header("set-cookie"), None);
    assert_eq!(response.request_id(), Some("req-1"));
}

#[tokio::test]
async fn cookies_are_not_sent_back() {
    let server = server(vec![ok().insert_header("set-cookie", "session=1")]).await;
    let client = builder(&server.uri(), &FakeClock::new()).build().unwrap();
    read(&client).await.unwrap();
    read(&client).await.unwrap();
    let received = server.received_requests().await.unwrap();
    assert!(
        received
            .iter()
            .all(|request| !request.headers.contains_key("cookie"))
    );
}

#[tokio::test]
async fn an_answer_of_exactly_the_cap_passes_and_one_byte_more_does_not() {
    for (size, good) in [(10, true), (11, false)] {
        let server = server(vec![status(200).set_body_string("x".repeat(size))]).await;
        let client = builder(&server.uri(), &FakeClock::new())
            .response_cap(10)
            .build()
            .unwrap();
        let outcome = read(&client).await;
        assert_eq!(outcome.is_ok(), good);
        if let Err(error) = outcome {
            assert_eq!(
                error.kind(),
                &ErrorKind::Malformed {
                    path: String::new()
                }
            );
            assert_eq!(
                error.message(),
                "the answer is larger than the cap of 10 bytes"
            );
            assert_eq!(requests(&server).await, 1);
        }
    }
}

#[tokio::test]
async fn the_cap_counts_decompressed_bytes() {
    let bomb = status(200)
        .insert_header("content-encoding", "gzip")
        .set_body_bytes(BASE64_STANDARD.decode(BOMB).unwrap());
    let server = server(vec![bomb]).await;
    let cap = |bytes| {
        builder(&server.uri(), &FakeClock::new())
            .response_cap(bytes)
            .build()
            .unwrap()
    };

    let error = read(&cap(100_001)).await.unwrap_err();
    assert_eq!(
        error.kind(),
        &ErrorKind::Malformed {
            path: String::new()
        }
    );
    assert_eq!(read(&cap(100_002)).await.unwrap().body().len(), 100_002);
}

#[tokio::test]
async fn a_decoding_error_names_the_request() {
    let html = status(200)
        .set_body_string("<html>hello")
        .insert_header("x-request-id", "req-9");
    let server = server(vec![html]).await;
    let client = builder(&server.uri(), &FakeClock::new()).build().unwrap();

    let error = read(&client)
        .await
        .unwrap()
        .json::<Value>("thing.list")
        .unwrap_err();

    assert_eq!(
        error.to_string(),
        "thing.list: answered with HTML instead of JSON; check the base URL \
         (status 200, request id req-9)"
    );
}

#[derive(Debug, Deserialize)]
struct Borrowed<'a> {
    name: &'a str,
}

#[tokio::test]
async fn an_answer_may_be_borrowed_from() {
    let server = server(vec![status(200).set_body_string(r#"{"name":"x"}"#)]).await;
    let client = builder(&server.uri(), &FakeClock::new()).build().unwrap();
    let response = read(&client).await.unwrap();
    assert_eq!(
        response.json::<Borrowed<'_>>("thing.list").unwrap().name,
        "x"
    );
    assert_eq!(
        json::decode::<Borrowed<'_>>("thing.list", response.body())
            .unwrap()
            .name,
        "x"
    );
}

#[tokio::test]
async fn a_body_that_cannot_be_json_is_not_sent() {
    let server = server(vec![ok()]).await;
    let client = builder(&server.uri(), &FakeClock::new()).build().unwrap();
    let body = std::collections::BTreeMap::from([((1, 2), "canary")]);
    let call = Call {
        operation: "thing.list",
        path: "thing.list",
        body: &body,
        kind: CallKind::Read,
        lane: Lane::Delta,
    };
    let error = client.post_json(call).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unexpected);
    assert_eq!(requests(&server).await, 0);
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let build = |url: &str| Client::builder(Url::parse(url).unwrap());
    let bad = [
        build("ftp://example.com").build(),
        build("https://key:pw@example.com").build(),
        build("https://example.com/?token=x").build(),
        build("https://example.com").header("x y", "z").build(),
        build("https://example.com").header("x", "a\nb").build(),
        build("https://example.com")
            .auth(Auth::Bearer("a\nb".into()))
            .build(),
    ];
    for outcome in bad {
        assert_eq!(outcome.unwrap_err().kind(), &ErrorKind::ConfigInvalid);
    }
}

#[test]
fn https_clients_are_built_as_often_as_wanted() {
    // Without a crypto provider the first one would panic, and installing a second one fails.
    for _ in 0..2 {
        let url = Url::parse("https://api.example.com").unwrap();
        let clock = Arc::new(FakeClock::new());
        Client::builder(url).clock(clock).build().unwrap();
    }
}
