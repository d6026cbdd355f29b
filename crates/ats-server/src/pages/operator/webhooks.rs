//! Webhooks to others: who is told, what was told, and a button that sends it again.

use std::collections::BTreeSet;

use ats_core::{IntegrationId, Timestamp};
use ats_store::{OutgoingDelivery, OutgoingQuery, OutgoingState, Replay, WebhookEndpoint};
use axum::{
    extract::{Path, Query, State},
    response::Redirect,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::session::{Operator, Posted};
use crate::{
    App, outgoing,
    pages::{
        failure::Failure,
        layout::{Page, Section, Tone, moment, tag, token, wide},
    },
};

/// So many deliveries are shown.
const SHOWN: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    state: String,
    endpoint: String,
}

/// The states by their names in the query.
const STATES: [(&str, OutgoingState, &str); 3] = [
    ("WAITING", OutgoingState::Waiting, "waiting"),
    ("DELIVERED", OutgoingState::Delivered, "delivered"),
    ("DEAD", OutgoingState::Dead, "given up"),
];

/// `GET /webhooks`.
pub(super) async fn all(
    State(app): State<App>,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Page, Failure> {
    let state = STATES.iter().find(|(name, _, _)| *name == asked.state);
    let query = OutgoingQuery {
        state: state.map(|(_, state, _)| *state),
        endpoint: (!asked.endpoint.is_empty()).then(|| asked.endpoint.clone()),
        limit: SHOWN,
        ..OutgoingQuery::default()
    };
    let (endpoints, deliveries) = app
        .stored(move |platform| Ok((platform.endpoints()?, platform.outgoing(&query)?)))
        .await?;
    let now = app.now();
    let csrf = operator.csrf();
    let content = html! {
        h1 { "Webhooks" }
        h2 #endpoints { "Endpoints" }
        @if endpoints.is_empty() {
            p { "Nobody is told of changes. " code { "ats webhooks add --url URL" } " adds an endpoint." }
        } @else { (table(&endpoints, now)) }
        h2 #deliveries { "Deliveries" }
        (form(&asked, &endpoints))
        @if deliveries.is_empty() { p.sheet role="status" { "No delivery is like that." } }
        @else { (sent(&deliveries, &endpoints, csrf, now)) }
        @if !endpoints.is_empty() { section.sheet aria-labelledby="again" {
            h2 #again { "Send again what was told since a day" }
            form method="post" action="/webhooks/replay" data-once {
                (token(csrf))
                div.filters {
                    div.field {
                        label for="environment" { "Environment" }
                        select #environment name="environment" {
                            @for name in environments(&endpoints) { option { (name) } }
                        }
                    }
                    div.field { label for="since" { "Since" } input #since name="since" type="date" required; }
                    div { button type="submit" { "Send all of it again" } }
                }
            }
        } }
    };
    Ok(Page::operator(
        "Webhooks",
        Section::Webhooks,
        Some(csrf),
        content,
    ))
}

/// `POST /webhooks/events/{id}/replay`.
pub(super) async fn replay(
    State(app): State<App>,
    Path(id): Path<String>,
    _posted: Posted,
) -> Result<Redirect, Failure> {
    let now = app.now();
    let again = app
        .stored(move |platform| platform.replay(&Replay::Event(id), now))
        .await?;
    if again == 0 {
        return Err(Failure::NotFound(
            "The event is no longer kept, or no endpoint wants it any more.",
        ));
    }
    outgoing::wake(&app);
    Ok(Redirect::to("/webhooks#deliveries"))
}

/// `POST /webhooks/replay`.
pub(super) async fn replay_since(
    State(app): State<App>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    let Some(since) = Timestamp::parse(posted.text("since").trim()) else {
        return Err(Failure::Invalid("Write the day as 2026-01-31.".to_owned()));
    };
    let wanted = Replay::Since {
        environment: posted.text("environment").to_owned(),
        moment: since,
    };
    let now = app.now();
    let again = app
        .stored(move |platform| platform.replay(&wanted, now))
        .await?;
    tracing::info!(deliveries = again, "what was told is told again");
    outgoing::wake(&app);
    Ok(Redirect::to("/webhooks#deliveries"))
}

/// The latest deliveries about one integration, with their endpoints.
pub(super) async fn about(
    app: &App,
    integration: &IntegrationId,
    limit: usize,
) -> Result<(Vec<OutgoingDelivery>, Vec<WebhookEndpoint>), Failure> {
    let query = OutgoingQuery {
        integration: Some(integration.clone()),
        limit,
        ..OutgoingQuery::default()
    };
    let found = app.stored(move |platform| Ok((platform.outgoing(&query)?, platform.endpoints()?)));
    Ok(found.await?)
}

/// Deliveries, each with a button that sends its event again.
pub(super) fn sent(
    deliveries: &[OutgoingDelivery],
    endpoints: &[WebhookEndpoint],
    csrf: &str,
    now: Timestamp,
) -> Markup {
    let url = |id: &str| {
        let found = endpoints.iter().find(|endpoint| endpoint.id == id);
        found.map_or("an endpoint that was removed", |endpoint| {
            endpoint.url.as_str()
        })
    };
    wide(
        "Deliveries",
        html! {
            table {
                thead { tr {
                    th scope="col" { "When" } th scope="col" { "Event" } th scope="col" { "To" } th scope="col" { "State" }
                    th.number scope="col" { "Tries" } th scope="col" { "Last answer" } th scope="col" { span.visually-hidden { "Send again" } }
                } }
                tbody {
                    @for one in deliveries {
                        tr {
                            th scope="row" { (moment(one.event.at, now)) }
                            td {
                                details {
                                    summary { (one.event.kind) }
                                    div.small { code { (one.event.id) } }
                                    pre tabindex="0" aria-label="What is sent" { code { (pretty(&one.event.body)) } }
                                }
                            }
                            td { (url(&one.endpoint)) }
                            td { (standing(one, now)) }
                            td.number { (one.progress.attempts) }
                            td {
                                @if let Some(outcome) = &one.progress.outcome { (outcome) }
                                @if let Some(at) = one.progress.tried_at { " " span.small.quiet { (moment(at, now)) } }
                            }
                            td {
                                form method="post" action=(format!("/webhooks/events/{}/replay", one.event.id)) data-once {
                                    (token(csrf))
                                    button type="submit" aria-label=(format!("Send again: {}", one.event.kind)) { "Send again" }
                                }
                            }
                        }
                    }
                }
            }
        },
    )
}

/// The environments that somebody listens in.
fn environments(endpoints: &[WebhookEndpoint]) -> BTreeSet<&str> {
    let names = endpoints
        .iter()
        .map(|endpoint| endpoint.environment.as_str());
    names.collect()
}

fn standing(one: &OutgoingDelivery, now: Timestamp) -> Markup {
    let progress = &one.progress;
    match progress.state {
        OutgoingState::Delivered => tag(Tone::Good, "delivered"),
        OutgoingState::Dead => tag(Tone::Bad, "given up"),
        OutgoingState::Waiting if progress.attempts == 0 => tag(Tone::Busy, "waiting"),
        OutgoingState::Waiting => html! {
            (tag(Tone::Warn, "refused")) " " span.small { "next try " (moment(progress.not_before.max(now), now)) }
        },
    }
}

fn table(endpoints: &[WebhookEndpoint], now: Timestamp) -> Markup {
    wide(
        "Endpoints",
        html! {
            table {
                thead { tr { th scope="col" { "Address" } th scope="col" { "Environment" } th scope="col" { "Events" } th scope="col" { "Added" } th scope="col" { "Id" } } }
                tbody {
                    @for one in endpoints {
                        tr {
                            th scope="row" { a href=(format!("/webhooks?endpoint={}", one.id)) { (one.url) } }
                            td { (one.environment) }
                            td { @match &one.events {
                                None => { "all" },
                                Some(events) => { (events.iter().map(String::as_str).collect::<Vec<_>>().join(", ")) },
                            } }
                            td { (moment(one.created_at, now)) }
                            td { code { (one.id) } }
                        }
                    }
                }
            }
        },
    )
}

fn form(asked: &Asked, endpoints: &[WebhookEndpoint]) -> Markup {
    html! {
        form.sheet method="get" action="/webhooks" {
            div.filters {
                div.field {
                    label for="state" { "State" }
                    select #state name="state" {
                        option value="" { "All" }
                        @for (name, _, word) in STATES { option value=(name) selected[asked.state == name] { (word) } }
                    }
                }
                div.field {
                    label for="endpoint" { "Endpoint" }
                    select #endpoint name="endpoint" {
                        option value="" { "All" }
                        @for one in endpoints { option value=(one.id) selected[asked.endpoint == one.id] { (one.url) } }
                    }
                }
                div { button.main type="submit" { "Show" } }
            }
        }
    }
}

/// The body, so that it can be read; as it is where it is no JSON.
fn pretty(body: &str) -> String {
    let value: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let text = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    text.unwrap_or_else(|| body.to_owned())
}
