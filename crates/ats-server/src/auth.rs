//! Who calls, and about which integration.
//!
//! It owns API keys on the wire and the header that chooses an integration. An integration of another
//! environment is answered as one that is not there.

use aide::OperationInput;
use ats_core::IntegrationId;
use ats_store::{ApiKey, Integration};
use axum::{extract::FromRequestParts, response::Response};
use http::{HeaderMap, header::AUTHORIZATION, request::Parts};

use crate::{ApiError, App, Code, outer::Noted};

/// The header that chooses an integration.
pub(crate) const INTEGRATION_HEADER: &str = "x-integration-id";

/// Somebody with a valid API key.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The key, as it is kept.
    pub(crate) key: ApiKey,
}

impl Caller {
    /// The environment that the key belongs to.
    pub(crate) fn environment(&self) -> &str {
        &self.key.environment
    }

    /// The integration of this id, if the key may see it.
    pub(crate) async fn integration(&self, app: &App, id: &str) -> Result<Integration, ApiError> {
        let found = match id.parse::<IntegrationId>() {
            Ok(id) => {
                app.stored(move |platform| platform.integration(&id))
                    .await?
            }
            Err(_) => None,
        };
        let of_this_environment = |found: &Integration| found.environment == self.key.environment;
        found.filter(of_this_environment).ok_or_else(not_found)
    }
}

/// A caller and the integration that the header chooses.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    /// What the call is about.
    pub(crate) integration: Integration,
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let key = bearer(&parts.headers)?.to_owned();
        let now = app.now();
        let found = app
            .stored(move |platform| platform.authenticate(&key, now))
            .await?;
        let key = found.ok_or_else(|| {
            ApiError::new(
                Code::AuthenticationInvalid,
                "this API key is not valid; `ats api-keys create` makes one",
            )
        })?;
        Noted::of(&parts.extensions).caller(&key);
        Ok(Self { key })
    }
}

impl FromRequestParts<App> for Chosen {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let header = parts.headers.get(INTEGRATION_HEADER);
        let id = header.and_then(|value| value.to_str().ok()).unwrap_or("");
        if id.is_empty() {
            return Err(ApiError::input(
                "the header X-Integration-Id is missing; it names the integration that is meant",
            ));
        }
        let integration = caller.integration(app, id).await?;
        Noted::of(&parts.extensions).integration(&integration.id);
        Ok(Self { integration })
    }
}

fn not_found() -> ApiError {
    ApiError::new(
        Code::IntegrationNotFound,
        "there is no such integration in the environment of this API key",
    )
}

/// The key in the header.
fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    let missing = || {
        ApiError::new(
            Code::AuthenticationInvalid,
            "the API key is missing; send it as `Authorization: Bearer KEY`",
        )
    };
    let text = headers.get(AUTHORIZATION).ok_or_else(missing)?;
    let text = text.to_str().map_err(|_| missing())?;
    let (scheme, key) = text.split_once(' ').ok_or_else(missing)?;
    let key = key.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || key.is_empty() {
        return Err(missing());
    }
    Ok(key)
}

/// Keys and the header are documented once, for all operations.
impl OperationInput for Caller {}

impl OperationInput for Chosen {
    fn operation_input(
        context: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) {
        crate::extract::document_header(
            context,
            operation,
            "X-Integration-Id",
            "The integration, such as `ashby:HWUTwvyx2wLoSUHphiWVrp28`.",
        );
    }
}

/// Lets handlers give an answer of their own where a rejection is needed.
impl From<ApiError> for Response {
    fn from(error: ApiError) -> Self {
        axum::response::IntoResponse::into_response(error)
    }
}
