//! `POST /passthrough/{tool}/{api}`: a call of the vendor's own API with the stored credentials.
//!
//! A status of the vendor that is no success is an answer, not an error.

use std::collections::BTreeMap;

use aide::axum::{ApiRouter, routing::post_with};
use ats_core::{
    ErrorKind, FileInput, PassthroughAnswer, PassthroughBody, PassthroughCall, PassthroughPart,
};
use ats_store::{IntegrationState, LogKind};
use axum::extract::{Path, State};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{ApiError, App, Code, auth::Chosen, extract::Body, outer::Noted, respond::Warned};

/// Which API of which vendor.
#[derive(Debug, Deserialize, JsonSchema)]
struct Target {
    /// The tool, such as `ashby`.
    tool: String,
    /// Its API, such as `v1`.
    api: String,
}

/// A call of the vendor's own API.
#[derive(Debug, Deserialize, JsonSchema)]
struct Call {
    /// The HTTP method.
    method: CallMethod,
    /// The path below the vendor's address, with its leading slash.
    path: String,
    /// Further headers.
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    /// Parameters of the query.
    #[serde(default)]
    params: Option<BTreeMap<String, String>>,
    /// The body: an object or array is sent as JSON, a text as it is.
    #[serde(default)]
    data: Option<Value>,
    /// Whether the answer's body is given as base64.
    #[serde(default)]
    response_as_base64: Option<bool>,
    /// A form of named parts, instead of `data`.
    #[serde(default)]
    multipart_form_data: Option<Vec<Part>>,
    /// Options that some vendors' APIs have; none has any here.
    #[serde(default)]
    #[expect(dead_code, reason = "accepted, as the API documents it")]
    api_options: Option<BTreeMap<String, String>>,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum CallMethod {
    Get,
    Post,
    Delete,
    Put,
    Patch,
}

impl CallMethod {
    const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }
}

/// A part of a form.
#[derive(Debug, Deserialize, JsonSchema)]
struct Part {
    /// Its name.
    name: String,
    /// A text or a file.
    value: PartValue,
}

/// What a part holds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum PartValue {
    /// A text.
    Text(String),
    /// A file.
    File(FileInput),
}

/// The vendor's answer.
#[derive(Debug, Serialize, JsonSchema)]
struct Answer {
    /// The address that was called.
    url: String,
    /// The HTTP status.
    status: u16,
    /// The headers: a text, or a list where one came several times.
    headers: Map<String, Value>,
    /// The body: JSON where it is JSON, otherwise a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-may-be-absent" = true))]
    data: Option<Value>,
}

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new().api_route(
        "/passthrough/{tool}/{api}",
        post_with(call, |operation| {
            operation
                .id("sendPassthroughRequest")
                .tag("General")
                .summary("Call the vendor's own API")
        }),
    )
}

async fn call(
    State(app): State<App>,
    noted: Noted,
    chosen: Chosen,
    Path(target): Path<Target>,
    Body(call): Body<Call>,
) -> Result<Warned<Answer>, ApiError> {
    noted.kind(LogKind::Passthrough);
    let integration = chosen.integration;
    if integration.connector != target.tool {
        return Err(ApiError::input(format!(
            "the integration is one of `{}`, not of `{}`",
            integration.connector, target.tool
        )));
    }
    if integration.state == IntegrationState::Disabled {
        return Err(ApiError::input(
            "the integration is disabled; enable it first",
        ));
    }
    let connector = app.connector(&integration)?;
    let offered = connector.passthrough();
    let passthrough = offered.filter(|offered| offered.apis().contains(&target.api.as_str()));
    let Some(passthrough) = passthrough else {
        let apis = connector
            .passthrough()
            .map_or(&[][..], |offered| offered.apis());
        return Err(ApiError::input(match apis {
            [] => format!("`{}` offers no calls of its own API", target.tool),
            apis => format!("`{}` has these APIs: {}", target.tool, apis.join(", ")),
        }));
    };
    let as_base64 = call.response_as_base64.unwrap_or(false);
    let request = request(call)?;
    let answer = passthrough
        .call(&request)
        .await
        .map_err(|error| failed(&error))?;
    Ok(Warned::new(shown(answer, as_base64), Vec::new()))
}

fn request(call: Call) -> Result<PassthroughCall, ApiError> {
    if !call.path.starts_with('/') {
        return Err(ApiError::input("`path` must begin with a slash"));
    }
    let body = match (call.multipart_form_data, call.data) {
        (Some(_), Some(_)) => {
            return Err(ApiError::input(
                "give either `data` or `multipart_form_data`",
            ));
        }
        (Some(parts), None) => {
            let parts = parts.into_iter().map(|part| {
                let value = match part.value {
                    PartValue::Text(text) => PassthroughPart::Text(text),
                    PartValue::File(file) => PassthroughPart::File(file),
                };
                (part.name, value)
            });
            PassthroughBody::Multipart(parts.collect())
        }
        (None, None | Some(Value::Null)) => PassthroughBody::Empty,
        (None, Some(Value::String(text))) => PassthroughBody::Text(text),
        (None, Some(value)) => PassthroughBody::Json(value),
    };
    Ok(PassthroughCall {
        method: call.method.name().to_owned(),
        path: call.path,
        params: call.params.unwrap_or_default(),
        headers: call.headers.unwrap_or_default(),
        body,
    })
}

/// Clients know only the platform's codes here.
fn failed(error: &ats_core::Error) -> ApiError {
    let found = ApiError::from(error);
    match error.kind() {
        ErrorKind::InputInvalid { .. } | ErrorKind::InputRejected { .. } => {
            ApiError::input(found.message)
        }
        ErrorKind::RateLimited { .. } => ApiError {
            code: Code::RateLimitExceeded,
            ..found
        },
        _ => found,
    }
}

fn shown(answer: PassthroughAnswer, as_base64: bool) -> Answer {
    let text = std::str::from_utf8(&answer.body);
    let data = match text {
        _ if answer.body.is_empty() => None,
        Ok(text) if !as_base64 => match serde_json::from_str(text) {
            // Clients do not expect `null` here.
            Ok(Value::Null) => None,
            Ok(value) => Some(value),
            Err(_) => Some(text.into()),
        },
        _ => Some(STANDARD.encode(&answer.body).into()),
    };
    Answer {
        url: answer.url,
        status: answer.status,
        headers: headers(answer.headers),
        data,
    }
}

/// Headers by name; one that comes several times is a list.
fn headers(all: Vec<(String, String)>) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, value) in all {
        match headers.get_mut(&name) {
            None => {
                headers.insert(name, value.into());
            }
            Some(Value::Array(values)) => values.push(value.into()),
            Some(first) => *first = json!([first.clone(), value]),
        }
    }
    headers
}
