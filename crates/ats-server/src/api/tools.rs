//! `GET /tools/{category}`: the connectors that are there, with what they have.

use aide::axum::{ApiRouter, routing::get_with};
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::coverage::{self, ToolCoverage};
use crate::{ApiError, App, auth::Caller, respond::Success};

/// Which kind of tools.
#[derive(Debug, Deserialize, JsonSchema)]
struct Wanted {
    /// The category; all connectors here are of `ats`.
    category: String,
}

/// The connectors of a category.
#[derive(Debug, Serialize, JsonSchema)]
struct Tools {
    /// The connectors.
    tools: Vec<Tool>,
}

/// A connector.
#[derive(Debug, Serialize, JsonSchema)]
struct Tool {
    /// Its short name.
    id: String,
    /// What people call it.
    label: String,
    /// What only some people call it.
    internal_label: Option<String>,
    /// Pictures of it.
    assets: Assets,
    /// What the vendor charges for, in Markdown.
    paid_api_details_markdown: Option<String>,
    /// How it goes faster, in Markdown.
    fast_track_details_markdown: Option<String>,
    /// What only partners can, in Markdown.
    partner_only_details_markdown: Option<String>,
    /// How it is connected.
    connection_guide_url: Option<String>,
    /// What it has.
    coverage: ToolCoverage,
}

/// Pictures of a connector.
#[derive(Debug, Serialize, JsonSchema)]
struct Assets {
    /// A logo.
    logo_url: String,
    /// An icon.
    icon_url: String,
    /// An icon in one colour.
    icon_black_url: String,
}

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new().api_route(
        "/tools/{category}",
        get_with(tools, |operation| {
            operation
                .id("getTools")
                .tag("General")
                .summary("Get the connectors with what they have")
        }),
    )
}

async fn tools(
    State(app): State<App>,
    _: Caller,
    Path(wanted): Path<Wanted>,
) -> Result<Success<Tools>, ApiError> {
    let category = wanted.category.to_ascii_lowercase();
    if !["ats", "hris", "assessment", "lms"].contains(&category.as_str()) {
        return Err(ApiError::input(
            "the category must be one of ats, hris, assessment, lms",
        ));
    }
    let mut tools = Vec::new();
    if category == "ats" {
        for manifest in app.registry().manifests() {
            let Some(factory) = app.registry().find(manifest.slug) else {
                continue;
            };
            let icon = icon(&app, manifest.slug);
            tools.push(Tool {
                id: manifest.slug.to_owned(),
                label: manifest.name.to_owned(),
                internal_label: None,
                assets: Assets {
                    logo_url: icon.clone(),
                    icon_url: icon.clone(),
                    icon_black_url: icon,
                },
                paid_api_details_markdown: None,
                fast_track_details_markdown: None,
                partner_only_details_markdown: None,
                connection_guide_url: None,
                coverage: coverage::of_tool(factory)?,
            });
        }
    }
    Ok(Success::new(Tools { tools }))
}

/// Where a picture of a connector is: its initial, since no vendor's mark is ours to show.
pub(super) fn icon(app: &App, slug: &str) -> String {
    app.public(&format!("/assets/tools/{slug}.svg"))
}
