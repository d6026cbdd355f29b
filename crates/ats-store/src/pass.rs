//! Passes and their walks as they are kept: what was read, how far it came, and the proof that it
//! was complete.

use std::collections::BTreeMap;

use ats_core::{Checkpoint, ModelKind, PageCursor, Timestamp, Usage};
use serde::{Deserialize, Serialize};

/// What a pass reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PassKind {
    /// Every stream from its beginning.
    Full,
    /// Every stream from its checkpoint, where it has one.
    Delta,
    /// No stream: what an action or an event of the vendor named.
    Named,
}

/// How a pass stands or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PassState {
    /// It runs, or the process that ran it is gone.
    Running,
    /// Every stream reached its end.
    Succeeded,
    /// Some streams did.
    PartiallyFailed,
    /// The vendor does not accept the credentials.
    AuthenticationFailed,
    /// No stream did.
    Failed,
    /// A person stopped it.
    Cancelled,
    /// It took longer than it was allowed to.
    TimedOut,
}

/// A pass that is about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPass {
    /// Its public id.
    pub id: String,
    /// Full or delta.
    pub kind: PassKind,
    /// Whether it walks every stream; one over some models does not.
    pub whole: bool,
    /// When it begins.
    pub started_at: Timestamp,
}

/// One pass over the streams of an integration.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// Its key in the store.
    pub key: i64,
    /// Its public id.
    pub id: String,
    /// Full or delta.
    pub kind: PassKind,
    /// Whether it walks every stream; one over some models does not.
    pub whole: bool,
    /// How it stands.
    pub state: PassState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What was asked of the vendor, over all its parts if it was resumed.
    pub usage: Usage,
    /// How often it was taken up again after an interruption.
    pub resumed: u32,
    /// What it did to the records of each model.
    pub tallies: BTreeMap<ModelKind, Tally>,
    /// Its walks, in the order they began.
    pub walks: Vec<Walk>,
    /// What went wrong beside the walks, such as a rename that could not be carried through.
    pub problem: Option<Problem>,
}

/// How a pass ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassEnd {
    /// Its last state.
    pub state: PassState,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What went wrong beside the walks.
    pub problem: Option<Problem>,
}

/// What a pass did to the records of one model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Records that are new.
    pub created: u64,
    /// Records that changed or came back.
    pub updated: u64,
    /// Records that got a tombstone.
    pub deleted: u64,
    /// Records that came and were as before.
    pub unchanged: u64,
    /// Values that could not be mapped.
    pub losses: u64,
    /// Rows that could not be kept.
    pub rejects: u64,
}

/// One stream's part of a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// Its key in the store.
    pub key: i64,
    /// The stream.
    pub stream: String,
    /// Where it began.
    pub start: WalkStart,
    /// How it stands.
    pub state: WalkState,
    /// The page that comes next; `None` for the first.
    pub cursor: Option<PageCursor>,
    /// Pages that were stored.
    pub pages: u64,
    /// Rows on them.
    pub rows: u64,
    /// Different ids among the rows.
    pub distinct_ids: u64,
    /// Rows that could not be kept.
    pub rejects: u64,
    /// Values that could not be mapped.
    pub losses: u64,
    /// Bundles that were taken away because a complete walk did not bring them.
    pub swept: u64,
    /// The token that came with the end.
    pub checkpoint: Option<Checkpoint>,
    /// Why it did not reach its end, or why it swept nothing.
    pub problem: Option<Problem>,
    /// When its first page was asked for.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Where a walk began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalkStart {
    /// At the beginning.
    Full,
    /// At a checkpoint.
    Since(Checkpoint),
}

/// How a walk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WalkState {
    /// Pages are still to come.
    Open,
    /// The last page is stored; what it did not bring is still to be swept.
    Ended,
    /// It reached its end, and what was to be done about it is done.
    Complete,
    /// It did not reach its end.
    Failed,
}

/// Why something did not go well, for a person and for a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// One word, such as `permission_missing`.
    pub kind: String,
    /// What happened and what to do.
    pub message: String,
}
