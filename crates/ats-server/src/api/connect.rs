//! `/connect`: links for customers, and what came of them.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use ats_core::Timestamp;
use ats_store::{EndUser, Integration, Link, LinkKind, PRODUCTION};
use axum::extract::{Path, State};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::integrations::{Category, SetupStatus};
use crate::{ApiError, App, auth::Caller, extract::Body, respond::Success, token};

/// Whether the pages of a link stand inside another page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum LinkType {
    /// They do, and the link is good for an hour.
    #[default]
    Embedded,
    /// They stand alone, and the link is good for a year.
    MagicLink,
}

/// The language of pages.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Italian.
    It,
    /// Spanish.
    Es,
}

impl Language {
    const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::It => "it",
            Self::Es => "es",
        }
    }
}

/// A link that is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
struct CreateLink {
    /// Who is to connect.
    end_user_email: String,
    /// What the organisation is called.
    end_user_organization_name: String,
    /// What you call the customer.
    #[serde(default)]
    end_user_origin_id: Option<String>,
    /// An environment of the vendor; no connector here has any.
    #[serde(default)]
    remote_environment: Option<String>,
    /// What kind of tool is meant. All connectors here are of `ATS`.
    #[serde(default)]
    #[expect(
        dead_code,
        reason = "clients send another default than the only one there is"
    )]
    integration_category: Option<Category>,
    /// The connector; the customer chooses where none is named.
    #[serde(default)]
    integration_tool: Option<String>,
    /// The language of its pages.
    #[serde(default)]
    language: Option<Language>,
    /// The scope config; the environment's default where none is named.
    #[serde(default)]
    scope_config_id: Option<String>,
    /// Whether the customer may choose what is synced; not here.
    #[serde(default)]
    enable_filtering: Option<bool>,
    /// Whether the customer may map fields; not here.
    #[serde(default)]
    enable_field_mapping: Option<bool>,
    /// Whether the vendor is called from fixed addresses; not here.
    #[serde(default)]
    enable_static_ips: Option<bool>,
    /// Whether its pages stand inside another page.
    #[serde(default)]
    link_type: LinkType,
}

/// A link that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LinkMade {
    /// Where to send the customer.
    link: String,
}

/// Which link.
#[derive(Debug, Deserialize, JsonSchema)]
struct Token {
    /// The activation token that the connect flow ended with.
    token: String,
}

/// What came of a link.
#[derive(Debug, Serialize, JsonSchema)]
struct Connected {
    /// The connector.
    tool: String,
    /// The integration.
    id: String,
    /// What you call the customer.
    end_user_origin_id: Option<String>,
    /// What the organisation is called.
    end_user_organization_name: String,
    /// Who connected.
    end_user_email: Option<String>,
    /// Whether anything is left to set up.
    setup_status: SetupStatus,
}

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/connect/create-link",
            post_with(create, |operation| {
                operation
                    .id("createConnectionLink")
                    .tag("Connect")
                    .summary("Create a link for a customer")
            }),
        )
        .api_route(
            "/connect/integration-by-token/{token}",
            get_with(by_token, |operation| {
                operation
                    .id("getIntegrationByToken")
                    .tag("Connect")
                    .summary("Get the integration that a customer has connected")
            }),
        )
        .api_route(
            "/connect/activate-integration",
            post_with(activate, |operation| {
                operation
                    .id("activateIntegration")
                    .tag("Connect")
                    .summary("The older form of getting a connected integration")
            }),
        )
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<CreateLink>,
) -> Result<Success<LinkMade>, ApiError> {
    if !is_address(&asked.end_user_email) {
        return Err(ApiError::input(
            "`end_user_email` must be an e-mail address",
        ));
    }
    let name = asked.end_user_organization_name.trim();
    if name.is_empty() || asked.end_user_origin_id.as_deref() == Some("") {
        return Err(ApiError::input(
            "`end_user_organization_name` and `end_user_origin_id` must have a letter",
        ));
    }
    if let Some(tool) = &asked.integration_tool
        && app.registry().find(tool).is_none()
    {
        let known: Vec<_> = app
            .registry()
            .manifests()
            .map(|manifest| manifest.slug)
            .collect();
        let tool: String = tool.chars().take(60).collect();
        return Err(ApiError::input(format!(
            "there is no connector `{tool}` here; `integration_tool` can be {}",
            known.join(", ")
        )));
    }
    let wishes = [
        ("remote_environment", asked.remote_environment.is_some()),
        ("enable_filtering", asked.enable_filtering == Some(true)),
        (
            "enable_field_mapping",
            asked.enable_field_mapping == Some(true),
        ),
        ("enable_static_ips", asked.enable_static_ips == Some(true)),
    ];
    if let Some((wish, _)) = wishes.iter().find(|(_, wished)| *wished) {
        return Err(ApiError::input(format!(
            "`{wish}` is not offered here; leave it out"
        )));
    }
    let scope_config = known_config(&app, caller.environment(), asked.scope_config_id).await?;
    let now = app.now();
    let link = Link {
        kind: LinkKind::Connect,
        environment: caller.environment().to_owned(),
        end_user: EndUser {
            organization_name: name.to_owned(),
            creator_email: Some(asked.end_user_email),
            origin_id: asked.end_user_origin_id,
        },
        integration: None,
        connector: asked.integration_tool,
        language: asked.language.unwrap_or_default().code().to_owned(),
        scope_config,
        embedded: asked.link_type == LinkType::Embedded,
        created_at: now,
        expires_at: until(now, asked.link_type),
        used_at: None,
    };
    Ok(Success::new(keep(&app, link).await?))
}

