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

/// What a request says of its caller and of the integration that it means; nobody has looked yet.
#[derive(Debug)]
pub(crate) struct Claim {
    key: String,
    integration: Option<String>,
    noted: Noted,
}

impl Claim {
    /// Whether it is true, and the integration. It asks the store, which may take a while.
    pub(crate) fn integration(&self, app: &App) -> Result<Integration, ApiError> {
        let platform = app.platform();
        let key = valid(platform.authenticate(&self.key, app.now())?)?;
        self.noted.caller(&key);
        let id = self.integration.as_deref().unwrap_or_default();
        if id.is_empty() {
            return Err(ApiError::input(
                "the header X-Integration-Id is missing; it names the integration that is meant",
            ));
        }
        let found = match id.parse::<IntegrationId>() {
            Ok(id) => platform.integration(&id)?,
            Err(_) => None,
        };
        let found = found.filter(|found| found.environment == key.environment);
        let integration = found.ok_or_else(not_found)?;
        self.noted.integration(&integration.id);
        Ok(integration)
    }
}

impl FromRequestParts<App> for Claim {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let header = parts.headers.get(INTEGRATION_HEADER);
        let integration = header.and_then(|value| value.to_str().ok());
        Ok(Self {
            key: bearer(&parts.headers)?.to_owned(),
            integration: integration.map(str::to_owned),
            noted: Noted::of(&parts.extensions),
        })
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
        let key = valid(found)?;
        Noted::of(&parts.extensions).caller(&key);
        Ok(Self { key })
    }
}

impl FromRequestParts<App> for Chosen {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let claim = Claim::from_request_parts(parts, app).await?;
        let integration = app.apart(move |app| claim.integration(app)).await?;
        Ok(Self { integration })
    }
}

fn valid(found: Option<ApiKey>) -> Result<ApiKey, ApiError> {
    found.ok_or_else(|| {
        ApiError::new(
            Code::AuthenticationInvalid,
            "this API key is not valid; `ats api-keys create` makes one",
        )
    })
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
