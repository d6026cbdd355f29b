//! What a pass says about itself. It holds no rule.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Error, Loss, ModelKind, Reject};

/// What one pass did.
#[derive(Debug, Default)]
pub struct PassReport {
    /// Each stream.
    pub streams: BTreeMap<&'static str, Outcome>,
    /// How many records of each model are new.
    pub created: BTreeMap<ModelKind, usize>,
    /// How many records of each model changed, or came back.
    pub updated: BTreeMap<ModelKind, usize>,
    /// How many records of each model are gone.
    pub deleted: BTreeMap<ModelKind, usize>,
    /// Look-ups in streams that a stream does not say it uses.
    pub violations: BTreeSet<String>,
}

/// What one stream did in a pass.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Pages read, those before a restart too.
    pub pages: usize,
    /// Bundles that came, counted as often as they came.
    pub bundles: usize,
    /// Whether the last walk began at the beginning rather than at a checkpoint.
    pub full: bool,
    /// Whether the walk reached its end.
    pub complete: bool,
    /// How often the walk began again.
    pub restarts: usize,
    /// Bundles taken away because a complete full walk did not bring them.
    pub swept: usize,
    /// Bundles of the stream that were mapped again without having come.
    pub remapped: usize,
    /// Why the walk did not reach its end.
    pub error: Option<Error>,
    /// What could not be mapped, of the bundles mapped in this pass.
    pub losses: Vec<Loss>,
    /// Rows that could not be kept.
    pub rejects: Vec<Reject>,
}

impl PassReport {
    /// Adds what a walk did to what was already done for its stream: an earlier stream may have had
    /// bundles of it mapped again.
    pub(super) fn merge(&mut self, stream: &'static str, mut outcome: Outcome) {
        let before = self.streams.remove(stream).unwrap_or_default();
        outcome.remapped += before.remapped;
        outcome.losses.splice(0..0, before.losses);
        self.streams.insert(stream, outcome);
    }

    /// Whether every stream reached its end.
    pub fn complete(&self) -> bool {
        self.streams.values().all(|outcome| outcome.complete)
    }

    /// Whether no record was created, changed or deleted.
    pub fn quiet(&self) -> bool {
        self.created.is_empty() && self.updated.is_empty() && self.deleted.is_empty()
    }

    /// The errors, each with its stream.
    pub fn errors(&self) -> impl Iterator<Item = (&'static str, &Error)> {
        self.streams
            .iter()
            .filter_map(|(name, outcome)| Some((*name, outcome.error.as_ref()?)))
    }

    /// Every loss.
    pub fn losses(&self) -> impl Iterator<Item = &Loss> {
        self.streams.values().flat_map(|outcome| &outcome.losses)
    }
}
