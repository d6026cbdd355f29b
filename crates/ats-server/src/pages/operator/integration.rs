//! One integration: its models, its passes, what was lost, events in, actions, settings, and the
//! buttons.

use ats_core::{IntegrationId, Timestamp};
use ats_store::{
    ActionState, DeliveryState, Integration, IntegrationState, PassKind, SubscriptionState,
};
use axum::{
    extract::{Path, State},
    response::Redirect,
};
use maud::{Markup, html};

use super::{
    facts::{Facts, More, SHOWN},
    overview::{REFRESH, address, standing},
    passes,
    session::{Operator, Posted},
};
use crate::{
    ApiError, App,
    pages::{
        failure::Failure,
        layout::{Page, Section, Tone, crumbs, moment, number, spoken, tag, token, wide},
    },
};

/// The integration of this id.
pub(super) async fn found(app: &App, id: &str) -> Result<Integration, Failure> {
    let unknown = Failure::NotFound("There is no such integration.");
    let Ok(id) = id.parse::<IntegrationId>() else {
        return Err(unknown);
    };
    let found = app
        .stored(move |platform| platform.integration(&id))
        .await?;
    found.ok_or(unknown)
}

pub(super) async fn integration(
    State(app): State<App>,
    Path(id): Path<String>,
    operator: Operator,
) -> Result<Page, Failure> {
    let one = found(&app, &id).await?;
    let more = More::gather(&app, &one).await?;
    let facts = Facts::gather(&app, one).await?;
    let now = app.now();
    let one = &facts.integration;
    let home = address(one);
    let content = html! {
        (crumbs(&[("/", "Integrations")], &one.name))
        div.head { h1 { (one.name) } (standing(&facts)) }
        @if let Some(progress) = &facts.progress { (passes::progress(progress, now)) }
        @for problem in facts.problems() { p.note.warn { (problem) } }
        div.sheet {
            (about(one, &facts, now))
            (buttons(one, &home, operator.csrf()))
        }
        h2 #models { "Models" }
        (models(&facts, &home, now))
        h2 #syncs { "Syncs" }
        @if facts.passes.is_empty() { p { "None yet." } }
        @else { (passes::table(&home, facts.passes.get(..20).unwrap_or(&facts.passes), now)) }
        h2 #losses { "What could not be taken over" }
        (lost(&more))
        h2 #events { "Events of the vendor" }
        (events(&more, now))
        h2 #actions { "Actions" }
        (actions(&more, now))
        h2 #settings { "Settings" }
        (settings(one))
        p { "Webhooks that tell others of changes are on " a href="/webhooks" { "their own page" } ", requests about this integration in the " a href=(format!("/logs?integration={}", one.id)) { "request log" } "." }
    };
    let running = facts.is_running();
    let title = one.name.clone();
    let page = Page::operator(title, Section::Integrations, Some(operator.csrf()), content);
    Ok(page.refreshed(running.then_some(REFRESH)))
}

/// `POST /integrations/{id}/sync`.
pub(super) async fn sync(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    let one = found(&app, &id).await?;
    if one.state != IntegrationState::Active {
        return Err(Failure::Invalid(
            "The integration is not active; enable it first.".to_owned(),
        ));
    }
    let kind = match posted.text("kind") {
        "FULL" => PassKind::Full,
        _ => PassKind::Delta,
    };
    app.runner().force(&app, &one, kind).await?;
    Ok(Redirect::to(&address(&one)))
}

/// `POST /integrations/{id}/state`.
pub(super) async fn state(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    let one = found(&app, &id).await?;
    let wanted = match posted.text("state") {
        "ACTIVE" => IntegrationState::Active,
        "DISABLED" => IntegrationState::Disabled,
        _ => return Err(Failure::Invalid("There is no such state.".to_owned())),
    };
    switch(&app, &one, wanted).await?;
    Ok(Redirect::to(&address(&one)))
}

async fn switch(app: &App, one: &Integration, wanted: IntegrationState) -> Result<(), ApiError> {
    let id = one.id.clone();
    app.stored(move |platform| {
        let Some(mut one) = platform.integration(&id)? else {
            return Ok(());
        };
        one.state = wanted;
        platform.save_integration(&one)
    })
    .await?;
    if wanted == IntegrationState::Disabled {
        app.runner().cancel(&one.id);
    }
    app.wake();
    Ok(())
}

