//! `ats webhooks`: endpoints that are told of what happens, with a server that tells them.

use std::{
    net::SocketAddr,
    sync::mpsc::{Receiver, Sender, channel},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    served::{self, Served},
    support::Bench,
};

/// What does not come within this time does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A message, as it came.
struct Call {
    signature: String,
    previous: Option<String>,
    body: Bytes,
}

impl Call {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Listens until the test ends.
fn listen() -> (SocketAddr, Receiver<Call>) {
    let (sender, calls) = channel();
    let routes = Router::new().route("/", post(take)).with_state(sender);
    (served::listen(routes), calls)
}

async fn take(State(sender): State<Sender<Call>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name| {
        let value = headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let call = Call {
        signature: header("x-kombo-signature").unwrap(),
        previous: header("x-kombo-signature-previous"),
        body,
    };
    match sender.send(call) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::GONE,
    }
}

/// The signature that a secret makes.
fn signed(secret: &Value, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_str().unwrap().as_bytes()).unwrap();
    mac.update(body);
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// Adds an endpoint; gives its id and its secret.
fn added(bench: &Bench, address: SocketAddr) -> (String, Value) {
    let url = format!("http://{address}/");
    let add = ["webhooks", "add", "--url", &url, "--allow-private-network"];
    let made = bench.json(&add).ok();
    let id = made["id"].as_str().unwrap().to_owned();
    (id, made["secret"].clone())
}

/// Asks for a test event; gives its id.
fn tested(bench: &Bench, endpoint: &str) -> Value {
    bench.json(&["webhooks", "test", endpoint]).ok()["event"].clone()
}

/// The message of an event; what else is told is passed over.
#[track_caller]
fn heard(calls: &Receiver<Call>, event: &Value) -> Call {
    loop {
        let call = calls.recv_timeout(PATIENCE).unwrap();
        if call.json()["id"] == *event {
            return call;
        }
    }
}

/// Waits until an event was taken.
#[track_caller]
fn delivered(bench: &Bench, endpoint: &str, event: &Value) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let asked = ["webhooks", "deliveries", "--endpoint", endpoint];
        let found = bench.json(&asked).ok()["deliveries"].clone();
        let mut all = found.as_array().unwrap().iter();
        let one = all.find(|one| one["event"] == *event).unwrap();
        if one["state"] == "DELIVERED" {
            return one.clone();
        }
        assert!(Instant::now() < until, "not delivered: {found}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_endpoint_hears_events_and_hears_them_again() {
    let bench = Bench::synced();
    let (address, calls) = listen();
    let (id, secret) = added(&bench, address);
    let served = Served::start(&bench, "127.0.0.1:0");
    let event = tested(&bench, &id);
    let call = heard(&calls, &event);
    assert_eq!(call.json()["type"], "data-changed");
    assert_eq!(call.signature, signed(&secret, &call.body));
    assert_eq!(call.previous, None);
    assert_eq!(delivered(&bench, &id, &event)["attempts"], 1);
    let again = ["webhooks", "replay", event.as_str().unwrap()];
    assert_eq!(bench.json(&again).ok()["deliveries"], 1);
    served.end();
    // Either server may have sent it.
    let served = Served::start(&bench, "127.0.0.1:0");
    heard(&calls, &event);
    let dead = bench.json(&["webhooks", "deliveries", "--dead"]).ok();
    assert_eq!(dead, json!({ "deliveries": [] }));
    served.end();
}

#[test]
fn a_secret_outlives_the_key_that_it_is_sealed_with_and_can_be_replaced() {
    let bench = Bench::connected();
    let (address, calls) = listen();
    let (id, first) = added(&bench, address);
    bench.json(&["keys", "rotate"]).ok();
    let event = tested(&bench, &id);
    let served = Served::start(&bench, "127.0.0.1:0");
    let call = heard(&calls, &event);
    assert_eq!(call.signature, signed(&first, &call.body));
    served.end();

    let rotated = bench.json(&["webhooks", "rotate", &id]).ok();
    assert_ne!(rotated["secret"], first);
    let event = tested(&bench, &id);
    let served = Served::start(&bench, "127.0.0.1:0");
    let call = heard(&calls, &event);
    assert_eq!(call.signature, signed(&rotated["secret"], &call.body));
    assert_eq!(call.previous, Some(signed(&first, &call.body)));
    served.end();
}

#[test]
fn endpoints_are_listed_without_their_secrets_and_removed() {
    let bench = Bench::small();
    let add = ["webhooks", "add", "--url", "https://example.com/hook"];
    let more = [
        "--events",
        "sync-finished,data-changed",
        "--environment",
        "dev",
    ];
    let made = bench.json(&[&add[..], &more].concat()).ok();
    let listed = bench.json(&["webhooks", "list"]).ok();
    let one = &listed["endpoints"][0];
    assert_eq!(one["id"], made["id"]);
    assert_eq!(one["url"], "https://example.com/hook");
    assert_eq!(one["environment"], "dev");
    assert_eq!(one["events"], json!(["data-changed", "sync-finished"]));
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.len() > 30 && !listed.to_string().contains(secret));
    let id = made["id"].as_str().unwrap();
    bench.json(&["webhooks", "remove", id]).ok();
    assert_eq!(
        bench.json(&["webhooks", "list"]).ok(),
        json!({ "endpoints": [] })
    );
    for gone in ["remove", "test", "rotate"] {
        let message = bench
            .json(&["webhooks", gone, id])
            .failed(2, "unknown_endpoint");
        assert!(message.contains("ats webhooks list"), "{message}");
    }
    bench
        .json(&["webhooks", "deliveries", "--endpoint", id])
        .failed(2, "unknown_endpoint");
    bench
        .json(&["webhooks", "replay", "nothing"])
        .failed(2, "unknown_event");
}

#[test]
fn what_cannot_be_sent_to_or_does_not_exist_is_refused_and_leaves_nothing() {
    let bench = Bench::small();
    for url in [
        "http://example.com/",
        "http://127.0.0.1:9/",
        "https://127.0.0.1:9/",
        "ftp://example.com/",
    ] {
        bench
            .json(&["webhooks", "add", "--url", url])
            .failed(2, "bad_url");
    }
    let add = ["webhooks", "add", "--url", "https://example.com/"];
    let message = bench
        .json(&[&add[..], &["--events", "data-changed,data-chanced"]].concat())
        .failed(2, "unknown_event");
    assert!(
        message.contains("`data-chanced`") && message.contains("sync-finished"),
        "{message}"
    );
    bench
        .json(&[&add[..], &["--environment", " "]].concat())
        .failed(2, "bad_name");
    assert_eq!(
        bench.json(&["webhooks", "list"]).ok(),
        json!({ "endpoints": [] })
    );
}

#[test]
fn no_new_key_is_made_beside_secrets_that_it_would_not_open() {
    let bench = Bench::small();
    let add = ["webhooks", "add", "--url", "https://example.com/hook"];
    bench.json(&add).ok();
    let key = bench.path("ats.db.key");
    std::fs::remove_file(&key).unwrap();
    bench.json(&add).failed(1, "key_missing");
    bench
        .json(&["serve", "--bind", "127.0.0.1:0"])
        .failed(1, "key_missing");
    let url = bench.simulator.base_url();
    let connect = [
        "connect",
        "ashby",
        "--name",
        "acme",
        "--api-key-env",
        crate::support::KEY,
    ];
    bench
        .json(&[&connect[..], &["--base-url", &url]].concat())
        .failed(1, "key_missing");
    assert!(!key.exists());
}
