//! What nobody should send. Each gets the right code, leaves a line in the request log that helps, and
//! is never a failure of the server.

use ats_core::ModelKind;
use ats_store::RecordQuery;
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Answer, Bench, answer, api_key, assert_schema, connect};

const INPUT: &str = "PLATFORM.INPUT_INVALID";
const KEY: &str = "PLATFORM.AUTHENTICATION_INVALID";
const UNKNOWN: &str = "PLATFORM.INTEGRATION_NOT_FOUND";

/// What was refused so far. At the end each must have its line in the request log.
#[derive(Default)]
struct Refusals(Vec<Refusal>);

struct Refusal {
    what: String,
    id: String,
    code: &'static str,
    status: u16,
}

impl Refusals {
    /// The answer is a refusal in the API's own form, with this code.
    #[track_caller]
    fn add(&mut self, answer: &Answer, code: &'static str, what: &str) {
        let what = what.chars().take(200).collect::<String>();
        let status = answer.status;
        assert!(status.is_client_error(), "{what}: {status} {}", answer.text);
        assert_schema("error_ats.response", &answer.json());
        assert_eq!(answer.code(), code, "{what}: {}", answer.text);
        let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
        let error = &answer.json()["error"];
        let url = error["log_url"].as_str().unwrap_or_default();
        assert!(url.ends_with(&id), "{what}: {url} is not the line of {id}");
        self.0.push(Refusal {
            what,
            id,
            code,
            status: status.as_u16(),
        });
    }

    /// Ends the server, which writes what it has to write, and looks at the lines.
    async fn are_logged(self, bench: Bench) {
        let app = bench.app.clone();
        bench.end().await;
        assert!(!self.0.is_empty());
        for Refusal {
            what,
            id,
            code,
            status,
        } in self.0
        {
            let line = app.platform().log_entry(&id).unwrap();
            let line = line
                .unwrap_or_else(|| panic!("{what}: no line in the request log"))
                .entry;
            assert_eq!(
                (line.code.as_deref(), line.status),
                (Some(code), status),
                "{what}"
            );
            let message = line.message.unwrap_or_default();
            assert!(message.len() > 10, "{what}: `{message}` does not help");
        }
    }
}