fn about(one: &Integration, facts: &Facts, now: Timestamp) -> Markup {
    html! {
        dl.facts {
            dt { "Id" } dd { code { (one.id) } }
            dt { "Tool" } dd { (one.connector) @if let Some(url) = &one.base_url { " at " code { (without_password(url)) } } }
            dt { "Environment" } dd { (one.environment) }
            dt { "Organisation" } dd { (one.end_user.organization_name) }
            @if let Some(email) = &one.end_user.creator_email { dt { "Connected by" } dd { (email) } }
            @if let Some(origin) = &one.end_user.origin_id { dt { "Their id" } dd { code { (origin) } } }
            dt { "Connected" } dd { (moment(one.created_at, now)) }
            dt { "Credentials from" } dd { (moment(one.credentials_changed_at, now)) }
            dt { "Records" } dd { (number(facts.records())) }
            dt { "Next sync" }
            dd { @match &facts.next { Some(next) => { (passes::kind_word(next.kind)) ", " (moment(next.at.max(now), now)) }, None => { "not planned" } } }
        }
    }
}

fn buttons(one: &Integration, home: &str, csrf: &str) -> Markup {
    let is_active = one.state == IntegrationState::Active;
    let button = |kind: &str, text: &str, class: &str| {
        html! {
            form method="post" action=(format!("{home}/sync")) data-once {
                (token(csrf))
                input type="hidden" name="kind" value=(kind);
                button class=(class) type="submit" data-busy="Starting…" { (text) }
            }
        }
    };
    html! {
        div.actions {
            @if is_active {
                (button("DELTA", "Sync what changed", "main"))
                (button("FULL", "Sync everything", ""))
            }
            form method="post" action=(format!("{home}/state")) data-once {
                (token(csrf))
                input type="hidden" name="state" value=(if is_active { "DISABLED" } else { "ACTIVE" });
                button class=[is_active.then_some("danger")] type="submit" { @if is_active { "Disable" } @else { "Enable" } }
            }
        }
    }
}

fn models(facts: &Facts, home: &str, now: Timestamp) -> Markup {
    wide(
        "Models",
        html! {
            table {
                thead { tr { th scope="col" { "Model" } th.number scope="col" { "Records" } th.number scope="col" { "Gone" } th scope="col" { "Fresh as of" } } }
                tbody {
                    @for model in &facts.models {
                        @let count = facts.counts.get(model).copied().unwrap_or_default();
                        tr {
                            th scope="row" { a href=(format!("{home}/data/{model}")) { (spoken(model.name())) } }
                            td.number { (number(count.live)) }
                            td.number { (number(count.deleted)) }
                            td {
                                @if !facts.integration.settings.scope.allows_model(*model) { (tag(Tone::Plain, "switched off")) }
                                @else if let Some(at) = facts.fresh.get(model) { (moment(*at, now)) }
                                @else { "not read yet" }
                            }
                        }
                    }
                }
            }
        },
    )
}

fn lost(more: &More) -> Markup {
    html! {
        @if more.losses.is_empty() && more.rejects.is_empty() {
            p { "Nothing: every value and every row of the vendor was understood." }
        }
        @if !more.losses.is_empty() {
            (wide("Losses", html! {
                table {
                    caption { "Values that were left empty" @if more.losses.len() == SHOWN { ", the first " (SHOWN) } }
                    thead { tr { th scope="col" { "Place" } th scope="col" { "Expected" } th scope="col" { "Document" } } }
                    tbody { @for loss in &more.losses { tr {
                        th scope="row" { code { (loss.endpoint) ":" (loss.path) } }
                        td { (loss.expected) }
                        td { (loss.stream) " " code { (loss.bundle) } }
                    } } }
                }
            }))
        }
        @if !more.rejects.is_empty() {
            (wide("Rejects", html! {
                table {
                    caption { "Rows that were left out" @if more.rejects.len() == SHOWN { ", the first " (SHOWN) } }
                    thead { tr { th scope="col" { "Endpoint" } th scope="col" { "Why" } } }
                    tbody { @for reject in &more.rejects { tr { th scope="row" { code { (reject.endpoint) } } td { (reject.reason) } } } }
                }
            }))
        }
    }
}

