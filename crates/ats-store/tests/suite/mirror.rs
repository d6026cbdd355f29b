//! One integration in a store, one pass at a time, and a clock that moves a second with each commit.

use std::{cell::Cell, collections::BTreeMap};

use ats_core::{Checkpoint, Id, IntegrationId, ModelKind, PageCursor, Reject, Timestamp};
use ats_store::{
    Change, ChangeQuery, Layout, NewPass, PageCommit, Pass, PassEnd, PassKind, PassState, Progress,
    RecordQuery, Store, StoredRecord, Tally, WalkStart,
};
use serde_json::Value;

use super::build::{Brought, at, id_of, integration};

/// One integration in a store.
#[derive(Debug)]
pub(crate) struct Mirror<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) id: IntegrationId,
    pub(crate) pass: Cell<i64>,
    seconds: Cell<i64>,
}

impl<'a> Mirror<'a> {
    /// A new integration, and its first pass.
    pub(crate) fn new(store: &'a dyn Store) -> Self {
        Self::named(store, "first")
    }

    pub(crate) fn named(store: &'a dyn Store, name: &str) -> Self {
        let integration = integration(name);
        store.save_integration(&integration).unwrap();
        let mirror = Self {
            store,
            id: integration.id,
            pass: Cell::new(0),
            seconds: Cell::new(1000),
        };
        mirror.begin(PassKind::Full);
        mirror
    }

    /// The clock moves on.
    pub(crate) fn tick(&self) -> Timestamp {
        self.seconds.set(self.seconds.get() + 1);
        self.now()
    }

    pub(crate) fn now(&self) -> Timestamp {
        at(self.seconds.get())
    }

    /// The next pass begins.
    pub(crate) fn begin(&self, kind: PassKind) -> i64 {
        let new = NewPass {
            id: format!("{} {}", self.id, self.seconds.get()),
            kind,
            whole: true,
            started_at: self.tick(),
        };
        self.pass
            .set(self.store.begin_pass(&self.id, &new).unwrap());
        self.pass.get()
    }

    pub(crate) fn end(&self, state: PassState) {
        let end = PassEnd {
            state,
            ended_at: self.tick(),
            problem: None,
        };
        self.store.end_pass(self.pass.get(), &end).unwrap();
    }

    /// A walk from the beginning begins.
    pub(crate) fn walk(&self, stream: &str) -> i64 {
        self.walk_from(stream, &WalkStart::Full)
    }

    pub(crate) fn walk_from(&self, stream: &str, start: &WalkStart) -> i64 {
        let (pass, at) = (self.pass.get(), self.tick());
        let walk = self.store.begin_walk(&self.id, pass, stream, start, at);
        walk.unwrap()
    }

