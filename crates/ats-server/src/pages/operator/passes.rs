//! Passes as people read them: a table of the last ones, the one that runs, and one in full.

use ats_core::Timestamp;
use ats_store::{Pass, PassKind, PassState, WalkStart, WalkState};
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{integration::found, overview::address, session::Operator};
use crate::{
    App, Progress,
    pages::{
        failure::Failure,
        layout::{Page, Section, Tone, crumbs, moment, number, spoken, tag, wide},
    },
};

/// The word for what a pass reads.
pub(super) fn kind_word(kind: PassKind) -> &'static str {
    match kind {
        PassKind::Full => "full",
        PassKind::Delta => "delta",
        PassKind::Named => "single things",
    }
}

/// How a pass stands, as a tag.
pub(super) fn tone_of(state: PassState) -> (Tone, &'static str) {
    match state {
        PassState::Running => (Tone::Busy, "running"),
        PassState::Succeeded => (Tone::Good, "succeeded"),
        PassState::PartiallyFailed => (Tone::Warn, "partly failed"),
        PassState::AuthenticationFailed => (Tone::Bad, "credentials refused"),
        PassState::Failed => (Tone::Bad, "failed"),
        PassState::Cancelled => (Tone::Plain, "stopped"),
        PassState::TimedOut => (Tone::Warn, "timed out"),
    }
}

/// One pass in a few words.
pub(super) fn brief(pass: &Pass, now: Timestamp) -> Markup {
    let (_, word) = tone_of(pass.state);
    html! { (kind_word(pass.kind)) ", " (word) ", " (moment(pass.started_at, now)) }
}

/// The last passes.
pub(super) fn table(integration: &str, passes: &[Pass], now: Timestamp) -> Markup {
    wide(
        "The last syncs",
        html! {
            table {
                caption { "The last syncs, the latest first" }
                thead { tr {
                    th scope="col" { "Began" } th scope="col" { "Kind" } th scope="col" { "Outcome" }
                    th.number scope="col" { "Took" } th.number scope="col" { "New" } th.number scope="col" { "Changed" }
                    th.number scope="col" { "Gone" } th.number scope="col" { "Requests" }
                } }
                tbody {
                    @for pass in passes {
                        @let (tone, word) = tone_of(pass.state);
                        @let sums = Sums::of(pass);
                        tr {
                            th scope="row" { a href=(format!("{integration}/passes/{}", pass.id)) { (moment(pass.started_at, now)) } }
                            td { (kind_word(pass.kind)) }
                            td { (tag(tone, word)) }
                            td.number { (took(pass)) }
                            td.number { (number(sums.created)) }
                            td.number { (number(sums.updated)) }
                            td.number { (number(sums.deleted)) }
                            td.number { (number(pass.usage.requests)) }
                        }
                    }
                }
            }
        },
    )
}

/// The pass that runs.
pub(super) fn progress(progress: &Progress, now: Timestamp) -> Markup {
    let done = progress
        .streams
        .values()
        .filter(|stream| stream.done)
        .count();
    html! {
        section.note aria-label="The sync that runs" role="status" {
            p {
                strong { "A " (kind_word(progress.kind)) " sync runs" } ", begun " (moment(progress.since, now)) ". "
                (number(progress.usage.requests)) " requests, "
                (done) @if done == 1 { " stream" } @else { " streams" } " done so far."
                @if progress.mapped_again > 0 { " " (number(progress.mapped_again)) " documents are mapped again." }
            }
            ul.small {
                @for (name, stream) in &progress.streams {
                    li {
                        (spoken(name)) ": " (number(stream.records)) " records on " (number(stream.pages)) @if stream.pages == 1 { " page" } @else { " pages" }
                        @if stream.done { ", done" }
                        @if let Some(problem) = &stream.problem { ". " (problem.message) }
                    }
                }
            }
        }
    }
}

