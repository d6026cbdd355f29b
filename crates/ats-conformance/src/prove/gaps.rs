//! Whether what is denied is absent, and whether the tables say nothing that cannot be meant.

use std::collections::BTreeSet;

use ats_core::{AlwaysNull, Field, Gap, GapStatus, ModelKind, Support};

use crate::{Claim, Context, Evidence, Fact, Failure, verify::is_absent};

pub(crate) fn gap_case(
    context: &Context,
    model: ModelKind,
    field: &Field,
    gap: Gap,
) -> Result<Evidence, Failure> {
    let claim = Claim::Field(model, field.name.clone());
    reasoned(&claim, &gap)?;
    never_filled(context, model, field, "declared a gap", gap.reason)?;
    Ok(Evidence::of(claim, Fact::Absent))
}

pub(crate) fn constant_case(
    context: &Context,
    model: ModelKind,
    field: &Field,
    constant: AlwaysNull,
) -> Result<Evidence, Failure> {
    let claim = Claim::Field(model, field.name.clone());
    let failure = Failure::of(format_args!("{claim} is always null, and that is true"));
    if constant.reason.trim().is_empty() || !constant.vendor.starts_with("https://") {
        return Err(failure
            .expected("a reason and a link to the vendor's document", "the port")
            .came(format_args!(
                "reason `{}`, vendor `{}`",
                constant.reason, constant.vendor
            )));
    }
    let subject = context.subject()?;
    if subject.of(model).is_empty() {
        return Err(failure
            .expected("records that show it", "the small world")
            .came("none"));
    }
    let expected = subject.expected.of(model);
    let filled = expected
        .iter()
        .find(|(_, record)| !record[&field.name].is_null());
    if let Some((key, record)) = filled {
        return Err(failure
            .record(key)
            .expected(&record[&field.name], "the fixture")
            .came("null in every record"));
    }
    never_filled(
        context,
        model,
        field,
        "declared always null",
        constant.reason,
    )?;
    Ok(Evidence::of(claim, Fact::Constant).note(constant.reason))
}

/// No world and no perturbation may give the field a value.
fn never_filled(
    context: &Context,
    model: ModelKind,
    field: &Field,
    declared: &str,
    reason: &str,
) -> Result<(), Failure> {
    let claim = Claim::Field(model, field.name.clone());
    let filled = |record: &str, value: &str| {
        Failure::of(format_args!("{claim} is {declared}: {reason}"))
            .record(record)
            .expected("no value", "the connector's own table")
            .came(value)
            .hint("take the declaration back and let the field be proven, or stop filling it")
    };
    for (key, record) in context.subject()?.of(model) {
        match record.get(&field.name) {
            Some(value) if !is_absent(value) => return Err(filled(&key, &value.to_string())),
            _ => {}
        }
    }
    let key = (model, field.name.clone());
    if let Some(record) = context.worlds()?.filled.get(&key) {
        return Err(filled(record, "a value"));
    }
    if let Some(place) = context.probe()?.filled.get(&key) {
        return Err(filled(
            place,
            "a value, when the vendor's answer is perturbed there",
        ));
    }
    Ok(())
}

pub(crate) fn model_gap_case(
    context: &Context,
    model: ModelKind,
    gap: Gap,
) -> Result<Evidence, Failure> {
    let claim = Claim::Model(model);
    reasoned(&claim, &gap)?;
    let in_small = context.subject()?.of(model).into_keys().next();
    let elsewhere = context
        .worlds()?
        .filled
        .iter()
        .find(|((other, _), _)| *other == model);
    if let Some(record) = in_small.or(elsewhere.map(|(_, record)| record.clone())) {
        return Err(
            Failure::of(format_args!("{model} are declared a gap: {}", gap.reason))
                .record(record)
                .expected("no record", "the connector's own table")
                .came("a record")
                .hint("claim the model and let it be proven, or stop mapping it"),
        );
    }
    Ok(Evidence::of(claim, Fact::Absent))
}

/// An action or feature that is declared a gap needs a reason; one that is claimed needs a rule
/// that proves it, and none stands here.
pub(crate) fn slot_gap_case(claim: Claim, support: Support<()>) -> Result<Evidence, Failure> {
    match support {
        Support::No(gap) => {
            reasoned(&claim, &gap)?;
            Ok(Evidence::of(claim, Fact::Absent))
        }
        Support::Yes(()) => Err(Failure::of(format_args!("{claim} is supported"))
            .expected("a rule that proves it", "the suite")
            .came("none")
            .hint("declare a gap until the suite can prove the claim")),
    }
}

fn reasoned(claim: &Claim, gap: &Gap) -> Result<(), Failure> {
    let failure = Failure::of(format_args!("the gap of {claim} is a reasoned one"));
    if gap.reason.trim().is_empty() {
        return Err(failure.expected("a reason", "the port").came("none"));
    }
    let linked = gap
        .vendor
        .is_some_and(|vendor| vendor.starts_with("https://"));
    if gap.status != GapStatus::Unknown && !linked {
        return Err(failure
            .expected("a link to the vendor's document", "the port")
            .came(format_args!("{:?}", gap.vendor)));
    }
    Ok(())
}

/// The tables must name things that exist, each once, and permissions that the manifest asks for.
pub(crate) fn tables_case(context: &Context) -> Result<Evidence, Failure> {
    let tables = context.tables();
    let mut wrong = Vec::new();
    for (model, coverage) in &tables.coverage.models {
        for name in &coverage.unknown_gaps {
            wrong.push(format!("{model}: a gap names `{name}`, which is no field"));
        }
    }
    for (model, read) in &tables.reads {
        let gaps = read.gaps.iter().map(|gap| gap.field);
        let constants = read.always_null.iter().map(|constant| constant.field);
        let mut seen = BTreeSet::new();
        for name in gaps.chain(constants) {
            if !seen.insert(name) {
                wrong.push(format!("{model}: `{name}` is declared twice"));
            }
        }
        for constant in read.always_null {
            match tables.fields[model].get(constant.field) {
                Some(field) if field.nullable && !field.engine => {}
                _ => wrong.push(format!(
                    "{model}: `{}` is declared always null and is no field that may be",
                    constant.field
                )),
            }
        }
        for permission in read.permissions {
            if !tables.manifest.permissions.contains(permission) {
                wrong.push(format!(
                    "{model}: needs `{permission}`, which the manifest does not ask for"
                ));
            }
        }
    }
    for permission in tables.manifest.permissions {
        if tables
            .manifest
            .boxes
            .iter()
            .all(|found| found.permission != *permission)
        {
            wrong.push(format!(
                "the manifest asks for `{permission}` and names no box to tick for it"
            ));
        }
    }
    for option in tables.manifest.key_options {
        for (model, field) in option.fields {
            if !tables.fields[model].contains_key(*field) {
                wrong.push(format!(
                    "the key option `{}` names {model}.{field}, which is no field",
                    option.label
                ));
            }
        }
    }
    let harness = context.harness().expected();
    for (model, field) in &harness.always_there {
        let is_claimed = tables
            .claimed(*model)
            .any(|claimed| claimed.name == *field && claimed.nullable);
        if !is_claimed {
            wrong.push(format!("{model}: the harness lists `{field}` as always there, and it is no claimed field that may be null"));
        }
    }
    if wrong.is_empty() {
        return Ok(Evidence::of(Claim::Suite, Fact::Holds));
    }
    Err(
        Failure::of("the tables of the connector and of its harness name what exists")
            .expected("nothing unknown and nothing twice", "the models")
            .came(wrong.join("\n")),
    )
}
