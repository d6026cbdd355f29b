//! Pages for whoever runs the server, behind a login: how integrations stand, what they hold, what
//! was asked of the server, and who may ask.
//!
//! Every page is made anew from the store and is kept by no browser. What changes something is a form
//! that carries a proof of the login.

mod explorer;
mod facts;
mod integration;
mod keys;
mod login;
mod logs;
mod matrix;
mod origin;
mod overview;
mod parts;
mod passes;
mod record;
mod session;
mod webhooks;

use axum::{
    Router,
    routing::{get, post},
};

use crate::App;

pub(super) use session::{Visitor, inputs, text};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(overview::overview))
        .route("/login", get(login::form).post(login::login))
        .route("/login/{token}", get(login::by_link))
        .route("/logout", post(login::logout))
        .route("/integrations/{id}", get(integration::integration))
        .route("/integrations/{id}/sync", post(integration::sync))
        .route("/integrations/{id}/state", post(integration::state))
        .route("/integrations/{id}/passes/{pass}", get(passes::pass))
        .route("/integrations/{id}/data/{model}", get(explorer::explorer))
        .route("/integrations/{id}/records/{record}", get(record::record))
        .route("/logs", get(logs::all))
        .route("/logs/{id}", get(logs::one))
        .route("/webhooks", get(webhooks::all))
        .route("/webhooks/replay", post(webhooks::replay_since))
        .route("/webhooks/events/{id}/replay", post(webhooks::replay))
        .route("/keys", get(keys::all).post(keys::create))
        .route("/keys/{id}/revoke", post(keys::revoke))
        .route("/support", get(matrix::all))
        .route("/support/{connector}", get(matrix::one))
}