fn events(more: &More, now: Timestamp) -> Markup {
    html! {
        @if more.subscriptions.is_empty() {
            p { "Not subscribed; changes arrive with the next sync. " code { "ats subscriptions create" } " subscribes." }
        } @else {
            ul.row aria-label="Subscriptions" {
                @for one in &more.subscriptions {
                    @let (tone, word) = match one.state {
                        SubscriptionState::Pending => (Tone::Warn, "waiting for the vendor"),
                        SubscriptionState::Active => (Tone::Good, "active"),
                        SubscriptionState::Ending => (Tone::Plain, "ending"),
                    };
                    li { code { (one.event) } " " (tag(tone, word)) }
                }
            }
        }
        @if !more.deliveries.is_empty() {
            (wide("Events that came", html! {
                table {
                    caption { "The last events that came" }
                    thead { tr { th scope="col" { "Came" } th scope="col" { "Event" } th scope="col" { "State" } th.number scope="col" { "Tries" } th scope="col" { "Problem" } } }
                    tbody { @for one in &more.deliveries {
                        @let (tone, word) = match one.progress.state {
                            DeliveryState::Waiting => (Tone::Busy, "waiting"),
                            DeliveryState::Done => (Tone::Good, "done"),
                            DeliveryState::Failed => (Tone::Bad, "given up"),
                        };
                        tr {
                            th scope="row" { (moment(one.received_at, now)) }
                            td { code { (one.event) } }
                            td { (tag(tone, word)) }
                            td.number { (one.progress.attempts) }
                            td { @if let Some(problem) = &one.progress.problem { (problem.message) } }
                        }
                    } }
                }
            }))
        }
    }
}

fn actions(more: &More, now: Timestamp) -> Markup {
    html! {
        @if more.actions.is_empty() { p { "None yet." } }
        @else {
            (wide("Actions", html! {
                table {
                    thead { tr { th scope="col" { "Began" } th scope="col" { "Action" } th scope="col" { "Outcome" } } }
                    tbody { @for one in &more.actions {
                        @let (tone, word) = action_tone(one.state);
                        tr { th scope="row" { (moment(one.started_at, now)) } td { (spoken(&one.action)) } td { (tag(tone, word)) } }
                    } }
                }
            }))
        }
    }
}

fn action_tone(state: ActionState) -> (Tone, &'static str) {
    match state {
        ActionState::Planned => (Tone::Busy, "nothing sent yet"),
        ActionState::Sent => (Tone::Busy, "under way"),
        ActionState::Confirmed => (Tone::Good, "done"),
        ActionState::Unknown => (Tone::Warn, "answer lost"),
        ActionState::Failed => (Tone::Bad, "failed"),
    }
}

fn settings(one: &Integration) -> Markup {
    let settings = &one.settings;
    let yes = |on: bool| if on { "yes" } else { "no" };
    html! {
        div.sheet {
            dl.facts {
                dt { "Raw documents shown" } dd { (yes(settings.remote_data)) }
                dt { "Only what was created here" } dd { (yes(settings.sync_only_created)) }
                dt { "Changes are read every" } dd { (settings.delta_interval.as_secs() / 60) " min" }
                dt { "Everything is read every" } dd { (settings.full_interval.as_secs() / 3600) " h" }
                dt { "Usual source" } dd { @match &settings.default_source { Some(source) => { (source) }, None => { "none" } } }
                @for (name, on) in &settings.switches { dt { (spoken(name)) } dd { (yes(*on)) } }
                dt { "Switched off" }
                dd {
                    @if settings.scope.is_whole() { "nothing" }
                    @else {
                        @for model in &settings.scope.models_off { code { (model) } " " }
                        @for (model, fields) in &settings.scope.fields_off { @for field in fields { code { (model) "." (field) } " " } }
                        @for action in &settings.scope.actions_off { code { (action) } " " }
                    }
                }
            }
            p.small.quiet { code { "ats integrations set" } " changes them." }
        }
    }
}

/// An address without a password in it.
fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() || !parsed.username().is_empty() => {
            // Neither fails on an address that has a host.
            let _ = parsed.set_password(None);
            let _ = parsed.set_username("");
            parsed.to_string()
        }
        _ => url.to_owned(),
    }
}
