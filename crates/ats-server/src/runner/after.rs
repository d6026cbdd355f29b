//! What follows a pass and an action: events for those who listen, figures, and the integration's
//! state where the vendor has refused its credentials for days.

use ats_core::ActionKind;
use ats_store::{Integration, IntegrationState, Pass, PassState};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{App, outgoing};

/// Credentials that the vendor has refused for so long are dead.
const PATIENCE_DAYS: i64 = 3;

/// So many passes are looked through for the beginning of the refusals.
const LOOK_BACK: usize = 2_000;

/// A pass ended.
pub(super) async fn pass(app: &App, integration: &Integration, pass: &Pass) {
    let labels = [
        ("integration", integration.id.to_string()),
        ("kind", format!("{:?}", pass.kind).to_lowercase()),
        ("state", format!("{:?}", pass.state).to_lowercase()),
    ];
    if let Some(ended) = pass.ended_at {
        let took = DateTime::<Utc>::from(ended) - DateTime::<Utc>::from(pass.started_at);
        let took = took.to_std().unwrap_or_default();
        metrics::histogram!("ats_pass_seconds", &labels).record(took);
    }
    tracing::info!(
        pass = pass.id,
        state = ?pass.state,
        requests = pass.usage.requests,
        "a pass ended"
    );
    app.runner().fill_soon(&integration.id);
    outgoing::data_changed(app, &integration.id).await;
    outgoing::sync_finished(app, &integration.id).await;
    match pass.state {
        PassState::AuthenticationFailed => {
            outgoing::authenticated(app, integration, false).await;
            give_up(app, integration).await;
        }
        PassState::Succeeded | PassState::PartiallyFailed => {
            outgoing::authenticated(app, integration, true).await;
        }
        _ => {}
    }
}

/// Marks the integration as invalid if the vendor has refused its credentials for days.
async fn give_up(app: &App, integration: &Integration) {
    let id = integration.id.clone();
    let Ok(passes) = app
        .stored(move |platform| platform.passes(&id, LOOK_BACK))
        .await
    else {
        return;
    };
    let refused = passes
        .iter()
        .take_while(|pass| pass.state == PassState::AuthenticationFailed);
    let Some(first) = refused.last() else {
        return;
    };
    let since = DateTime::<Utc>::from(app.now()) - DateTime::<Utc>::from(first.started_at);
    if since < TimeDelta::days(PATIENCE_DAYS) {
        return;
    }
    let (id, now) = (integration.id.clone(), app.now());
    let changed = app.stored(move |platform| {
        platform.change_integration(&id, &mut |one| {
            if one.state != IntegrationState::Active {
                return None;
            }
            one.state = IntegrationState::Invalid;
            Some(outgoing::integration_state_changed(one, now))
        })
    });
    if let Ok(Some(_)) = changed.await {
        outgoing::wake(app);
        tracing::warn!(
            integration = %integration.id,
            "the vendor has refused the credentials for days; no more passes run"
        );
        app.wake();
    }
}

/// An action ended.
pub(super) async fn action(app: &App, integration: &Integration, kind: ActionKind, failed: bool) {
    app.runner().fill_soon(&integration.id);
    let labels = [
        ("integration", integration.id.to_string()),
        ("action", kind.to_string()),
        ("outcome", if failed { "failed" } else { "done" }.to_owned()),
    ];
    metrics::counter!("ats_actions_total", &labels).increment(1);
    // Whoever asked for the action need not wait for this.
    let (told, integration) = (app.clone(), integration.clone());
    app.runner().spawn(async move {
        outgoing::data_changed(&told, &integration.id).await;
        outgoing::acted(&told, &integration).await;
    });
}
