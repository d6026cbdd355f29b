//! Calls in the caller's own words: sent as they are, answered as the vendor answers.

use std::{slice, sync::atomic::Ordering};

use ats_core::{ErrorKind, Result};
use ats_http::{
    Auth, CallKind, Client, Lane, Part, RawBody, RawCall, RawResponse, Stats, testing::FakeClock,
};
use serde_json::json;
use wiremock::Request;

use crate::support::{Act, builder, ok, raw_server, requests, seconds, server, status};

const READ: RawCall<'_> = RawCall {
    operation: "passthrough",
    method: "GET",
    path: "/thing",
    query: &[],
    headers: &[],
    body: RawBody::Empty,
    kind: CallKind::Read,
    lane: Lane::Write,
};
const WRITE: RawCall<'_> = RawCall {
    method: "POST",
    body: RawBody::Text("{}"),
    kind: CallKind::Write,
    ..READ
};

fn client(base_url: &str, clock: &FakeClock) -> Client {
    builder(base_url, clock)
        .auth(Auth::Bearer("canary-key".into()))
        .header("accept", "application/json; version=1")
        .header("x-version", "2")
        .build()
        .unwrap()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Sends one call to a server that says yes, and what it received.
async fn sent(call: RawCall<'_>) -> Request {
    let server = server(vec![ok()]).await;
    let base = format!("{}/v1", server.uri());
    let client = client(&base, &FakeClock::new());
    // Connectors call from tasks that move between threads.
    fn movable<T: Send>(future: T) -> T {
        future
    }
    movable(client.raw(call)).await.unwrap();
    server.received_requests().await.unwrap().remove(0)
}

fn values<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
    let values = request.headers.get_all(name).iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn method_path_query_and_headers_go_out_as_they_were_given() {
    let query = [pair("a", "1 2"), pair("a", "ü&=")];
    let headers = [
        pair("Accept", "text/csv"),
        pair("X-Many", "one"),
        pair("x-many", "two"),
    ];
    let request = sent(RawCall {
        method: "DELETE",
        path: "/thing/7?first=0",
        query: &query,
        headers: &headers,
        ..READ
    })
    .await;
    assert_eq!(request.method.as_str(), "DELETE");
    assert_eq!(request.url.path(), "/v1/thing/7");
    assert_eq!(request.url.query(), Some("first=0&a=1+2&a=%C3%BC%26%3D"));
    assert_eq!(values(&request, "accept"), ["text/csv"]);
    assert_eq!(values(&request, "x-many"), ["one", "two"]);
    assert_eq!(values(&request, "x-version"), ["2"]);
    assert_eq!(values(&request, "authorization"), ["Bearer canary-key"]);
    assert_eq!(request.body, b"");
}

#[tokio::test]
async fn a_body_is_json_or_text_or_a_form() {
    let value = json!({"b": [1, null], "a": "ü"});
    let request = sent(RawCall {
        body: RawBody::Json(&value),
        ..WRITE
    })
    .await;
    assert_eq!(request.body, serde_json::to_vec(&value).unwrap());
    assert_eq!(values(&request, "content-type"), ["application/json"]);

    let headers = [pair("content-type", "text/csv")];
    let request = sent(RawCall {
        method: "PUT",
        headers: &headers,
        body: RawBody::Text("a,b\r\n"),
        ..WRITE
    })
    .await;
    assert_eq!(request.body, b"a,b\r\n");
    assert_eq!(values(&request, "content-type"), ["text/csv"]);

    let parts = [
        Part::new("candidateId", "7".to_owned()),
        Part::new("form[\"x\"]", "{}".to_owned()).content_type("application/json"),
        Part::file(
            "resume",
            "CV ü.pdf",
            "application/pdf",
            b"%PDF\xff".to_vec(),
        ),
    ];
    let request = sent(RawCall {
        body: RawBody::Parts(&parts),
        ..WRITE
    })
    .await;
    let [kind] = values(&request, "content-type")[..] else {
        panic!("one content type");
    };
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let head = "Content-Disposition: form-data; name=";
    let mut expected = format!(
        "--{boundary}\r\n{head}\"candidateId\"\r\n\r\n7\r\n\
         --{boundary}\r\n{head}\"form[%22x%22]\"\r\nContent-Type: application/json\r\n\r\n{{}}\r\n\
         --{boundary}\r\n{head}\"resume\"; filename=\"CV ü.pdf\"\r\n\
         Content-Type: application/pdf\r\n\r\n%PDF"
    )
    .into_bytes();
    expected.extend_from_slice(b"\xff\r\n");
    expected.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    assert_eq!(request.body, expected);
    assert_eq!(values(&request, "authorization"), ["Bearer canary-key"]);
}

async fn answer(call: RawCall<'_>, code: u16) -> (Result<RawResponse>, usize, Client, FakeClock) {
    let clock = FakeClock::new();
    let answer = status(code)
        .set_body_bytes(b"\xff\x00{".to_vec())
        .insert_header("location", "https://elsewhere.example/?token=x")
        .insert_header("retry-after", "30")
        .append_header("set-cookie", "a=1")
        .append_header("set-cookie", "b=2");
    let server = server(vec![answer]).await;
    let client = client(&server.uri(), &clock);
    let answer = client.raw(call).await;
    (answer, requests(&server).await, client, clock)
}

#[tokio::test]
async fn whatever_a_write_is_answered_is_handed_back_unchanged_after_one_request() {
    for code in [200, 204, 301, 307, 400, 401, 408, 422, 429, 500, 503] {
        let (answer, requests, client, clock) = answer(WRITE, code).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, code);
        assert_eq!(answer.url.path(), "/thing");
        let of = |name: &str| {
            let headers = answer.headers.iter();
            let named = headers.filter(|(header, _)| header == name);
            named.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(of("set-cookie"), ["a=1", "b=2"]);
        assert_eq!(of("location"), ["https://elsewhere.example/?token=x"]);
        if code != 204 {
            assert_eq!(answer.body, &b"\xff\x00{"[..]);
        }
        assert_eq!(requests, 1);
        assert_eq!(clock.waits(), vec![]);
        let throttled = u64::from(code == 429);
        let (sent, retried) = (1, 0);
        assert_eq!(
            client.stats(),
            Stats {
                sent,
                retried,
                throttled,
                waited: seconds(0),
            }
        );
        // The other calls of the integration heed what this one was told.
        let paused = seconds(30 * throttled);
        assert_eq!(client.limiter().snapshot().paused_for, paused);
    }
}

#[tokio::test]
async fn a_read_is_retried_and_its_last_answer_handed_back() {
    for (code, expected) in [(429, 6), (500, 6), (408, 6), (404, 1), (302, 1)] {
        let (answer, requests, _, clock) = answer(READ, code).await;
        assert_eq!(answer.unwrap().status, code);
        assert_eq!(requests, expected);
        assert_eq!(clock.waits().len(), expected - 1);
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_for_a_write_and_unavailable_for_a_read() {
    let clock = FakeClock::new();
    let half = "HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\nhalf";
    for act in [Act::Drop, Act::Send(half)] {
        let (url, seen) = raw_server(vec![act]).await;
        let client = client(&url, &clock);
        let error = client.raw(WRITE).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::OutcomeUnknown);
        assert_eq!(seen.load(Ordering::SeqCst), 1);

        let read = RawCall {
            kind: CallKind::Read,
            ..WRITE
        };
        let error = client.raw(read).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Unavailable);
        assert_eq!(seen.load(Ordering::SeqCst), 7);
    }
}

#[tokio::test]
async fn an_answer_above_the_cap_is_not_handed_back() {
    let server = server(vec![status(200).set_body_string("x".repeat(11))]).await;
    let client = builder(&server.uri(), &FakeClock::new())
        .response_cap(10)
        .build()
        .unwrap();
    let unknown = client.raw(WRITE).await.unwrap_err();
    assert_eq!(unknown.kind(), &ErrorKind::OutcomeUnknown);
    let path = String::new();
    let malformed = client.raw(READ).await.unwrap_err();
    assert_eq!(malformed.kind(), &ErrorKind::Malformed { path });
}

#[tokio::test]
async fn what_may_not_be_sent_is_named_and_nothing_is_sent() {
    let server = server(vec![ok()]).await;
    let client = client(&server.uri(), &FakeClock::new());
    let refuse = async |call: RawCall<'_>, field: &str| {
        let error = client.raw(call).await.unwrap_err();
        let field = Some(field.to_owned());
        assert_eq!(error.kind(), &ErrorKind::InputInvalid { field }, "{error}");
        let shown = error.to_string();
        assert!(
            !shown.contains("canary") && !shown.contains('\n'),
            "{shown}"
        );
    };
    for path in [
        "thing",
        "//canary.example/",
        "https://canary.example/",
        "/a/../b",
        "/%2e%2e/b",
    ] {
        refuse(RawCall { path, ..READ }, "path").await;
    }
    for method in ["", "CONNECT", "TRACE", "get", "GET /x", "GET\r\n"] {
        refuse(RawCall { method, ..READ }, "method").await;
    }
    let headers = [
        pair("Authorization", "Bearer canary"),
        pair("HOST", "canary.example"),
        pair("cookie", "canary=1"),
        pair("Content-Length", "1"),
        pair("Transfer-Encoding", "chunked"),
        pair("Connection", "close"),
        pair("Proxy-Authorization", "canary"),
        pair("Upgrade", "h2c"),
        pair("te", "trailers"),
        pair("x y", "canary"),
        pair("x-line\r\n", "canary"),
        pair("", "canary"),
        pair("x-line", "canary\r\nhost: canary"),
    ];
    for header in &headers {
        let headers = slice::from_ref(header);
        refuse(RawCall { headers, ..READ }, "headers").await;
    }
    let framing = [pair("content-type", "multipart/form-data")];
    let parts = [Part::new("a", "b".to_owned())];
    let call = RawCall {
        headers: &framing,
        body: RawBody::Parts(&parts),
        ..WRITE
    };
    refuse(call, "headers").await;
    let parts = [Part::new("a\r\n", "b".to_owned())];
    let call = RawCall {
        body: RawBody::Parts(&parts),
        ..WRITE
    };
    let error = client.raw(call).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::InputInvalid { field: None });

    assert_eq!(client.stats().sent, 0);
    assert_eq!(requests(&server).await, 0);
}

#[test]
fn nothing_of_a_call_or_its_answer_is_shown_when_it_is_debugged() {
    let secret = [pair("canary", "canary")];
    let value = json!("canary");
    let parts = [Part::file("x", "canary.pdf", "a/b", b"canary".to_vec())];
    for body in [
        RawBody::Json(&value),
        RawBody::Text("canary"),
        RawBody::Parts(&parts),
    ] {
        let call = RawCall {
            path: "/canary",
            query: &secret,
            headers: &secret,
            body,
            ..WRITE
        };
        assert!(!format!("{call:?} {body:?} {parts:?}").contains("canary"));
    }
}
