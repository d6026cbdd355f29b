//! `/integrations/{integration_id}`: what it is and offers, and how it is switched and ended.

use std::collections::BTreeMap;

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with, put_with},
};
use ats_core::{Coverage, Id};
use ats_store::{EndUser, Integration, IntegrationState, ScopeConfig, ScopeSettings};
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    connect::{self, LinkMade, LinkType},
    coverage::{Offer, OfferedAction, OfferedModel},
    tools,
};
use crate::{
    ApiError, App,
    auth::Caller,
    extract::Body,
    outer::Noted,
    outgoing,
    respond::{Empty, Success},
    switch::switch,
};

/// Which integration.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Wanted {
    /// Its id, such as `ashby:HWUTwvyx2wLoSUHphiWVrp28`.
    pub(super) integration_id: String,
}

/// What kind of tool it is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
pub(super) enum Category {
    /// Human resources.
    #[serde(rename = "HRIS")]
    Hris,
    /// Applicant tracking.
    #[serde(rename = "ATS")]
    Ats,
    /// Assessments.
    #[serde(rename = "ASSESSMENT")]
    Assessment,
    /// Learning.
    #[serde(rename = "LMS")]
    Lms,
}

/// Whether its mirror is kept true.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    /// It is.
    Active,
    /// The vendor refuses its credentials.
    Invalid,
    /// It is disabled.
    Inactive,
}

/// Whether anything is left to set up.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum SetupStatus {
    /// Steps are open.
    #[expect(dead_code, reason = "no connector here has steps after connecting")]
    Incomplete,
    /// The last sync of the setup runs.
    #[expect(dead_code, reason = "no connector here has steps after connecting")]
    FinalSyncPending,
    /// Nothing is.
    Completed,
}

/// The customer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Customer {
    /// What the organisation is called.
    organization_name: String,
    /// Who connected it.
    creator_email: Option<String>,
    /// What whoever asked for the connection calls the customer.
    origin_id: Option<String>,
}

impl From<EndUser> for Customer {
    fn from(user: EndUser) -> Self {
        Self {
            organization_name: user.organization_name,
            creator_email: user.creator_email,
            origin_id: user.origin_id,
        }
    }
}

/// The connector.
#[derive(Debug, Serialize, JsonSchema)]
struct ToolName {
    /// Its short name.
    id: String,
    /// What people call it.
    label: String,
    /// What only some people call it.
    internal_label: Option<String>,
    /// A logo.
    logo_url: String,
    /// An icon.
    icon_url: String,
}

/// The scope config.
#[derive(Debug, Serialize, JsonSchema)]
struct ScopeName {
    /// Its id.
    id: String,
    /// What it is called; `null` where everything is on.
    name: Option<String>,
}

/// An integration with what it offers.
#[derive(Debug, Serialize, JsonSchema)]
struct Details {
    /// Its id.
    id: String,
    /// The connector.
    tool: ToolName,
    /// What kind of tool it is.
    category: Category,
    /// Whether its mirror is kept true.
    status: Status,
    /// Whether anything is left to set up.
    setup_status: SetupStatus,
    /// The customer.
    end_user: Customer,
    /// The scope config.
    scope_config: ScopeName,
    /// Since when the mirror does not fit the scope; `null` once a sync has passed.
    data_expired_at: Option<String>,
    /// When it was connected first.
    created_at: String,
    /// Whether the connector is on trial.
    beta: bool,
    /// What can be read.
    read_models: Vec<OfferedModel>,
    /// What can be done.
    write_actions: Vec<OfferedAction>,
}

/// On or off.
#[derive(Debug, Deserialize, JsonSchema)]
struct Enabled {
    /// Whether syncs run and data is served.
    value: bool,
}

/// How a link for new credentials is to be.
#[derive(Debug, Deserialize, JsonSchema)]
struct Relink {
    /// The language of its pages.
    #[serde(default)]
    language: Option<connect::Language>,
    /// The scope config.
    #[serde(default)]
    scope_config_id: Option<String>,
    /// Whether its pages stand inside another page.
    #[serde(default)]
    link_type: LinkType,
}

/// How a link for open steps is to be.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "understood, as the API documents it; there are no steps"
)]
struct Setup {
    /// Whether its pages stand inside another page.
    link_type: LinkType,
    /// The language of its pages.
    #[serde(default)]
    language: Option<connect::Language>,
}

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/integrations/{integration_id}",
            get_with(details, |operation| {
                operation
                    .id("getIntegrationDetails")
                    .tag("Integrations")
                    .summary("Get an integration with what it offers")
            })
            .delete_with(delete, |operation| {
                operation
                    .id("deleteIntegration")
                    .tag("Integrations")
                    .summary("Delete an integration and everything of it")
            }),
        )
        .api_route(
            "/integrations/{integration_id}/enabled",
            put_with(enable, |operation| {
                operation
                    .id("setIntegrationEnabled")
                    .tag("Integrations")
                    .summary("Enable or disable an integration")
            }),
        )
        .api_route(
            "/integrations/{integration_id}/relink",
            post_with(relink, |operation| {
                operation
                    .id("createReconnectionLink")
                    .tag("Integrations")
                    .summary("Create a link for new credentials")
            }),
        )
        .api_route(
            "/integrations/{integration_id}/setup-link",
            post_with(setup_link, |operation| {
                operation
                    .id("createSetupLink")
                    .tag("Integrations")
                    .summary("Create a link for the steps that are open")
            }),
        )
}

