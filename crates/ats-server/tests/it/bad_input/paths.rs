//! Paths that mean to lead somewhere else.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::INPUT;
use crate::support::Bench;

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
    assert!(text.contains("another method"), "{text}");
    let (_, text) = said(&bench, "GET", "/v1/ats/candidates/%ff%fe/attachments").await;
    assert!(text.contains("UTF-8"), "{text}");
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
