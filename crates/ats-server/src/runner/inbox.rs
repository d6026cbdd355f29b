//! The inbox: what vendors have told is worked off at once, by one worker for each integration that has
//! something to do.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use ats_core::{IntegrationId, Timestamp};
use ats_store::{Integration, IntegrationState};
use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tracing::Instrument;

use super::{PATIENCE, asked, lock};
use crate::{App, outgoing};

/// The wait for somebody else who works off the same inbox.
const WHILE_BUSY: Duration = Duration::from_secs(1);

/// The workers that are there.
#[derive(Debug, Default)]
pub(crate) struct Inbox(Mutex<HashMap<IntegrationId, Worker>>);

#[derive(Debug, Default)]
struct Worker {
    /// Whether something came since it last looked.
    again: bool,
    nudged: Arc<Notify>,
}

/// Lets what is due in the inbox of an integration be worked off.
pub(crate) fn work_soon(app: &App, id: &IntegrationId) {
    let runner = app.runner();
    let mut workers = lock(&runner.inbox.0);
    if *runner.stopping().borrow() {
        return;
    }
    if let Some(worker) = workers.get_mut(id) {
        worker.again = true;
        worker.nudged.notify_one();
        return;
    }
    let worker = Worker::default();
    let nudged = Arc::clone(&worker.nudged);
    workers.insert(id.clone(), worker);
    let span = tracing::info_span!("inbox", integration = %id);
    runner.spawn(work(app.clone(), id.clone(), nudged).instrument(span));
}

/// What a worker does next.
enum Next {
    Work(Box<Integration>),
    Wait(Duration),
    Nothing,
}

async fn work(app: App, id: IntegrationId, nudged: Arc<Notify>) {
    let mut stop = app.runner().stopping();
    loop {
        let wait = match next(&app, &id).await {
            Next::Work(one) => work_off(&app, &one).await,
            Next::Wait(wait) => wait,
            Next::Nothing if is_done(&app, &id) => return,
            Next::Nothing => continue,
        };
        if wait.is_zero() && !*stop.borrow() {
            continue;
        }
        tokio::select! {
            biased;
            () = asked(&mut stop) => break,
            () = nudged.notified() => {}
            () = app.clock().sleep(wait) => {}
        }
    }
    lock(&app.runner().inbox.0).remove(&id);
}

async fn next(app: &App, id: &IntegrationId) -> Next {
    let id = id.clone();
    let found = app.stored(move |platform| {
        let one = platform.integration(&id)?;
        let Some(one) = one.filter(|one| one.state == IntegrationState::Active) else {
            return Ok(None);
        };
        Ok(platform.next_delivery(&one.id)?.map(|at| (one, at)))
    });
    match found.await {
        Ok(Some((one, at))) => match until(app.now(), at) {
            wait if wait.is_zero() => Next::Work(Box::new(one)),
            wait => Next::Wait(wait.min(PATIENCE)),
        },
        Ok(None) => Next::Nothing,
        // It is written down already.
        Err(_) => Next::Wait(PATIENCE),
    }
}

/// Whether nothing has come since the worker last looked; then it is none any more.
fn is_done(app: &App, id: &IntegrationId) -> bool {
    let mut workers = lock(&app.runner().inbox.0);
    match workers.get_mut(id) {
        Some(worker) if worker.again => {
            worker.again = false;
            false
        }
        _ => {
            workers.remove(id);
            true
        }
    }
}

/// Works off what is due, and tells how long to wait before looking again.
async fn work_off(app: &App, one: &Integration) -> Duration {
    let connector = match app.connector(one) {
        Ok(connector) => connector,
        Err(error) => {
            tracing::error!(error = error.message, "the inbox cannot be worked off");
            return PATIENCE;
        }
    };
    let stop = app.runner().stopping();
    let report = match app.engine().work_off(one, connector, stop).await {
        Ok(report) => report,
        Err(error) => {
            tracing::warn!(%error, "the inbox cannot be worked off");
            return PATIENCE;
        }
    };
    if report.busy {
        return WHILE_BUSY;
    }
    outgoing::data_changed(app, &one.id).await;
    app.runner().fill_soon(&one.id);
    outgoing::called(app, one).await;
    tracing::info!(
        done = report.done,
        waiting = report.waiting,
        failed = report.failed,
        "what the vendor told was worked off"
    );
    Duration::ZERO
}

fn until(now: Timestamp, at: Timestamp) -> Duration {
    let wait = DateTime::<Utc>::from(at) - DateTime::<Utc>::from(now);
    wait.to_std().unwrap_or_default()
}
