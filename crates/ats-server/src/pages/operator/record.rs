//! One record: every field with its value, where it comes from and which pass brought it; what it
//! belongs to and what belongs to it; the raw documents; its change log.

use std::{collections::BTreeMap, sync::Arc};

use ats_core::{Connector, Id, ModelKind, Timestamp, fields};
use ats_store::{Change, ChangeKind, ChangeQuery, Integration, Platform, StoredRecord};
use ats_sync::{FieldExplanation, Usual};
use axum::extract::{Path, State};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::{
    explorer::{name, own_name, values},
    integration::found,
    origin,
    overview::address,
    session::Operator,
};
use crate::{
    ApiError, App, Code,
    pages::{
        failure::Failure,
        layout::{Page, Section, Tone, crumbs, moment, spoken, tag, wide},
    },
};

/// So many lines of the change log are shown, the latest.
const CHANGES: usize = 100;

/// So many lines of the change log are read to find them.
const ALL_CHANGES: usize = 10_000;

/// Everything on the page.
struct Shown {
    record: StoredRecord,
    explained: Vec<FieldExplanation>,
    /// The fields as they are, where nothing can be explained.
    values: Map<String, Value>,
    names: BTreeMap<Id, String>,
    changes: Vec<Change>,
    raw: Option<String>,
}

pub(super) async fn record(
    State(app): State<App>,
    Path((id, record)): Path<(String, String)>,
    operator: Operator,
) -> Result<Page, Failure> {
    let unknown = Failure::NotFound("There is no such record.");
    let one = found(&app, &id).await?;
    let Ok(record) = record.parse::<Id>() else {
        return Err(unknown);
    };
    let shown = look_up(&app, &one, record).await?;
    let shown = shown.ok_or(unknown)?;
    let now = app.now();
    let home = address(&one);
    let model = shown.record.model;
    let title = title(&shown);
    let list = format!("{home}/data/{model}");
    let list_name = spoken(model.name());
    let content = html! {
        (crumbs(&[("/", "Integrations"), (&home, &one.name), (&list, &list_name)], &title))
        div.head {
            h1 { (title) }
            @if shown.record.remote_deleted_at.is_some() { (tag(Tone::Plain, "gone at the vendor")) }
        }
        h2 #fields { "Fields" }
        (field_table(&shown, &home, now))
        h2 #belongs { "What belongs to it" }
        (below(model, &shown.record, &home))
        h2 #changes { "Changes" }
        (changes(&shown.changes, &home, now))
        h2 #raw { "Raw documents" }
        (raw(shown.raw.as_deref()))
    };
    Ok(Page::operator(
        title,
        Section::Integrations,
        Some(operator.csrf()),
        content,
    ))
}

/// What the record is called: by itself, or else by what it belongs to.
fn title(shown: &Shown) -> String {
    if let Some(own) = own_name(&shown.values) {
        return own;
    }
    let target = |field: &str| -> Option<&str> {
        let id: Id = shown.values.get(field)?.as_str()?.parse().ok()?;
        shown.names.get(&id).map(String::as_str)
    };
    let targets = [
        "candidate_id",
        "job_id",
        "interview_id",
        "user_id",
        "tag_id",
        "stage_id",
    ];
    let known: Vec<&str> = targets.into_iter().filter_map(target).collect();
    match known.is_empty() {
        true => name(&shown.record),
        false => known.join(" · "),
    }
}

async fn look_up(app: &App, one: &Integration, id: Id) -> Result<Option<Shown>, ApiError> {
    let connector = app.connector(one).ok();
    let usual_of = |model: ModelKind, matrix: Option<&'static str>| usual(matrix, model);
    let matrix = app
        .registry()
        .matrix(&one.connector)
        .map(|matrix| matrix.json);
    let platform = Arc::clone(app.platform());
    let one = one.clone();
    let asked = tokio::task::spawn_blocking(move || {
        let id = platform.alias(&one.id, &id)?.unwrap_or(id);
        let Some(record) = platform.record(&one.id, &id)? else {
            return Ok(None);
        };
        let usual = usual_of(record.model, matrix);
        read(&*platform, connector.as_deref(), &one, record, &usual).map(Some)
    });
    match asked.await {
        Ok(found) => found.map_err(|error: ats_sync::Error| ApiError::from(error)),
        Err(failed) => {
            tracing::error!(error = %failed, "a record was not explained");
            Err(ApiError::new(
                Code::UnknownError,
                "the record could not be explained",
            ))
        }
    }
}

fn read(
    platform: &dyn Platform,
    connector: Option<&dyn Connector>,
    one: &Integration,
    record: StoredRecord,
    usual: &Usual,
) -> Result<Shown, ats_sync::Error> {
    let explained = match connector {
        Some(connector) => ats_sync::explain(platform, connector, one, &record, usual)?,
        None => Vec::new(),
    };
    let values = values(&record)?;
    let known = fields(record.model);
    let targets = values.iter().filter_map(|(name, value)| {
        known.get(name)?.target?;
        value.as_str()?.parse().ok()
    });
    let targets: Vec<Id> = targets.collect();
    let query = ChangeQuery {
        model: Some(record.model),
        id: Some(record.id),
        limit: ALL_CHANGES,
        ..ChangeQuery::default()
    };
    let mut changes = platform.changes(&one.id, &query)?;
    changes.reverse();
    changes.truncate(CHANGES);
    let named = platform.records_by_ids(&one.id, &targets)?;
    Ok(Shown {
        names: named
            .iter()
            .map(|record| (record.id, name(record)))
            .collect(),
        raw: platform.remote_data(&one.id, &record)?,
        changes,
        explained,
        values,
        record,
    })
}

