//! Endpoints of the unified API that no connector here serves, and what is known about an action.

use std::collections::BTreeMap;

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use ats_core::ActionKind;
use ats_store::LogKind;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::action_name;
use crate::{
    ApiError, App, Code,
    auth::Chosen,
    extract::Body,
    outer::Noted,
    respond::{Empty, Success, Warned},
};

/// What an action is about.
#[derive(Debug, Deserialize, JsonSchema)]
struct OfApplication {
    /// Our id of the application.
    #[expect(dead_code, reason = "nothing is done to it")]
    application_id: String,
}

/// Which action.
#[derive(Debug, Deserialize, JsonSchema)]
struct Wanted {
    /// Its name, such as `ats_create_application`.
    action_id: String,
}

/// What an action takes.
#[derive(Debug, Serialize, JsonSchema)]
struct Restrictions {
    /// What files it takes.
    attachment_restrictions: AttachmentRestrictions,
}

/// What files an action takes.
#[derive(Debug, Serialize, JsonSchema)]
struct AttachmentRestrictions {
    /// The most that all files together may have; `null` if the vendor does not say.
    total_size_bytes: Option<u64>,
    /// By what a file is.
    types: FileTypes,
}

/// What is taken, by what a file is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct FileTypes {
    /// A curriculum vitae.
    cv: Taken,
    /// A letter that comes with it.
    cover_letter: Taken,
    /// Something else.
    other: Taken,
}

/// Whether and how many files are taken.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Taken {
    /// Whether any is.
    is_supported: bool,
    /// How many there must be.
    min_amount: u32,
    /// How many there may be; `null` if the vendor does not say.
    max_amount: Option<u32>,
    /// The most that one may have; `null` if the vendor does not say.
    max_file_size_bytes: Option<u64>,
    /// MIME types that are taken; `null` if the vendor does not say.
    accepted_mime_types: Option<Vec<String>>,
}

/// Names an application in a tool of these.
type NamedThere = Option<BTreeMap<String, String>>;

/// An application that was made elsewhere and is to be tracked.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "understood, as the API documents it; no connector here offers it"
)]
struct ImportTracked {
    /// Since when it counts as tracked.
    tracked_at: Option<String>,
    /// By an application and its job or candidate.
    #[serde(default)]
    erecruiter: NamedThere,
    /// By an application.
    #[serde(default)]
    successfactors: NamedThere,
    /// By a placement.
    #[serde(default)]
    recruitee: NamedThere,
    /// By an application.
    #[serde(default)]
    greenhouse: NamedThere,
    /// By an application.
    #[serde(default)]
    greenhousev3: NamedThere,
    /// By an application.
    #[serde(default)]
    onlyfy: NamedThere,
    /// By a candidate and a job.
    #[serde(default)]
    smartrecruiters: NamedThere,
}

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/ats/actions/{action_id}",
            get_with(restrictions, |operation| {
                operation
                    .id("getActionDetails")
                    .tag("Actions")
                    .summary("Get what files an action takes")
            }),
        )
        .api_route(
            "/ats/import-tracked-application",
            post_with(import, |operation| {
                operation
                    .id("importTrackedApplication")
                    .tag("Actions")
                    .summary("Track an application that was made elsewhere")
            }),
        )
        .api_route(
            "/ats/applications/{application_id}/interviews",
            post_with(interview, |operation| {
                operation
                    .id("createInterview")
                    .tag("Actions")
                    .summary("Create an interview")
            })
            .patch_with(interview, |operation| {
                operation
                    .id("updateInterview")
                    .tag("Actions")
                    .summary("Change an interview")
            }),
        )
}

async fn restrictions(
    State(app): State<App>,
    chosen: Chosen,
    Path(wanted): Path<Wanted>,
) -> Result<Success<Restrictions>, ApiError> {
    const WITH_FILES: [ActionKind; 4] = [
        ActionKind::CreateCandidate,
        ActionKind::CreateApplication,
        ActionKind::AddAttachmentToApplication,
        ActionKind::AddAttachmentToCandidate,
    ];
    let mut all = WITH_FILES.into_iter();
    let kind = all.find(|kind| action_name(*kind) == wanted.action_id);
    let Some(kind) = kind else {
        let known = WITH_FILES.map(action_name).join(", ");
        return Err(ApiError::input(format!(
            "`action_id` must be one of {known}"
        )));
    };
    let connector = app.connector(&chosen.integration)?;
    let actions = connector.actions();
    let slots = actions.slots();
    let slot = slots.iter().find(|(name, _)| *name == kind.name());
    if slot.is_none_or(|(_, slot)| slot.yes().is_none()) {
        return Err(not_available(&format!("`{kind}`")));
    }
    let taken = Taken {
        is_supported: true,
        min_amount: 0,
        max_amount: None,
        max_file_size_bytes: None,
        accepted_mime_types: None,
    };
    Ok(Success::new(Restrictions {
        attachment_restrictions: AttachmentRestrictions {
            total_size_bytes: None,
            types: FileTypes {
                cv: taken.clone(),
                cover_letter: taken.clone(),
                other: taken,
            },
        },
    }))
}

async fn import(
    noted: Noted,
    _: Chosen,
    Body(_): Body<ImportTracked>,
) -> Result<Warned<Empty>, ApiError> {
    noted.kind(LogKind::Action);
    Err(not_available(
        "tracking of applications that were made elsewhere",
    ))
}

async fn interview(
    noted: Noted,
    _: Chosen,
    Path(_): Path<OfApplication>,
    Body(_): Body<Map<String, Value>>,
) -> Result<Warned<Empty>, ApiError> {
    noted.kind(LogKind::Action);
    Err(not_available("scheduling of interviews"))
}

fn not_available(what: &str) -> ApiError {
    ApiError::new(
        Code::ActionNotAvailable,
        format!("no connector here offers {what}"),
    )
}
