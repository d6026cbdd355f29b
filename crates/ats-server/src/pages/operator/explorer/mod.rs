//! The data explorer: records of one model with filters and columns, and links along their relations.

mod filters;
mod show;

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Field, Id, ModelKind, Timestamp, fields};
use ats_store::{Integration, ListQuery, Page as Found, Platform, Row, StoredRecord};
use axum::extract::{Path, Query, State};
use maud::html;
use serde_json::{Map, Value};

use super::{integration::found, overview::address, session::Operator};
use crate::{
    App,
    pages::{
        failure::Failure,
        layout::{Page, Section, crumbs, spoken},
    },
};
use filters::Asked;
use show::{columns, form, table};

/// So many records are on a page.
const PAGE: usize = 50;

/// One record of a page.
struct Line {
    id: Id,
    values: Map<String, Value>,
    deleted: bool,
    changed_at: Timestamp,
}

/// What a page shows.
struct Shown {
    lines: Vec<Line>,
    /// What the records that are referred to are called.
    names: BTreeMap<Id, String>,
    next: Option<String>,
}

pub(super) async fn explorer(
    State(app): State<App>,
    Path((id, model)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
    operator: Operator,
) -> Result<Page, Failure> {
    let one = found(&app, &id).await?;
    let model = ModelKind::from_name(&model).ok_or(Failure::NotFound("There is no such model."))?;
    let asked = Asked::new(pairs);
    let (query, problem) = match asked.query(&one.id, model, PAGE) {
        Ok(query) => (query, None),
        Err(problem) => (
            ListQuery {
                limit: 0,
                ..ListQuery::new(model, 0)
            },
            Some(problem),
        ),
    };
    let all = fields(model);
    let columns = columns(&asked, &all);
    let shown = match problem {
        None => {
            let (one, all) = (one.clone(), all.clone());
            app.stored(move |platform| look_up(platform, &one, &query, &all))
                .await?
        }
        Some(_) => Shown {
            lines: Vec::new(),
            names: BTreeMap::new(),
            next: None,
        },
    };
    let now = app.now();
    let home = address(&one);
    let title = spoken(model.name());
    let here = format!("{home}/data/{model}");
    let content = html! {
        (crumbs(&[("/", "Integrations"), (&home, &one.name)], &title))
        h1 { (title) }
        nav aria-label="Models" {
            ul.row.small {
                @for kind in ModelKind::ALL {
                    li { a href=(format!("{home}/data/{kind}")) aria-current=[(*kind == model).then_some("page")] { (spoken(kind.name())) } }
                }
            }
        }
        (form(&here, model, &asked, &all, &columns))
        @if let Some(problem) = &problem { p.note.bad role="alert" { (problem) } }
        @else { (table(&shown, &columns, &all, &home, now)) }
        nav.actions aria-label="Pages" {
            @if asked.has("after") { a.button href=(asked.address(&here, None)) { "First page" } }
            @if let Some(next) = &shown.next { a.button href=(asked.address(&here, Some(next))) { "Next page" } }
        }
    };
    Ok(Page::operator(
        title,
        Section::Integrations,
        Some(operator.csrf()),
        content,
    ))
}

fn look_up(
    platform: &dyn Platform,
    one: &Integration,
    query: &ListQuery,
    all: &BTreeMap<String, Field>,
) -> ats_store::Result<Shown> {
    let mut text = Vec::new();
    let page = platform.list(&one.id, query, &mut text)?;
    let records = records(platform, one, &page, &text)?;
    let lines = records
        .iter()
        .map(line)
        .collect::<ats_store::Result<Vec<Line>>>()?;
    let mut targets = BTreeSet::new();
    for line in &lines {
        for (name, value) in &line.values {
            if all.get(name).is_some_and(|field| field.target.is_some())
                && let Some(id) = value.as_str().and_then(|id| id.parse().ok())
            {
                targets.insert(id);
            }
        }
    }
    let targets: Vec<Id> = targets.into_iter().collect();
    let found = platform.records_by_ids(&one.id, &targets)?;
    Ok(Shown {
        names: found
            .iter()
            .map(|record| (record.id, name(record)))
            .collect(),
        lines,
        next: page.next.map(|place| place.to_string()),
    })
}

/// The records of a page in its order. Of those that come as an answer only the id is known.
fn records(
    platform: &dyn Platform,
    one: &Integration,
    page: &Found,
    text: &[u8],
) -> ats_store::Result<Vec<StoredRecord>> {
    #[derive(serde::Deserialize)]
    struct Answer {
        id: Id,
    }
    let answered = page.rows.iter().filter_map(|row| match row {
        Row::Answer(range) => {
            let answer: Answer = serde_json::from_slice(text.get(range.clone())?).ok()?;
            Some(answer.id)
        }
        Row::Record(_) => None,
    });
    let answered: Vec<Id> = answered.collect();
    let mut found = platform.records_by_ids(&one.id, &answered)?.into_iter();
    let rows = page.rows.iter().filter_map(|row| match row {
        Row::Answer(_) => found.next(),
        Row::Record(record) => Some((**record).clone()),
    });
    Ok(rows.collect())
}

fn line(record: &StoredRecord) -> ats_store::Result<Line> {
    Ok(Line {
        id: record.id,
        values: values(record)?,
        deleted: record.remote_deleted_at.is_some(),
        changed_at: record.changed_at,
    })
}

/// The fields of a record; none of one that is damaged.
pub(super) fn values(record: &StoredRecord) -> ats_store::Result<Map<String, Value>> {
    let text = record.to_json(None)?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// What people call a record; its id where it has no name.
pub(super) fn name(record: &StoredRecord) -> String {
    let content = content(record);
    let remote_id = content.get("remote_id").and_then(Value::as_str);
    own_name(&content)
        .unwrap_or_else(|| remote_id.map_or_else(|| record.id.to_string(), str::to_owned))
}

/// The name in the fields of a record.
pub(super) fn own_name(content: &Map<String, Value>) -> Option<String> {
    let text = |field: &str| {
        let text = content.get(field).and_then(Value::as_str);
        text.filter(|text| !text.trim().is_empty())
    };
    let whole = [text("first_name"), text("last_name")];
    let whole: Vec<&str> = whole.into_iter().flatten().collect();
    if !whole.is_empty() {
        return Some(whole.join(" "));
    }
    let known = ["name", "title", "email"].into_iter().find_map(text);
    known.map(str::to_owned)
}

fn content(record: &StoredRecord) -> Map<String, Value> {
    serde_json::from_str(&record.content).unwrap_or_default()
}
