//! Whether records and values are what a person expected, and whether the expectation could tell a
//! wrong one from a right one.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Field, ModelKind};
use serde_json::Value;

use crate::{
    Claim, Context, Dangling, Evidence, ExpectedLoss, Fact, Failure,
    verify::{Mismatch, is_absent, verify},
};

/// At most so many records are shown in a failure; the rest is counted.
const SHOWN: usize = 3;

fn fixture(context: &Context, model: ModelKind) -> String {
    format!(
        "fixtures/{}/expected/{model}.json",
        context.harness().slug()
    )
}

pub(crate) fn records_case(context: &Context, model: ModelKind) -> Result<Evidence, Failure> {
    let subject = context.subject()?;
    let expected: BTreeSet<String> = subject.expected.of(model).keys().cloned().collect();
    let came: BTreeSet<String> = subject.of(model).keys().cloned().collect();
    let failure = Failure::of(format_args!("{model} are read, all of them and no others"));
    if expected.is_empty() {
        return Err(failure
            .expected("at least one record", fixture(context, model))
            .came("an expectation without records, which proves nothing"));
    }
    let name = |keys: BTreeSet<&String>| keys.into_iter().cloned().collect::<Vec<_>>().join(", ");
    let missing = name(expected.difference(&came).collect());
    let surplus = name(came.difference(&expected).collect());
    if !missing.is_empty() || !surplus.is_empty() {
        return Err(failure
            .expected(
                format_args!("{} records", expected.len()),
                fixture(context, model),
            )
            .came(format_args!(
                "missing: [{missing}]\nnot expected: [{surplus}]"
            )));
    }
    archived(context, model)?;
    let records = expected.len();
    Ok(Evidence::of(
        Claim::Model(model),
        Fact::Verified { records },
    ))
}

/// What the vendor calls archived must carry `remote_deleted_at`, and nothing else may.
fn archived(context: &Context, model: ModelKind) -> Result<(), Failure> {
    let subject = context.subject()?;
    for (key, record) in subject.expected.of(model).iter() {
        let expected = record
            .get("_archived")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        let stored = &subject.mirror.stored()[&(model, key.clone())];
        if stored.deleted_at.is_some() != expected {
            let say = |archived: bool| if archived { "archived" } else { "alive" };
            return Err(Failure::of(format_args!(
                "{model}.remote_deleted_at marks what is archived"
            ))
            .record(key)
            .expected(say(expected), fixture(context, model))
            .came(say(!expected)));
        }
    }
    Ok(())
}

pub(crate) fn value_case(
    context: &Context,
    model: ModelKind,
    field: &str,
) -> Result<Evidence, Failure> {
    let subject = context.subject()?;
    let expected = subject.expected.of(model);
    let claim = Claim::Field(model, field.to_owned());
    let wrong = verify(field, &expected, &subject.of(model));
    let failure = Failure::of(format_args!("{claim} is supported"));
    if expected.is_empty() {
        return Err(failure
            .expected("at least one record", fixture(context, model))
            .came("an expectation without records, which proves nothing"));
    }
    let Some(first) = wrong.first() else {
        let records = expected.len();
        return Ok(Evidence::of(claim, Fact::Verified { records }));
    };
    let others = wrong.iter().skip(1).take(SHOWN - 1).map(told);
    let mut hint: Vec<String> = others.collect();
    if wrong.len() > SHOWN {
        hint.push(format!("and {} more records", wrong.len() - SHOWN));
    }
    let failure = failure
        .record(&first.key)
        .expected(
            text(
                first.expected.as_ref(),
                "nothing: the fixture does not name the field",
            ),
            fixture(context, model),
        )
        .came(text(
            first.came.as_ref(),
            "nothing: the record or the field did not come",
        ));
    Err(if hint.is_empty() {
        failure
    } else {
        failure.hint(format_args!("also {}", hint.join("\n")))
    })
}

fn told(mismatch: &Mismatch) -> String {
    let expected = text(mismatch.expected.as_ref(), "nothing");
    let came = text(mismatch.came.as_ref(), "nothing");
    format!("{}: expected {expected}, came {came}", mismatch.key)
}

fn text(value: Option<&Value>, nothing: &str) -> String {
    const LONGEST: usize = 600;
    let text = value.map_or_else(|| nothing.to_owned(), Value::to_string);
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(" …".chars()).collect()
}

