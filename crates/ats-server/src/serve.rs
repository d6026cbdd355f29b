//! Serving: requests on a listener, and beside them what runs in the background, until told to stop.

use std::io;

use axum::serve::ListenerExt;
use tokio::{net::TcpListener, sync::watch};

use crate::{App, router, runner};

/// Why serving ended before it was told to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The listener.
    #[error("the listener failed")]
    Listener(#[source] io::Error),
}

/// Serves until `stop` turns true. What runs then is finished: requests are answered, passes end at
/// their next page and are taken up by the next start.
///
/// # Errors
///
/// The listener.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let beside = tokio::spawn({
        let (app, stop) = (app.clone(), stop.clone());
        async move { app.run_beside(stop).await }
    });
    let routes = router::all(app);
    let mut asked = stop.clone();
    // An answer is written at once; its end must not wait until the client has confirmed the rest.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "answers of a connection may come late");
        }
    });
    let served = axum::serve(listener, routes)
        .with_graceful_shutdown(async move { runner::asked(&mut asked).await })
        .await
        .map_err(ServeError::Listener);
    match served {
        Ok(()) => {
            if let Err(failed) = beside.await {
                tracing::error!(error = %failed, "what runs beside the requests ended badly");
            }
            Ok(())
        }
        Err(error) => {
            beside.abort();
            Err(error)
        }
    }
}
