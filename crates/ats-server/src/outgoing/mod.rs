//! Webhooks out: those who listen are told of what happened.
//!
//! It owns the bodies of events, their signatures, and when each is sent. Events are written down
//! where they happen and sent from there, so that none is lost; who emits one never waits for a
//! receiver.

mod body;
mod issues;
mod policy;
mod send;
mod sign;

use ats_core::IntegrationId;
use ats_store::{EndUser, INTEGRATION_DELETED, Integration, NewEvent, Pass};
use tokio::sync::Notify;

use crate::App;

pub(crate) use issues::{acted, authenticated, called};
pub(crate) use send::run;

/// An event about changes names no more records than this; the feed of changes has all of them.
const MOST_RECORDS: usize = 500;

/// What the sender is woken by.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    more: Notify,
}

/// An integration is there.
pub(crate) async fn integration_created(app: &App, one: &Integration) {
    let data = body::integration(one);
    emit(
        app,
        body::event(one, "integration-created", data, app.now()),
    )
    .await;
}

/// An integration is about to be erased: to be called before that, so that it cannot be lost.
pub(crate) async fn integration_deleted(app: &App, one: &Integration) {
    let data = body::deleted(one, app.now());
    emit(app, body::event(one, INTEGRATION_DELETED, data, app.now())).await;
}

/// An integration was enabled, disabled, connected again, or its credentials are dead; `one` is how
/// it is now.
pub(crate) async fn state_changed(app: &App, one: &Integration) {
    let data = body::state_changed(one, app.now());
    let event = body::event(one, "integration-state-changed", data, app.now());
    emit(app, event).await;
}

/// A customer tried to connect and could not; `log_id` names the request in the request log.
pub(crate) async fn connection_flow_failed(
    app: &App,
    environment: &str,
    tool: &str,
    end_user: &EndUser,
    log_id: &str,
) {
    let log_url = app.public(&format!("/logs/{log_id}"));
    let data = body::connection_flow_failed(tool, end_user, &log_url);
    let event = body::of_environment(environment, "connection-flow-failed", data, app.now());
    emit(app, event).await;
}

/// A pass ended.
pub(crate) async fn sync_finished(app: &App, one: &Integration, pass: &Pass) {
    let log_url = app.public(&format!("/integrations/{}/passes/{}", one.id, pass.id));
    let data = body::sync_finished(one, pass, &log_url);
    emit(app, body::event(one, "sync-finished", data, app.now())).await;
}

/// Records of an integration may have changed. Nothing happens if none did.
pub(crate) async fn data_changed(app: &App, id: &IntegrationId) {
    let id = id.clone();
    let now = app.now();
    let told = app.stored(move |platform| {
        let Some(one) = platform.integration(&id)? else {
            return Ok(false);
        };
        platform.emit_changes(&id, MOST_RECORDS, &mut |changed| {
            let data = body::data_changed(&one, changed)?;
            Some(body::event(&one, "data-changed", data, now))
        })
    });
    // What the store did not take now is told with the next change.
    if matches!(told.await, Ok(true)) {
        wake(app);
    }
}

/// Writes an event down, to be sent at once.
async fn emit(app: &App, event: NewEvent) {
    let kind = event.kind.clone();
    let emitted = app.stored(move |platform| platform.emit(&event)).await;
    match emitted {
        Ok(0) => {}
        Ok(_) => wake(app),
        Err(error) => tracing::error!(kind, error = error.message, "an event is lost"),
    }
}

/// Lets the sender look at what is on its way.
pub(crate) fn wake(app: &App) {
    app.runner().outgoing().more.notify_one();
}
