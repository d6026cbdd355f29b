//! What is told of, from its cause to whoever listens: the bodies are as they were published, and a
//! crash between the two loses nothing.

use std::sync::Arc;

use ats_core::{IntegrationId, Timestamp};
use ats_http::SystemClock;
use ats_server::{App, Options, Parts, Registry};
use ats_store::{
    EndUser, Integration, IntegrationState, NewPass, PRODUCTION, PassEnd, PassKind, PassState,
    Settings, Store, WebhookEndpoint, sqlite::SqliteStore, vault::KeyRing,
};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    connect_pages::{connected, give, link, path, try_key, unread},
    support::{
        assert_webhook,
        browser::{assert_page, hidden},
        receiver::{Receiver, listen},
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_told_of_from_the_first_wrong_key_to_the_end() {
    let bench = unread().await;
    let mut receiver = Receiver::start().await;
    listen(&bench.app, &receiver.url, None);
    let mut browser = give(&bench, &link(&bench));
    let refused = try_key(&mut browser, &bench.simulator, "nonsense").await;
    assert_page(&refused, StatusCode::UNPROCESSABLE_ENTITY);
    let failed = receiver.next_of("connection-flow-failed").await.json();
    assert_webhook("connection-flow-failed", &failed);
    let user = json!({
        "organization_name": "Globex",
        "creator_email": "it@globex.example",
        "origin_id": "globex-1",
    });
    assert_eq!(failed["data"]["integration_tool"], "ashby");
    assert_eq!(failed["data"]["end_user"], user);
    let log_url = failed["data"]["log_url"].as_str().unwrap();
    assert!(log_url.contains("/logs/"), "{log_url}");

    let key = bench.simulator.key();
    let scope = try_key(&mut browser, &bench.simulator, &key).await;
    let attempt = hidden(&scope.text, "attempt");
    let inputs = [("attempt", attempt.as_str())];
    let done = browser.post(&path("/connect"), &inputs).await;
    assert_page(&done, StatusCode::OK);
    let made = connected(&bench);
    let created = receiver.next_of("integration-created").await.json();
    assert_webhook("integration-created", &created);
    assert_eq!(created["data"]["id"], made.id.as_str());
    assert_eq!(created["data"]["tool"], "ashby");
    assert_eq!(created["data"]["end_user"], user);

    let of_it = format!("/v1/integrations/{}", made.id);
    for (value, state) in [(false, "INACTIVE"), (true, "ACTIVE")] {
        let body = Some(json!({ "value": value }));
        let enabled = format!("{of_it}/enabled");
        bench.send(Method::PUT, &enabled, body).await.data();
        let changed = receiver.next_of("integration-state-changed").await.json();
        assert_webhook("integration-state-changed", &changed);
        assert_eq!(changed["data"]["state"], state);
        assert_eq!(changed["data"]["integration_id"], made.id.as_str());
        assert_eq!(changed["data"]["end_user"], user);
    }
    let body = Some(json!({}));
    bench.send(Method::DELETE, &of_it, body).await.data();
    let deleted = receiver.next_of("integration-deleted").await.json();
    assert_webhook("integration-deleted", &deleted);
    assert_eq!(deleted["data"]["id"], made.id.as_str());
    assert_eq!(deleted["data"]["end_user"], user);
    // The link that made it is gone too: it named the customer.
    let left = bench.app.platform().link(crate::connect_pages::TOKEN);
    assert_eq!(left.unwrap(), None);
    bench.end().await;
}

/// An integration that nobody reads, as long as nobody enables it.
fn disabled(keys: &KeyRing, now: Timestamp) -> Integration {
    let id = IntegrationId::derive("ashby", "acme");
    Integration {
        credentials: keys.seal_credentials(&[].into(), &id).unwrap(),
        id,
        connector: "ashby".to_owned(),
        name: "acme".to_owned(),
        base_url: None,
        state: IntegrationState::Disabled,
        environment: PRODUCTION.to_owned(),
        end_user: EndUser::named("acme"),
        settings: Settings::default(),
        created_at: now,
        credentials_changed_at: now,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_ended_before_a_crash_is_told_after_it() {
    let mut receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("ats.db")).unwrap();
    let keys = Arc::new(KeyRing::generate().unwrap());
    let now = Timestamp::parse("2026-01-01").unwrap();
    let one = disabled(&keys, now);
    store.save_integration(&one).unwrap();
    let new = NewPass {
        id: "the-pass".to_owned(),
        kind: PassKind::Full,
        whole: true,
        started_at: now,
    };
    let pass = store.begin_pass(&one.id, &new).unwrap();
    let end = PassEnd {
        state: PassState::Succeeded,
        ended_at: now,
        problem: None,
    };
    // The process ends here, before anybody is told.
    store.end_pass(pass, &end).unwrap();
    let made = WebhookEndpoint::generate(&keys, PRODUCTION, &receiver.url, None, now);
    ats_store::Outbox::save_endpoint(&store, &made.unwrap().0).unwrap();

    let mut options = Options::new("https://ats.example.com".parse().unwrap());
    options.allow_private_network = true;
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
    let served = tokio::spawn(ats_server::serve(app, listener, stopping));
    let finished = receiver.next_of("sync-finished").await.json();
    assert_webhook("sync-finished", &finished);
    assert_eq!(finished["data"]["sync_id"], "the-pass");
    assert_eq!(finished["data"]["integration_id"], one.id.as_str());
    stop.send_replace(true);
    served.await.unwrap().unwrap();
}
