//! The states that laws compare: what a mirror shows, and what a fresh one would show. It must not
//! know why they are compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use ats_core::{Connector, Record, Stream};
use serde_json::Value;

use crate::{
    Failure, Harness, Mirror, PassReport,
    mirror::{Key, RelatedView, json, with_joins},
};

/// What a mirror shows.
pub(super) type View = BTreeMap<Key, Shown>;

/// One record that a mirror shows.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    record: Record,
    archived: bool,
}

impl Shown {
    /// The record without its raw documents. They stay as they were fetched, and the copies in them
    /// go by the names of that day; that the names which people see are of today is what the laws
    /// are about.
    pub(super) fn content(&self) -> Value {
        let mut content = json(&self.record);
        if let Some(fields) = content.as_object_mut() {
            fields.remove("remote_data");
        }
        content
    }
}

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        // Most records are equal with their raw documents, which is seen without printing them.
        let same = || self.record == other.record || self.content() == other.content();
        self.archived == other.archived && same()
    }
}

/// What the mirror shows now.
pub(super) fn view(mirror: &Mirror) -> View {
    let live = mirror.stored().iter().filter(|(_, stored)| !stored.gone);
    live.map(|(key, stored)| {
        let record = stored.record.clone();
        let archived = record.archived();
        (key.clone(), Shown { record, archived })
    })
    .collect()
}

/// The differences between two views, the first few in words.
pub(super) fn difference(expected: &View, came: &View) -> Option<String> {
    let mut lines = Vec::new();
    for (key @ (model, id), shown) in expected {
        match came.get(key) {
            None => lines.push(format!("{model} {id} is missing")),
            Some(other) if other.archived != shown.archived => {
                let (came, right) = (other.archived, shown.archived);
                lines.push(format!("{model} {id} is archived: {came}, not {right}"));
            }
            Some(other) if other != shown => {
                let fields = difference_of_values(&shown.content(), &other.content());
                lines.push(format!("{model} {id} differs: {fields}"));
            }
            Some(_) => {}
        }
    }
    for (model, id) in came.keys().filter(|key| !expected.contains_key(*key)) {
        lines.push(format!("{model} {id} should not be there"));
    }
    let rest = lines.len().saturating_sub(5);
    let more = (rest > 0).then(|| format!("and {rest} more"));
    let lines: Vec<String> = lines.into_iter().take(5).chain(more).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn difference_of_values(expected: &Value, came: &Value) -> String {
    let empty = serde_json::Map::new();
    let fields = expected.as_object().unwrap_or(&empty);
    let field = fields
        .iter()
        .find(|(name, value)| came.get(name.as_str()) != Some(*value));
    let short = |value: &Value| value.to_string().chars().take(160).collect::<String>();
    match field {
        Some((name, value)) => {
            format!(
                "{name} is {}, not {}",
                short(&came[name.as_str()]),
                short(value)
            )
        }
        None => "it has other fields".to_owned(),
    }
}

/// A new mirror's full pass, which must reach the end of every stream.
pub(super) async fn fresh(
    harness: &dyn Harness,
    connector: &dyn Connector,
) -> Result<Mirror, Failure> {
    let mut mirror = Mirror::new(harness.slug());
    let report = mirror.full_pass(connector).await;
    complete(&report, "a full pass")?;
    Ok(mirror)
}

/// Whether a pass reached the end of every stream.
pub(super) fn complete(report: &PassReport, pass: &str) -> Result<(), Failure> {
    let errors: Vec<String> = report
        .errors()
        .map(|(stream, error)| format!("stream {stream}: {error}"))
        .collect();
    if report.complete() && errors.is_empty() {
        return Ok(());
    }
    Err(Failure::default()
        .expected(format!("{pass} reaches the end of every stream"), "")
        .came(errors.join("\n")))
}

/// Whether the mirror shows what a new mirror shows after one full pass.
pub(super) async fn same_as_fresh(
    harness: &dyn Harness,
    connector: &dyn Connector,
    mirror: &Mirror,
    after: impl fmt::Display,
) -> Result<Mirror, Failure> {
    let fresh = fresh(harness, connector).await?;
    match difference(&view(&fresh), &view(mirror)) {
        None => Ok(fresh),
        Some(came) => Err(Failure::default()
            .expected(
                format!("after {after}, the records of one fresh full pass"),
                "",
            )
            .came(came)),
    }
}

/// The records that the bundles of `stream` give.
pub(super) fn given(mirror: &Mirror, stream: &dyn Stream) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    for bundle in mirror.shelf().stream(stream.name()) {
        let related = RelatedView::new(stream, mirror.shelf());
        let records = with_joins(stream.map(bundle, &related));
        keys.extend(records.map(|record| (record.kind(), record.remote_key().into_owned())));
    }
    keys
}

/// The part of `view` that no stream of `hurt` gives, as `mirror` was filled by `connector`.
pub(super) fn spared(
    view: &View,
    mirror: &Mirror,
    connector: &dyn Connector,
    hurt: &BTreeSet<&str>,
) -> View {
    let mut spared = view.clone();
    for stream in connector.streams() {
        if hurt.contains(stream.name()) {
            let given = given(mirror, stream);
            spared.retain(|key, _| !given.contains(key));
        }
    }
    spared
}

/// These streams and those that look something up in them.
pub(super) fn with_users<'a>(
    connector: &dyn Connector,
    streams: &BTreeSet<&'a str>,
) -> BTreeSet<&'a str> {
    let mut all = streams.clone();
    for stream in connector.streams() {
        if stream.uses().iter().any(|used| all.contains(used)) {
            all.insert(stream.name());
        }
    }
    all
}
