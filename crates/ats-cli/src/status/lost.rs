//! What could not be mapped or kept, so grouped that a thousand of the same fill one line.

use std::collections::BTreeMap;

use anyhow::Result;
use ats_core::IntegrationId;
use ats_store::{LossRow, RejectRow, Store};
use serde_json::{Value, json};

use crate::output;

/// Rows that are read at most.
const LIMIT: usize = 10_000;

/// Groups that people are shown.
const SHOWN: usize = 5;

/// Losses and rejects of one integration.
#[derive(Debug)]
pub(super) struct Lost {
    losses: Vec<LossRow>,
    rejects: Vec<RejectRow>,
}

impl Lost {
    pub(super) fn gather(store: &dyn Store, id: &IntegrationId) -> Result<Self> {
        Ok(Self {
            losses: store.losses(id, LIMIT)?,
            rejects: store.rejects(id, LIMIT)?,
        })
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let losses = self.losses.iter().map(|loss| {
            let place = without_places(&loss.path);
            format!("{} {place}: expected {}", loss.endpoint, loss.expected)
        });
        let rejects = self
            .rejects
            .iter()
            .map(|reject| format!("{}: {}", reject.endpoint, reject.reason));
        let mut lines = group("loss", "losses", losses);
        lines.extend(group("reject", "rejects", rejects));
        lines
    }

    pub(super) fn losses_json(&self) -> Value {
        json!(self.losses)
    }

    pub(super) fn rejects_json(&self) -> Value {
        json!(self.rejects)
    }
}

/// The most frequent ones first.
fn group(one: &str, several: &str, texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let left = counts.len().saturating_sub(SHOWN);
    let shown = counts.into_iter().take(SHOWN);
    let mut lines: Vec<String> = shown
        .map(|(text, count)| format!("{}  {text}", output::count(count, one, several)))
        .collect();
    if left > 0 {
        lines.push(format!(
            "{left} more kinds of {several}; --json lists them all"
        ));
    }
    lines
}

/// A JSON pointer with `*` for an index, so that places in lists do not tell losses apart.
fn without_places(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        let index = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if index { "*" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_loss_at_several_places_of_a_list_is_one_line() {
        let loss = |path: &str| LossRow {
            stream: "candidates".into(),
            bundle: "b".into(),
            endpoint: "candidate.list".into(),
            path: path.into(),
            expected: "a string".into(),
        };
        let lost = Lost {
            losses: vec![loss("/tags/0/title"), loss("/tags/12/title"), loss("/name")],
            rejects: Vec::new(),
        };
        assert_eq!(
            lost.lines(),
            [
                "2 losses  candidate.list /tags/*/title: expected a string",
                "1 loss  candidate.list /name: expected a string"
            ]
        );
    }
}
