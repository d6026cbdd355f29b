//! An integration is enabled and disabled in one place, by a client's call and by a person's press of a
//! button.

use ats_core::IntegrationId;
use ats_store::IntegrationState;

use crate::{ApiError, App, outgoing};

/// Enables or disables an integration. One that is not there is left alone.
///
/// # Behaviour
/// - Disabling ends the pass that runs.
/// - Enabling makes no refused credentials good: an integration with such ones stays as it is.
pub(crate) async fn switch(app: &App, id: &IntegrationId, enabled: bool) -> Result<(), ApiError> {
    let (wanted, now) = (id.clone(), app.now());
    let switched = app.stored(move |platform| {
        platform.change_integration(&wanted, &mut |one| {
            let state = match (enabled, one.state) {
                (false, _) => IntegrationState::Disabled,
                (true, IntegrationState::Invalid) => IntegrationState::Invalid,
                (true, _) => IntegrationState::Active,
            };
            let is_change = state != one.state;
            one.state = state;
            is_change.then(|| outgoing::integration_state_changed(one, now))
        })
    });
    let switched = switched.await?;
    if !enabled {
        app.runner().cancel(id);
    }
    app.wake();
    if switched.is_some() {
        outgoing::wake(app);
    }
    Ok(())
}
