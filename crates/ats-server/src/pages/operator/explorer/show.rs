//! What the explorer shows: the form, the table, and values in a few words.

use std::collections::BTreeMap;

use ats_core::{Field, Id, ModelKind, Timestamp};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    Shown,
    filters::{self, Asked, inputs},
};
use crate::pages::layout::{Tone, moment, tag, wide};

/// So many columns are shown unless others are chosen.
const USUAL_COLUMNS: usize = 6;

/// Fields that say little in a table.
const DULL: &[&str] = &[
    "id",
    "remote_id",
    "changed_at",
    "remote_deleted_at",
    "remote_data",
    "integration_fields",
    "custom_fields",
];

/// The columns of a page: those that were chosen, or the usual ones.
pub(super) fn columns(asked: &Asked, all: &BTreeMap<String, Field>) -> Vec<String> {
    let chosen = asked.all("columns");
    let chosen: Vec<String> = chosen
        .filter(|name| all.contains_key(*name))
        .map(str::to_owned)
        .collect();
    if !chosen.is_empty() {
        return chosen;
    }
    // What a record is known by comes first, then what it belongs to.
    let weight = |field: &Field| match field.name.as_str() {
        "first_name" | "name" => 0,
        "last_name" => 1,
        "title" | "status" | "outcome" | "email" | "email_addresses" => 2,
        _ if field.target.is_some() => 3,
        "confidential" | "description" | "description_html" => 5,
        _ => 4,
    };
    let mut usual: Vec<&Field> = all
        .values()
        .filter(|field| !DULL.contains(&field.name.as_str()))
        .collect();
    usual.sort_by_key(|field| weight(field));
    usual
        .into_iter()
        .take(USUAL_COLUMNS)
        .map(|field| field.name.clone())
        .collect()
}

/// What can be asked for.
pub(super) fn form(
    here: &str,
    model: ModelKind,
    asked: &Asked,
    all: &BTreeMap<String, Field>,
    columns: &[String],
) -> Markup {
    let is_open = asked.is_filtered();
    html! {
        details.sheet.fold open[is_open] {
            summary { "Filter and columns" }
            form method="get" action=(here) {
                div.filters {
                    @for input in inputs(model) {
                        @let id = format!("filter-{}", input.name);
                        div.field {
                            label for=(id) { (input.label) }
                            input id=(id) name=(input.name) value=(asked.text(input.name)) autocomplete="off" placeholder=[input.hint];
                        }
                    }
                    @if !filters::texts(model).is_empty() {
                        div.field {
                            label for="filter-q" { "Text contains" }
                            input id="filter-q" name="q" type="search" value=(asked.text("q")) autocomplete="off";
                        }
                        div.field {
                            label for="filter-in" { "in the field" }
                            select id="filter-in" name="in" {
                                @for field in filters::texts(model) { option selected[asked.text("in") == *field] { (field) } }
                            }
                        }
                    }
                }
                div.choice {
                    input #filter-include_deleted type="checkbox" name="include_deleted" value="true" checked[asked.text("include_deleted") == "true"];
                    label.plain for="filter-include_deleted" { "Show records that are gone, too" }
                }
                fieldset {
                    legend { "Columns" }
                    div.filters {
                        @for field in all.keys().filter(|name| *name != "id") {
                            @let id = format!("column-{field}");
                            div.choice {
                                input id=(id) type="checkbox" name="columns" value=(field) checked[columns.contains(field)];
                                label.plain for=(id) { (field) }
                            }
                        }
                    }
                }
                div.actions { button.main type="submit" { "Show" } a href=(here) { "Start again" } }
            }
        }
    }
}

/// The records.
pub(super) fn table(
    shown: &Shown,
    columns: &[String],
    all: &BTreeMap<String, Field>,
    home: &str,
    now: Timestamp,
) -> Markup {
    if shown.lines.is_empty() {
        return html! { p.sheet role="status" { "No record is like that." } };
    }
    wide(
        "Records",
        html! {
            table {
                thead { tr {
                    th scope="col" { "Record" }
                    @for column in columns { th scope="col" { (column) } }
                    th scope="col" { "Changed" }
                } }
                tbody {
                    @for line in &shown.lines {
                        tr {
                            th scope="row" {
                                a.mono href=(format!("{home}/records/{}", line.id)) { (short(&line.id)) }
                                @if line.deleted { " " (tag(Tone::Plain, "gone")) }
                            }
                            @for column in columns {
                                td { (cell(line.values.get(column), all.get(column), shown, home)) }
                            }
                            td { (moment(line.changed_at, now)) }
                        }
                    }
                }
            }
        },
    )
}

fn cell(value: Option<&Value>, field: Option<&Field>, shown: &Shown, home: &str) -> Markup {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return html! { span.quiet { "–" } };
    };
    if field.is_some_and(|field| field.target.is_some())
        && let Some(id) = value.as_str().and_then(|id| id.parse::<Id>().ok())
    {
        let name = shown.names.get(&id).cloned().unwrap_or_else(|| short(&id));
        return html! { a.cell href=(format!("{home}/records/{id}")) { (name) } };
    }
    // More is on the record's own page.
    let text: String = brief(value).chars().take(200).collect();
    html! { span.cell { @if text.is_empty() { "–" } @else { (text) } } }
}

/// A value in a few words: of objects, the first text in each.
fn brief(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(brief).collect();
            items.join(", ")
        }
        Value::Object(members) => {
            let mut texts = members.values().map(brief).filter(|text| !text.is_empty());
            texts.next().unwrap_or_default()
        }
        value => value.to_string(),
    }
}

/// The beginning of an id, which tells records of a page apart.
fn short(id: &Id) -> String {
    let text = id.as_str();
    format!("{}…", text.get(..8).unwrap_or(text))
}
