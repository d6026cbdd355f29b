//! The cases of one action: its rules, and each of its inputs by the difference that it makes.

use std::{collections::BTreeSet, sync::Arc};

use ats_core::{ActionKind, ModelKind};
use serde_json::Value;

use super::{
    Shows, Trial, Variation,
    perform::{Done, Stage},
    requests::{compare, difference, places},
    rules::{RULES, failed, performed},
};
use crate::{Case, Claim, Context, Evidence, Fact, Failure};

/// Every case of the actions that the connector claims.
pub(crate) fn action_cases(context: &Context) -> Vec<Case> {
    let slug = context.harness().slug();
    let mut trials = context.harness().trials();
    let mut cases = Vec::new();
    for kind in ActionKind::ALL.iter().copied() {
        let coverage = &context.tables().coverage.actions[kind.name()];
        if coverage.gap.is_some() {
            continue;
        }
        let name = |what: &str| format!("{slug}::action::{kind}::{what}");
        let place = trials.iter().position(|trial| trial.action == kind);
        let trial = Arc::new(match place {
            Some(place) => trials.swap_remove(place),
            None => Trial {
                action: kind,
                input: Value::Null,
                variations: Vec::new(),
                gaps: Vec::new(),
            },
        });
        let of_trial = Arc::clone(&trial);
        cases.push(Case::new(name("trial"), Claim::Action(kind.name()), {
            move |context| whole(context, &of_trial)
        }));
        for rule in RULES {
            if kind.only_reads() && !rule.for_reads {
                continue;
            }
            let trial = Arc::clone(&trial);
            let run = move |context: &Context| {
                let judged = context.block_on((rule.run)(context, &trial))?;
                if judged == 0 {
                    return Err(failed(kind, rule.name)
                        .expected("something to judge", "the trial")
                        .came("nothing, which proves nothing"));
                }
                Ok(Evidence::of(Claim::Action(kind.name()), Fact::Holds))
            };
            cases.push(Case::new(name(rule.name), Claim::Action(kind.name()), run));
        }
        for (input, gap) in &coverage.inputs {
            let trial = Arc::clone(&trial);
            let claim = Claim::Input(kind, input.clone());
            let id = name(&format!("input::{input}"));
            let input = input.clone();
            let is_gap = gap.is_some();
            cases.push(Case::new(id, claim, move |context| {
                context.block_on(async {
                    match is_gap {
                        true => gap_input(context, &trial, &input).await,
                        false => input_case(context, &trial, &input).await,
                    }
                })
            }));
        }
    }
    cases
}

/// The trial speaks of every input, each once, and of nothing else.
fn whole(context: &Context, trial: &Trial) -> Result<Evidence, Failure> {
    let coverage = &context.tables().coverage.actions[trial.action.name()];
    let mut wrong: Vec<String> = coverage
        .unknown_gaps
        .iter()
        .map(|name| format!("the connector's gap `{name}` is no input"))
        .collect();
    let mut seen = BTreeSet::new();
    let varied = trial.variations.iter().map(|variation| variation.input);
    for name in varied.chain(trial.gaps.iter().map(|gap| gap.input)) {
        if !seen.insert(name) {
            wrong.push(format!("`{name}` is tried twice"));
        }
        if !coverage.inputs.contains_key(name) {
            wrong.push(format!("`{name}` is tried and is no input"));
        }
    }
    for input in coverage.inputs.keys() {
        if !seen.contains(input.as_str()) {
            wrong.push(format!("`{input}` is not tried"));
        }
    }
    if wrong.is_empty() {
        return Ok(Evidence::of(
            Claim::Action(trial.action.name()),
            Fact::Holds,
        ));
    }
    Err(failed(trial.action, "every input is tried")
        .expected("one trial for each input", "the input's schema")
        .came(wrong.join("\n")))
}

