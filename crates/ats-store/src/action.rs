//! The ledger of actions as it is kept: what was asked for, how far each write has come, and what was
//! answered. It holds ids and the answer, never an input.

use ats_core::Timestamp;
use serde::{Deserialize, Serialize};

/// An action that is about to be performed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAction {
    /// Its public id.
    pub id: String,
    /// The action's name.
    pub action: String,
    /// What the caller calls this intent, so that repeating it does nothing twice.
    pub idempotency_key: Option<String>,
    /// A hash of the input, by which a key that is used for something else is noticed.
    pub input_hash: String,
    /// When it began.
    pub at: Timestamp,
}

/// An action in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionEntry {
    /// Its key in the store.
    pub key: i64,
    /// Its public id.
    pub id: String,
    /// The action's name.
    pub action: String,
    /// What the caller calls this intent.
    pub idempotency_key: Option<String>,
    /// A hash of the input.
    pub input_hash: String,
    /// How it stands.
    pub state: ActionState,
    /// What was answered, as JSON text, once it is confirmed.
    pub answer: Option<String>,
    /// The code and message of the error it ended with.
    pub problem: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it last moved.
    pub moved_at: Timestamp,
}

/// How an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionState {
    /// Nothing was sent yet.
    Planned,
    /// Something was sent, and it is not done.
    Sent,
    /// It is done.
    Confirmed,
    /// Something was sent whose answer is lost.
    Unknown,
    /// It ended with an error; whatever was sent before is known.
    Failed,
}

/// How an action ends, or is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionEnd {
    /// How it stands then.
    pub state: ActionState,
    /// What was answered, as JSON text.
    pub answer: Option<String>,
    /// The code and message of the error.
    pub problem: Option<String>,
    /// When.
    pub at: Timestamp,
}
