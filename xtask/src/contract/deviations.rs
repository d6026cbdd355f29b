//! Where the vendor's document is known to be wrong, and how that is known.
//!
//! An entry covers as little as it can: endpoint, side, place, rule, and `null` alone if only that
//! is the matter. An entry that covers nothing any more fails, so that the list cannot grow old.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::{Side, Violation};

/// The entries of the deviations file.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Deviations(Vec<Deviation>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deviation {
    /// Endpoints; `*` for all.
    endpoints: Vec<String>,
    side: Side,
    /// Places, as JSON pointers with `*` for one segment and `**` for any number of them.
    paths: Vec<String>,
    /// The schema keyword that fails, or `undeclared`.
    rule: String,
    /// Only where the value is `null`.
    #[serde(default)]
    only_null: bool,
    /// What in the vendor's own words contradicts the document.
    contradiction: String,
    /// Where that can be seen.
    evidence: String,
}

impl Deviations {
    /// Reads the file; an entry without a reason is refused.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let deviations: Self = serde_json::from_str(text)?;
        for (index, entry) in deviations.0.iter().enumerate() {
            ensure!(
                entry.contradiction.len() > 20 && !entry.evidence.is_empty(),
                "entry {index} needs a `contradiction` in a sentence and its `evidence`"
            );
            ensure!(
                !entry.paths.is_empty() && !entry.endpoints.is_empty(),
                "entry {index} is empty"
            );
        }
        Ok(deviations)
    }

    /// The part of an entry (its index, and the index of its path) that covers the violation.
    pub(super) fn find(&self, violation: &Violation) -> Option<(usize, usize)> {
        self.0.iter().enumerate().find_map(|(index, entry)| {
            let endpoint = |name: &String| name == "*" || *name == violation.endpoint;
            let applies = entry.side == violation.side
                && entry.rule == violation.rule
                && (!entry.only_null || violation.null)
                && entry.endpoints.iter().any(endpoint);
            let path = |pattern: &String| matches(pattern, &violation.path);
            applies
                .then(|| entry.paths.iter().position(path))
                .flatten()
                .map(|path| (index, path))
        })
    }

    /// The parts that were not used, in words.
    pub(super) fn except(&self, used: &BTreeSet<(usize, usize)>) -> Vec<String> {
        let parts = self.0.iter().enumerate().flat_map(|(index, entry)| {
            entry
                .paths
                .iter()
                .enumerate()
                .map(move |(path, pattern)| ((index, path), entry, pattern))
        });
        parts
            .filter(|(part, ..)| !used.contains(part))
            .map(|((index, _), entry, pattern)| {
                format!(
                    "entry {index}, {} {pattern} [{}]",
                    entry.endpoints.join(" "),
                    entry.rule
                )
            })
            .collect()
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    matches_parts(&pattern, &path)
}

fn matches_parts(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|skip| {
            path.get(skip..)
                .is_some_and(|path| matches_parts(rest, path))
        }),
        ([first, pattern @ ..], [segment, path @ ..]) => {
            (*first == "*" || first == segment) && matches_parts(pattern, path)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_one_segment_and_two_are_any_number() {
        assert!(matches("/results/*/source", "/results/*/source"));
        assert!(!matches("/results/*/source", "/results/*/source/id"));
        assert!(matches("/**/source", "/results/*/candidate/source"));
        assert!(matches("/**", "/a"));
        assert!(!matches("/results/*", "/other/*"));
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        let entry = |contradiction: &str| {
            format!(
                r#"[{{"endpoints":["a.b"],"side":"response","paths":["/x"],"rule":"type",
                "contradiction":"{contradiction}","evidence":"https://example.com"}}]"#
            )
        };
        assert!(Deviations::parse(&entry("")).is_err());
        assert!(Deviations::parse(&entry("the text beside it says that it may be null")).is_ok());
    }
}
