//! What a caller says to the engine, and what the engine tells while it works.

use std::{collections::BTreeSet, time::Duration};

use ats_core::{ModelKind, Usage};
use ats_store::{Cause, PassKind, Problem};

/// What is asked of a pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassOptions {
    /// Full or delta; `None` lets the engine choose: delta, unless no full pass was ever complete.
    pub kind: Option<PassKind>,
    /// Only these models, and what they need; empty for all.
    pub only: BTreeSet<ModelKind>,
    /// Only these streams, and nothing of what they look up; empty for all.
    pub streams: BTreeSet<String>,
    /// Why it reads, if not because it is time.
    pub cause: Option<Cause>,
    /// Whether tombstones are set however many there are.
    pub accept_deletions: bool,
    /// The longest it may take.
    pub time_limit: Option<Duration>,
}

impl PassOptions {
    /// Whether every stream is walked.
    pub(crate) fn is_whole(&self) -> bool {
        self.only.is_empty() && self.streams.is_empty()
    }
}

/// Something that happened while a pass runs, for people who watch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The pass began, or goes on after an interruption.
    Began {
        /// Its public id.
        pass_id: String,
        /// Full or delta.
        kind: PassKind,
        /// Whether an interrupted pass goes on.
        resumed: bool,
    },
    /// A page of a stream is stored.
    Page {
        /// The stream.
        stream: &'static str,
        /// Pages of this stream so far.
        pages: u64,
        /// Records on this page.
        records: u64,
        /// What was asked of the vendor so far.
        usage: Usage,
    },
    /// A stream is done.
    StreamDone {
        /// The stream.
        stream: &'static str,
        /// Rows that it brought in this pass.
        rows: u64,
        /// Why it did not reach its end, or swept nothing.
        problem: Option<Problem>,
    },
    /// Stored bundles are mapped again because something they refer to changed.
    MappingAgain {
        /// Bundles mapped so far.
        bundles: u64,
    },
}

/// Hears of events. It must not block.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event);
}

/// An observer that does not look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn event(&self, _: Event) {}
}
