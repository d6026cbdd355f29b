//! Webhooks out as those who listen get them, whatever becomes of them.

use std::{sync::Arc, time::Duration};

use ats_core::{IntegrationId, Timestamp};
use ats_http::SystemClock;
use ats_server::{App, Options, Parts, Registry};
use ats_store::{
    NewEvent, Outbox, OutgoingDelivery, OutgoingQuery, OutgoingState, Platform, Replay, Store,
    sqlite::SqliteStore, vault::KeyRing,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

use crate::support::{
    Bench, PRODUCTION, Setup, assert_webhook,
    receiver::{Hand, Receiver, listen, signed},
};

const SIGNATURE: &str = "x-kombo-signature";
const PREVIOUS: &str = "x-kombo-signature-previous";

/// A server with nothing read, whose time is moved by hand.
async fn bench() -> (Bench, Hand) {
    let hand = Hand::new();
    let bench = Bench::with(Setup {
        mirrored: false,
        clock: Arc::new(hand.clone()),
        ..Setup::default()
    })
    .await;
    (bench, hand)
}

fn event(bench: &Bench, name: &str, integration: &str) -> NewEvent {
    NewEvent {
        id: name.to_owned(),
        environment: PRODUCTION.to_owned(),
        integration: Some(IntegrationId::derive("ashby", integration)),
        kind: "data-changed".to_owned(),
        body: json!({ "id": name, "type": "data-changed", "data": {} }).to_string(),
        at: bench.app.now(),
    }
}

fn emit(bench: &Bench, name: &str, integration: &str) {
    let platform = bench.app.platform();
    platform.emit(&event(bench, name, integration)).unwrap();
}

fn all(platform: &dyn Platform) -> Vec<OutgoingDelivery> {
    let query = OutgoingQuery {
        limit: 999,
        ..OutgoingQuery::default()
    };
    platform.outgoing(&query).unwrap()
}

fn of(bench: &Bench, name: &str) -> OutgoingDelivery {
    let all = all(&**bench.app.platform());
    all.into_iter().find(|one| one.event.id == name).unwrap()
}

fn is(bench: &Bench, name: &str, state: OutgoingState) -> bool {
    of(bench, name).progress.state == state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_told_with_what_it_changed() {
    let bench = Bench::with(Setup {
        mirrored: false,
        ..Setup::default()
    })
    .await;
    let mut receiver = Receiver::start().await;
    let (_, secret) = listen(&bench.app, &receiver.url, None);
    let sync = bench
        .post("/v1/force-sync", json!({ "type": "FULL" }))
        .await;
    let sync = sync.data()["sync_id"].clone();
    let changed = receiver.next_of("data-changed").await;
    let body = changed.json();
    assert_webhook("data-changed", &body);
    assert_eq!(
        changed.header(SIGNATURE),
        Some(signed(&secret, &changed.body).as_str())
    );
    assert_eq!(changed.header(PREVIOUS), None);
    assert_eq!(changed.header("content-type"), Some("application/json"));
    let models = body["data"]["changed_models"].as_array().unwrap();
    assert!(models.contains(&json!({ "name": "ats_candidates" })));
    assert_eq!(
        body["data"]["integration_id"],
        bench.integration.id.as_str()
    );
    // The feed has all of what the message names.
    let position = &body["data"]["feed_position"];
    let feed = format!("/v1/changes?since={position}&limit=5000");
    let feed = bench.get(&feed).await.data();
    let has = |record: &Value| {
        let mut feed = feed["results"].as_array().unwrap().iter();
        feed.any(|change| change["id"] == record["id"] && change["model"] == record["model"])
    };
    let records = body["data"]["changed_records"].as_array().unwrap();
    assert!(!records.is_empty() && records.iter().all(has));
    let finished = receiver.next_of("sync-finished").await.json();
    assert_webhook("sync-finished", &finished);
    assert_eq!(finished["data"]["sync_id"], sync);
    assert_eq!(finished["data"]["sync_state"], "SUCCEEDED");
    // A sync that changes nothing says only that it is over.
    bench
        .post("/v1/force-sync", json!({ "type": "FULL" }))
        .await
        .data();
    assert_eq!(receiver.next().await.kind(), "sync-finished");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_that_is_switched_off_and_deleted_is_told() {
    let bench = Bench::start().await;
    let mut receiver = Receiver::start().await;
    listen(&bench.app, &receiver.url, None);
    let path = format!("/v1/integrations/{}", bench.integration.id);
    let enabled = format!("{path}/enabled");
    let off = Some(json!({ "value": false }));
    bench.send(Method::PUT, &enabled, off).await.data();
    let changed = receiver.next_of("integration-state-changed").await.json();
    assert_webhook("integration-state-changed", &changed);
    assert_eq!(changed["data"]["state"], "INACTIVE");
    bench
        .send(Method::DELETE, &path, Some(json!({})))
        .await
        .data();
    let deleted = receiver.next_of("integration-deleted").await.json();
    assert_webhook("integration-deleted", &deleted);
    assert_eq!(deleted["data"]["end_user"]["organization_name"], "acme");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_refused_are_an_issue_until_they_are_taken() {
    let bench = Bench::start().await;
    let mut receiver = Receiver::start().await;
    listen(&bench.app, &receiver.url, Some(&["issue-status-changed"]));
    bench.simulator.deactivate(&bench.simulator.key());
    bench
        .post("/v1/force-sync", json!({ "type": "DELTA" }))
        .await
        .data();
    let raised = receiver.next().await.json();
    assert_webhook("issue-status-changed", &raised);
    assert_eq!(raised["data"]["change"], "raised");
    let issue = &raised["data"]["issue"];
    assert_eq!(issue["type"], "integration.authentication_failed");
    assert_eq!(issue["status"], "OPEN");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_down_for_an_hour_gets_everything_in_order() {
    let (bench, hand) = bench().await;
    let mut receiver = Receiver::start().await;
    listen(&bench.app, &receiver.url, None);
    receiver.says(500);
    for number in 1..=3 {
        emit(&bench, &format!("a{number}"), "a");
        emit(&bench, &format!("b{number}"), "b");
    }
    let hour = Duration::from_secs(60 * 60);
    let step = Duration::from_secs(5);
    hand.until_by(step, || hand.passed() > hour).await;
    assert!(receiver.rest().len() >= 12);
    let first = of(&bench, "a1").progress;
    assert!(first.attempts >= 6, "{first:?}");
    assert_eq!(first.outcome.as_deref(), Some("500"));
    assert_eq!(of(&bench, "a2").progress.attempts, 0);
    receiver.says(200);
    let delivered = |name: &str| is(&bench, name, OutgoingState::Delivered);
    let step = Duration::from_secs(60);
    hand.until_by(step, || delivered("a3") && delivered("b3"))
        .await;
    let ids: Vec<String> = receiver.rest().iter().map(|one| one.id()).collect();
    for lane in ["a", "b"] {
        let lane: Vec<&String> = ids.iter().filter(|id| id.starts_with(lane)).collect();
        assert!(lane.is_sorted(), "{ids:?}");
        assert_eq!(lane.last().unwrap().get(1..), Some("3"));
    }
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_slow_holds_up_nobody_else() {
    let (bench, hand) = bench().await;
    let (mut slow, mut quick) = (Receiver::start().await, Receiver::start().await);
    let held = slow.hold();
    listen(&bench.app, &slow.url, None);
    listen(&bench.app, &quick.url, None);
    for number in 0..40 {
        emit(&bench, &format!("e{number}"), &format!("of {number}"));
    }
    let to_quick = |state| {
        let all = all(&**bench.app.platform());
        all.iter().filter(|one| one.progress.state == state).count()
    };
    hand.until(|| to_quick(OutgoingState::Delivered) == 40)
        .await;
    assert_eq!(quick.rest().len(), 40);
    assert_eq!(slow.rest().len(), 8, "no more wait for it at once");
    for _ in 0..2_000 {
        held.notify_waiters();
        if to_quick(OutgoingState::Delivered) == 80 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(to_quick(OutgoingState::Delivered), 80);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_for_time_gets_it() {
    let (bench, hand) = bench().await;
    let mut receiver = Receiver::start().await;
    listen(&bench.app, &receiver.url, None);
    receiver.says_once(429, &[("retry-after", "600")]);
    emit(&bench, "e", "a");
    let step = Duration::from_secs(10);
    hand.until_by(step, || is(&bench, "e", OutgoingState::Delivered))
        .await;
    assert_eq!(receiver.rest().len(), 2);
    assert!(hand.passed() >= Duration::from_secs(600));
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_for_three_days_is_dead_and_can_be_sent_again() {
    let (bench, hand) = bench().await;
    let mut receiver = Receiver::start().await;
    listen(&bench.app, &receiver.url, None);
    receiver.says(404);
    emit(&bench, "dead", "a");
    emit(&bench, "next", "a");
    while !is(&bench, "dead", OutgoingState::Dead) {
        let attempts = of(&bench, "dead").progress.attempts;
        // Longer than the longest wait, an hour and a fifth.
        hand.advance(Duration::from_secs(4400));
        hand.until(|| of(&bench, "dead").progress.attempts > attempts)
            .await;
    }
    let three_days = Duration::from_secs(3 * 24 * 60 * 60);
    assert!(hand.passed() >= three_days);
    receiver.says(200);
    hand.until(|| is(&bench, "next", OutgoingState::Delivered))
        .await;
    receiver.rest();
    let replay = Replay::Event("dead".to_owned());
    let platform = bench.app.platform();
    assert_eq!(platform.replay(&replay, bench.app.now()).unwrap(), 1);
    hand.until(|| is(&bench, "dead", OutgoingState::Delivered))
        .await;
    assert_eq!(receiver.next().await.id(), "dead");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let (bench, hand) = bench().await;
    let (mut first, mut second) = (Receiver::start().await, Receiver::start().await);
    listen(&bench.app, &first.url, None);
    first.says_once(307, &[("location", &second.url)]);
    emit(&bench, "e", "a");
    hand.until(|| of(&bench, "e").progress.attempts == 1).await;
    let outcome = of(&bench, "e").progress.outcome.unwrap();
    assert_eq!(outcome, "307; redirects are not followed");
    hand.until(|| is(&bench, "e", OutgoingState::Delivered))
        .await;
    assert_eq!((first.rest().len(), second.rest().len()), (2, 0));
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_to_whom_it_is_not_safe_to_send() {
    let (bench, hand) = bench().await;
    let mut receiver = Receiver::start().await;
    // Nobody there can prove who it is.
    let unproven = receiver.url.replace("http://", "https://");
    listen(&bench.app, &unproven, None);
    emit(&bench, "e", "a");
    hand.until(|| of(&bench, "e").progress.attempts == 2).await;
    let outcome = of(&bench, "e").progress.outcome.unwrap();
    assert!(outcome.contains("certificate"), "{outcome}");
    assert!(receiver.rest().is_empty());
    bench.end().await;
}

/// A server on a store, without a vendor.
async fn serve(
    store: SqliteStore,
    keys: Arc<KeyRing>,
    private: bool,
) -> (App, watch::Sender<bool>) {
    let mut options = Options::new("https://ats.example.com".parse().unwrap());
    options.allow_private_network = private;
    let app = App::new(Parts {
        platform: Arc::new(store),
        registry: Registry::new(ats_connectors::all(), |_| None),
        keys,
        clock: Arc::new(SystemClock),
        options,
        figures: None,
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(ats_server::serve(app.clone(), listener, stopping));
    (app, stop)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_down_before_the_end_is_sent_after_it() {
    let bench = Bench::start().await;
    let mut receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ats.db");
    let keys = Arc::new(KeyRing::generate().unwrap());
    let now = Timestamp::parse("2026-01-01").unwrap();
    {
        let store = SqliteStore::open(&file).unwrap();
        let made =
            ats_store::WebhookEndpoint::generate(&keys, PRODUCTION, &receiver.url, None, now);
        store.save_endpoint(&made.unwrap().0).unwrap();
        store.emit(&event(&bench, "written", "a")).unwrap();
        assert!(store.integrations().unwrap().is_empty());
    }
    let (app, stop) = serve(SqliteStore::open(&file).unwrap(), keys, true).await;
    assert_eq!(receiver.next().await.id(), "written");
    for _ in 0..1_000 {
        if all(&**app.platform())[0].progress.state == OutgoingState::Delivered {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        all(&**app.platform())[0].progress.state,
        OutgoingState::Delivered
    );
    stop.send_replace(true);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_address_is_refused_unless_the_operator_allows_it() {
    let bench = Bench::start().await;
    let mut receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let keys = Arc::new(KeyRing::generate().unwrap());
    let store = SqliteStore::open(&folder.path().join("ats.db")).unwrap();
    let (app, stop) = serve(store, keys, false).await;
    let secure = receiver.url.replace("http://", "https://");
    for url in [&receiver.url, &secure] {
        listen(&app, url, None);
    }
    app.platform().emit(&event(&bench, "e", "a")).unwrap();
    let refused = |one: &OutgoingDelivery| {
        let outcome = one.progress.outcome.as_deref();
        outcome.is_some_and(|text| text.contains("--allow-private-network"))
    };
    for _ in 0..2_000 {
        if all(&**app.platform()).iter().all(refused) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let tried = all(&**app.platform());
    assert_eq!(tried.len(), 2);
    assert!(tried.iter().all(refused), "{tried:?}");
    assert!(receiver.rest().is_empty());
    stop.send_replace(true);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_secret_is_replaced_both_sign() {
    let (bench, hand) = bench().await;
    let mut receiver = Receiver::start().await;
    let (mut endpoint, old) = listen(&bench.app, &receiver.url, None);
    let until = hand.passed() + Duration::from_secs(60);
    let end = Timestamp::from(chrono::DateTime::from(
        ats_core::Clock::wall(&hand) + Duration::from_secs(60),
    ));
    let new = endpoint.rotate(bench.app.keys(), end).unwrap();
    bench.app.platform().save_endpoint(&endpoint).unwrap();
    emit(&bench, "both", "a");
    hand.until(|| is(&bench, "both", OutgoingState::Delivered))
        .await;
    let message = receiver.next().await;
    let (by_new, by_old) = (signed(&new, &message.body), signed(&old, &message.body));
    assert_eq!(message.header(SIGNATURE), Some(by_new.as_str()));
    assert_eq!(message.header(PREVIOUS), Some(by_old.as_str()));
    hand.until(|| hand.passed() > until).await;
    emit(&bench, "one", "a");
    hand.until(|| is(&bench, "one", OutgoingState::Delivered))
        .await;
    assert_eq!(receiver.next().await.header(PREVIOUS), None);
    bench.end().await;
}
