//! The change log: which record changed, when, and by which cause.

use ats_core::{Id, ModelKind, Timestamp};
use serde::{Deserialize, Serialize};

/// Why something was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The vendor sent the document that the record is mapped from.
    Fetched,
    /// Something that the record refers to has changed; this is its stream and id.
    Related(String),
    /// A complete walk did not bring the document any more.
    Swept,
    /// The bundle that gave the record gives it no more, or another one gives it better.
    Handover,
    /// Stored documents were mapped again by a person's command.
    Remap,
    /// What of the integration is switched off has changed.
    Scope,
    /// The record has been gone for so long that nothing is kept of it but ids.
    Anonymised,
    /// An action of ours, by its name.
    Action(String),
    /// An event of the vendor, by its name.
    Webhook(String),
}

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Created,
    /// Its content changed.
    Updated,
    /// It got a tombstone.
    Deleted,
    /// It came back to life.
    Restored,
}

/// Why a record has a tombstone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionReason {
    /// The vendor no longer has it, or no longer says that it belongs to its parent.
    Gone,
    /// The vendor calls it archived.
    Archived,
    /// It was merged into another one.
    Merged,
    /// The credentials were replaced since it was last seen, and the new ones may not see it.
    AccessLost,
}

/// One line of the change log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its place in the log; later lines have higher ones.
    pub seq: i64,
    /// The model of the record.
    pub model: ModelKind,
    /// Our id of the record.
    pub id: Id,
    /// The vendor's id, or the two ids of a join record.
    pub remote_id: Option<String>,
    /// What happened.
    pub change: ChangeKind,
    /// When.
    pub at: Timestamp,
    /// The public id of the pass.
    pub pass_id: String,
    /// Why.
    pub cause: Cause,
    /// Why the record has a tombstone now, if that is what happened.
    pub reason: Option<DeletionReason>,
    /// The fields that are not what they were, if the content changed.
    pub fields: Vec<String>,
}

/// Which lines of the change log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeQuery {
    /// Only of this model.
    pub model: Option<ModelKind>,
    /// Only of this record.
    pub id: Option<Id>,
    /// Only from this moment on.
    pub since: Option<Timestamp>,
    /// Only after this place in the log.
    pub after: i64,
    /// At most so many.
    pub limit: usize,
}
