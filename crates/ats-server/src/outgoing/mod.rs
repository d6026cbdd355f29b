//! Webhooks out: those who listen are told of what happened.
//!
//! It owns the bodies of events, their signatures, and when each is sent. Events are written down with
//! what they tell of, in one transaction, and sent from there, so that none is lost; who emits one
//! never waits for a receiver.

mod body;
mod issues;
mod policy;
mod send;
mod sign;

use ats_core::{IntegrationId, Timestamp};
use ats_store::{
    CONNECTION_FLOW_FAILED, DATA_CHANGED, EndUser, INTEGRATION_CREATED, INTEGRATION_DELETED,
    INTEGRATION_STATE_CHANGED, Integration, NewEvent, SYNC_FINISHED,
};
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

/// What tells that an integration is there.
pub(crate) fn integration_created(one: &Integration, now: Timestamp) -> NewEvent {
    body::event(one, INTEGRATION_CREATED, body::integration(one), now)
}

/// What tells that an integration is erased.
pub fn integration_deleted(one: &Integration, now: Timestamp) -> NewEvent {
    body::event(one, INTEGRATION_DELETED, body::deleted(one, now), now)
}

/// What tells that an integration was enabled, disabled, connected again, or that its credentials
/// are dead; `one` is how it is then.
pub fn integration_state_changed(one: &Integration, now: Timestamp) -> NewEvent {
    let data = body::state_changed(one, now);
    body::event(one, INTEGRATION_STATE_CHANGED, data, now)
}

/// A customer tried to connect and could not; `log_id` names the request in the request log. Nothing
/// else is written down about it, and the customer is answered after that: if it does not come so
/// far, the customer tries again.
pub(crate) async fn connection_flow_failed(
    app: &App,
    environment: &str,
    tool: &str,
    end_user: &EndUser,
    log_id: &str,
) {
    let log_url = app.public(&format!("/logs/{log_id}"));
    let data = body::connection_flow_failed(tool, end_user, &log_url);
    let event = body::of_environment(environment, CONNECTION_FLOW_FAILED, data, app.now());
    emit(app, event).await;
}

/// Passes of an integration may have ended, now or before a crash. Nothing happens if none did.
pub(crate) async fn sync_finished(app: &App, id: &IntegrationId) {
    let id = id.clone();
    let (now, public) = (app.now(), app.clone());
    let told = app.stored(move |platform| {
        let Some(one) = platform.integration(&id)? else {
            return Ok(0);
        };
        platform.emit_passes(&id, &mut |pass| {
            let log_url = public.public(&format!("/integrations/{id}/passes/{}", pass.id));
            let data = body::sync_finished(&one, pass, &log_url);
            body::event(&one, SYNC_FINISHED, data, now)
        })
    });
    // What the store did not take now is told when it is looked for what nobody has told of.
    if matches!(told.await, Ok(1..)) {
        wake(app);
    }
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
            Some(body::event(&one, DATA_CHANGED, data, now))
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
