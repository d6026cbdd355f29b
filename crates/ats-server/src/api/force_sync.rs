//! `POST /force-sync`: a pass, now.

use aide::axum::{ApiRouter, routing::post_with};
use ats_store::{IntegrationState, PassKind};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ApiError, App, auth::Chosen, extract::Body, respond::Success};

/// Which pass is wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct ForceSync {
    /// Full, or only what changed.
    #[serde(default, rename = "type")]
    kind: SyncType,
}

/// What a pass reads.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum SyncType {
    /// Everything.
    #[default]
    Full,
    /// What changed.
    Delta,
}

/// The pass that runs now.
#[derive(Debug, Serialize, JsonSchema)]
struct Queued {
    /// Whether it ran already.
    already_queued: bool,
    /// Its id.
    sync_id: String,
    /// What it reads; it may be another kind than the wanted one.
    #[serde(rename = "type")]
    kind: SyncType,
}

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new().api_route(
        "/force-sync",
        post_with(force, |operation| {
            operation
                .id("triggerSync")
                .tag("General")
                .summary("Start a sync now")
        }),
    )
}

async fn force(
    State(app): State<App>,
    chosen: Chosen,
    Body(wanted): Body<ForceSync>,
) -> Result<Success<Queued>, ApiError> {
    if chosen.integration.state != IntegrationState::Active {
        return Err(ApiError::input(
            "the integration is not active; enable it, or let the customer connect again",
        ));
    }
    let kind = match wanted.kind {
        SyncType::Full => PassKind::Full,
        SyncType::Delta => PassKind::Delta,
    };
    let begun = app.runner().force(&app, &chosen.integration, kind).await?;
    Ok(Success::new(Queued {
        already_queued: begun.already,
        sync_id: begun.pass_id,
        kind: match begun.kind {
            PassKind::Delta => SyncType::Delta,
            _ => SyncType::Full,
        },
    }))
}
