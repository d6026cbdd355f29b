//! Why a field is null although it is claimed: what stands at the places that it usually comes from,
//! and whether a permission was missing.

use std::collections::BTreeSet;

use ats_core::{Connector, IntegrationId, Stream};
use ats_store::{Problem, Result, Store};
use serde::Serialize;
use serde_json::Value;

use super::mapping::Seen;

/// Passes that are looked through for the last walk of a stream.
const PASSES: usize = 20;

/// Bundles of a stream that are looked at to learn its endpoints.
const SAMPLE: usize = 10;

/// A place where a field usually comes from, and what stands there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Looked {
    /// The place, as in `job.list:/results/*/title`.
    pub source: String,
    /// What is there.
    pub found: Found,
    /// What the vendor sent there, if it sent something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// None of the documents of this record is from there.
    NoDocument,
    /// The document has no such member.
    Missing,
    /// The vendor sent `null`, or something empty.
    Null,
    /// The vendor sent something, and by the connector's rules the field stays empty.
    Value,
}

/// What stands in `documents` at each of the `usual` places.
pub(super) fn look(usual: &[String], documents: &[Seen]) -> Vec<Looked> {
    let looked = usual.iter().map(|source| {
        let mut best = Looked {
            source: source.clone(),
            found: Found::NoDocument,
            value: None,
        };
        let Some((endpoint, path)) = source.split_once(':') else {
            return best;
        };
        for seen in documents {
            let document = &seen.bundle.documents[seen.index];
            let Some(within) = path.strip_prefix(document.at) else {
                continue;
            };
            if document.endpoint != endpoint {
                continue;
            }
            let body = document.body.to_value();
            let steps: Vec<&str> = within.split('/').skip(1).collect();
            let (found, value) = match first_at(&body, &steps) {
                None => (Found::Missing, None),
                Some(value) if is_empty(value) => (Found::Null, None),
                Some(value) => (Found::Value, Some(value.clone())),
            };
            if found > best.found {
                (best.found, best.value) = (found, value);
            }
        }
        best
    });
    looked.collect()
}

/// The best value at a path in which `*` stands for any index or key: one that is something.
fn first_at<'a>(value: &'a Value, steps: &[&str]) -> Option<&'a Value> {
    let Some((step, rest)) = steps.split_first() else {
        return Some(value);
    };
    let children: Vec<&Value> = match (value, *step) {
        (Value::Array(items), "*") => items.iter().collect(),
        (Value::Object(map), step) => {
            let key = step.replace("~1", "/").replace("~0", "~");
            map.get(&key).into_iter().collect()
        }
        _ => Vec::new(),
    };
    let found = children
        .into_iter()
        .filter_map(|child| first_at(child, rest));
    found.max_by_key(|value| !is_empty(value))
}

/// Whether a value says nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The streams that lacked a permission when they were last walked, and where a document could come
/// from that is not there.
pub(super) struct Refused {
    problems: Vec<(&'static str, Problem)>,
    /// The endpoints of all other streams that the record's stream uses.
    readable: BTreeSet<&'static str>,
}

impl Refused {
    /// Looks through the last passes for `stream` and what it uses, and what that uses.
    pub(super) fn of(
        store: &dyn Store,
        connector: &dyn Connector,
        integration: &IntegrationId,
        stream: &dyn Stream,
    ) -> Result<Self> {
        let streams = connector.streams();
        let mut wanted: Vec<&str> = vec![stream.name()];
        // What is used comes before what uses it, so that from the end once is enough.
        for other in streams.iter().rev() {
            if wanted.contains(&other.name()) {
                wanted.extend(other.uses());
            }
        }
        let passes = store.passes(integration, PASSES)?;
        let mut refused = Self {
            problems: Vec::new(),
            readable: BTreeSet::new(),
        };
        for stream in streams
            .iter()
            .filter(|stream| wanted.contains(&stream.name()))
        {
            let walks = passes.iter().flat_map(|pass| pass.walks.iter().rev());
            let last = walks.into_iter().find(|walk| walk.stream == stream.name());
            match last.and_then(|walk| walk.problem.clone()) {
                Some(problem) if problem.kind == "permission_missing" => {
                    refused.problems.push((stream.name(), problem));
                }
                _ => {
                    let sample = store.bundles(integration, stream.name(), None, SAMPLE)?;
                    let documents = sample.iter().flat_map(|stored| &stored.bundle.documents);
                    refused
                        .readable
                        .extend(documents.map(|document| document.endpoint));
                }
            }
        }
        Ok(refused)
    }

    /// The problem that may keep a document of these places away.
    pub(super) fn behind(&self, looked: &[Looked]) -> Option<&(&'static str, Problem)> {
        let mut endpoints = looked
            .iter()
            .filter(|looked| looked.found == Found::NoDocument);
        let is_open = |looked: &Looked| {
            let endpoint = looked.source.split(':').next().unwrap_or_default();
            !self.readable.contains(endpoint)
        };
        endpoints.any(is_open).then(|| self.problems.first())?
    }
}
