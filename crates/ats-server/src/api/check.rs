//! `GET /check-api-key`.

use aide::axum::{ApiRouter, routing::get_with};
use ats_core::Id;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{ApiError, App, auth::Caller, respond::Success};

/// What a key belongs to.
#[derive(Debug, Serialize, JsonSchema)]
struct CheckedKey {
    /// The environment of the key.
    environment_id: String,
}

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new().api_route(
        "/check-api-key",
        get_with(check, |operation| {
            operation
                .id("checkApiKey")
                .tag("General")
                .summary("Check whether the API key is valid")
        }),
    )
}

async fn check(caller: Caller) -> Result<Success<CheckedKey>, ApiError> {
    Ok(Success::new(CheckedKey {
        environment_id: environment_id(caller.environment()).to_string(),
    }))
}

/// The id of an environment on the wire.
pub(crate) fn environment_id(name: &str) -> Id {
    Id::derive(["environment", name])
}
