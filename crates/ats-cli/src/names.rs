//! How models, records and moments are written on the command line.

use anyhow::Result;
use ats_core::{ActionKind, Id, ModelKind, Timestamp};
use ats_store::Integration;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::exit::usage;

/// Reads the name of a model, such as `candidates`; an unknown one is answered with the list.
pub(crate) fn model_parser() -> impl TypedValueParser<Value = ModelKind> {
    let names = ModelKind::ALL.iter().map(|kind| kind.name());
    PossibleValuesParser::new(names)
        .try_map(|name| ModelKind::from_name(&name).ok_or("there is no such model"))
}

/// The model called so here or in the unified API, as in `candidates` or `ats_candidates`.
pub(crate) fn model(name: &str) -> Option<ModelKind> {
    let mut all = ModelKind::ALL.iter().copied();
    all.find(|kind| kind.name() == name || ats_server::model_name(*kind) == name)
}

/// The action called so here or in the unified API, as in `create_candidate` or
/// `ats_create_candidate`.
pub(crate) fn action(name: &str) -> Option<ActionKind> {
    let mut all = ActionKind::ALL.iter().copied();
    all.find(|kind| kind.name() == name || ats_server::action_name(*kind) == name)
}

/// Reads a moment, such as `2026-01-02T03:04:05Z` or `2026-01-02`.
pub(crate) fn parse_moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| {
        format!("`{text}` is no moment; write 2026-01-02T03:04:05Z or 2026-01-02 (both in UTC)")
    })
}

/// Reads an id of a record: ours, or `remote:` and the vendor's. `model` is needed for the latter.
pub(crate) fn record_id(
    integration: &Integration,
    model: Option<ModelKind>,
    text: &str,
) -> Result<Id> {
    if let Some(theirs) = text.strip_prefix("remote:") {
        let model = model.ok_or_else(|| {
            usage(
                "model_missing",
                "an id of the vendor needs the model it belongs to; add --model MODEL",
            )
        })?;
        return Ok(Id::derive([integration.id.as_str(), model.name(), theirs]));
    }
    text.parse().map_err(|error| {
        usage(
            "unknown_record",
            format!("{error}; for an id of the vendor write remote:ID"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_date_or_a_date_with_time() {
        assert!(parse_moment("2026-01-02").is_ok());
        assert!(parse_moment("2026-01-02T03:04:05+02:00").is_ok());
        assert!(
            parse_moment("yesterday")
                .unwrap_err()
                .contains("2026-01-02")
        );
    }
}