/// The id of some living record.
fn some(bench: &Bench, model: ModelKind) -> String {
    let query = RecordQuery {
        model,
        include_deleted: false,
        changed_since: None,
        after: 0,
        limit: 1,
    };
    let found = bench.app.platform().records(&bench.integration.id, query);
    found.unwrap()[0].id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_or_wrong_is_refused_on_every_endpoint() {
    let bench = Bench::start().await;
    let mut refusals = Refusals::default();
    let integration = bench.integration.id.to_string();
    let paths = [
        (Method::GET, "/v1/check-api-key"),
        (Method::GET, "/v1/ats/users"),
        (Method::POST, "/v1/ats/candidates"),
        (Method::POST, "/v1/force-sync"),
        (Method::GET, "/v1/tools/ats"),
        (Method::POST, "/v1/connect/create-link"),
        (
            Method::GET,
            "/v1/integrations/ashby:111111111111111111111111",
        ),
    ];
    let long = "k".repeat(5000);
    for (method, path) in paths {
        for key in [None, Some(""), Some("wrong"), Some("ключ"), Some(&long)] {
            let answer = bench
                .send_as(method.clone(), path, None, key, Some(&integration))
                .await;
            refusals.add(&answer, KEY, &format!("{path} with {key:?}"));
        }
        let request = bench
            .client
            .request(method, format!("{}{path}", bench.base));
        let other = request
            .basic_auth(&bench.key, None::<&str>)
            .send()
            .await
            .unwrap();
        refusals.add(&answer(other).await, KEY, path);
    }
    refusals.are_logged(bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_tenant_is_answered_as_what_is_not_there() {
    let bench = Bench::start().await;
    let mut refusals = Refusals::default();
    let settings = Default::default();
    let other = connect(
        &bench.app,
        &bench.simulator,
        "other",
        "development",
        settings,
    );
    let strangers = [
        other.id.as_str(),
        "ashby:111111111111111111111111",
        "lever:111111111111111111111111",
        "nonsense",
        "../../etc/passwd",
        "ashby:' OR 1=1 --",
    ];
    for (method, path) in [
        (Method::GET, "/v1/ats/users"),
        (Method::POST, "/v1/ats/candidates"),
        (Method::POST, "/v1/force-sync"),
        (Method::POST, "/v1/passthrough/ashby/v1"),
    ] {
        let mut bodies = Vec::new();
        for id in strangers {
            let body = (method == Method::POST).then(|| json!({}));
            let answer = bench
                .send_as(method.clone(), path, body, Some(&bench.key), Some(id))
                .await;
            refusals.add(&answer, UNKNOWN, &format!("{path} of {id}"));
            bodies.push(without_line(&answer));
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{path}: {bodies:#?}");
    }
    for (method, tail) in [
        (Method::GET, ""),
        (Method::DELETE, ""),
        (Method::PUT, "/enabled"),
    ] {
        let mut bodies = Vec::new();
        for id in [other.id.as_str(), "ashby:111111111111111111111111"] {
            let path = format!("/v1/integrations/{id}{tail}");
            let body = (method != Method::GET).then(|| json!({ "value": false }));
            let answer = bench.send(method.clone(), &path, body).await;
            refusals.add(&answer, UNKNOWN, &path);
            bodies.push(without_line(&answer));
        }
        assert_eq!(bodies[0], bodies[1], "{method} {tail}");
    }
    let key = api_key(&bench.app, "development");
    let found = bench
        .send_as(
            Method::GET,
            "/v1/ats/users",
            None,
            Some(&key),
            Some(other.id.as_str()),
        )
        .await;
    assert_ne!(found.code(), UNKNOWN, "its own key reaches it");
    refusals.are_logged(bench).await;
}

/// An answer without what differs from request to request.
fn without_line(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json();
    body["error"]["log_url"].take();
    (answer.status.as_u16(), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_another_tenant_is_as_unknown_as_one_that_is_not_there() {
    let bench = Bench::start().await;
    let mut refusals = Refusals::default();
    let stranger = Bench::start().await;
    let theirs = some(&stranger, ModelKind::Candidate);
    let mut bodies = Vec::new();
    // The two benches have the same integration, and so the same ids: one that both have is no stranger.
    let foreign = format!("{}z", &theirs[..23]);
    for id in [foreign.as_str(), "111111111111111111111111"] {
        let path = format!("/v1/ats/candidates/{id}/tags");
        let answer = bench.post(&path, json!({ "tag": { "name": "A" } })).await;
        refusals.add(&answer, INPUT, &path);
        bodies.push(
            answer.json()["error"]["message"]
                .to_string()
                .replace(id, "ID"),
        );
    }
    assert_eq!(bodies[0], bodies[1]);
    for ids in [
        "111111111111111111111111",
        "x",
        "%00",
        "..%2F..",
        "%27%20OR%201=1",
    ] {
        let data = bench
            .get(&format!("/v1/ats/candidates?ids={ids}"))
            .await
            .data();
        assert_eq!(data["results"], json!([]), "{ids}");
    }
    refusals.are_logged(bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_of_lists_are_refused_by_name() {
    let bench = Bench::start().await;
    let mut refusals = Refusals::default();
    let first = bench.get("/v1/ats/users?page_size=1").await.data();
    let of_users = first["next"].as_str().unwrap();
    let long = "c".repeat(5000);
    let mut bad = vec![
        format!("candidates?cursor={of_users}"),
        format!("users?cursor={long}"),
        format!("users?cursor={of_users}x"),
    ];
    for query in [
        "cursor=nonsense",
        "cursor=%00",
        "cursor=%FF%FE",
        "cursor=eyJ9",
        "page_size=0",
        "page_size=-1",
        "page_size=251",
        "page_size=ten",
        "page_size=1e3",
        "page_size=99999999999999999999",
        "page_size=7.5",
        "updated_after=yesterday",
        "updated_after=2024-13-01",
        "updated_after=2024-02-30",
        "updated_after=2024-01-01T25:00:00Z",
        "updated_after=2024-01-01T00:00:00%2B99:00",
        "updated_after=1704067200",
        "include_deleted=maybe",
        "ignore_unsupported_filters=2",
    ] {
        bad.push(format!("users?{query}"));
    }
    bad.push("applications?outcomes=FIRED".to_owned());
    bad.push("applications?outcomes=PENDING,FIRED".to_owned());
    bad.push("applications?remote_created_after=soon".to_owned());
    for query in bad {
        let answer = bench.get(&format!("/v1/ats/{query}")).await;
        let name = query
            .split_once('?')
            .unwrap()
            .1
            .split('=')
            .next()
            .unwrap()
            .to_owned();
        refusals.add(&answer, INPUT, &query);
        let message = answer.json()["error"]["message"].to_string();
        assert!(
            message.contains(&name),
            "{query}: {message} does not name `{name}`"
        );
    }
    refusals.are_logged(bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_are_read_in_every_form_that_clients_send() {
    let bench = Bench::start().await;
    for date in [
        "2024-01-01",
        "2024-01-01Z",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00Z",
        "2024-01-01T00:00:00.1Z",
        "2024-01-01T00:00:00.123Z",
        "2024-01-01T00:00:00.123456",
        "2024-01-01T00:00:00.123456Z",
        "2024-01-01T02:00:00%2B02:00",
        "2024-01-01T02:00:00.123456%2B02:00",
        "2023-12-31T19:00:00-05:00",
        "2024-01-01%2000:00:00",
    ] {
        let data = bench
            .get(&format!("/v1/ats/users?updated_after={date}"))
            .await
            .data();
        assert_ne!(data["results"], json!([]), "{date}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_cannot_be_understood_are_refused() {
    let bench = Bench::start().await;
    let mut refusals = Refusals::default();
    let candidate = some(&bench, ModelKind::Candidate);
    let tags = format!("/v1/ats/candidates/{candidate}/tags");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let json = "application/json";
    let good = r#"{"tag":{"name":"A"}}"#;
    let cases: [(&str, &str, &[u8]); 15] = [
        ("no JSON", json, b"tag=A"),
        ("half of it", json, br#"{"tag":{"na"#),
        ("two of them", json, br#"{"tag":{"name":"A"}}{"tag":1}"#),
        ("an array", json, b"[]"),
        ("a text", json, b"\"tag\""),
        ("null", json, b"null"),
        ("no member", json, b"{}"),
        ("another type", json, br#"{"tag":"A"}"#),
        ("an empty name", json, br#"{"tag":{"name":""}}"#),
        ("no UTF-8", json, b"{\"tag\":{\"name\":\"\xff\xfe\"}}"),
        (
            "a lone half of a character",
            json,
            br#"{"tag":{"name":"\ud800"}}"#,
        ),
        ("too deep", json, deep.as_bytes()),
        ("a form", "application/x-www-form-urlencoded", b"tag=A"),
        ("plain text", "text/plain", good.as_bytes()),
        ("XML", "application/xml", b"<tag/>"),
    ];
    for (what, kind, body) in cases {
        let answer = raw(&bench, &tags, kind, body.to_vec()).await;
        refusals.add(&answer, INPUT, what);
    }
    for path in [
        "/v1/force-sync",
        "/v1/passthrough/ashby/v1",
        "/v1/connect/create-link",
    ] {
        for (what, kind, body) in [
            ("no JSON", json, &b"{"[..]),
            ("an array", json, b"[1]"),
            ("plain text", "text/plain", b"{}"),
        ] {
            let answer = raw(&bench, path, kind, body.to_vec()).await;
            refusals.add(&answer, INPUT, &format!("{path}: {what}"));
        }
    }
    for (path, body) in [
        ("/v1/force-sync", json!({ "type": "SOME" })),
        (
            "/v1/passthrough/ashby/v1",
            json!({ "method": "TRACE", "path": "/job.list" }),
        ),
        (
            "/v1/passthrough/ashby/v1",
            json!({ "method": "POST", "path": "job.list" }),
        ),
    ] {
        let answer = bench.post(path, body.clone()).await;
        refusals.add(&answer, INPUT, &body.to_string());
    }
    let answer = bench.get("/v1/tools/crm").await;
    refusals.add(&answer, INPUT, "a category that does not exist");
    refusals.are_logged(bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_a_limit_that_depends_on_the_endpoint() {
    let bench = Bench::start().await;
    let mut refusals = Refusals::default();
    let candidate = some(&bench, ModelKind::Candidate);
    let json = "application/json";
    let large = |size: usize| {
        let name = "a".repeat(size);
        format!(
            r#"{{"tag":{{"name":"A"}},"attachment":{{"name":"a.txt","type":"?","data":"{name}"}}}}"#
        )
    };
    let tags = format!("/v1/ats/candidates/{candidate}/tags");
    for path in [tags.as_str(), "/v1/force-sync"] {
        let answer = raw(&bench, path, json, large(1_100_000).into_bytes()).await;
        refusals.add(&answer, INPUT, path);
        assert_eq!(answer.status, 413, "{path}");
    }
    // Files are larger; what is wrong with this one is its type.
    let files = format!("/v1/ats/candidates/{candidate}/attachments");
    let answer = raw(&bench, &files, json, large(3_000_000).into_bytes()).await;
    refusals.add(&answer, INPUT, &files);
    assert_eq!(answer.status, 400);
    let answer = raw(&bench, &files, json, vec![b' '; 81 * 1024 * 1024]).await;
    refusals.add(&answer, INPUT, &files);
    assert_eq!(answer.status, 413);
    refusals.are_logged(bench).await;
}

/// A body as it is.
async fn raw(bench: &Bench, path: &str, kind: &str, body: Vec<u8>) -> Answer {
    let request = bench.client.post(format!("{}{path}", bench.base));
    let request = request.bearer_auth(&bench.key).header(CONTENT_TYPE, kind);
    let request = request.header("X-Integration-Id", bench.integration.id.as_str());
    answer(request.body(body).send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_with_tricks_lead_nowhere() {
    let bench = Bench::start().await;
    let long = format!("/v1/ats/{}", "x".repeat(6000));
    let tricks = [
        "/v1/ats/../check-api-key",
        "/v1/ats/%2e%2e/check-api-key",
        "/v1/ats/..%2fcheck-api-key",
        "//v1/ats/users",
        "/v1//ats/users",
        "/v1/ats/users%00",
        "/v1/ats/users%2F",
        "/v1/ats/users;a=b",
        "/v1/ats/USERS",
        "/v1/ats/%ff%fe",
        "/v2/ats/users",
        "/v1/ats",
        "/v1",
        "/v1/ats/candidates/..%2F..%2Fusers/tags",
        "/v1/ats/candidates/%00/tags",
        "/v1/integrations/..%2f..%2fcheck-api-key",
        "/webhooks/ashby/..%2F..%2Fetc",
        &long,
    ];
    for path in tricks {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
            let (status, text) = said(&bench, method, path).await;
            assert!(
                (400..500).contains(&status),
                "{method} {path}: {status} {text}"
            );
            assert!(
                !text.contains("environment_id"),
                "{method} {path} led somewhere"
            );
        }
    }
    let (status, _) = said(&bench, "GET", "/v1/ats/users").await;
    assert_eq!(status, 200, "the request itself is a good one");
    let (status, text) = said(&bench, "PATCH", "/v1/ats/users").await;
    assert!(status == 405 && text.contains(INPUT), "{status} {text}");
}

/// Sends a line that no client library would, and reads the whole answer.
async fn said(bench: &Bench, method: &str, path: &str) -> (u16, String) {
    let address = bench.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         X-Integration-Id: {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        bench.key, bench.integration.id
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is cut has said what it had to say.
    let _ = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (status.unwrap_or(0), text)
}
