//! Recorded exchanges: one JSON object a line.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

/// One request and its answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    /// The vendor's name of the endpoint, such as `candidate.list`.
    pub(super) endpoint: String,
    /// The body that the connector sent.
    pub(super) request: Value,
    /// The HTTP status.
    pub(super) status: u16,
    /// The body that came back; `null` if it was no JSON.
    pub(super) response: Value,
}

/// Reads recorded exchanges.
pub(super) fn parse(text: &str) -> Result<Vec<Exchange>> {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line)
                .with_context(|| format!("line {} of the traffic is no exchange", index + 1))
        })
        .collect()
}
