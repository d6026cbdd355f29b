//! How far a pass has come, for people who watch.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use ats_core::{IntegrationId, Timestamp, Usage};
use ats_store::{PassKind, Problem};
use ats_sync::{Event, Observer};
use tokio::sync::oneshot;

use super::force::Begun;
use crate::App;

/// How far a pass has come.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Its public id.
    pub pass_id: String,
    /// Full or delta.
    pub kind: PassKind,
    /// Since when it runs in this process.
    pub since: Timestamp,
    /// Its streams so far.
    pub streams: BTreeMap<&'static str, StreamProgress>,
    /// What was asked of the vendor so far.
    pub usage: Usage,
    /// Bundles that were mapped again because something they refer to changed.
    pub mapped_again: u64,
}

/// How far one stream has come.
#[derive(Debug, Clone, Default)]
pub struct StreamProgress {
    /// Pages so far.
    pub pages: u64,
    /// Records on them.
    pub records: u64,
    /// Whether it is done.
    pub done: bool,
    /// Why it did not reach its end.
    pub problem: Option<Problem>,
}

/// Notes the progress of one pass.
pub(super) struct Watcher {
    app: App,
    integration: IntegrationId,
    begun: Mutex<Option<oneshot::Sender<Begun>>>,
}

impl Watcher {
    pub(super) fn new(
        app: &App,
        integration: &IntegrationId,
        begun: Option<oneshot::Sender<Begun>>,
    ) -> Self {
        Self {
            app: app.clone(),
            integration: integration.clone(),
            begun: Mutex::new(begun),
        }
    }

    /// Whoever waits for the beginning of the pass, if it has not begun.
    pub(super) fn unanswered(&self) -> Option<oneshot::Sender<Begun>> {
        self.begun
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn note(&self, note: impl FnOnce(&mut Progress)) {
        let mut all = super::lock(&self.app.runner().progress);
        if let Some(progress) = all.get_mut(&self.integration) {
            note(progress);
        }
    }
}

impl Observer for Watcher {
    fn event(&self, event: Event) {
        match event {
            Event::Began { pass_id, kind, .. } => {
                let progress = Progress {
                    pass_id: pass_id.clone(),
                    kind,
                    since: self.app.now(),
                    streams: BTreeMap::new(),
                    usage: Usage::default(),
                    mapped_again: 0,
                };
                super::lock(&self.app.runner().progress).insert(self.integration.clone(), progress);
                if let Some(waiting) = self.unanswered() {
                    // Whoever asked may have gone away.
                    let _ = waiting.send(Begun {
                        pass_id,
                        kind,
                        already: false,
                    });
                }
            }
            Event::Page {
                stream,
                pages,
                records,
                usage,
            } => self.note(|progress| {
                let one = progress.streams.entry(stream).or_default();
                one.pages = pages;
                one.records += records;
                progress.usage = usage;
            }),
            Event::StreamDone {
                stream, problem, ..
            } => self.note(|progress| {
                let one = progress.streams.entry(stream).or_default();
                one.done = true;
                one.problem = problem;
            }),
            Event::MappingAgain { bundles } => {
                self.note(|progress| progress.mapped_again = bundles);
            }
            _ => {}
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        super::lock(&self.app.runner().progress).remove(&self.integration);
    }
}