/// The integration, noted for the log.
pub(super) async fn chosen(
    app: &App,
    caller: &Caller,
    noted: &Noted,
    wanted: &Wanted,
) -> Result<Integration, ApiError> {
    let found = caller.integration(app, &wanted.integration_id).await?;
    noted.integration(&found.id);
    Ok(found)
}

async fn details(
    State(app): State<App>,
    noted: Noted,
    caller: Caller,
    Path(wanted): Path<Wanted>,
) -> Result<Success<Details>, ApiError> {
    let one = chosen(&app, &caller, &noted, &wanted).await?;
    let environment = one.environment.clone();
    let configs = app
        .stored(move |platform| platform.scope_configs(&environment))
        .await?;
    let config = config_of(&one, configs);
    let everything = ScopeSettings::default();
    let connector = app.connector(&one)?;
    let coverage = Coverage::of(&*connector);
    let offer = Offer {
        coverage: &coverage,
        config: config
            .as_ref()
            .map_or(&everything, |config| &config.settings),
        scope: &one.settings.scope,
    };
    let manifest = connector.manifest();
    let icon = tools::icon(&app, manifest.slug);
    let (read_models, write_actions) = (offer.models(), offer.actions());
    Ok(Success::new(Details {
        tool: ToolName {
            id: manifest.slug.to_owned(),
            label: manifest.name.to_owned(),
            internal_label: None,
            logo_url: icon.clone(),
            icon_url: icon,
        },
        category: Category::Ats,
        status: match one.state {
            IntegrationState::Active => Status::Active,
            IntegrationState::Disabled => Status::Inactive,
            IntegrationState::Invalid => Status::Invalid,
        },
        setup_status: SetupStatus::Completed,
        scope_config: match config {
            Some(config) => ScopeName {
                id: config.id,
                name: Some(config.name),
            },
            None => ScopeName {
                id: Id::derive(["scope config", &one.environment]).to_string(),
                name: None,
            },
        },
        data_expired_at: expired_at(&app, &one).await?,
        created_at: one.created_at.to_string(),
        beta: false,
        id: one.id.to_string(),
        end_user: one.end_user.into(),
        read_models,
        write_actions,
    }))
}

/// The scope config that an integration was made by, or else the default of its environment.
fn config_of(one: &Integration, configs: Vec<ScopeConfig>) -> Option<ScopeConfig> {
    let mut by_id: BTreeMap<String, ScopeConfig> = configs
        .into_iter()
        .map(|config| (config.id.clone(), config))
        .collect();
    match &one.settings.scope_config {
        Some(id) => by_id.remove(id),
        None => by_id.into_values().find(|config| config.is_default),
    }
}

/// When the scope changed, unless everything was read since.
async fn expired_at(app: &App, one: &Integration) -> Result<Option<String>, ApiError> {
    let Some(changed) = one.settings.scope_changed_at else {
        return Ok(None);
    };
    let id = one.id.clone();
    let last = app
        .stored(move |platform| platform.last_full_pass(&id))
        .await?;
    Ok(last
        .is_none_or(|last| last < changed)
        .then(|| changed.to_string()))
}

async fn delete(
    State(app): State<App>,
    noted: Noted,
    caller: Caller,
    Path(wanted): Path<Wanted>,
    _: Body<Option<serde_json::Value>>,
) -> Result<Success<Empty>, ApiError> {
    let one = chosen(&app, &caller, &noted, &wanted).await?;
    let id = one.id.clone();
    // Nothing more is begun for it; what runs ends at its next page, and finds nothing to write to.
    app.stored(move |platform| {
        if let Some(mut one) = platform.integration(&id)? {
            one.state = IntegrationState::Disabled;
            platform.save_integration(&one)?;
        }
        Ok(())
    })
    .await?;
    app.runner().cancel(&one.id);
    app.runner().ended(&one.id).await;
    let deleted = outgoing::integration_deleted(&one, app.now());
    app.stored(move |platform| platform.erase_and_tell(&one.id, &deleted))
        .await?;
    outgoing::wake(&app);
    app.wake();
    Ok(Success::new(Empty {}))
}

async fn enable(
    State(app): State<App>,
    noted: Noted,
    caller: Caller,
    Path(wanted): Path<Wanted>,
    Body(enabled): Body<Enabled>,
) -> Result<Success<Empty>, ApiError> {
    let one = chosen(&app, &caller, &noted, &wanted).await?;
    switch(&app, &one.id, enabled.value).await?;
    Ok(Success::new(Empty {}))
}

async fn relink(
    State(app): State<App>,
    noted: Noted,
    caller: Caller,
    Path(wanted): Path<Wanted>,
    Body(asked): Body<Relink>,
) -> Result<Success<LinkMade>, ApiError> {
    let one = chosen(&app, &caller, &noted, &wanted).await?;
    let config = connect::known_config(&app, &one.environment, asked.scope_config_id).await?;
    let link = connect::relink(
        &app,
        &one,
        asked.language.unwrap_or_default(),
        config,
        asked.link_type,
    );
    Ok(Success::new(connect::keep(&app, link).await?))
}

async fn setup_link(
    State(app): State<App>,
    noted: Noted,
    caller: Caller,
    Path(wanted): Path<Wanted>,
    Body(_): Body<Setup>,
) -> Result<Success<LinkMade>, ApiError> {
    let one = chosen(&app, &caller, &noted, &wanted).await?;
    Err(ApiError::input(format!(
        "the setup of {} is complete: there is no step for a link to lead to",
        one.id
    )))
}