/// An input that is claimed: it changes what it should at the vendor and nothing else, and shows in
/// the mirror.
pub(crate) async fn input_case(
    context: &Context,
    trial: &Trial,
    input: &str,
) -> Result<Evidence, Failure> {
    let what = format!("`{input}` reaches the vendor");
    let found = trial.variations.iter().find(|found| found.input == input);
    let Some(variation) = found else {
        return Err(failed(trial.action, &what)
            .expected("another value to try", "the harness")
            .came("none"));
    };
    let trial = &Trial {
        input: merged(&trial.input, &variation.with),
        ..trial.clone()
    };
    let base = Stage::set(context.harness()).await?;
    let least = performed(&base, trial, &what).await?;
    let again = Stage::set(context.harness()).await?;
    let twice = performed(&again, trial, &what).await?;
    let noise = difference(&places(&least.writes), &places(&twice.writes));
    if !noise.is_empty() {
        return Err(
            failed(trial.action, "the same input sends the same requests")
                .expected("no difference", "the rule")
                .came(listed(&noise)),
        );
    }
    let mut other = Stage::set(context.harness()).await?;
    let changed = merged(&trial.input, &variation.change);
    let done = other
        .perform(trial.action, &changed)
        .await
        .map_err(|error| failed(trial.action, &what).came(error))?;
    let claim = || Claim::Input(trial.action, input.to_owned());
    // What is only read shows in the answer too.
    if trial.action.only_reads() && least.outcome.output == done.outcome.output {
        return Err(failed(trial.action, &what)
            .expected("another answer", "another input")
            .came("the same one"));
    }
    let all = |done: &Done| places(&[&done.writes[..], &done.reads[..]].concat());
    let paths = difference(&all(&least), &all(&done));
    let (unnamed, idle) = compare(variation.sent, &paths);
    if !unnamed.is_empty() || !idle.is_empty() {
        return Err(failed(trial.action, &what)
            .expected(
                format_args!("changes at {:?}", variation.sent),
                "the harness",
            )
            .came(format_args!(
                "changes at {}; not named: {unnamed:?}; named in vain: {idle:?}",
                listed(&paths)
            )));
    }
    let mut evidence = Evidence::of(claim(), Fact::Sent { paths });
    match &variation.shows {
        Shows::Nowhere(reason) => evidence = evidence.note(*reason),
        Shows::Field(model, field, value) => {
            shown(&mut other, trial, variation, (*model, field, value)).await?;
            let fact = Fact::ReadBack {
                field: format!("{model}.{field}"),
            };
            evidence.facts.push((claim(), fact));
        }
    }
    Ok(evidence)
}

/// The value stands in a record that the action changed.
async fn shown(
    stage: &mut Stage,
    trial: &Trial,
    variation: &Variation,
    (model, field, value): (ModelKind, &str, &Value),
) -> Result<(), Failure> {
    let before = stage.mirror.records();
    let connector = Arc::clone(&stage.connector);
    stage.mirror.delta_pass(&*connector).await;
    let after = stage.mirror.records();
    let empty = Default::default();
    let old = before.get(&model).unwrap_or(&empty);
    let records = after.get(&model).into_iter().flatten();
    let mut changed = records.filter(|(key, record)| old.get(*key) != Some(*record));
    let what = format!("`{}` is read back as {model}.{field}", variation.input);
    match changed.any(|(_, record)| holds(&record[field], value)) {
        true => Ok(()),
        false => Err(failed(trial.action, &what)
            .expected(value, "the harness")
            .came("no record that the action changed holds it")),
    }
}

/// Whether a value is this one, or has it somewhere inside.
fn holds(value: &Value, wanted: &Value) -> bool {
    if value == wanted {
        return true;
    }
    match (value, wanted) {
        (Value::String(text), Value::String(wanted)) => text.contains(wanted.as_str()),
        (Value::Array(items), _) => items.iter().any(|item| holds(item, wanted)),
        (Value::Object(members), _) => members.values().any(|member| holds(member, wanted)),
        _ => false,
    }
}

/// An input that is a gap: it is left out, and a warning names it.
async fn gap_input(context: &Context, trial: &Trial, input: &str) -> Result<Evidence, Failure> {
    let what = format!("`{input}` cannot be taken, and the caller is told");
    let found = trial.gaps.iter().find(|gap| gap.input == input);
    let Some(gap) = found else {
        return Err(failed(trial.action, &what)
            .expected("a value to try", "the harness")
            .came("none"));
    };
    let trial = &Trial {
        input: merged(&trial.input, &gap.with),
        ..trial.clone()
    };
    let base = Stage::set(context.harness()).await?;
    let least = performed(&base, trial, &what).await?;
    let other = Stage::set(context.harness()).await?;
    let done = other
        .perform(trial.action, &merged(&trial.input, &gap.change))
        .await
        .map_err(|error| failed(trial.action, &what).came(error))?;
    if !done
        .warnings
        .iter()
        .any(|warning| warning.input.as_deref() == Some(input))
    {
        return Err(failed(trial.action, &what)
            .expected("a warning about it", "the rule")
            .came(format_args!("{:?}", done.warnings)));
    }
    let came = difference(&places(&least.writes), &places(&done.writes));
    if !came.is_empty() {
        return Err(failed(trial.action, &what)
            .expected("the same requests as without it", "the gap")
            .came(listed(&came))
            .hint("if the vendor takes it after all, take the gap out of the connector's table"));
    }
    Ok(Evidence::of(
        Claim::Input(trial.action, input.to_owned()),
        Fact::Absent,
    ))
}

fn listed(places: &BTreeSet<String>) -> String {
    places.iter().cloned().collect::<Vec<_>>().join(", ")
}

/// The input with other members. Objects are merged; everything else is replaced.
fn merged(input: &Value, change: &Value) -> Value {
    match (input, change) {
        (Value::Object(old), Value::Object(new)) => {
            let mut both = old.clone();
            for (name, value) in new {
                let before = both.get(name).unwrap_or(&Value::Null);
                let value = merged(before, value);
                both.insert(name.clone(), value);
            }
            Value::Object(both)
        }
        (_, new) => new.clone(),
    }
}