    /// A page without a walk: bundles that are mapped again.
    pub(crate) fn page(&self, stream: &str) -> Page<'_> {
        let commit = PageCommit {
            integration: self.id.clone(),
            pass: self.pass.get(),
            at: self.tick(),
            stream: stream.to_owned(),
            model: Some(ModelKind::Candidate),
            shared: true,
            progress: None,
            bundles: Vec::new(),
            rejects: Vec::new(),
            left_out: 0,
            layouts: Vec::new(),
        };
        Page {
            mirror: self,
            commit,
        }
    }

    /// Commits bundles that a walk brings on a page that is not its last.
    pub(crate) fn put<const N: usize>(&self, stream: &str, walk: i64, bundles: [Brought; N]) {
        self.page(stream)
            .bundles(bundles)
            .goes_on(walk, "next")
            .commit();
    }

    /// A whole walk in one page, without a sweep.
    pub(crate) fn bring<const N: usize>(&self, stream: &str, bundles: [Brought; N]) -> i64 {
        let walk = self.walk(stream);
        self.page(stream).bundles(bundles).ends(walk, None).commit();
        walk
    }

    pub(crate) fn id_of(&self, model: ModelKind, key: &str) -> Id {
        id_of(&self.id, model, key)
    }

    pub(crate) fn get(&self, model: ModelKind, key: &str) -> Option<StoredRecord> {
        self.store
            .record(&self.id, &self.id_of(model, key))
            .unwrap()
    }

    pub(crate) fn candidate(&self, key: &str) -> StoredRecord {
        self.get(ModelKind::Candidate, key).unwrap()
    }

    /// A field of a candidate, as it is shown.
    pub(crate) fn shows(&self, key: &str, field: &str) -> Value {
        let content: Value = serde_json::from_str(&self.candidate(key).content).unwrap();
        content[field].clone()
    }

    /// All records of a model, those with a tombstone too.
    pub(crate) fn all(&self, model: ModelKind) -> Vec<StoredRecord> {
        let query = RecordQuery {
            model,
            include_deleted: true,
            changed_since: None,
            after: 0,
            limit: 1000,
        };
        self.store.records(&self.id, query).unwrap()
    }

    /// Stream and id of the bundles that are due.
    pub(crate) fn due(&self) -> Vec<(String, String)> {
        let due = self.store.due(&self.id, 1000).unwrap();
        let names = due.into_iter().map(|due| (due.stream, due.bundle.id));
        names.collect()
    }

    /// The ids of the bundles of `stream` that are due.
    pub(crate) fn due_of(&self, stream: &str) -> Vec<String> {
        let due = self.due().into_iter().filter(|(of, _)| of == stream);
        due.map(|(_, id)| id).collect()
    }

    pub(crate) fn last_pass(&self) -> Pass {
        self.store.passes(&self.id, 1).unwrap().remove(0)
    }

    /// What the last pass did to the candidates.
    pub(crate) fn tally(&self) -> Tally {
        let tallies: BTreeMap<ModelKind, Tally> = self.last_pass().tallies;
        tallies
            .get(&ModelKind::Candidate)
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn log(&self) -> Vec<Change> {
        let query = ChangeQuery {
            limit: 1000,
            ..ChangeQuery::default()
        };
        self.store.changes(&self.id, &query).unwrap()
    }
}

/// A page that is being made.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    mirror: &'a Mirror<'a>,
    commit: PageCommit,
}

impl Page<'_> {
    pub(crate) fn bundles<const N: usize>(self, bundles: [Brought; N]) -> Self {
        self.list(bundles.into())
    }

    pub(crate) fn list(mut self, bundles: Vec<Brought>) -> Self {
        let bundles = bundles.into_iter();
        self.commit.bundles = bundles
            .map(|bundle| bundle.commit(&self.mirror.id))
            .collect();
        self
    }

    pub(crate) fn goes_on(mut self, walk: i64, cursor: &str) -> Self {
        self.commit.progress = Some(Progress {
            walk,
            next: Ok(PageCursor(cursor.to_owned())),
        });
        self
    }

    pub(crate) fn ends(mut self, walk: i64, checkpoint: Option<&str>) -> Self {
        let checkpoint = checkpoint.map(|token| Checkpoint(token.to_owned()));
        self.commit.progress = Some(Progress {
            walk,
            next: Err(checkpoint),
        });
        self
    }

    pub(crate) fn reject(mut self, reason: &str) -> Self {
        self.commit.rejects.push(Reject {
            endpoint: "thing.list",
            reason: reason.to_owned(),
        });
        self
    }

    pub(crate) fn layout(mut self, key: i64, definitions: &Value) -> Self {
        self.commit.layouts.push(Layout {
            key,
            definitions: definitions.to_string(),
        });
        self
    }

    /// Whatever no other method sets.
    pub(crate) fn but(mut self, change: impl FnOnce(&mut PageCommit)) -> Self {
        change(&mut self.commit);
        self
    }

    pub(crate) fn commit(self) {
        self.mirror.store.commit(&[self.commit]).unwrap();
    }

    pub(crate) fn into_inner(self) -> PageCommit {
        self.commit
    }
}
