//! What people see in a browser: the connect flow for customers, the pages for whoever runs the
//! server, and the API's document.
//!
//! Everything is rendered here and works without a script. It must not know any connector, nor keep
//! anything but what the store keeps.

mod assets;
mod connect;
mod desk;
mod docs;
mod failure;
mod guard;
mod layout;
mod markdown;
mod operator;

use aide::openapi::OpenApi;
use axum::{Router, middleware};

use crate::App;

pub(crate) use desk::Desk;

/// The most that a form may have.
const SMALL: usize = 64 * 1024;

/// All pages. `document` is that of the API.
pub(crate) fn routes(document: &OpenApi) -> Router<App> {
    Router::new()
        .merge(connect::routes())
        .merge(operator::routes())
        .merge(docs::routes(document))
        .merge(assets::routes())
        .layer(axum::extract::DefaultBodyLimit::max(SMALL))
        .layer(middleware::from_fn(guard::headers))
}
