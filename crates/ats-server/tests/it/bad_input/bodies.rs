//! Bodies that are too large, or not what they say they are.

use ats_core::ModelKind;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{INPUT, Refusals, some};
use crate::support::{Answer, Bench, answer};

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
            ("members in a row", json, br#"["FULL"]"#),
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
    let answer = announced(&bench, &files, 81 * 1024 * 1024).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    refusals.are_logged(bench).await;
}

/// The answer to a body that is only announced: it is refused before it comes.
async fn announced(bench: &Bench, path: &str, length: usize) -> String {
    let address = bench.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (key, id) = (&bench.key, &bench.integration.id);
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
         x-integration-id: {id}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 64];
    let read = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

/// A body as it is.
async fn raw(bench: &Bench, path: &str, kind: &str, body: Vec<u8>) -> Answer {
    let request = bench.client.post(format!("{}{path}", bench.base));
    let request = request.bearer_auth(&bench.key).header(CONTENT_TYPE, kind);
    let request = request.header("X-Integration-Id", bench.integration.id.as_str());
    answer(request.body(body).send().await.unwrap()).await
}