/// Where the fields of a model usually come from, as it was proven.
fn usual(matrix: Option<&str>, model: ModelKind) -> Usual {
    let matrix: Value = matrix
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let fields = matrix["models"][model.name()]["fields"].as_object();
    let sources = fields.into_iter().flatten().map(|(name, cell)| {
        let places = cell["source"].as_array().into_iter().flatten();
        let places = places.filter_map(Value::as_str).map(str::to_owned);
        (name.clone(), places.collect())
    });
    sources.collect()
}

fn field_table(shown: &Shown, home: &str, now: Timestamp) -> Markup {
    if shown.explained.is_empty() {
        return wide(
            "Fields",
            html! {
                table.fields {
                    caption { "The connector cannot be used, so where the fields come from is not known." }
                    thead { tr { th scope="col" { "Field" } th scope="col" { "Value" } } }
                    tbody { @for (field, value) in &shown.values { tr { th scope="row" { (field) } td { (shown_value(field, value, shown, home)) } } } }
                }
            },
        );
    }
    wide(
        "Fields",
        html! {
            table.fields.stack role="table" {
                thead role="rowgroup" { tr role="row" {
                    th scope="col" role="columnheader" { "Field" } th scope="col" role="columnheader" { "Value" }
                    th scope="col" role="columnheader" { "Where it comes from" } th scope="col" role="columnheader" { "Brought by" }
                } }
                tbody role="rowgroup" {
                    @for one in &shown.explained {
                        tr role="row" {
                            th scope="row" role="rowheader" { (one.field) }
                            td role="cell" { (shown_value(&one.field, &one.value, shown, home)) }
                            td.small role="cell" { (origin::origin(&one.origin)) }
                            td.small role="cell" { @if let Some(brought) = &one.brought { (origin::brought(brought, home, now)) } @else { span.quiet { "–" } } }
                        }
                    }
                }
            }
        },
    )
}

fn shown_value(field: &str, value: &Value, shown: &Shown, home: &str) -> Markup {
    let known = fields(shown.record.model);
    let is_reference = known.get(field).is_some_and(|field| field.target.is_some());
    match value {
        Value::Null => html! { span.quiet { "empty" } },
        Value::String(text) if is_reference => {
            let name = text.parse().ok().and_then(|id: Id| shown.names.get(&id));
            html! { a href=(format!("{home}/records/{text}")) { (name.unwrap_or(text)) } }
        }
        Value::String(text) => html! { (text) },
        Value::Bool(_) | Value::Number(_) => html! { (value) },
        Value::Array(items) if items.is_empty() => html! { span.quiet { "none" } },
        value => html! {
            details {
                summary { @if let Value::Array(items) = value { (counted(items.len())) } @else { "Show" } }
                pre tabindex="0" aria-label=(field) { code { (pretty(value)) } }
            }
        },
    }
}

fn counted(entries: usize) -> String {
    match entries {
        1 => "1 entry".to_owned(),
        entries => format!("{entries} entries"),
    }
}

/// Links to the records of other models that refer to this one.
fn below(model: ModelKind, record: &StoredRecord, home: &str) -> Markup {
    let referring = ModelKind::ALL.iter().filter(|other| {
        let fields = fields(**other);
        fields.values().any(|field| field.target == Some(model))
    });
    let referring: Vec<_> = referring.collect();
    html! {
        @if referring.is_empty() { p { "No model refers to this one." } }
        ul.row {
            @for other in referring {
                li { a href=(format!("{home}/data/{other}?refers_to={}", record.id)) { (spoken(other.name())) } }
            }
        }
    }
}

fn changes(changes: &[Change], home: &str, now: Timestamp) -> Markup {
    if changes.is_empty() {
        return html! { p { "None are known." } };
    }
    wide(
        "Changes",
        html! {
            table {
                thead { tr { th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "Fields" } th scope="col" { "Why" } th scope="col" { "Sync" } } }
                tbody {
                    @for change in changes {
                        tr {
                            th scope="row" { (moment(change.at, now)) }
                            td { (change_word(change.change)) @if let Some(reason) = change.reason { ": " (origin::reason_word(reason)) } }
                            td { (change.fields.join(", ")) }
                            td { (origin::cause_word(&change.cause)) }
                            td { a.mono href=(format!("{home}/passes/{}", change.pass_id)) { (change.pass_id.get(..8).unwrap_or(&change.pass_id)) "…" } }
                        }
                    }
                }
            }
        },
    )
}

fn change_word(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::Created => "new",
        ChangeKind::Updated => "changed",
        ChangeKind::Deleted => "gone",
        ChangeKind::Restored => "back again",
    }
}

fn raw(raw: Option<&str>) -> Markup {
    let documents: Map<String, Value> = raw
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    html! {
        @if documents.is_empty() { p { "None are kept for this record." } }
        @for (endpoint, document) in &documents {
            details.sheet.fold {
                summary { code { (endpoint) } }
                pre tabindex="0" aria-label=(format!("What {endpoint} answered")) { code { (pretty(document)) } }
            }
        }
    }
}

fn pretty(value: &Value) -> String {
    // A JSON value always prints.
    serde_json::to_string_pretty(value).unwrap_or_default()
}
