//! What surrounds every request: its id, the body of an error, the request log, the figures.
//!
//! Handlers say what went wrong; here it becomes an answer, because only here it is known which codes
//! the endpoint may name and where the request can be looked at.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use aide::OperationInput;
use ats_core::IntegrationId;
use ats_store::{ApiKey, LogKind, NewLogEntry};
use axum::{
    Json,
    body::Body,
    extract::{FromRequestParts, MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER, request::Parts};
use tracing::Instrument;

use crate::{ApiError, App, Code, token};

/// The header that names a request in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What becomes known about a request while it is handled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Noted(Arc<Mutex<Notes>>);

#[derive(Debug, Clone, Default)]
struct Notes {
    /// The id of the request, by which it is found in the log.
    id: String,
    environment: Option<String>,
    api_key: Option<String>,
    integration: Option<IntegrationId>,
    kind: Option<LogKind>,
    left_out: bool,
}

impl Noted {
    /// The notes of a request; empty ones where nobody reads them.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// The id of the request, by which it is found in the log.
    pub(crate) fn id(&self) -> String {
        self.read().id
    }

    pub(crate) fn caller(&self, key: &ApiKey) {
        self.write(|notes| {
            notes.environment = Some(key.environment.clone());
            notes.api_key = Some(key.id.clone());
        });
    }

    pub(crate) fn integration(&self, id: &IntegrationId) {
        self.write(|notes| notes.integration = Some(id.clone()));
    }

    /// Who the integration belongs to, where no key says so.
    pub(crate) fn environment(&self, name: &str) {
        self.write(|notes| notes.environment = Some(name.to_owned()));
    }

    /// Keeps the request out of the request log.
    pub(crate) fn leave_out(&self) {
        self.write(|notes| notes.left_out = true);
    }

    pub(crate) fn kind(&self, kind: LogKind) {
        self.write(|notes| notes.kind = Some(kind));
    }

    fn write(&self, write: impl FnOnce(&mut Notes)) {
        write(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn read(&self) -> Notes {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Noted {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

impl OperationInput for Noted {}

/// The outermost layer.
pub(crate) async fn outer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = app.clock().now();
    let at = app.now();
    let id = token::id();
    let noted = Noted::default();
    noted.write(|notes| notes.id = id.to_string());
    request.extensions_mut().insert(noted.clone());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let query = request.uri().query().map(str::to_owned);
    let span = tracing::info_span!("request", id = %id, %method, path = template(&request, &path));
    let template = template(&request, &path).to_owned();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = app.clock().now().saturating_duration_since(began);
    let error = failure(&mut response);
    let is_ats = path.starts_with("/v1/ats/");
    if let Some(error) = &error {
        let log_url = app.public(&format!("/logs/{id}"));
        let body = Json(error.body(is_ats, Some(&log_url))).into_response();
        let (parts, _) = response.into_parts();
        let (described, body) = body.into_parts();
        response = Response::from_parts(parts, body);
        let headers = response.headers_mut();
        headers.remove(http::header::CONTENT_LENGTH);
        headers.extend(described.headers);
        if let Some(seconds) = error.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        let _entered = span.enter();
        match error.status().is_server_error() {
            true => tracing::error!(code = error.code.as_str(), message = error.message),
            false => tracing::info!(code = error.code.as_str(), message = error.message),
        }
    }
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status();
    let labels = [
        ("method", method.to_string()),
        ("path", template.clone()),
        ("status", status.as_u16().to_string()),
    ];
    metrics::histogram!("ats_request_seconds", &labels).record(took);
    let notes = noted.read();
    if notes.left_out {
        return response;
    }
    app.runner().log(NewLogEntry {
        id: id.to_string(),
        at,
        environment: notes.environment,
        api_key: notes.api_key,
        integration: notes.integration,
        kind: notes.kind.unwrap_or(LogKind::Api),
        method: method.to_string(),
        path: template,
        query: query.as_deref().and_then(shown),
        status: status.as_u16(),
        code: error.as_ref().map(|error| error.code.as_str().to_owned()),
        message: error.map(|error| error.message),
        duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    });
    response
}

/// The path of the route, without the ids in it; the path itself where there is no route.
fn template<'a>(request: &'a Request, path: &'a str) -> &'a str {
    let matched = request.extensions().get::<MatchedPath>();
    matched.map_or_else(
        || if path.len() > 200 { "/…" } else { path },
        MatchedPath::as_str,
    )
}

/// The error that an answer stands for.
fn failure(response: &mut Response) -> Option<ApiError> {
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        return Some(error);
    }
    let status = response.status();
    let message = match status {
        StatusCode::NOT_FOUND if is_bare(response) => {
            "there is no such endpoint; /docs lists all of them"
        }
        StatusCode::METHOD_NOT_ALLOWED if is_bare(response) => {
            "this endpoint is there for another method; /docs says for which"
        }
        StatusCode::PAYLOAD_TOO_LARGE if is_bare(response) => {
            "the body is too large: 1 MB, or 80 MB where files may be sent"
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT if is_bare(response) => {
            return Some(ApiError::new(
                Code::TaskTimedOut,
                "it took too long; whether something was done is unknown",
            ));
        }
        status if status.is_server_error() && is_bare(response) => {
            return Some(ApiError::new(Code::UnknownError, "something went wrong"));
        }
        status if status.is_client_error() && is_bare(response) => {
            "the request is not understood; its path and query must be percent-encoded UTF-8"
        }
        _ => return None,
    };
    Some(ApiError::input(message).with_status(status))
}

/// Whether nobody has written a body for a person or a client.
fn is_bare(response: &Response) -> bool {
    let kind = response.headers().get(http::header::CONTENT_TYPE);
    let kind = kind
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("text/plain");
    kind.starts_with("text/plain")
}

/// A query without what may tell of a person: only parameters of paging and time keep their values.
fn shown(query: &str) -> Option<String> {
    const PLAIN: &[&str] = &[
        "page_size",
        "cursor",
        "updated_after",
        "include_deleted",
        "ignore_unsupported_filters",
        "since",
        "limit",
        "type",
    ];
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs: Vec<String> = pairs
        .map(|pair| {
            let name = pair.split('=').next().unwrap_or(pair);
            let name: String = name.chars().take(60).collect();
            match PLAIN.contains(&name.as_str()) {
                true => pair.chars().take(200).collect(),
                false => format!("{name}=…"),
            }
        })
        .take(30)
        .collect();
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

/// An answer for a handler that panicked: a defect, told as one.
pub(crate) fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response<Body> {
    ApiError::new(
        Code::UnknownError,
        "a defect of the server; its log says more",
    )
    .into_response()
}
