//! The keeper of one integration: runs its passes one after the other, when they are due or asked
//! for, for as long as it is active.

use std::{sync::Arc, time::Duration};

use ats_core::{IntegrationId, Timestamp};
use ats_store::{Integration, IntegrationState, PassKind};
use ats_sync::{History, NextPass, Observer, PassOptions, next_pass};
use chrono::{DateTime, Utc};
use tokio::sync::{Notify, mpsc, watch};
use tracing::Instrument;

use super::{PATIENCE, after, asked, force::Force, lock, progress::Watcher};
use crate::App;

/// How the rest of the server reaches a keeper.
#[derive(Debug)]
pub(super) struct Keeper {
    forced: mpsc::Sender<Force>,
    nudged: Arc<Notify>,
    cancelled: Arc<Notify>,
}

impl Keeper {
    pub(super) fn nudge(&self) {
        self.nudged.notify_one();
    }

    pub(super) fn cancel(&self) {
        self.cancelled.notify_waiters();
        self.nudge();
    }

    /// Tells whether the keeper has heard of it.
    pub(super) fn force(&self, force: Force) -> bool {
        self.forced.try_send(force).is_ok()
    }
}

/// Gives an integration a keeper unless it has one.
pub(super) fn ensure(app: &App, id: &IntegrationId) {
    let runner = app.runner();
    let mut keepers = lock(&runner.keepers);
    if keepers.contains_key(id) || *runner.stopping().borrow() {
        return;
    }
    let (forced, asked) = mpsc::channel(8);
    let keeper = Keeper {
        forced,
        nudged: Arc::new(Notify::new()),
        cancelled: Arc::new(Notify::new()),
    };
    let span = tracing::info_span!("integration", %id);
    let task = Task {
        app: app.clone(),
        id: id.clone(),
        nudged: Arc::clone(&keeper.nudged),
        cancelled: Arc::clone(&keeper.cancelled),
        stop: runner.stopping(),
        jitter: rand::random(),
        not_before: None,
    };
    keepers.insert(id.clone(), keeper);
    runner.fill_soon(id);
    runner.spawn(task.run(asked).instrument(span));
}

struct Task {
    app: App,
    id: IntegrationId,
    nudged: Arc<Notify>,
    cancelled: Arc<Notify>,
    stop: watch::Receiver<bool>,
    jitter: f64,
    /// After something stood in the way of a pass, the next is not tried before.
    not_before: Option<Timestamp>,
}

/// What a keeper does next.
enum Next {
    Pass(PassKind, Option<Force>),
    LookAgain,
    End,
}

impl Task {
    async fn run(mut self, mut forced: mpsc::Receiver<Force>) {
        loop {
            let id = self.id.clone();
            let found = self
                .app
                .stored(move |platform| platform.integration(&id))
                .await;
            let integration = match found {
                Ok(Some(one)) if one.state == IntegrationState::Active => one,
                Ok(_) => break,
                Err(_) => {
                    self.app.clock().sleep(PATIENCE).await;
                    continue;
                }
            };
            match self.next(&integration, &mut forced).await {
                Next::Pass(kind, force) => self.pass(&integration, kind, force).await,
                Next::LookAgain => {}
                Next::End => break,
            }
        }
        lock(&self.app.runner().keepers).remove(&self.id);
        // It may have been enabled again meanwhile.
        self.app.runner().wake.notify_one();
    }

    async fn next(
        &mut self,
        integration: &Integration,
        forced: &mut mpsc::Receiver<Force>,
    ) -> Next {
        if *self.stop.borrow() {
            return Next::End;
        }
        let due = match self.app.options().scheduled {
            true => self.due(integration).await,
            false => None,
        };
        let wait = due
            .map_or(PATIENCE, |next| self.until(next.at))
            .min(PATIENCE);
        let clock = Arc::clone(self.app.clock());
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            () = asked(&mut stop) => Next::End,
            force = forced.recv() => match force {
                Some(force) => Next::Pass(force.kind, Some(force)),
                None => Next::End,
            },
            () = self.nudged.notified() => Next::LookAgain,
            () = clock.sleep(wait) => match due {
                Some(next) if self.until(next.at).is_zero() => Next::Pass(next.kind, None),
                _ => Next::LookAgain,
            },
        }
    }

    async fn due(&self, integration: &Integration) -> Option<NextPass> {
        let id = integration.id.clone();
        let platform = Arc::clone(self.app.platform());
        let read = tokio::task::spawn_blocking(move || History::read(&*platform, &id));
        let history = read.await.ok()?.ok()?;
        let mut next = next_pass(&integration.settings, history, self.app.now(), self.jitter);
        if let Some(not_before) = self.not_before {
            next.at = next.at.max(not_before);
        }
        Some(next)
    }

    fn until(&self, at: Timestamp) -> Duration {
        let wait = DateTime::<Utc>::from(at) - DateTime::<Utc>::from(self.app.now());
        wait.to_std().unwrap_or_default()
    }

    /// Runs a pass. One that somebody waits for does not wait for others.
    async fn pass(&mut self, integration: &Integration, kind: PassKind, force: Option<Force>) {
        let _permit = match &force {
            Some(_) => None,
            None => Arc::clone(&self.app.runner().passes)
                .acquire_owned()
                .await
                .ok(),
        };
        if *self.stop.borrow() {
            return;
        }
        self.jitter = rand::random();
        let connector = match self.app.connector(integration) {
            Ok(connector) => connector,
            Err(error) => {
                tracing::error!(error = error.message, "no pass can run");
                self.wait_a_while();
                return;
            }
        };
        let options = PassOptions {
            kind: Some(kind),
            ..PassOptions::default()
        };
        let begun = force.map(|force| force.begun);
        let watcher = Arc::new(Watcher::new(&self.app, &integration.id, begun));
        let observer: Arc<dyn Observer> = watcher.clone();
        let (ask, stop) = watch::channel(false);
        let engine = self.app.engine().clone();
        let run = engine.run(integration, connector, &options, observer, stop);
        tokio::pin!(run);
        let mut stopping = self.stop.clone();
        let cancelled = Arc::clone(&self.cancelled);
        let outcome = loop {
            tokio::select! {
                outcome = &mut run => break outcome,
                () = cancelled.notified(), if !*ask.borrow() => { ask.send_replace(true); }
                () = asked(&mut stopping), if !*ask.borrow() => { ask.send_replace(true); }
            }
        };
        drop(watcher);
        match outcome {
            Ok(pass) => {
                self.not_before = None;
                after::pass(&self.app, integration, &pass).await;
            }
            Err(error) => {
                tracing::warn!(%error, "a pass could not run");
                self.wait_a_while();
            }
        }
    }

    fn wait_a_while(&mut self) {
        let later = DateTime::<Utc>::from(self.app.now()) + PATIENCE;
        self.not_before = Some(later.into());
    }
}
