//! Actions under proof: each input by the difference that it makes, and what must hold for every
//! action whatever its vendor.
//!
//! A harness brings one [`Trial`] an action: the least input, and for each further one a change of it
//! and where that must show. It owns no knowledge of any vendor.

mod cases;
mod perform;
mod requests;
mod rules;

use ats_core::{ActionKind, ModelKind};
use serde_json::Value;

pub(crate) use cases::{action_cases, input_case};
pub(crate) use perform::Stage;

/// One action, tried on the small world.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The action.
    pub action: ActionKind,
    /// An input that works, with as little as can be. References are `remote:` and the vendor's id.
    pub input: Value,
    /// For every input that the connector takes, another value of it.
    pub variations: Vec<Variation>,
    /// For every input that is a gap, a value of it.
    pub gaps: Vec<GapTrial>,
}

/// A value of an input that the vendor cannot take.
#[derive(Debug, Clone)]
pub struct GapTrial {
    /// The input, as the coverage table calls it.
    pub input: &'static str,
    /// Members that the trial's input has beside its own, in both runs that are compared.
    pub with: Value,
    /// The members of that input that are others in the second run.
    pub change: Value,
}

/// Another value of one input.
#[derive(Debug, Clone)]
pub struct Variation {
    /// The input, as the coverage table calls it.
    pub input: &'static str,
    /// Members that the trial's input has beside its own, in both runs that are compared.
    pub with: Value,
    /// The members of that input that are others in the second run.
    pub change: Value,
    /// The places of the vendor's requests that must change, and no others: endpoint and JSON pointer,
    /// with `*` for an index. An endpoint alone stands for all of it.
    pub sent: &'static [&'static str],
    /// Where it shows afterwards.
    pub shows: Shows,
}

/// Where an input shows once the action is done.
#[derive(Debug, Clone)]
pub enum Shows {
    /// A field of a record that was touched has this value, or contains it.
    Field(ModelKind, &'static str, Value),
    /// No record of the unified models shows it, for this reason.
    Nowhere(&'static str),
}
