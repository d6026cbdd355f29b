//! What the key may do, and what the customer leaves out.

use axum::extract::{Path, State};
use maud::{Markup, html};

use super::{
    Attempt, Flow, attempt,
    report::{Line, Report},
};
use crate::{
    App,
    outer::Noted,
    pages::{
        failure::Failure,
        layout::{Page, Tone, spoken, tag},
    },
};

/// `GET /connect/{token}/scope/{attempt}`.
pub(super) async fn scope(
    State(app): State<App>,
    noted: Noted,
    Path((token, name)): Path<(String, String)>,
) -> Result<Page, Failure> {
    let flow = Flow::open(&app, &noted, &token).await?;
    let kept = attempt(&app, &flow, &name)?;
    let kept = kept.lock().await;
    Ok(page(&flow, &kept, &name))
}

fn page(flow: &Flow, kept: &Attempt, name: &str) -> Page {
    let manifest = kept.factory.manifest;
    let report = &kept.report;
    let title = "What the key may do";
    let content = html! {
        (flow.head(2))
        @if report.is_whole() {
            div.note.good role="status" { p { strong { "Everything works." } " " (manifest.name) " accepts the key" @if let Some(title) = &report.title { " " q { (title) } } ", and it may do all that is asked for." } }
        } @else {
            div.note.warn role="status" #missing {
                h2 { @if report.reads_nothing() { "The key may read nothing yet" } @else { "Something is missing" } }
                p { (manifest.name) " accepts the key" @if let Some(title) = &report.title { " " q { (title) } } ". To get everything, open the key in " (manifest.name) " and tick:" }
                ul { @for label in &report.tick { li { strong { (label) } } } }
                form method="post" action=(flow.path("/check")) data-once {
                    input type="hidden" name="attempt" value=(name);
                    button type="submit" data-busy="Trying the key…" { "I have ticked them: try again" }
                }
            }
        }
        div.sheet {
            h1 { (title) }
            form method="post" action=(flow.path("/connect")) data-once {
                input type="hidden" name="attempt" value=(name);
                h2 { "Data that is read" }
                (lines(&report.models))
                @if !report.optional_fields.is_empty() { (optional_fields(report)) }
                h2 { "What can be done" }
                (lines(&report.actions))
                @if !report.key_options.is_empty() {
                    h2 { "What " (manifest.name) " does not tell" }
                    ul {
                        @for option in report.key_options { li { strong { (option.label) } " decides " (option.decides) "." } }
                    }
                }
                @if report.reads_nothing() {
                    p.note.warn { "If you connect now, nothing can be read until the boxes are ticked." }
                }
                div.actions {
                    button.main type="submit" data-busy="Connecting…" { @if flow.is_relink() { "Use this key" } @else { "Connect" } }
                    a href=(flow.path(&format!("/key?tool={}", manifest.slug))) { "Use another key" }
                }
            }
        }
    };
    Page::connect(title, flow.framed(), content)
}

fn lines(lines: &[Line]) -> Markup {
    html! {
        @if lines.is_empty() { p.quiet { "Nothing." } }
        ul.scope {
            @for line in lines {
                li {
                    @if line.is_optional { (optional(line.key, &line.name)) } @else { span { (line.name) } }
                    @if line.missing.is_empty() { (tag(Tone::Good, "works")) }
                    @else { (tag(Tone::Warn, "missing")) }
                    @if !line.missing.is_empty() {
                        span.why { "Tick " strong { (line.missing.join(", ")) } "." }
                    }
                    @for (boxes, fields) in &line.fields {
                        span.why { "Without " strong { (boxes) } ", these stay empty: " (fields.iter().map(|field| spoken(field).to_lowercase()).collect::<Vec<_>>().join(", ")) "." }
                    }
                }
            }
        }
    }
}

/// A box that is ticked unless the customer leaves something out.
fn optional(key: &str, name: &str) -> Markup {
    let id = format!("share-{}", key.replace('.', "-"));
    html! {
        span.choice {
            input id=(id) type="checkbox" name="share" value=(key) checked;
            label.plain for=(id) { (name) " " span.quiet { "(optional)" } }
        }
    }
}

fn optional_fields(report: &Report) -> Markup {
    html! {
        fieldset {
            legend { "Fields that you can leave out" }
            @for field in &report.optional_fields { div { (optional(&field.key, &field.name)) } }
        }
    }
}
