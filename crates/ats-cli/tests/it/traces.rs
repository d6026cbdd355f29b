//! Traces: with the feature `otel` a server hands them to a collector, here one of the test.

use std::{
    net::SocketAddr,
    process::Stdio,
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use bytes::Bytes;
use serde_json::Value;

use crate::{
    served::{self, Served},
    support::Bench,
};

/// Takes what is exported until the test ends.
fn collector() -> (SocketAddr, Receiver<Bytes>) {
    let (sender, exported) = channel();
    let routes = Router::new()
        .route("/v1/traces", post(take))
        .with_state(sender);
    (served::listen(routes), exported)
}

async fn take(State(sender): State<Sender<Bytes>>, body: Bytes) -> StatusCode {
    match sender.send(body) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::GONE,
    }
}

/// Whether a message has this text in it. Texts stand in protobuf as they are.
fn has(message: &[u8], text: &str) -> bool {
    message
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[test]
fn a_request_arrives_at_the_collector_by_its_id() {
    let bench = Bench::small();
    let (address, exported) = collector();
    let mut serve = bench.command(&["serve", "--bind", "127.0.0.1:0", "--no-schedule"]);
    serve
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let served = Served::of(serve.spawn().unwrap());
    let (_, body) = served.get("/v1/ats/nothing", &[]);
    let body: Value = serde_json::from_str(&body).unwrap();
    let log_url = body["error"]["log_url"].as_str().unwrap();
    let id = log_url.rsplit('/').next().unwrap();
    // The end sends what was not sent yet.
    served.end();
    let mut messages = std::iter::from_fn(|| exported.recv_timeout(Duration::from_secs(1)).ok());
    let found = messages.find(|message| has(message, id));
    let message = found.expect("the request was not exported");
    assert!(has(&message, "service.name") && has(&message, "request"));
}
