//! Ctrl-C: once asks what runs to end soon, twice ends the process at once.

use std::process;

use tokio::{signal, sync::watch};

/// The exit code of a process that was stopped.
const INTERRUPTED: i32 = 130;

/// Turns true at the first Ctrl-C. `tell` says so to a person.
pub(crate) fn on_ctrl_c(tell: impl Fn() + Send + 'static) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        asked().await;
        tell();
        // Nobody may be left who listens.
        let _ = sender.send(true);
        asked().await;
        process::exit(INTERRUPTED);
    });
    receiver
}

/// Resolves when the process is asked to end: Ctrl-C, or what a service manager sends.
async fn asked() {
    #[cfg(unix)]
    {
        use signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if signal::ctrl_c().await.is_err() {
        // Without signals nobody can ask; the process ends when it is done.
        std::future::pending::<()>().await;
    }
}

/// Resolves once `stop` is true.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
