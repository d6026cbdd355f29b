//! Features of what is created: its source, and that it is named.

use std::sync::Arc;

use ats_core::{ActionKind, ModelKind, Output};
use serde_json::json;

use super::failed;
use crate::{
    Claim, Context, Fact, Failure,
    act::{Stage, input_case},
};

/// The named source is written and read back, and so is the integration's default one.
pub(super) async fn sources_are_written(context: &Context) -> Result<(), Failure> {
    for kind in [ActionKind::CreateCandidate, ActionKind::CreateApplication] {
        let trials = context.harness().trials();
        let trial = trials.into_iter().find(|trial| trial.action == kind);
        let Some(trial) = trial else {
            return Err(failed("source_writing")
                .expected(format_args!("a trial of {kind}"), "the harness")
                .came("none"));
        };
        let evidence = input_case(context, &trial, "source.name").await?;
        let is_read_back = |(_, fact): &(Claim, Fact)| matches!(fact, Fact::ReadBack { .. });
        if !evidence.facts.iter().any(is_read_back) {
            return Err(failed("source_writing")
                .expected("the source in a record", "the rule")
                .came("none"));
        }
        let named = trial
            .variations
            .iter()
            .find(|variation| variation.input == "source.name");
        let source = named.and_then(|named| named.change["source"]["name"].as_str());
        let stage = Stage::set(context.harness()).await?;
        let by_default = stage.perform_from(source, kind, &trial.input).await;
        let by_default = by_default.map_err(|error| failed("source_writing").came(error))?;
        let stage = Stage::set(context.harness()).await?;
        let mut input = trial.input.clone();
        input["source"] = json!({ "name": source });
        let by_name = stage.perform(kind, &input).await;
        let by_name = by_name.map_err(|error| failed("source_writing").came(error))?;
        if by_default.writes != by_name.writes {
            return Err(failed("source_writing")
                .expected("the same requests as for the named source", "the rule")
                .came("others when it is the integration's default"));
        }
    }
    Ok(())
}

/// What is created is named, so that an engine can limit itself to it, and can be read alone.
pub(super) async fn created_is_named(context: &Context) -> Result<(), Failure> {
    const FEATURE: &str = "sync_only_created_applications";
    let kind = ActionKind::CreateApplication;
    let trials = context.harness().trials();
    let Some(trial) = trials.into_iter().find(|trial| trial.action == kind) else {
        return Err(failed(FEATURE)
            .expected("a trial of create_application", "the harness")
            .came("none"));
    };
    let mut stage = Stage::set(context.harness()).await?;
    let before = stage.mirror.records();
    let done = stage.perform(kind, &trial.input).await;
    let done = done.map_err(|error| failed(FEATURE).came(error))?;
    for target in &done.outcome.touched {
        let streams = stage.connector.streams();
        let stream = streams.iter().find(|stream| stream.name() == target.stream);
        let found = match stream {
            Some(stream) => stream.fetch_one(&target.id, stage.mirror.shelf()).await,
            None => Ok(None),
        };
        if !matches!(found, Ok(Some(_))) {
            return Err(failed(FEATURE)
                .record(format_args!("{} of {}", target.id, target.stream))
                .expected("one bundle, read alone", "the port")
                .came(format_args!("{found:?}")));
        }
    }
    let connector = Arc::clone(&stage.connector);
    stage.mirror.delta_pass(&*connector).await;
    let after = stage.mirror.records();
    for model in [ModelKind::Candidate, ModelKind::Application] {
        let old = before.get(&model);
        let new: Vec<&String> = after
            .get(&model)
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
            .filter(|key| old.is_none_or(|old| !old.contains_key(*key)))
            .collect();
        let named: Vec<&String> = done
            .outcome
            .created
            .iter()
            .filter(|(of, _)| *of == model)
            .map(|(_, id)| id)
            .collect();
        if new != named || new.len() != 1 {
            return Err(failed(FEATURE)
                .record(model)
                .expected(format_args!("{new:?}"), "what a pass finds new")
                .came(format_args!("{named:?}")));
        }
    }
    match &done.outcome.output {
        Output::Application(_) => Ok(()),
        other => Err(failed(FEATURE)
            .expected("an application", "the rule")
            .came(format_args!("{other:?}"))),
    }
}
