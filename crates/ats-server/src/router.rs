//! The table of routes, with the limits that hold for each.
//!
//! The same table makes the OpenAPI document, so that no route can be missing there.

use std::time::Duration;

use aide::{axum::ApiRouter, openapi::OpenApi};
use axum::{Router, middleware};
use tower_http::{
    catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer,
};

use crate::{ApiError, App, api, incoming, outer, pages};

/// The most that a body may have where no files are sent.
const SMALL: usize = 1024 * 1024;

/// The most that a body may have where files are sent.
const LARGE: usize = 80 * 1024 * 1024;

/// How long a list or another small request may take.
const QUICK: Duration = Duration::from_secs(30);

/// How long a request may take that waits for the vendor.
const PATIENT: Duration = Duration::from_secs(180);

/// Every endpoint of the API with its document.
pub(crate) fn documented() -> (Router<App>, OpenApi) {
    let mut document = api::about();
    let timeout = |time| TimeoutLayer::with_status_code(http::StatusCode::GATEWAY_TIMEOUT, time);
    let quick = ApiRouter::new()
        .merge(api::quick())
        .layer(RequestBodyLimitLayer::new(SMALL))
        .layer(timeout(QUICK));
    let patient = ApiRouter::new()
        .merge(api::patient())
        .layer(RequestBodyLimitLayer::new(SMALL))
        .layer(timeout(PATIENT));
    let with_files = ApiRouter::new()
        .merge(api::with_files())
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(LARGE))
        .layer(timeout(PATIENT));
    let api = ApiRouter::new()
        .merge(quick)
        .merge(patient)
        .merge(with_files);
    let routes = ApiRouter::new().nest("/v1", api).finish_api(&mut document);
    api::always_there::tell(&mut document);
    (routes, document)
}

/// Everything that is served.
pub(crate) fn all(app: App) -> Router {
    let (routes, document) = documented();
    routes
        .merge(pages::routes(&document))
        .merge(incoming::routes())
        .merge(api::operation(document))
        .fallback(nothing_here)
        .layer(CatchPanicLayer::custom(outer::panicked))
        .layer(middleware::from_fn_with_state(app.clone(), outer::outer))
        .with_state(app)
}

async fn nothing_here() -> ApiError {
    ApiError::input("there is no such endpoint; /docs lists all of them")
        .with_status(http::StatusCode::NOT_FOUND)
}

/// The OpenAPI document of the API.
pub fn openapi() -> OpenApi {
    documented().1
}
