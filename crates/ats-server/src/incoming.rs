//! Webhooks in: a vendor calls, the call is written down and answered, and what it names is read after
//! that.
//!
//! It owns the route and its answers. It must not know any vendor's events or signatures: the
//! connector does, and the engine asks it.

use ats_core::Headers;
use ats_store::{LogKind, Segment};
use ats_sync::{IncomingCall, LONGEST_BODY, Received};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use tower_http::limit::RequestBodyLimitLayer;

use crate::{ApiError, App, Code, outer::Noted, runner::inbox};

/// The route that vendors call. The end of the address stands for one subscription.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/webhooks/{connector}/{segment}", post(receive))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(LONGEST_BODY))
}

/// The headers of a call.
struct Given(HeaderMap);

impl Headers for Given {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }
}

async fn receive(
    State(app): State<App>,
    noted: Noted,
    Path((slug, segment)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    noted.kind(LogKind::IncomingWebhook);
    let segment = Segment(segment);
    let one = {
        let segment = segment.clone();
        app.stored(move |platform| match platform.subscription_at(&segment)? {
            Some(found) => platform.integration(&found.integration),
            None => Ok(None),
        })
        .await?
    };
    let one = one
        .filter(|one| one.connector == slug)
        .ok_or_else(nobody_listens)?;
    noted.environment(&one.environment);
    noted.integration(&one.id);
    let connector = app.connector(&one)?;
    let (engine, keys, id) = (app.engine().clone(), app.keys().clone(), one.id.clone());
    let received = tokio::task::spawn_blocking(move || {
        let Some(webhooks) = connector.webhooks() else {
            return Ok(Received::Unknown);
        };
        let headers = Given(headers);
        let call = IncomingCall {
            segment: &segment,
            headers: &headers,
            body: &body,
        };
        engine.receive(&id, webhooks, &keys, call)
    });
    let received = match received.await {
        Ok(Ok(received)) => received,
        Ok(Err(error)) => {
            tracing::error!(integration = %one.id, %error, "a call of the vendor is not taken");
            return Err(try_again());
        }
        Err(failed) => {
            tracing::error!(integration = %one.id, error = %failed, "a call ended badly");
            return Err(try_again());
        }
    };
    let labels = [
        ("integration", one.id.to_string()),
        ("outcome", format!("{received:?}").to_lowercase()),
    ];
    metrics::counter!("ats_webhooks_received_total", &labels).increment(1);
    match received {
        Received::Accepted => {
            inbox::work_soon(&app, &one.id);
            Ok(StatusCode::NO_CONTENT)
        }
        Received::Duplicate | Received::Ping | Received::Unreadable => Ok(StatusCode::NO_CONTENT),
        Received::Unknown => Err(nobody_listens()),
        Received::Forged => {
            Err(ApiError::input("the call is not signed").with_status(StatusCode::UNAUTHORIZED))
        }
        Received::TooLong => {
            Err(ApiError::input("the body is too large").with_status(StatusCode::PAYLOAD_TOO_LARGE))
        }
    }
}

/// For good, so that the vendor stops.
fn nobody_listens() -> ApiError {
    ApiError::input("nobody listens here").with_status(StatusCode::GONE)
}

fn try_again() -> ApiError {
    ApiError::new(
        Code::UnknownError,
        "the call could not be written down; try again",
    )
}
