//! Whether values of the wrong kind are survived: records kept, siblings untouched, losses told.

use ats_core::{Field, ModelKind};

use super::Finding;
use crate::{Claim, Context, Evidence, Fact, Failure};

const SHOWN: usize = 6;

pub(crate) fn malformed_case(
    context: &Context,
    model: ModelKind,
    field: &Field,
) -> Result<Evidence, Failure> {
    let claim = Claim::Field(model, field.name.clone());
    let probe = context.probe()?;
    let key = (model, field.name.clone());
    let values = probe.judged.get(&key).copied().unwrap_or_default();
    let failure = Failure::of(format_args!(
        "{claim} survives values of the wrong kind, or says what it lost"
    ));
    if let Some(findings) = probe.findings.get(&(model, Some(field.name.clone()))) {
        return Err(told(failure, findings.iter().collect()));
    }
    if values == 0 {
        return Err(failure
            .expected("at least one wrong value where the field comes from", "the small world")
            .came("none was tried")
            .hint("the field's source is null everywhere, or nothing moves the field: see its `trace` case"));
    }
    Ok(Evidence::of(claim, Fact::Hardened { values }))
}

pub(crate) fn model_malformed_case(
    context: &Context,
    model: ModelKind,
) -> Result<Evidence, Failure> {
    let claim = Claim::Model(model);
    let probe = context.probe()?;
    let failure = Failure::of(format_args!(
        "one wrong value costs {model} no record and no other field"
    ));
    if let Some(findings) = probe.findings.get(&(model, None)) {
        return Err(told(failure, findings.iter().collect()));
    }
    let values = probe.tried.get(&model).copied().unwrap_or_default();
    if values == 0 {
        return Err(failure
            .expected("at least one wrong value", "the small world")
            .came("none was tried"));
    }
    Ok(Evidence::of(claim, Fact::Hardened { values }))
}

/// What the harness excuses must need the excuse.
pub(crate) fn open_texts_case(context: &Context) -> Result<Evidence, Failure> {
    let probe = context.probe()?;
    let listed = &context.subject()?.expected.open_texts;
    match listed
        .iter()
        .find(|source| !probe.excused.contains(*source))
    {
        None => Ok(Evidence::of(Claim::Suite, Fact::Holds)),
        Some(unused) => Err(
            Failure::of("the harness excuses unknown texts only where it must")
                .expected(
                    format_args!("an unknown text that costs a value at {unused}"),
                    "the harness's list of open texts",
                )
                .came("none")
                .hint("take it off the list"),
        ),
    }
}

fn told(failure: Failure, findings: Vec<&Finding>) -> Failure {
    let Some(first) = findings.first() else {
        return failure;
    };
    let one = |finding: &Finding| {
        format!(
            "{} at {}: {} ({})",
            finding.value, finding.source, finding.what, finding.record
        )
    };
    let mut came: Vec<String> = findings
        .iter()
        .take(SHOWN)
        .map(|finding| one(finding))
        .collect();
    if findings.len() > SHOWN {
        came.push(format!("and {} more", findings.len() - SHOWN));
    }
    failure
        .record(&first.record)
        .expected(
            "the record kept, its other fields as they were, and a loss with the place",
            "the port",
        )
        .came(came.join("\n"))
}
