//! The journal of one action: kept in the store's ledger, or, in a dry run, only listening.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use ats_core::{Clock, Error, ErrorKind, IntegrationId, Journal, PlannedCall, Result, StepState};
use ats_store::{Guard, Store};
use serde_json::Value;

use super::{ActError, PATIENCE, PAUSE};

/// The steps of one action in the store.
pub(super) struct Ledger {
    store: Arc<dyn Store>,
    integration: IntegrationId,
    action: i64,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

impl Ledger {
    pub(super) fn new(
        store: Arc<dyn Store>,
        integration: IntegrationId,
        action: i64,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            integration,
            action,
            clock,
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Store, i64) -> ats_store::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (store, action) = (Arc::clone(&self.store), self.action);
        match tokio::task::spawn_blocking(move || work(&*store, action)).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(failed().because(error)),
            Err(error) => Err(failed().because(error)),
        }
    }

    async fn save(&self, step: &str, state: Option<StepState>) -> Result<()> {
        let step = step.to_owned();
        self.blocking(move |store, action| store.save_step(action, &step, state.as_ref()))
            .await
    }
}

/// Nothing is sent that cannot be written down.
fn failed() -> Error {
    Error::new(
        ErrorKind::Unexpected,
        "ledger",
        "the ledger of actions could not be read or written, so nothing more was sent",
    )
}

#[async_trait]
impl Journal for Ledger {
    async fn recall(&self, step: &str) -> Result<Option<StepState>> {
        let step = step.to_owned();
        self.blocking(move |store, action| store.step(action, &step))
            .await
    }

    async fn sending(&self, step: &str, before: &Value) -> Result<()> {
        let before = before.clone();
        self.save(step, Some(StepState::Sent { before })).await
    }

    async fn confirmed(&self, step: &str, result: &Value) -> Result<()> {
        let result = result.clone();
        self.save(step, Some(StepState::Confirmed { result })).await
    }

    async fn refused(&self, step: &str) -> Result<()> {
        self.save(step, None).await
    }

    async fn hold(&self, name: &str) -> Result<Box<dyn Send + Sync>> {
        let (store, id) = (Arc::clone(&self.store), self.integration.clone());
        let held = wait_for(store, id, name, Arc::clone(&self.clock), PATIENCE, PAUSE).await;
        match held {
            Ok(guard) => Ok(Box::new(guard)),
            Err(ActError::Action(error)) => Err(error),
            Err(ActError::Engine(error)) => Err(failed().because(error)),
        }
    }

    fn plan(&self, _: PlannedCall) {}
}

/// Waits for a right of this name, and takes it.
pub(super) async fn wait_for(
    store: Arc<dyn Store>,
    integration: IntegrationId,
    name: &str,
    clock: Arc<dyn Clock>,
    patience: Duration,
    pause: Duration,
) -> std::result::Result<Box<dyn Guard>, ActError> {
    let began = clock.now();
    loop {
        let (store, id, name) = (Arc::clone(&store), integration.clone(), name.to_owned());
        let taken = tokio::task::spawn_blocking(move || {
            store.lock_named(&id, &name, &format!("process {}", std::process::id()))
        });
        match taken.await {
            Ok(Ok(guard)) => return Ok(guard),
            Ok(Err(ats_store::Error::Busy { holder })) => {
                if clock.now().saturating_duration_since(began) >= patience {
                    let kind = ErrorKind::Conflict {
                        what: "action_under_way",
                    };
                    let message = format!(
                        "another action that it must wait for is still under way ({holder}); try \
                         again later"
                    );
                    return Err(Error::new(kind, "ledger", message).into());
                }
            }
            Ok(Err(error)) => return Err(error.into()),
            Err(error) => return Err(failed().because(error).into()),
        }
        clock.sleep(pause).await;
    }
}

/// The journal of a dry run: it writes down the calls and remembers nothing.
#[derive(Debug, Default)]
pub(super) struct Planner(Mutex<Vec<PlannedCall>>);

impl Planner {
    pub(super) fn into_calls(self) -> Vec<PlannedCall> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Journal for Planner {
    async fn recall(&self, _: &str) -> Result<Option<StepState>> {
        Ok(None)
    }

    async fn sending(&self, _: &str, _: &Value) -> Result<()> {
        Ok(())
    }

    async fn confirmed(&self, _: &str, _: &Value) -> Result<()> {
        Ok(())
    }

    async fn refused(&self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn hold(&self, _: &str) -> Result<Box<dyn Send + Sync>> {
        Ok(Box::new(()))
    }

    fn plan(&self, call: PlannedCall) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
    }
}