/// A link for a customer of the usual environment.
pub(crate) async fn connect_link(
    app: &App,
    organization: &str,
    email: &str,
) -> Result<String, ApiError> {
    let now = app.now();
    let link = Link {
        kind: LinkKind::Connect,
        environment: PRODUCTION.to_owned(),
        end_user: EndUser {
            organization_name: organization.to_owned(),
            creator_email: Some(email.to_owned()),
            origin_id: None,
        },
        integration: None,
        connector: None,
        language: Language::En.code().to_owned(),
        scope_config: None,
        embedded: false,
        created_at: now,
        expires_at: until(now, LinkType::Embedded),
        used_at: None,
    };
    Ok(keep(app, link).await?.link)
}

/// A link for new credentials.
pub(super) fn relink(
    app: &App,
    one: &Integration,
    language: Language,
    scope_config: Option<String>,
    link_type: LinkType,
) -> Link {
    let now = app.now();
    Link {
        kind: LinkKind::Relink,
        environment: one.environment.clone(),
        end_user: one.end_user.clone(),
        integration: Some(one.id.clone()),
        connector: Some(one.connector.clone()),
        language: language.code().to_owned(),
        scope_config,
        embedded: link_type == LinkType::Embedded,
        created_at: now,
        expires_at: until(now, link_type),
        used_at: None,
    }
}

/// Keeps a link, and gives its address.
pub(super) async fn keep(app: &App, link: Link) -> Result<LinkMade, ApiError> {
    let secret = token::secret();
    let address = app.public(&format!("/connect/{secret}"));
    app.stored(move |platform| platform.add_link(&secret, &link))
        .await?;
    Ok(LinkMade { link: address })
}

/// A scope config of the environment, if one is named.
pub(super) async fn known_config(
    app: &App,
    environment: &str,
    wanted: Option<String>,
) -> Result<Option<String>, ApiError> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let environment = environment.to_owned();
    let all = app
        .stored(move |platform| platform.scope_configs(&environment))
        .await?;
    match all.iter().any(|config| config.id == wanted) {
        true => Ok(Some(wanted)),
        false => Err(ApiError::input(
            "there is no scope config of the id in `scope_config_id`",
        )),
    }
}

async fn by_token(
    State(app): State<App>,
    caller: Caller,
    Path(asked): Path<Token>,
) -> Result<Success<Connected>, ApiError> {
    connected(&app, &caller, asked.token).await
}

async fn activate(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<Token>,
) -> Result<Success<Connected>, ApiError> {
    connected(&app, &caller, asked.token).await
}

async fn connected(
    app: &App,
    caller: &Caller,
    token: String,
) -> Result<Success<Connected>, ApiError> {
    let unknown = || ApiError::input("there is no such token, or it has expired");
    let now = app.now();
    let found = app
        .stored(move |platform| platform.activation(&token, now))
        .await?;
    let id = found.ok_or_else(unknown)?.integration;
    let one = caller
        .integration(app, id.as_str())
        .await
        .map_err(|_| unknown())?;
    Ok(Success::new(Connected {
        tool: one.connector,
        id: one.id.to_string(),
        end_user_origin_id: one.end_user.origin_id,
        end_user_organization_name: one.end_user.organization_name,
        end_user_email: one.end_user.creator_email,
        setup_status: SetupStatus::Completed,
    }))
}

fn until(now: Timestamp, link_type: LinkType) -> Timestamp {
    let time = match link_type {
        LinkType::Embedded => TimeDelta::hours(1),
        LinkType::MagicLink => TimeDelta::days(365),
    };
    (DateTime::<Utc>::from(now) + time).into()
}

/// Whether a text looks like an address; only a letter to it could tell more.
fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    let is_odd = text.chars().any(|c| c.is_whitespace() || c.is_control());
    parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) && !is_odd
}
