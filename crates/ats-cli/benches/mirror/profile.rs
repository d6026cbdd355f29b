//! The profiles: which organisation, with or without answers, at which latency, how often.

use anyhow::{Context, Result};

/// One set of circumstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) candidates: usize,
    pub(crate) answers: bool,
    pub(crate) latency_ms: u64,
    pub(crate) runs: usize,
}

const LATENCY_MS: u64 = 100;

/// The sizes, by what they are called.
const SIZES: [(&str, usize); 3] = [("1k", 1_000), ("20k", 20_000), ("200k", 200_000)];

/// Profiles whose passes take many minutes are run less often.
const LESS_OFTEN: [(&str, usize); 3] = [("200k", 3), ("20k-answers-100ms", 1), ("200k-100ms", 1)];

/// How often all others are run.
const RUNS: usize = 5;

/// All that the page shows.
const ALL: [&str; 10] = [
    "1k",
    "1k-answers",
    "1k-100ms",
    "1k-answers-100ms",
    "20k",
    "20k-answers",
    "20k-100ms",
    "20k-answers-100ms",
    "200k",
    "200k-100ms",
];

/// Every profile of the page.
pub(crate) fn all() -> Result<Vec<Profile>> {
    ALL.into_iter().map(named).collect()
}

/// The profile with this name: a size, then `-answers`, then `-100ms`.
pub(crate) fn named(name: &str) -> Result<Profile> {
    let mut rest = name;
    let mut take = |suffix: &str| match rest.strip_suffix(suffix) {
        Some(shorter) => {
            rest = shorter;
            true
        }
        None => false,
    };
    let slow = take("-100ms");
    let answers = take("-answers");
    let size = SIZES.iter().find(|(size, _)| *size == rest);
    let (_, candidates) =
        size.with_context(|| format!("no profile `{name}`; one is `20k-answers-100ms`"))?;
    let runs = LESS_OFTEN.iter().find(|(less, _)| *less == name);
    Ok(Profile {
        name: name.to_owned(),
        candidates: *candidates,
        answers,
        latency_ms: if slow { LATENCY_MS } else { 0 },
        runs: runs.map_or(RUNS, |(_, runs)| *runs),
    })
}
