//! What was measured, in a form that can be kept between two runs of the bench.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::spread::Spread;

/// One profile's figures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) profile: String,
    pub(crate) date: String,
    /// Rows of all listings.
    pub(crate) rows: u64,
    /// Bytes of all answers' bodies.
    pub(crate) bytes: u64,
    /// The first full pass.
    pub(crate) full: Cost,
    /// The floor's time.
    pub(crate) floor: Spread,
    pub(crate) floor_requests: u64,
    /// Time of the pass over time of the floor, run by run.
    pub(crate) ratio: Spread,
    /// Bytes of the database after the pass.
    pub(crate) size: u64,
    /// The same without raw documents.
    pub(crate) size_without: Option<u64>,
    pub(crate) delta: Option<Delta>,
    /// The share of the processors that other programs had meanwhile.
    pub(crate) others: f64,
}

/// What a pass took, as a whole process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) wall: Spread,
    pub(crate) cpu: Spread,
    pub(crate) peak: Spread,
    pub(crate) requests: u64,
}

/// Delta passes after the full one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delta {
    /// A command that only opens the database.
    pub(crate) start_cpu: Spread,
    /// The floor of a quiet pass: asks, and drops the answers.
    pub(crate) floor_cpu: Spread,
    /// Nothing has changed.
    pub(crate) quiet: Cost,
    /// Its requests by endpoint.
    pub(crate) quiet_requests: BTreeMap<String, u64>,
    /// The floor's, by endpoint.
    pub(crate) quiet_needed: BTreeMap<String, u64>,
    /// One in a hundred has changed.
    pub(crate) changed: Cost,
    /// Rows that changed.
    pub(crate) changed_rows: u64,
    /// The floor's requests for them, those of a quiet pass included.
    pub(crate) changed_needed: u64,
    /// Processor time of a quiet pass, and of as many rows of a full pass as changed.
    pub(crate) changed_needed_cpu: f64,
}
