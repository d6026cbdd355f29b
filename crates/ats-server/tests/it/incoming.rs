//! Webhooks in: a vendor calls, and whoever listens is told of what that changed.

use ats_simulator::ashby;
use ats_store::{DeliveryState, SubscriptionState};
use ats_sync::{LONGEST_BODY, Standing, Subscribing};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    Bench, assert_webhook,
    receiver::{Receiver, listen},
};

/// Subscribes to everything that the vendor tells.
async fn subscribe(bench: &Bench) -> Subscribing {
    let connector = bench.app.connector(&bench.integration).unwrap();
    let keys = bench.app.keys().clone();
    let subscribing = Subscribing::new(bench.app.engine(), &bench.integration, connector, keys);
    let address = format!("{}/webhooks/ashby", bench.base);
    let all = subscribing.create(&address).await.unwrap();
    let active = all
        .iter()
        .filter(|one| matches!(one.standing, Standing::Active));
    assert!(active.count() > 5, "{all:?}");
    subscribing
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_at_the_vendor_is_told_at_once() {
    let bench = Bench::start().await;
    subscribe(&bench).await;
    let mut receiver = Receiver::start().await;
    listen(&bench.app, &receiver.url, Some(&["data-changed"]));
    let change = |name: &str, pick: u64| {
        let mut all = ashby::changes().into_iter();
        let change = all.find(|change| change.name == name).unwrap();
        bench.simulator.edit(|world| (change.apply)(world, pick));
    };
    // The first message tells of the first pass too, of which nobody was told.
    change("move an application to another stage", 0);
    receiver.next().await;
    let mut last = None;
    for round in 1..6 {
        change("move an application to another stage", round);
        let body = loop {
            let body = receiver.next().await.json();
            assert_webhook("data-changed", &body);
            let models = body["data"]["changed_models"].as_array().unwrap();
            if models.contains(&json!({ "name": "ats_applications" })) {
                break body;
            }
        };
        let records = body["data"]["changed_records"].as_array().unwrap();
        let is_application = |record: &Value| record["model"] == "ats_applications";
        assert!(records.iter().any(is_application), "{round}: {body}");
        let position = body["data"]["feed_position"].as_i64();
        assert!(position > last, "{position:?} after {last:?}");
        last = position;
    }
    let inbox = bench
        .app
        .platform()
        .deliveries(&bench.integration.id, 99)
        .unwrap();
    assert!(
        inbox
            .iter()
            .all(|one| one.progress.state == DeliveryState::Done)
    );
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_by_what_it_is() {
    let bench = Bench::start().await;
    let subscribing = subscribe(&bench).await;
    let kept = subscribing.list().await.unwrap();
    let address = &kept[0].url;
    assert_eq!(kept[0].state, SubscriptionState::Active);
    let call = async |address: &str, body: Vec<u8>| {
        let request = bench
            .client
            .post(address)
            .header("ashby-signature", "sha256=00");
        request.body(body).send().await.unwrap().status()
    };
    let body = br#"{"action":"ping","data":{}}"#.to_vec();
    assert_eq!(call(address, body.clone()).await, StatusCode::UNAUTHORIZED);
    let nobody = format!("{}/webhooks/ashby/nobody", bench.base);
    assert_eq!(call(&nobody, body.clone()).await, StatusCode::GONE);
    let other = address.replace("/webhooks/ashby/", "/webhooks/lever/");
    assert_eq!(call(&other, body.clone()).await, StatusCode::GONE);
    // Whoever sends too much may be cut off before it hears the answer.
    let long = vec![b' '; LONGEST_BODY + 1];
    let request = bench.client.post(address).body(long).send().await;
    assert!(request.is_err() || request.unwrap().status() == StatusCode::PAYLOAD_TOO_LARGE);
    subscribing.remove().await.unwrap();
    assert_eq!(call(address, body).await, StatusCode::GONE);
    bench.end().await;
}
