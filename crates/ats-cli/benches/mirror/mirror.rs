//! What a mirror holds, read through `ats export` as anyone would.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, value::RawValue};

use crate::{
    ats::Ats,
    rules::{JOINS, RULES, Rule},
    truth::{Line, Lines, Truth},
};

/// Fails unless the mirror holds what the vendor holds. With `raw` the raw documents are compared
/// too, byte by byte.
pub(crate) fn check(ats: &Ats, truth: &Truth, raw: bool) -> Result<()> {
    let differences = differences(ats, truth, raw)?;
    ensure!(
        differences.is_empty(),
        "the mirror does not hold what the vendor holds, so no figure counts:\n{}",
        differences.join("\n")
    );
    Ok(())
}

/// What differs between the mirror and the vendor.
pub(crate) fn differences(ats: &Ats, truth: &Truth, raw: bool) -> Result<Vec<String>> {
    Ok(truth.differences(lines(ats, raw)?, raw))
}

type Members<'a> = BTreeMap<&'a str, &'a RawValue>;

fn lines(ats: &Ats, raw: bool) -> Result<Lines> {
    let mut lines = Lines::new();
    for rule in RULES {
        let of = exported(ats, rule.model, rule.archived, |record| {
            line(rule, record, raw)
        })?;
        lines.insert(rule.model, of);
    }
    for (model, [left, right]) in JOINS {
        let of = exported(ats, model, false, |record| {
            let (left, right) = (value(record, left)?, value(record, right)?);
            let ends = left.as_str().zip(right.as_str());
            let (left, right) = ends.context("a join record lacks an end")?;
            Ok(Line::join(left, right))
        })?;
        lines.insert(model, of);
    }
    Ok(lines)
}

fn line(rule: &Rule, record: &Members<'_>, raw: bool) -> Result<Line> {
    let id = value(record, "remote_id")?;
    let id = id.as_str().context("a record has no vendor's id")?;
    let says = rule.fields.iter().map(|(field, _)| value(record, field));
    let says: Vec<Value> = says.collect::<Result<_>>()?;
    let deleted = !value(record, "remote_deleted_at")?.is_null();
    let documents: Members<'_> = match record.get("remote_data") {
        Some(data) if raw => serde_json::from_str(data.get()).context("`remote_data`")?,
        _ => Members::new(),
    };
    let documents = rule.raw.iter().filter_map(|path| documents.get(path));
    let documents: Vec<&str> = documents
        .map(|document| match rule.alone_in {
            Some(list) => alone(document, list),
            None => Ok(document.get()),
        })
        .collect::<Result<_>>()?;
    Ok(Line::new(id, &says, deleted, &documents))
}

/// The one thing in a list of a document.
fn alone<'a>(document: &'a RawValue, list: &str) -> Result<&'a str> {
    let members: Members<'a> = serde_json::from_str(document.get())?;
    let list = members.get(list).context("a raw document lacks its list")?;
    let things: Vec<&RawValue> = serde_json::from_str(list.get())?;
    match things.as_slice() {
        [thing] => Ok(thing.get()),
        _ => bail!("a raw document has {} things in its list", things.len()),
    }
}

fn value(record: &Members<'_>, field: &str) -> Result<Value> {
    let value = record
        .get(field)
        .with_context(|| format!("an exported record has no `{field}`"))?;
    Ok(serde_json::from_str(value.get())?)
}

/// One line for each exported record of a model, one at a time.
fn exported(
    ats: &Ats,
    model: &str,
    deleted: bool,
    line: impl Fn(&Members<'_>) -> Result<Line>,
) -> Result<Vec<Line>> {
    let mut export = ats.export(model, deleted)?;
    let mut lines = Vec::new();
    let mut text = String::new();
    let output = export.stdout.take().context("the export has no output")?;
    let mut output = BufReader::with_capacity(1 << 20, output);
    while output.read_line(&mut text)? > 0 {
        let record: Members<'_> =
            serde_json::from_str(&text).with_context(|| format!("an exported line of {model}"))?;
        lines.push(line(&record).with_context(|| format!("a record of {model}"))?);
        text.clear();
    }
    ensure!(export.wait()?.success(), "`ats export` of {model} failed");
    Ok(lines)
}
