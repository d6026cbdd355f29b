//! The world as one key sees it: what is confidential or private, and fresh copies of what
//! documents embed. Knows keys and options, no endpoint.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::memory::Memory;
use super::{flag, text};
use crate::keys::KeySpec;
use crate::lock;
use crate::simulator::Options;
use crate::world::World;

/// The world through the eyes of one key.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) world: &'a World,
    pub(crate) key: &'a KeySpec,
    pub(crate) options: &'a Options,
    pub(crate) memory: &'a Memory,
    postings: OnceCell<Arc<Postings>>,
}

/// The postings of every job: id and whether it is published.
type Postings = HashMap<String, Vec<(String, bool)>>;

/// The postings of every job, as of one revision of the world.
#[derive(Debug, Default)]
pub(crate) struct PostingIndex {
    known: Mutex<(u64, Arc<Postings>)>,
}

impl PostingIndex {
    fn of(&self, world: &World) -> Arc<Postings> {
        let mut known = lock(&self.known);
        if known.0 != world.revision() {
            let mut by_job = Postings::new();
            for document in world.collection("job_postings").documents() {
                let posting = document.peek_row();
                if let Some(job) = text(&posting, "jobId") {
                    let entry = (document.id().to_owned(), is_published(&posting));
                    by_job.entry(job.to_owned()).or_default().push(entry);
                }
            }
            *known = (world.revision(), Arc::new(by_job));
        }
        Arc::clone(&known.1)
    }
}

impl<'a> View<'a> {
    pub(crate) fn new(
        world: &'a World,
        key: &'a KeySpec,
        options: &'a Options,
        memory: &'a Memory,
    ) -> Self {
        Self {
            world,
            key,
            options,
            memory,
            postings: OnceCell::new(),
        }
    }

    /// What listings show of a document.
    pub(crate) fn row(&self, collection: &str, id: &str) -> Option<Cow<'a, Value>> {
        Some(self.world.collection(collection).document(id)?.peek_row())
    }

    /// The document that an embedded copy was made from, when it may have changed since.
    pub(crate) fn changed(&self, collection: &str, id: &str) -> Option<Cow<'a, Value>> {
        if self.options.stale_copies {
            return None;
        }
        let document = self.world.collection(collection).document(id)?;
        (document.revision() > self.world.sealed()).then(|| document.peek_row())
    }

    /// Whether the key may see a job. A job that does not exist hides nothing.
    pub(crate) fn sees_job(&self, id: &str) -> bool {
        self.key.confidential
            || self
                .row("jobs", id)
                .is_none_or(|job| !flag(&job, "confidential"))
    }

    /// Whether the key may see what hangs on an application.
    pub(crate) fn sees_application(&self, id: &str) -> bool {
        self.key.confidential
            || self
                .row("applications", id)
                .is_none_or(|found| self.sees_job(job_of(&found)))
    }

    /// Whether the key may see a candidate: not when every application is for a confidential job.
    pub(crate) fn sees_candidate(&self, candidate: &Value) -> bool {
        if self.key.confidential {
            return true;
        }
        let ids = candidate.get("applicationIds").and_then(Value::as_array);
        let mut ids = ids
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .peekable();
        ids.peek().is_none() || ids.any(|id| self.sees_application(id))
    }

    /// The postings of a job: id and whether it is published.
    pub(crate) fn postings_of(&self, job: &str) -> &[(String, bool)] {
        let by_job = self
            .postings
            .get_or_init(|| self.memory.index.of(self.world));
        by_job.get(job).map_or(&[], Vec::as_slice)
    }
}

/// The id of an application's job.
pub(crate) fn job_of(application: &Value) -> &str {
    application
        .get("job")
        .and_then(|job| text(job, "id"))
        .unwrap_or_default()
}

/// The boards that a posting is published on.
pub(crate) fn boards(posting: &Value) -> impl Iterator<Item = &str> {
    let boards = posting.get("_boards").and_then(Value::as_array);
    boards.into_iter().flatten().filter_map(Value::as_str)
}

/// Whether a posting is on any board.
pub(crate) fn is_published(posting: &Value) -> bool {
    boards(posting).next().is_some()
}
