//! What an engine hands over to be written in one transaction, and what a sweep finds.
//!
//! It owns shapes only. What counts as a change is decided where it is written.

use std::collections::BTreeMap;

use ats_core::{Checkpoint, Id, Lookup, Loss, ModelKind, PageCursor, RawJson, Reject, Timestamp};
use sha2::{Digest, Sha256};

use crate::{BundleHash, Cause, DeletionReason, Layout};

/// Everything that one page brings, or one round of mapping again. It is written whole or not.
#[derive(Debug, Clone, PartialEq)]
pub struct PageCommit {
    /// The integration.
    pub integration: ats_core::IntegrationId,
    /// The pass, by its key.
    pub pass: i64,
    /// The engine's time. Never earlier than that of an earlier commit.
    pub at: Timestamp,
    /// The stream.
    pub stream: String,
    /// The model that its rejects and losses are counted for; `None` for a stream without models.
    pub model: Option<ModelKind>,
    /// Whether another stream looks this one up, so that a change may make its bundles due.
    pub shared: bool,
    /// The walk and how far this page brings it; `None` when stored bundles are mapped again.
    pub progress: Option<Progress>,
    /// The bundles, in the vendor's order.
    pub bundles: Vec<BundleCommit>,
    /// Rows that could not be kept.
    pub rejects: Vec<Reject>,
    /// Rows that are left out because the integration does not want them.
    pub left_out: u64,
    /// How lists of the vendor's own fields are laid out, as far as the records name layouts that
    /// this engine has not committed yet.
    pub layouts: Vec<Layout>,
}

/// How far a page brings its walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The walk, by its key.
    pub walk: i64,
    /// Where it goes on; `Err` carries the checkpoint of a walk that has reached its end.
    pub next: std::result::Result<PageCursor, Option<Checkpoint>>,
}

/// One bundle, with what it was mapped to.
#[derive(Debug, Clone, PartialEq)]
pub struct BundleCommit {
    /// Id within its stream.
    pub id: String,
    /// What it can be looked up by with its siblings.
    pub group: Option<String>,
    /// The hash of its documents.
    pub hash: BundleHash,
    /// Its documents.
    pub documents: Documents,
    /// What it was mapped to; `None` if the engine found it as it was stored already. If the store
    /// finds otherwise, it marks the bundle as due.
    pub mapped: Option<MappedCommit>,
    /// Why it is written.
    pub cause: Cause,
}

/// The documents of a bundle on their way into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Documents {
    /// These, packed.
    Packed(Vec<u8>),
    /// Those that are there.
    AsStored,
    /// None are kept: the integration wants no raw documents. What is due later cannot be mapped
    /// from the store, and its stream has to be read again.
    Dropped,
}

/// What a bundle was mapped to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MappedCommit {
    /// Everything that was looked up, by [`lookup_hash`], sorted, each once.
    pub lookups: Vec<i64>,
    /// The records, joins included.
    pub records: Vec<RecordCommit>,
    /// What could not be mapped.
    pub losses: Vec<Loss>,
}

/// One record on its way into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCommit {
    /// Which model.
    pub model: ModelKind,
    /// Our id.
    pub id: Id,
    /// The record as JSON text with our ids as references, without the engine's fields, the raw
    /// documents and the vendor's own fields.
    pub content: String,
    /// The vendor's own fields: the layout and, as a JSON array, their values. `None` if the model
    /// has no place for them.
    pub fields: Option<(i64, String)>,
    /// The hash of everything that the API shows of the mapped content, raw documents aside.
    pub hash: BundleHash,
    /// The hash of the raw documents it shows; `None` if it shows none.
    pub raw_hash: Option<BundleHash>,
    /// Where its raw documents are, if they are others than those of its own bundle.
    pub documents: Option<Vec<DocumentPlace>>,
    /// Whether the vendor itself calls it archived.
    pub archived: bool,
    /// The candidate of an application: when it moves to another one, that may have been a merge.
    pub candidate: Option<Id>,
}

/// Where one raw document of a record is kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DocumentPlace {
    /// The endpoint path under which the record shows it, such as `/candidate.list`.
    pub path: String,
    /// The stream of its bundle.
    pub stream: String,
    /// The id of its bundle.
    pub bundle: String,
    /// Its place among the documents of the bundle.
    pub index: usize,
    /// The document itself, where the connector made it up from parts: then no bundle holds it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "as_it_is"
    )]
    pub body: Option<RawJson>,
}

fn as_it_is<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<RawJson>, D::Error> {
    let body = <Box<serde_json::value::RawValue> as serde::Deserialize>::deserialize(deserializer)?;
    Ok(Some(body.into()))
}

/// A bundle that the vendor says is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    /// The integration.
    pub integration: ats_core::IntegrationId,
    /// The pass, by its key.
    pub pass: i64,
    /// The engine's time.
    pub at: Timestamp,
    /// The stream.
    pub stream: String,
    /// The bundle's id within the stream.
    pub bundle: String,
    /// What its records' tombstones say.
    pub reason: DeletionReason,
    /// How that is known.
    pub cause: Cause,
}

/// What a walk that has ended did not bring.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// Bundles.
    pub bundles: u64,
    /// Records that would get a tombstone, by model.
    pub models: BTreeMap<ModelKind, MissingOfModel>,
}

/// The share of one model that would get a tombstone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MissingOfModel {
    /// Records that would get a tombstone.
    pub missing: u64,
    /// Records that live now.
    pub live: u64,
}

/// What one round of a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Bundles that were taken away.
    pub bundles: u64,
    /// Whether nothing is left to sweep.
    pub done: bool,
}

/// A number for a look-up, by which a changed bundle finds those that looked it up.
///
/// Two look-ups that share a number cost a mapping that changes nothing, and no more.
pub fn lookup_hash(integration: &ats_core::IntegrationId, lookup: &Lookup) -> i64 {
    let (kind, place) = match lookup {
        Lookup::Bundle(place) => ("bundle", place),
        Lookup::Group(place) => ("group", place),
    };
    let mut hasher = Sha256::new();
    for part in [integration.as_str(), kind, &place.stream, &place.id] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    let mut number = [0; 8];
    number.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(number)
}
