//! The first page: every integration and how it stands.

use ats_core::Timestamp;
use ats_store::{Integration, IntegrationState, PassState};
use axum::extract::State;
use maud::{Markup, html};

use super::{facts::Facts, passes, session::Operator};
use crate::{
    App,
    pages::{
        failure::Failure,
        layout::{Page, Section, Tone, moment, number, spoken, tag},
    },
};

/// While a pass runs, the page looks again after so many seconds.
pub(super) const REFRESH: u32 = 5;

pub(super) async fn overview(State(app): State<App>, operator: Operator) -> Result<Page, Failure> {
    let all = app.stored(|platform| platform.integrations()).await?;
    let mut facts = Vec::with_capacity(all.len());
    for one in all {
        facts.push(Facts::gather(&app, one).await?);
    }
    let running = facts.iter().any(Facts::is_running);
    let now = app.now();
    let content = html! {
        div.head {
            h1 { "Integrations" }
            p.quiet { (facts.len()) @if facts.len() == 1 { " integration" } @else { " integrations" } }
        }
        @if facts.is_empty() {
            div.sheet {
                p { "Nothing is connected yet." }
                p { "Make a link with " code { "POST /v1/connect/create-link" } " and open it, or run " code { "ats connect" } ". For the API you need a key: " a href="/keys" { "make one" } "." }
            }
        }
        ul.cards {
            @for one in &facts { li { (card(one, now)) } }
        }
    };
    let page = Page::operator(
        "Integrations",
        Section::Integrations,
        Some(operator.csrf()),
        content,
    );
    Ok(page.refreshed(running.then_some(REFRESH)))
}

fn card(facts: &Facts, now: Timestamp) -> Markup {
    let one = &facts.integration;
    let problems = facts.problems();
    html! {
        article.sheet aria-label=(one.name) {
            div.head {
                h2 { a href=(address(one)) { (one.name) } }
                (standing(facts))
            }
            dl.facts {
                dt { "Tool" } dd { (one.connector) }
                dt { "Environment" } dd { (one.environment) }
                dt { "Records" } dd { (number(facts.records())) }
                dt { "Fresh as of" }
                dd { @match facts.oldest() { Some(at) => { (moment(at, now)) }, None => { "not read yet" } } }
                dt { "Last sync" }
                dd { @match facts.passes.first() { Some(pass) => { (passes::brief(pass, now)) }, None => { "none yet" } } }
                dt { "Next sync" }
                dd { @match &facts.next { Some(next) => { (passes::kind_word(next.kind)) ", " (moment(next.at.max(now), now)) }, None => { "not planned" } } }
            }
            @if let Some(progress) = &facts.progress { (passes::progress(progress, now)) }
            @if !facts.fresh.is_empty() {
                details.small {
                    summary { "Freshness by model" }
                    ul { @for (model, at) in &facts.fresh { li { (spoken(model.name())) ": " (moment(*at, now)) } } }
                }
            }
            @if let Some(problem) = problems.first() {
                p.note.warn {
                    (problem)
                    @if problems.len() > 1 { " " a href=(address(one)) { "and " (problems.len() - 1) " more" } }
                }
            }
        }
    }
}

/// Where the page of an integration is.
pub(super) fn address(one: &Integration) -> String {
    format!("/integrations/{}", one.id)
}

/// How an integration stands, in one word.
pub(super) fn standing(facts: &Facts) -> Markup {
    let (tone, word) = match facts.integration.state {
        IntegrationState::Disabled => (Tone::Plain, "disabled"),
        IntegrationState::Invalid => (Tone::Bad, "credentials invalid"),
        IntegrationState::Active if facts.is_running() => (Tone::Busy, "syncing"),
        IntegrationState::Active if facts.broken.is_some() => (Tone::Bad, "cannot run"),
        IntegrationState::Active => match facts.passes.first() {
            None => (Tone::Plain, "waiting"),
            Some(pass) if pass.state == PassState::Succeeded => (Tone::Good, "up to date"),
            Some(pass) => passes::tone_of(pass.state),
        },
    };
    tag(tone, word)
}
