//! The laws that bind every connector, whatever its vendor.
//!
//! A law starts a vendor of its own, so that laws share nothing and may run side by side. It owns
//! no knowledge of any vendor: what to break it finds out by watching which endpoints are asked.

mod alone;
mod compare;
mod convergence;
mod deletion;
mod delta;
mod economy;
mod expiry;
mod faults;
mod hook;
mod integrity;
mod paging;
mod permissions;
mod probe;
mod purity;
mod recovery;
mod rows;
mod secrets;

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

impl LawEvidence {
    /// Evidence of so many judgements.
    pub fn judged(judged: usize) -> Self {
        Self { judged, note: None }
    }

    /// The law has no object at this connector, for a reason that the connector itself declares.
    pub(crate) fn without_object(reason: impl Into<String>) -> Self {
        Self {
            judged: 1,
            note: Some(reason.into()),
        }
    }
}

/// Every law.
pub fn laws() -> Vec<Law> {
    [
        paging::LAWS,
        delta::LAWS,
        convergence::LAWS,
        expiry::LAWS,
        economy::LAWS,
        deletion::LAWS,
        faults::LAWS,
        recovery::LAWS,
        rows::LAWS,
        secrets::LAWS,
        permissions::LAWS,
        integrity::LAWS,
        purity::LAWS,
        alone::LAWS,
    ]
    .concat()
}

/// What a law's own function gives: how many things it judged.
type Judged = Result<LawEvidence, Failure>;

/// Writes a law's name into its verdict, and refuses one that judged nothing.
fn sealed(id: &str, title: &str, why: &str, judged: Judged) -> Judged {
    let claim = format!("{id}: {title}");
    let named = |mut failure: Failure| {
        failure.claim = claim.clone();
        if failure.from.is_empty() {
            failure.from = format!("the law; where it is broken, {why}");
        }
        failure
    };
    match judged {
        Ok(evidence) if evidence.judged == 0 => Err(named(
            Failure::default()
                .expected("something to judge", "")
                .came("the world and the vendor gave the law nothing to judge")
                .hint("extend the small world or the vendor's changes until it does"),
        )),
        Ok(evidence) => Ok(evidence),
        Err(failure) => Err(named(failure)),
    }
}

/// Declares laws: id, title, what goes wrong without it, function.
macro_rules! declare {
    ($($id:literal, $title:literal, $why:literal => $run:path;)*) => {
        pub(super) const LAWS: &[crate::Law] = &[$(crate::Law {
            id: $id,
            title: $title,
            why: $why,
            run: |harness| Box::pin(async move {
                let judged = $run(harness).await;
                super::sealed($id, $title, $why, judged)
            }),
        },)*];
    };
}
use declare;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_law_that_judged_nothing_fails_and_names_itself() {
        let failure = sealed("a/b", "c", "d", Ok(LawEvidence::judged(0))).unwrap_err();
        assert_eq!(failure.claim, "a/b: c");
        assert!(failure.came.contains("nothing to judge"));
    }

    #[test]
    fn no_two_laws_share_an_id() {
        let laws = laws();
        let ids: BTreeSet<_> = laws.iter().map(|law| law.id).collect();
        assert_eq!(ids.len(), laws.len());
    }
}
