//! One integration: its models, its passes, what was lost, events in, actions, settings, and the
//! buttons.

use ats_core::{IntegrationId, Timestamp};
use ats_store::{Integration, IntegrationState, PassKind};
use axum::{
    extract::{Path, State},
    response::Redirect,
};
use maud::{Markup, html};

use super::{
    facts::{Facts, More, SHOWN},
    overview::{REFRESH, address, standing},
    parts::{actions, events, lost, models, settings},
    passes,
    session::{Operator, Posted},
    webhooks,
};
use crate::{
    App,
    pages::{
        failure::Failure,
        layout::{Page, Section, crumbs, moment, number, token},
    },
    switch::switch,
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
    let (told, endpoints) = webhooks::about(&app, &one.id, SHOWN).await?;
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
        h2 #told { "What others were told" }
        @if told.is_empty() { p { "Nothing yet." } } @else { (webhooks::sent(&told, &endpoints, operator.csrf(), now)) }
        h2 #actions { "Actions" }
        (actions(&more, now))
        h2 #settings { "Settings" }
        (settings(one))
        p { "All webhooks are on " a href="/webhooks" { "their own page" } ", requests about this integration in the " a href=(format!("/logs?integration={}", one.id)) { "request log" } "." }
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
    let enabled = match posted.text("state") {
        "ACTIVE" => true,
        "DISABLED" => false,
        _ => return Err(Failure::Invalid("There is no such state.".to_owned())),
    };
    switch(&app, &one.id, enabled).await?;
    Ok(Redirect::to(&address(&one)))
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
    if one.state == IntegrationState::Invalid {
        return html! {
            p { "The vendor refuses the credentials, so nothing is read. " code { "POST /v1/integrations/" (one.id) "/relink" } " gives a link with which the customer enters new ones; " code { "ats connect" } " replaces them here." }
        };
    }
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
