//! The request log: entries are taken without waiting and written in batches.

use std::{sync::Mutex, time::Duration};

use ats_store::NewLogEntry;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;

use super::{Runner, lock};
use crate::App;

/// So many entries may wait. Under more load than the disk takes, requests are answered rather than
/// logged.
const MOST: usize = 20_000;

/// So many are written at once.
const BATCH: usize = 2_000;

/// How long an entry may wait for others.
const GATHER: Duration = Duration::from_millis(500);

/// How often what is old is taken away.
const HOUSEKEEPING: Duration = Duration::from_secs(60 * 60);

/// How long entries are kept.
const KEPT_DAYS: i64 = 30;

#[derive(Debug)]
pub(super) struct Log {
    entries: Mutex<Option<mpsc::Sender<NewLogEntry>>>,
    waiting: Mutex<Option<mpsc::Receiver<NewLogEntry>>>,
}

impl Log {
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(MOST);
        Self {
            entries: Mutex::new(Some(sender)),
            waiting: Mutex::new(Some(receiver)),
        }
    }

    /// How many entries are taken and not written yet.
    pub(super) fn waiting(&self) -> u64 {
        let entries = lock(&self.entries);
        let taken = |entries: &mpsc::Sender<_>| entries.max_capacity() - entries.capacity();
        entries.as_ref().map_or(0, taken) as u64
    }

    /// No entry comes any more; those that wait are written.
    pub(super) fn close(&self) {
        lock(&self.entries).take();
    }
}

impl Runner {
    /// Takes an entry for the log.
    pub(crate) fn log(&self, entry: NewLogEntry) {
        let entries = lock(&self.log.entries);
        if let Some(entries) = entries.as_ref()
            && entries.try_send(entry).is_err()
        {
            metrics::counter!("ats_request_log_dropped_total").increment(1);
        }
    }
}

/// Writes entries until no more come.
pub(super) async fn write(app: App) {
    let Some(mut waiting) = lock(&app.runner().log.waiting).take() else {
        return;
    };
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let entries = std::mem::take(&mut batch);
        // What cannot be written is written down as an error of the store.
        let _ = app
            .stored(move |platform| platform.log_requests(&entries))
            .await;
        if !waiting.is_closed() {
            tokio::time::sleep(GATHER).await;
        }
    }
}

/// Takes away what is old, now and then.
pub(super) async fn housekeeping(app: App) {
    loop {
        let old = DateTime::<Utc>::from(app.now()) - TimeDelta::days(KEPT_DAYS);
        let pruned = app.stored(move |platform| platform.prune(old.into())).await;
        if let Ok(count) = pruned
            && count > 0
        {
            tracing::info!(count, "old entries of the request log were taken away");
        }
        app.clock().sleep(HOUSEKEEPING).await;
    }
}
