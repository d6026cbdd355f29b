//! What a server is asked by those who run it: whether it lives, whether it can work, its figures,
//! and the document of its endpoints.

use std::sync::Arc;

use aide::openapi::OpenApi;
use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header::CONTENT_TYPE};

use crate::App;

/// The routes beside the API.
pub(crate) fn operation(document: OpenApi) -> Router<App> {
    let document = Arc::new(document);
    let shown = move || {
        let document = Arc::clone(&document);
        async move { Json(document) }
    };
    Router::new()
        .route("/openapi.json", get(shown))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
}

/// Ready once the store answers.
async fn ready(State(app): State<App>) -> Response {
    let asked = app
        .stored(|platform| platform.integrations().map(|_| ()))
        .await;
    match asked {
        Ok(()) => "ready\n".into_response(),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer\n",
        )
            .into_response(),
    }
}

async fn figures(State(app): State<App>) -> Response {
    match app.runner().figures(&app).await {
        Some(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
