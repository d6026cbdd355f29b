//! The request log, and the page that `log_url` of an error leads to.

use ats_core::{IntegrationId, Timestamp};
use ats_store::{LogEntry, LogKind, LogQuery};
use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::session::Operator;
use crate::{
    App,
    pages::{
        failure::Failure,
        layout::{Page, Section, Tone, crumbs, moment, tag, wide},
    },
};

/// So many entries are on a page.
const PAGE: usize = 100;

/// The kinds by their names in the query.
const KINDS: [(&str, LogKind, &str); 5] = [
    ("API", LogKind::Api, "Lists and other questions"),
    ("ACTION", LogKind::Action, "Actions"),
    (
        "PASSTHROUGH",
        LogKind::Passthrough,
        "Calls of the vendor's API",
    ),
    (
        "INCOMING_WEBHOOK",
        LogKind::IncomingWebhook,
        "Events of vendors",
    ),
    ("CONNECTION_FLOW", LogKind::ConnectionFlow, "Connect pages"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    environment: String,
    integration: String,
    #[serde(rename = "type")]
    kind: String,
    errors: String,
    since: String,
    before: String,
}

/// `GET /logs`.
pub(super) async fn all(
    State(app): State<App>,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Page, Failure> {
    let (query, problem) = match asked.query() {
        Ok(query) => (query, None),
        Err(problem) => (LogQuery::default(), Some(problem)),
    };
    let entries = match &problem {
        None => {
            app.stored(move |platform| platform.log_entries(&query))
                .await?
        }
        Some(_) => Vec::new(),
    };
    let next = entries.get(PAGE - 1).map(|entry| asked.address(entry.key));
    let now = app.now();
    let content = html! {
        h1 { "Requests" }
        p.quiet { "Thirty days. No bodies, and no values that tell of a person." }
        (form(&asked))
        @if let Some(problem) = &problem { p.note.bad role="alert" { (problem) } }
        @else if entries.is_empty() { p.sheet role="status" { "No request is like that." } }
        @else { (table(&entries, now)) }
        @if let Some(next) = next { nav.actions aria-label="Pages" { a.button href=(next) { "Older requests" } } }
    };
    Ok(Page::operator(
        "Requests",
        Section::Requests,
        Some(operator.csrf()),
        content,
    ))
}

/// `GET /logs/{id}`.
pub(super) async fn one(
    State(app): State<App>,
    Path(id): Path<String>,
    operator: Operator,
) -> Result<Page, Failure> {
    let found = app.stored(move |platform| platform.log_entry(&id)).await?;
    let found = found.ok_or(Failure::NotFound(
        "There is no such request in the log. It keeps thirty days, and a new one takes a second to arrive.",
    ))?;
    let entry = &found.entry;
    let now = app.now();
    let content = html! {
        (crumbs(&[("/logs", "Requests")], &entry.id))
        div.head { h1 { (entry.method) " " (entry.path) } (status(entry.status)) }
        @if let Some(message) = &entry.message {
            div.note.bad { h2 { (entry.code.as_deref().unwrap_or("Without a code")) } p { (message) } }
        }
        div.sheet {
            dl.facts {
                dt { "Id" } dd { code { (entry.id) } }
                dt { "When" } dd { (entry.at) " (" (moment(entry.at, now)) ")" }
                dt { "Kind" } dd { (kind_word(entry.kind)) }
                dt { "Query" } dd { @match &entry.query { Some(query) => { code { (query) } }, None => { "none" } } }
                dt { "Took" } dd { (entry.duration_ms) " ms" }
                dt { "Environment" } dd { (entry.environment.as_deref().unwrap_or("not known")) }
                dt { "API key" } dd { @match &entry.api_key { Some(key) => { code { (key) } }, None => { "none" } } }
                dt { "Integration" }
                dd { @match &entry.integration { Some(id) => { a href=(format!("/integrations/{id}")) { code { (id) } } }, None => { "none" } } }
            }
        }
    };
    Ok(Page::operator(
        "Request",
        Section::Requests,
        Some(operator.csrf()),
        content,
    ))
}

impl Asked {
    fn query(&self) -> Result<LogQuery, String> {
        let filled = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let integration = filled(&self.integration).map(|text| text.parse::<IntegrationId>());
        let integration = integration.transpose();
        let kind = KINDS.iter().find(|(name, _, _)| *name == self.kind);
        let since = filled(&self.since)
            .map(|text| Timestamp::parse(&text).ok_or("Write the date as 2026-01-31."));
        let before = filled(&self.before).map(|text| text.parse::<i64>());
        Ok(LogQuery {
            environment: filled(&self.environment),
            integration: integration.map_err(|error| format!("Integration: {error}."))?,
            kind: kind.map(|(_, kind, _)| *kind),
            only_errors: self.errors == "true",
            since: since.transpose()?,
            before: before
                .transpose()
                .map_err(|_| "This is no page of the log.")?,
            limit: PAGE,
        })
    }

    /// The page that follows an entry.
    fn address(&self, before: i64) -> String {
        let mut query = Serializer::new(String::new());
        let pairs = [
            ("environment", &self.environment),
            ("integration", &self.integration),
            ("type", &self.kind),
            ("errors", &self.errors),
            ("since", &self.since),
        ];
        for (name, value) in pairs {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("before", &before.to_string());
        format!("/logs?{}", query.finish())
    }
}

fn form(asked: &Asked) -> Markup {
    html! {
        form.sheet method="get" action="/logs" {
            div.filters {
                div.field {
                    label for="type" { "Kind" }
                    select #type name="type" {
                        option value="" { "All" }
                        @for (name, _, word) in KINDS { option value=(name) selected[asked.kind == name] { (word) } }
                    }
                }
                div.field { label for="environment" { "Environment" } input #environment name="environment" value=(asked.environment) autocomplete="off"; }
                div.field { label for="integration" { "Integration" } input #integration name="integration" value=(asked.integration) autocomplete="off" placeholder="tool:id"; }
                div.field { label for="since" { "Since" } input #since name="since" type="date" value=(asked.since); }
                div.choice {
                    input #errors type="checkbox" name="errors" value="true" checked[asked.errors == "true"];
                    label.plain for="errors" { "Errors only" }
                }
                div { button.main type="submit" { "Show" } }
            }
        }
    }
}

fn table(entries: &[LogEntry], now: Timestamp) -> Markup {
    wide(
        "Requests",
        html! {
            table {
                thead { tr { th scope="col" { "When" } th scope="col" { "Request" } th scope="col" { "Status" } th scope="col" { "Code" } th.number scope="col" { "Took" } th scope="col" { "Environment" } } }
                tbody {
                    @for LogEntry { entry, .. } in entries {
                        tr {
                            th scope="row" { a href=(format!("/logs/{}", entry.id)) { (moment(entry.at, now)) } }
                            td { code { (entry.method) " " (entry.path) } }
                            td { (status(entry.status)) }
                            td { (entry.code.as_deref().unwrap_or_default()) }
                            td.number { (entry.duration_ms) " ms" }
                            td { (entry.environment.as_deref().unwrap_or_default()) }
                        }
                    }
                }
            }
        },
    )
}

fn status(status: u16) -> Markup {
    let tone = match status {
        500.. => Tone::Bad,
        400..500 => Tone::Warn,
        _ => Tone::Good,
    };
    tag(tone, &status.to_string())
}

fn kind_word(kind: LogKind) -> &'static str {
    let found = KINDS.iter().find(|(_, known, _)| *known == kind);
    found.map_or("Another", |(_, _, word)| word)
}
