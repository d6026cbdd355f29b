//! The sender: what is due is sent, endpoints side by side, and what fails is tried later.
//!
//! It wakes when something new is written down and when something is due. Another process may have
//! written too, so it looks now and then.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use ats_core::Timestamp;
use ats_http::Deliverer;
use ats_store::{OutgoingDelivery, WebhookEndpoint};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use url::Url;

use super::{
    policy::{self, Tried},
    sign,
};
use crate::{App, runner};

/// So many deliveries are on their way at once, and so many of them to one endpoint.
const AT_ONCE: usize = 64;
const AT_ONCE_TO_ONE: usize = 8;

/// So many that are due are looked at.
const LOOKED_AT: usize = 1_000;

/// How long a receiver may take.
const TIME: Duration = Duration::from_secs(10);

/// The longest time for which what another process has written goes unnoticed.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked for what nobody has told of, and for what is old.
const CATCH_UP: Duration = Duration::from_secs(30);

/// How long events are kept.
const KEPT_DAYS: i64 = 30;

/// What is delivered in one order: an endpoint, and an integration or an event.
type Lane = (String, String);

/// Sends until the server stops; then ends what is on its way.
pub(crate) async fn run(app: App) {
    let mut stop = app.runner().stopping();
    let deliverer = Deliverer::new(app.options().allow_private_network, TIME);
    let mut sending = JoinSet::new();
    let mut busy: HashSet<Lane> = HashSet::new();
    // What is due waits for no look at all integrations.
    let catching_up = tokio::spawn(keep_caught_up(app.clone()));
    loop {
        begin(&app, &deliverer, &mut sending, &mut busy).await;
        let wait = until_next(&app).await;
        tokio::select! {
            biased;
            () = runner::asked(&mut stop) => break,
            Some(ended) = sending.join_next() => forget(&mut busy, ended),
            () = app.runner().outgoing().more.notified() => {}
            () = app.clock().sleep(wait) => {}
        }
    }
    while sending.join_next().await.is_some() {}
    if let Err(failed) = catching_up.await {
        tracing::error!(error = %failed, "the look for what nobody has told of ended badly");
    }
}

fn forget(busy: &mut HashSet<Lane>, ended: Result<Lane, tokio::task::JoinError>) {
    match ended {
        Ok(lane) => {
            busy.remove(&lane);
        }
        Err(failed) => {
            tracing::error!(error = %failed, "a delivery ended badly");
            // Whose it was is not known; what is sent twice is known by its id.
            busy.clear();
        }
    }
}

/// Puts on its way what is due, as far as there is room.
async fn begin(
    app: &App,
    deliverer: &Deliverer,
    sending: &mut JoinSet<Lane>,
    busy: &mut HashSet<Lane>,
) {
    let now = app.now();
    let found = app.stored(move |platform| {
        let due = platform.due_outgoing(now, LOOKED_AT)?;
        let endpoints = match due.is_empty() {
            true => Vec::new(),
            false => platform.endpoints()?,
        };
        Ok((due, endpoints))
    });
    let Ok((due, endpoints)) = found.await else {
        return;
    };
    let endpoints: BTreeMap<String, Arc<WebhookEndpoint>> = endpoints
        .into_iter()
        .map(|endpoint| (endpoint.id.clone(), Arc::new(endpoint)))
        .collect();
    for delivery in due {
        let Some(endpoint) = endpoints.get(&delivery.endpoint) else {
            continue;
        };
        let lane = lane(&delivery);
        let to_it = busy.iter().filter(|(id, _)| *id == lane.0).count();
        if busy.contains(&lane) || to_it >= AT_ONCE_TO_ONE || busy.len() >= AT_ONCE {
            continue;
        }
        busy.insert(lane.clone());
        let (app, deliverer) = (app.clone(), deliverer.clone());
        let endpoint = Arc::clone(endpoint);
        sending.spawn(async move {
            deliver(&app, &deliverer, &endpoint, &delivery).await;
            lane
        });
    }
}

