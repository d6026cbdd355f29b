//! The laws that bind every connector, whatever its vendor.

use futures_util::future::BoxFuture;

use crate::{Failure, Harness};

/// A rule that binds every connector.
#[derive(Clone, Copy)]
pub struct Law {
    /// As in `paging/repeated-cursor-ends`.
    pub id: &'static str,
    /// The rule in a sentence.
    pub title: &'static str,
    /// What goes wrong where it does not hold.
    pub why: &'static str,
    /// Finds out whether it holds.
    pub run: for<'a> fn(&'a dyn Harness) -> BoxFuture<'a, Result<LawEvidence, Failure>>,
}

impl std::fmt::Debug for Law {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Law")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What a law saw. A law that saw nothing to judge has not been proven.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LawEvidence {
    /// How many things were judged; zero is a failure.
    pub judged: usize,
    /// What a reader should know beside it.
    pub note: Option<String>,
}

/// Every law.
pub fn laws() -> Vec<Law> {
    Vec::new()
}
