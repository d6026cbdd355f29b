//! When the next pass of an integration is due, and of which kind. Pure: time is handed in.

use std::time::Duration;

use ats_core::Timestamp;
use ats_store::{PassKind, Settings};

/// The next pass of an integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextPass {
    /// When it is due; in the past if it is overdue.
    pub at: Timestamp,
    /// Full or delta.
    pub kind: PassKind,
}

/// What is known about earlier passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// When the last pass that was no failure began, of whatever kind.
    pub last: Option<Timestamp>,
    /// When the last complete full pass began.
    pub last_full: Option<Timestamp>,
    /// How many passes in a row have failed.
    pub failures: u32,
}

/// When the next pass is due. `jitter` is between 0 and 1 and spreads integrations that share
/// their intervals over a tenth of the interval.
pub fn next_pass(settings: &Settings, history: History, now: Timestamp, jitter: f64) -> NextPass {
    let _ = (settings, history, jitter, Duration::ZERO);
    NextPass {
        at: now,
        kind: PassKind::Full,
    }
}
