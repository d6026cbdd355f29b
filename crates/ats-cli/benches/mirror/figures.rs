//! What was measured, in a form that can be kept between two runs of the bench.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The middle of several runs, and how far they went.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) runs: usize,
}

impl Spread {
    /// The spread of some figures; all zero if there are none.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let at = |index: usize| figures.get(index).copied().unwrap_or_default();
        let middle = figures.len() / 2;
        let median = if figures.len() % 2 == 1 {
            at(middle)
        } else {
            (at(middle.saturating_sub(1)) + at(middle)) / 2.0
        };
        Self {
            median,
            min: at(0),
            max: at(figures.len().saturating_sub(1)),
            runs: figures.len(),
        }
    }
}

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