/// The page of one pass.
pub(super) async fn pass(
    State(app): State<App>,
    Path((id, pass_id)): Path<(String, String)>,
    operator: Operator,
) -> Result<Page, Failure> {
    let one = found(&app, &id).await?;
    let asked = one.id.clone();
    let pass = app
        .stored(move |platform| platform.pass(&asked, &pass_id))
        .await?;
    let pass = pass.ok_or(Failure::NotFound("There is no such sync."))?;
    let now = app.now();
    let home = address(&one);
    let (tone, word) = tone_of(pass.state);
    let content = html! {
        (crumbs(&[("/", "Integrations"), (&home, &one.name)], "Sync"))
        div.head { h1 { "Sync of " (one.name) } (tag(tone, word)) }
        div.sheet {
            dl.facts {
                dt { "Id" } dd { code { (pass.id) } }
                dt { "Kind" } dd { (kind_word(pass.kind)) @if !pass.whole { ", some models only" } }
                dt { "Began" } dd { (moment(pass.started_at, now)) }
                dt { "Took" } dd { (took(&pass)) }
                dt { "Requests" } dd { (number(pass.usage.requests)) ", of them repeated " (number(pass.usage.retries)) ", turned away " (number(pass.usage.throttled)) }
                dt { "Waited" } dd { (length(pass.usage.waited.as_millis() as i64)) " for the vendor's limit, all requests together" }
                dt { "Taken up again" } dd { (pass.resumed) " times" }
            }
        }
        @if let Some(problem) = &pass.problem { p.note.bad { (problem.message) } }
        h2 { "Records" }
        (tallies(&pass))
        h2 { "Streams" }
        (walks(&pass))
    };
    let running = pass.state == PassState::Running;
    let page = Page::operator(
        "Sync",
        Section::Integrations,
        Some(operator.csrf()),
        content,
    );
    Ok(page.refreshed(running.then_some(super::overview::REFRESH)))
}

fn tallies(pass: &Pass) -> Markup {
    wide(
        "Records by model",
        html! {
            table {
                thead { tr {
                    th scope="col" { "Model" } th.number scope="col" { "New" } th.number scope="col" { "Changed" }
                    th.number scope="col" { "Gone" } th.number scope="col" { "As before" }
                    th.number scope="col" { "Losses" } th.number scope="col" { "Rejects" }
                } }
                tbody {
                    @for (model, tally) in &pass.tallies {
                        tr {
                            th scope="row" { (spoken(model.name())) }
                            td.number { (number(tally.created)) } td.number { (number(tally.updated)) }
                            td.number { (number(tally.deleted)) } td.number { (number(tally.unchanged)) }
                            td.number { (number(tally.losses)) } td.number { (number(tally.rejects)) }
                        }
                    }
                    @if pass.tallies.is_empty() { tr { td colspan="7" { "Nothing was written." } } }
                }
            }
        },
    )
}

fn walks(pass: &Pass) -> Markup {
    wide(
        "Streams",
        html! {
            table {
                thead { tr {
                    th scope="col" { "Stream" } th scope="col" { "From" } th scope="col" { "State" }
                    th.number scope="col" { "Pages" } th.number scope="col" { "Rows" } th.number scope="col" { "Swept" }
                    th scope="col" { "Problem" }
                } }
                tbody {
                    @for walk in &pass.walks {
                        @let (tone, word) = match walk.state {
                            WalkState::Open => (Tone::Busy, "under way"),
                            WalkState::Ended => (Tone::Busy, "at its end"),
                            WalkState::Complete => (Tone::Good, "complete"),
                            WalkState::Failed => (Tone::Bad, "failed"),
                        };
                        tr {
                            th scope="row" { (spoken(&walk.stream)) }
                            td { @match walk.start { WalkStart::Full => "the beginning", WalkStart::Since(_) => "the last sync" } }
                            td { (tag(tone, word)) }
                            td.number { (number(walk.pages)) } td.number { (number(walk.rows)) } td.number { (number(walk.swept)) }
                            td { @if let Some(problem) = &walk.problem { (problem.message) } }
                        }
                    }
                }
            }
        },
    )
}

/// What a pass did to all models together.
#[derive(Default)]
struct Sums {
    created: u64,
    updated: u64,
    deleted: u64,
}

impl Sums {
    fn of(pass: &Pass) -> Self {
        let mut sums = Self::default();
        for tally in pass.tallies.values() {
            sums.created += tally.created;
            sums.updated += tally.updated;
            sums.deleted += tally.deleted;
        }
        sums
    }
}

fn took(pass: &Pass) -> String {
    let Some(ended) = pass.ended_at else {
        return "–".to_owned();
    };
    let took = DateTime::<Utc>::from(ended) - DateTime::<Utc>::from(pass.started_at);
    length(took.num_milliseconds())
}

/// A length of time.
fn length(millis: i64) -> String {
    match millis {
        ..0 => "–".to_owned(),
        millis @ 0..10_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        millis @ 10_000..120_000 => format!("{} s", millis / 1000),
        millis => format!("{} min", millis / 60_000),
    }
}