pub(crate) fn distinct_case(
    context: &Context,
    model: ModelKind,
    field: &Field,
) -> Result<Evidence, Failure> {
    let subject = context.subject()?;
    let expected = subject.expected.of(model);
    let claim = Claim::Field(model, field.name.clone());
    let values: Vec<&Value> = expected
        .values()
        .filter_map(|record| record.get(&field.name))
        .collect();
    let filled: BTreeSet<String> = values
        .iter()
        .filter(|value| !is_absent(value))
        .map(|value| value.to_string())
        .collect();
    let failure = Failure::of(format_args!(
        "the expectations of {claim} can tell right from wrong"
    ));
    if filled.len() < 2 {
        return Err(failure
            .expected("two records with different values", fixture(context, model))
            .came(format_args!(
                "{} value(s): {}",
                filled.len(),
                Vec::from_iter(filled).join(", ")
            ))
            .hint("fix the data, not the test: give another record another value"));
    }
    // Raw documents are there whenever a record is.
    let absent = values.iter().any(|value| value.is_null());
    let excused = subject
        .expected
        .always_there
        .contains(&(model, field.name.clone()));
    if field.nullable && !absent && !excused && field.name != "remote_data" {
        return Err(failure
            .expected(
                "one record where the field is legitimately null",
                fixture(context, model),
            )
            .came(format_args!("{} records, all with a value", values.len()))
            .hint(
                "add such a record, or list the field as always there in the harness and say why",
            ));
    }
    if absent && excused {
        return Err(failure
            .expected(
                "no record without a value",
                "the harness, which lists the field as always there",
            )
            .came("one that is null")
            .hint("take the field off the list"));
    }
    let values = filled.len();
    Ok(Evidence::of(claim, Fact::Distinct { values }))
}

pub(crate) fn reference_case(
    context: &Context,
    model: ModelKind,
    field: &Field,
    target: ModelKind,
) -> Result<Evidence, Failure> {
    let subject = context.subject()?;
    let claim = Claim::Field(model, field.name.clone());
    let targets = subject.of(target);
    let mut resolved = 0;
    for (key, record) in subject.of(model) {
        let Some(remote_id) = record[&field.name]
            .as_str()
            .and_then(|text| text.strip_prefix("remote:"))
        else {
            continue;
        };
        let dangling = Dangling {
            model,
            field: field.name.clone(),
            target: remote_id.to_owned(),
        };
        let expected = subject.expected.dangling.contains(&dangling);
        if targets.contains_key(remote_id) == expected {
            let say = |there: bool| if there { "a record" } else { "no record" };
            return Err(
                Failure::of(format_args!("{claim} leads to a record of {target}"))
                    .record(key)
                    .expected(
                        format_args!("{} called {remote_id}", say(!expected)),
                        "the harness's list of dangling references",
                    )
                    .came(say(expected)),
            );
        }
        resolved += usize::from(!expected);
    }
    if resolved == 0 {
        return Err(
            Failure::of(format_args!("{claim} leads to a record of {target}"))
                .expected("at least one reference that resolves", "the small world")
                .came("none"),
        );
    }
    Ok(Evidence::of(claim, Fact::Holds))
}

pub(crate) fn losses_case(context: &Context) -> Result<Evidence, Failure> {
    let subject = context.subject()?;
    let failure = Failure::of("the small world maps without a loss that nobody expects");
    let mut expected: BTreeMap<&ExpectedLoss, usize> = subject
        .expected
        .losses
        .iter()
        .map(|loss| (loss, 0))
        .collect();
    for ((stream, id), loss) in subject.mirror.losses() {
        let found = ExpectedLoss {
            endpoint: loss.endpoint.to_owned(),
            path: loss.path.clone(),
        };
        match expected.get_mut(&found) {
            Some(count) => *count += 1,
            None => {
                return Err(failure
                    .record(format_args!("{stream} {id}"))
                    .expected("no loss", "the harness's list of losses")
                    .came(format_args!(
                        "{} {}: expected {}",
                        loss.endpoint, loss.path, loss.expected
                    )));
            }
        }
    }
    if let Some((unused, _)) = expected.iter().find(|(_, count)| **count == 0) {
        return Err(failure
            .expected(
                format_args!("a loss at {} {}", unused.endpoint, unused.path),
                "the harness's list of losses",
            )
            .came("none")
            .hint("take it off the list"));
    }
    let rejects = subject
        .report
        .streams
        .values()
        .flat_map(|outcome| &outcome.rejects);
    if let Some(reject) = rejects.into_iter().next() {
        return Err(failure
            .expected("no reject", "the small world")
            .came(format_args!("{}: {}", reject.endpoint, reject.reason)));
    }
    Ok(Evidence::of(Claim::Suite, Fact::Holds))
}
