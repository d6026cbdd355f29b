//! `/docs`: the OpenAPI document for people. It is read from the same JSON that programs get, so that
//! it cannot tell anything else.

mod endpoint;
mod schema;

use std::sync::Arc;

use aide::openapi::OpenApi;
use axum::{
    Extension, Router,
    extract::{Path, State},
    routing::get,
};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    failure::Failure,
    layout::{Page, Section, crumbs},
    operator::Visitor,
};
use crate::App;
use endpoint::Endpoint;

/// The document, read once.
#[derive(Debug)]
struct Document {
    json: Value,
    endpoints: Vec<Endpoint>,
}

pub(super) fn routes(document: &OpenApi) -> Router<App> {
    // A document that does not print has no endpoints; programs would see the same.
    let json = serde_json::to_value(document).unwrap_or_default();
    let endpoints = Endpoint::all(&json);
    let document = Arc::new(Document { json, endpoints });
    Router::new()
        .route("/docs", get(all))
        .route("/docs/{operation}", get(one))
        .layer(Extension(document))
}

async fn all(
    State(app): State<App>,
    Extension(document): Extension<Arc<Document>>,
    visitor: Visitor,
) -> Page {
    let content = overview(&app, &document);
    Page::operator("API", Section::Docs, visitor.csrf(), content)
}

async fn one(
    State(app): State<App>,
    Extension(document): Extension<Arc<Document>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Result<Page, Failure> {
    let mut all = document.endpoints.iter();
    let endpoint = all
        .find(|one| one.id == id)
        .ok_or(Failure::NotFound("There is no such endpoint."))?;
    let title = endpoint.summary_or_id().to_owned();
    let content = html! {
        (crumbs(&[("/docs", "API")], &title))
        (endpoint.shown(&document.json, &app.public("")))
    };
    Ok(Page::operator(
        title,
        Section::Docs,
        visitor.csrf(),
        content,
    ))
}

fn overview(app: &App, document: &Document) -> Markup {
    let info = &document.json["info"];
    html! {
        h1 { "The API" }
        p { (info["summary"].as_str().unwrap_or_default()) }
        div.sheet {
            dl.facts {
                dt { "Address" } dd { code { (app.public("/v1")) } }
                dt { "Who calls" } dd { "The header " code { "Authorization: Bearer KEY" } ". " a href="/keys" { "Make a key" } "." }
                dt { "Which integration" }
                dd { "The header " code { "X-Integration-Id" } ", on everything below " code { "/ats" } ", on " code { "/force-sync" } " and " code { "/passthrough" } "." }
                dt { "For programs" } dd { a href="/openapi.json" { "openapi.json" } ", OpenAPI " (document.json["openapi"].as_str().unwrap_or("3.1")) }
            }
        }
        @for (tag, endpoints) in by_tag(document) {
            section aria-labelledby=(anchor(tag)) {
                h2 id=(anchor(tag)) { (tag) }
                ul.scope {
                    @for endpoint in endpoints {
                        li {
                            a href=(format!("/docs/{}", endpoint.id)) { (endpoint.summary_or_id()) }
                            span { (endpoint.call()) }
                        }
                    }
                }
            }
        }
    }
}

fn by_tag(document: &Document) -> Vec<(&str, Vec<&Endpoint>)> {
    let mut groups: Vec<(&str, Vec<&Endpoint>)> = Vec::new();
    for endpoint in &document.endpoints {
        match groups.iter_mut().find(|(tag, _)| *tag == endpoint.tag) {
            Some((_, of_tag)) => of_tag.push(endpoint),
            None => groups.push((&endpoint.tag, vec![endpoint])),
        }
    }
    groups
}

fn anchor(tag: &str) -> String {
    let plain = tag
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    plain.collect::<String>().to_ascii_lowercase()
}
