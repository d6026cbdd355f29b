//! A pass that somebody asks for: it begins now, or the one that runs is named.

use ats_store::{Integration, PassKind, PassState};
use tokio::sync::oneshot;

use super::{Runner, keeper, lock};
use crate::{ApiError, App, Code};

/// A pass that somebody wants.
#[derive(Debug)]
pub(super) struct Force {
    pub(super) kind: PassKind,
    pub(super) begun: oneshot::Sender<Begun>,
}

/// The pass that runs now.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    /// Its public id.
    pub(crate) pass_id: String,
    /// What it reads.
    pub(crate) kind: PassKind,
    /// Whether it ran already.
    pub(crate) already: bool,
}

impl Runner {
    /// Begins a pass of an active integration.
    ///
    /// # Errors
    ///
    /// No pass can begin now: another process is at work, or the credentials cannot be used.
    pub(crate) async fn force(
        &self,
        app: &App,
        integration: &Integration,
        kind: PassKind,
    ) -> Result<Begun, ApiError> {
        // A keeper that is about to end may lose the question; then its successor gets it.
        for _ in 0..2 {
            if let Some(progress) = self.progress(&integration.id) {
                return Ok(Begun {
                    pass_id: progress.pass_id,
                    kind: progress.kind,
                    already: true,
                });
            }
            keeper::ensure(app, &integration.id);
            let (begun, answer) = oneshot::channel();
            let asked = match lock(&self.keepers).get(&integration.id) {
                Some(keeper) => keeper.force(Force { kind, begun }),
                None => false,
            };
            if asked && let Ok(begun) = answer.await {
                return Ok(begun);
            }
        }
        // Another process may be at work.
        let id = integration.id.clone();
        let passes = app.stored(move |platform| platform.passes(&id, 1)).await?;
        let running = passes
            .into_iter()
            .find(|pass| pass.state == PassState::Running);
        running
            .map(|pass| Begun {
                pass_id: pass.id,
                kind: pass.kind,
                already: true,
            })
            .ok_or_else(|| {
                ApiError::new(
                    Code::UnknownError,
                    "the sync could not begin; the server's log says why",
                )
            })
    }
}
