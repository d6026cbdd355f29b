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
    let wanted = id.clone();
    let switched = app.stored(move |platform| {
        let Some(mut one) = platform.integration(&wanted)? else {
            return Ok(None);
        };
        let state = match (enabled, one.state) {
            (false, _) => IntegrationState::Disabled,
            (true, IntegrationState::Invalid) => IntegrationState::Invalid,
            (true, _) => IntegrationState::Active,
        };
        if state == one.state {
            return Ok(None);
        }
        one.state = state;
        platform.save_integration(&one)?;
        Ok(Some(one))
    });
    let switched = switched.await?;
    if !enabled {
        app.runner().cancel(id);
    }
    app.wake();
    if let Some(one) = switched {
        outgoing::state_changed(app, &one).await;
    }
    Ok(())
}