fn lane(delivery: &OutgoingDelivery) -> Lane {
    let event = &delivery.event;
    let lane = event.integration.as_ref();
    let lane = lane.map_or_else(|| event.id.clone(), ToString::to_string);
    (delivery.endpoint.clone(), lane)
}

/// Tries one delivery and writes down what came of it.
async fn deliver(
    app: &App,
    deliverer: &Deliverer,
    endpoint: &WebhookEndpoint,
    delivery: &OutgoingDelivery,
) {
    let tried = attempt(app, deliverer, endpoint, delivery).await;
    let progress = policy::after(&delivery.progress, &tried, app.now(), rand::random());
    let state = progress.state;
    let labels = [
        ("type", delivery.event.kind.clone()),
        ("state", format!("{state:?}").to_lowercase()),
    ];
    metrics::counter!("ats_webhooks_sent_total", &labels).increment(1);
    tracing::info!(
        event = delivery.event.id,
        kind = delivery.event.kind,
        endpoint = endpoint.id,
        attempt = progress.attempts,
        outcome = progress.outcome,
        ?state,
        "a webhook was sent"
    );
    let key = delivery.key;
    let settled = app.stored(move |platform| platform.settle_outgoing(key, &progress));
    if settled.await.is_err() {
        // It is due still; it must not be sent as fast as it can.
        app.clock().sleep(PATIENCE).await;
    }
}

async fn attempt(
    app: &App,
    deliverer: &Deliverer,
    endpoint: &WebhookEndpoint,
    delivery: &OutgoingDelivery,
) -> Tried {
    let Ok(url) = Url::parse(&endpoint.url) else {
        return Tried::Failed("the endpoint's address is none".to_owned());
    };
    let secrets = match endpoint.secrets(app.keys(), app.now()) {
        Ok(secrets) => secrets,
        Err(error) => return Tried::Failed(format!("the endpoint's secret: {error}")),
    };
    let body = delivery.event.body.clone().into_bytes();
    let names = [sign::SIGNATURE, sign::PREVIOUS_SIGNATURE];
    let headers: Vec<(&'static str, String)> = names
        .into_iter()
        .zip(&secrets)
        .map(|(name, secret)| (name, sign::signature(secret, &body)))
        .collect();
    match deliverer.post(&url, &headers, body).await {
        Ok(answer) => Tried::Answered {
            status: answer.status,
            retry_after: answer.retry_after,
        },
        Err(error) => Tried::Failed(error.to_string()),
    }
}

/// How long nothing is due that is not already.
async fn until_next(app: &App) -> Duration {
    let now = app.now();
    let next = app
        .stored(move |platform| platform.next_outgoing(now))
        .await;
    let until = |next: Timestamp| {
        let wait = DateTime::<Utc>::from(next) - DateTime::<Utc>::from(now);
        wait.to_std().unwrap_or_default()
    };
    next.ok().flatten().map_or(PATIENCE, until).min(PATIENCE)
}

/// Catches up now and then until the server stops.
async fn keep_caught_up(app: App) {
    let mut stop = app.runner().stopping();
    loop {
        catch_up(&app).await;
        tokio::select! {
            biased;
            () = runner::asked(&mut stop) => break,
            () = app.clock().sleep(CATCH_UP) => {}
        }
    }
}

/// Tells of changes and ends of passes that whoever made them has not told of: another process, or
/// one that died before it did. Takes away what is old.
async fn catch_up(app: &App) {
    let old = DateTime::<Utc>::from(app.now()) - TimeDelta::days(KEPT_DAYS);
    let all = app.stored(move |platform| {
        platform.prune_outbox(old.into())?;
        platform.integrations()
    });
    let Ok(all) = all.await else {
        return;
    };
    for one in all {
        super::data_changed(app, &one.id).await;
        super::sync_finished(app, &one.id).await;
    }
}
