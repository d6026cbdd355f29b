//! What runs beside the requests: passes when they are due or asked for, the request log, the
//! figures, and the work that must end although nobody waits for it any more.
//!
//! One keeper runs for each active integration, so that its passes come one after the other.

mod after;
mod figures;
mod filler;
mod force;
pub(crate) mod inbox;
mod keeper;
mod log;
mod progress;

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ats_core::{ActionKind, IntegrationId, Timestamp};
use ats_store::{Integration, IntegrationState};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::task::TaskTracker;

use crate::{
    ApiError, App, Code,
    outgoing::{self, Outgoing},
};
use keeper::Keeper;
use log::Log;

pub use progress::{Progress, StreamProgress};

/// The longest time for which a change that another process made goes unnoticed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What runs beside the requests.
#[derive(Debug)]
pub struct Runner {
    wake: Notify,
    keepers: Mutex<HashMap<IntegrationId, Keeper>>,
    progress: Mutex<HashMap<IntegrationId, Progress>>,
    passes: Arc<Semaphore>,
    actions_at_once: usize,
    actions: Mutex<HashMap<IntegrationId, Arc<Semaphore>>>,
    tasks: TaskTracker,
    log: Log,
    wanted: filler::Wanted,
    outgoing: Outgoing,
    inbox: inbox::Inbox,
    /// Integrations whose first pass is over, with the moment they were connected.
    read: Mutex<HashMap<IntegrationId, Timestamp>>,
    stop: watch::Sender<bool>,
}

impl Runner {
    pub(crate) fn new(passes_at_once: usize, actions_at_once: usize) -> Self {
        Self {
            wake: Notify::new(),
            keepers: Mutex::default(),
            progress: Mutex::default(),
            passes: Arc::new(Semaphore::new(passes_at_once.max(1))),
            actions_at_once: actions_at_once.max(1),
            actions: Mutex::default(),
            tasks: TaskTracker::new(),
            log: Log::new(),
            wanted: filler::Wanted::default(),
            outgoing: Outgoing::default(),
            inbox: inbox::Inbox::default(),
            read: Mutex::default(),
            stop: watch::channel(false).0,
        }
    }

    /// The pass of an integration that runs now.
    pub fn progress(&self, id: &IntegrationId) -> Option<Progress> {
        lock(&self.progress).get(id).cloned()
    }

    /// Whether the first pass of an integration is known to be over.
    pub(crate) fn was_read(&self, integration: &Integration) -> bool {
        lock(&self.read).get(&integration.id) == Some(&integration.created_at)
    }

    /// Notes that the first pass of an integration is over.
    pub(crate) fn note_read(&self, integration: &Integration) {
        lock(&self.read).insert(integration.id.clone(), integration.created_at);
    }

    /// What the sender of webhooks is woken by.
    pub(crate) fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// Lets the keepers look at what has changed.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
        for keeper in lock(&self.keepers).values() {
            keeper.nudge();
        }
    }

    /// Ends the pass of an integration that runs now.
    pub(crate) fn cancel(&self, id: &IntegrationId) {
        if let Some(keeper) = lock(&self.keepers).get(id) {
            keeper.cancel();
        }
    }

    /// Resolves when the keeper of an integration has ended, or after a while.
    pub(crate) async fn ended(&self, id: &IntegrationId) {
        for _ in 0..600 {
            if !lock(&self.keepers).contains_key(id) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tracing::warn!(integration = %id, "its pass did not end in time");
    }

    /// The right to begin an action, and how many more may begin beside it; `None` if there are too
    /// many.
    pub fn begin_action(&self, id: &IntegrationId) -> Option<(OwnedSemaphorePermit, usize)> {
        let mut actions = lock(&self.actions);
        let of_one = actions
            .entry(id.clone())
            .or_insert_with(|| Arc::new(Semaphore::new(self.actions_at_once)));
        let permit = Arc::clone(of_one).try_acquire_owned().ok()?;
        Some((permit, of_one.available_permits()))
    }

    /// Runs work to its end, even if whoever waits for it goes away.
    ///
    /// # Errors
    ///
    /// A defect in the work.
    pub(crate) async fn finish<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.tasks.spawn(work).await.map_err(|failed| {
            tracing::error!(error = %failed, "a task ended badly");
            ApiError::new(
                Code::UnknownError,
                "a defect of the server; its log says more",
            )
        })
    }

    /// Puts work on its way that nobody waits for.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// Turns true when the server is to stop.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// An action ended: what it changed is told, and so is that it fails again and again.
    pub(crate) async fn acted(
        &self,
        app: &App,
        integration: &Integration,
        kind: ActionKind,
        failed: bool,
    ) {
        after::action(app, integration, kind, failed).await;
    }
}

/// Runs until `stop` turns true; then lets everything end that runs.
pub(crate) async fn run(app: App, mut stop: watch::Receiver<bool>) {
    let runner = app.runner();
    let log = tokio::spawn(log::write(app.clone()));
    let housekeeping = tokio::spawn(log::housekeeping(app.clone()));
    let filler = tokio::spawn(filler::run(app.clone()));
    let figures = tokio::spawn(figures::sum_up(app.clone()));
    let sender = tokio::spawn(outgoing::run(app.clone()));
    loop {
        tend(&app).await;
        tokio::select! {
            () = runner.wake.notified() => {}
            () = app.clock().sleep(PATIENCE) => {}
            () = asked(&mut stop) => break,
        }
    }
    runner.stop.send_replace(true);
    runner.tasks.close();
    runner.tasks.wait().await;
    housekeeping.abort();
    filler.abort();
    figures.abort();
    if let Err(failed) = sender.await {
        tracing::error!(error = %failed, "the sender of webhooks ended badly");
    }
    runner.log.close();
    if let Err(failed) = log.await {
        tracing::error!(error = %failed, "the request log ended badly");
    }
}

/// Resolves once `stop` is true; never if nobody is left who could say so.
pub(crate) async fn asked(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Sees to it that every active integration has a keeper.
async fn tend(app: &App) {
    let all = match app.stored(|platform| platform.integrations()).await {
        Ok(all) => all,
        // It is written down already; the next round tries again.
        Err(_) => return,
    };
    for one in all {
        if one.state == IntegrationState::Active {
            keeper::ensure(app, &one.id);
            inbox::work_soon(app, &one.id);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is kept under these locks is ever half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
