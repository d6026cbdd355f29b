//! The support matrix: what each connector can do, and how it was proven.

use axum::extract::{Path, State};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::session::Operator;
use crate::{
    App,
    pages::{
        failure::Failure,
        layout::{Page, Section, Tone, crumbs, spoken, tag, wide},
    },
};

/// `GET /support`.
pub(super) async fn all(State(app): State<App>, operator: Operator) -> Page {
    let content = html! {
        h1 { "Support matrix" }
        p { "What each connector does, field by field. Every cell was proven by a test." }
        ul.cards {
            @for manifest in app.registry().manifests() {
                li { article.sheet {
                    h2 { a href=(format!("/support/{}", manifest.slug)) { (manifest.name) } }
                    p { a href=(manifest.vendor_docs) rel="noreferrer" { "The vendor's API reference" } }
                } }
            }
        }
    };
    Page::operator(
        "Support matrix",
        Section::Support,
        Some(operator.csrf()),
        content,
    )
}

/// `GET /support/{connector}`.
pub(super) async fn one(
    State(app): State<App>,
    Path(slug): Path<String>,
    operator: Operator,
) -> Result<Page, Failure> {
    let unknown = Failure::NotFound("There is no such connector.");
    let Some(factory) = app.registry().find(&slug) else {
        return Err(unknown);
    };
    let manifest = factory.manifest;
    let matrix = app.registry().matrix(&slug);
    let matrix: Option<Value> = matrix.and_then(|matrix| serde_json::from_str(matrix.json).ok());
    let label = |permission: &str| manifest.label_of(permission).to_owned();
    let content = html! {
        (crumbs(&[("/support", "Support matrix")], manifest.name))
        h1 { "What the " (manifest.name) " connector supports" }
        @match &matrix {
            None => p.note { "Nothing is proven of this connector yet." },
            Some(matrix) => {
                p { "Witness: " strong { (matrix["witness"].as_str().unwrap_or("simulated")) } ". "
                    a href="#models" { "Models" } ", " a href="#actions" { "actions" } ", " a href="#features" { "features" } "." }
                h2 #models { "Models" }
                @for (name, model) in members(&matrix["models"]) {
                    (slot(name, model, "fields", "Field", &label))
                }
                h2 #actions { "Actions" }
                @for (name, action) in members(&matrix["actions"]) {
                    (slot(name, action, "inputs", "Input", &label))
                }
                h2 #features { "Features" }
                (features(&matrix["features"]))
            }
        }
    };
    Ok(Page::operator(
        manifest.name,
        Section::Support,
        Some(operator.csrf()),
        content,
    ))
}

/// A model or an action with its cells.
fn slot(name: &str, slot: &Value, of: &str, head: &str, label: &dyn Fn(&str) -> String) -> Markup {
    let cells = members(&slot[of]);
    let supported = cells
        .iter()
        .filter(|(_, cell)| cell["status"] == "SUPPORTED")
        .count();
    html! {
        details.sheet.fold {
            summary {
                (spoken(name)) " " (status(&slot["status"])) " "
                span.quiet.small { (supported) " of " (cells.len()) }
            }
            @if let Some(note) = slot["note"].as_str() { p { (note) } }
            @let needs = permissions(slot, label);
            @if !needs.is_empty() { p { "Needs: " (needs) } }
            (wide(name, html! {
                table.stack role="table" {
                    thead role="rowgroup" { tr role="row" {
                        @for head in [head, "Status", "Proof", "Comes from", "Needs", "Note"] { th scope="col" role="columnheader" { (head) } }
                    } }
                    tbody role="rowgroup" {
                        @for (name, cell) in cells {
                            tr role="row" {
                                th scope="row" role="rowheader" { (name) }
                                td role="cell" { (status(&cell["status"])) }
                                td role="cell" { (cell["level"].as_str().unwrap_or_default()) }
                                td role="cell" { @for source in texts(&cell["source"]) { div { code { (source) } } } }
                                td role="cell" { (permissions(cell, label)) }
                                td role="cell" { (cell["note"].as_str().unwrap_or_default()) }
                            }
                        }
                    }
                }
            }))
        }
    }
}

fn features(features: &Value) -> Markup {
    wide(
        "Features",
        html! {
            table {
                thead { tr { th scope="col" { "Feature" } th scope="col" { "Status" } th scope="col" { "Note" } } }
                tbody {
                    @for (name, feature) in members(features) {
                        tr { th scope="row" { (spoken(name)) } td { (status(&feature["status"])) } td { (feature["note"].as_str().unwrap_or_default()) } }
                    }
                }
            }
        },
    )
}

fn status(status: &Value) -> Markup {
    let word = status.as_str().unwrap_or("UNKNOWN");
    let tone = match word {
        "SUPPORTED" => Tone::Good,
        "NOT_IMPLEMENTED" => Tone::Warn,
        _ => Tone::Plain,
    };
    tag(tone, &word.to_lowercase().replace('_', " "))
}

fn permissions(cell: &Value, label: &dyn Fn(&str) -> String) -> String {
    let labels: Vec<String> = texts(&cell["permissions"]).map(label).collect();
    labels.join(", ")
}

fn members(value: &Value) -> Vec<(&String, &Value)> {
    let members: Option<&Map<String, Value>> = value.as_object();
    members.into_iter().flatten().collect()
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
