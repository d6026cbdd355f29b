//! Bundles as they are kept: compressed, found by stream and id or by group, with a hash that tells
//! whether anything changed.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use ats_core::{Bundle, Document, RawJson};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::{Cause, Error, Result};

/// Tells bundles apart by what they hold: equal hashes, equal group and documents.
pub type BundleHash = [u8; 16];

/// What is known about a bundle without reading its documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleState {
    /// The hash of its documents.
    pub hash: BundleHash,
    /// Whether something it looked up has changed since it was mapped.
    pub due: bool,
    /// Whether its documents are kept.
    pub kept: bool,
}

/// A bundle with its key in the store.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredBundle {
    /// Its key.
    pub key: i64,
    /// The bundle.
    pub bundle: Bundle,
}

/// A bundle that is to be mapped again.
#[derive(Debug, Clone, PartialEq)]
pub struct DueBundle {
    /// Its key in the store.
    pub key: i64,
    /// The stream that maps it.
    pub stream: String,
    /// Why.
    pub cause: Cause,
    /// The bundle.
    pub bundle: Bundle,
}

/// The hash of one raw document, whatever bundle it is in.
pub type BodyHash = [u8; 32];

/// The hashes of the raw documents of a bundle, in their order.
pub fn body_hashes(bundle: &Bundle) -> Vec<BodyHash> {
    let documents = bundle.documents.iter();
    documents
        .map(|document| Sha256::digest(document.body.get()).into())
        .collect()
}

/// The hash of a bundle as it came.
pub fn bundle_hash(bundle: &Bundle) -> BundleHash {
    bundle_hash_of(bundle, &body_hashes(bundle))
}

/// The hash of a bundle whose [`body_hashes`] are known.
pub fn bundle_hash_of(bundle: &Bundle, bodies: &[BodyHash]) -> BundleHash {
    let mut hasher = Sha256::new();
    let mut part = |text: &str| {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    part(bundle.group.as_deref().unwrap_or_default());
    for document in &bundle.documents {
        part(document.endpoint);
        part(document.variant.as_deref().unwrap_or_default());
        part(document.at);
    }
    for body in bodies {
        hasher.update(body);
    }
    let digest = hasher.finalize();
    let mut hash = BundleHash::default();
    hash.copy_from_slice(&digest[..16]);
    hash
}

#[derive(Serialize, Deserialize)]
struct Written<'a> {
    #[serde(rename = "e")]
    endpoint: std::borrow::Cow<'a, str>,
    #[serde(rename = "v", skip_serializing_if = "Option::is_none", default)]
    variant: Option<std::borrow::Cow<'a, str>>,
    #[serde(rename = "a")]
    at: std::borrow::Cow<'a, str>,
}

/// Documents as one compressed text: heads and bodies as JSON lines, so that a body stays the text
/// that the vendor sent.
pub fn pack(documents: &[Document]) -> Vec<u8> {
    let size: usize = documents
        .iter()
        .map(|document| document.body.get().len() + 96)
        .sum();
    let mut text = String::with_capacity(size);
    for document in documents {
        let head = Written {
            endpoint: document.endpoint.into(),
            variant: document.variant.as_deref().map(Into::into),
            at: document.at.into(),
        };
        // Three texts always print.
        text.push_str(&serde_json::to_string(&head).unwrap_or_default());
        text.push('\n');
        text.push_str(&document.body.get().len().to_string());
        text.push('\n');
        text.push_str(document.body.get());
    }
    let mut packed = lz4_flex::compress_prepend_size(text.as_bytes());
    // It was given room for a text that does not become shorter.
    packed.shrink_to_fit();
    packed
}

/// The documents in what [`pack`] made.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<Document>> {
    let damaged = || Error::Damaged {
        what: "a raw document cannot be unpacked".to_owned(),
    };
    let bytes = lz4_flex::decompress_size_prepended(packed).map_err(|_| damaged())?;
    let mut rest = std::str::from_utf8(&bytes).map_err(|_| damaged())?;
    let mut documents = Vec::new();
    while !rest.is_empty() {
        let (head, after) = rest.split_once('\n').ok_or_else(damaged)?;
        let head: Written<'_> = serde_json::from_str(head).map_err(|_| damaged())?;
        let (length, after) = after.split_once('\n').ok_or_else(damaged)?;
        let length: usize = length.parse().map_err(|_| damaged())?;
        let body = after.get(..length).ok_or_else(damaged)?;
        let body = RawValue::from_string(body.to_owned()).map_err(|_| damaged())?;
        rest = after.get(length..).ok_or_else(damaged)?;
        documents.push(Document {
            endpoint: intern(&head.endpoint),
            variant: head.variant.map(|variant| variant.into_owned()),
            at: intern(&head.at),
            body: RawJson::from(body),
        });
    }
    Ok(documents)
}

/// The one copy of a text that lives as long as the program.
///
/// Documents name their endpoint by a static text, since connectors do; a store has to give the
/// same back. There are as many as vendors have endpoints, so nothing piles up.
pub(crate) fn intern(text: &str) -> &'static str {
    static KNOWN: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if let Some(text) = known.get(text) {
        return text;
    }
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    known.insert(text);
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bundle() -> Bundle {
        let documents = vec![
            Document::new(
                "candidate.list",
                "/results/*",
                &json!({ "id": "1", "b": "ü\n{" }),
            ),
            Document::new("candidate.info", "/results", &json!([])).variant("of \"board\"\n1"),
        ];
        Bundle::new("1", documents).in_group(Some("g".to_owned()))
    }

    #[test]
    fn documents_come_back_as_they_were() {
        let bundle = bundle();
        assert_eq!(unpack(&pack(&bundle.documents)).unwrap(), bundle.documents);
        assert_eq!(unpack(&pack(&[])).unwrap(), vec![]);
        assert!(unpack(b"no").is_err());
        let mut cut = pack(&bundle.documents);
        cut.truncate(cut.len() - 3);
        assert!(unpack(&cut).is_err());
    }

    #[test]
    fn every_part_of_a_bundle_moves_its_hash() {
        let before = bundle_hash(&bundle());
        assert_eq!(before, bundle_hash(&bundle()));
        let mut other = bundle();
        other.group = None;
        assert_ne!(before, bundle_hash(&other));
        let mut other = bundle();
        other.documents[1].variant = None;
        assert_ne!(before, bundle_hash(&other));
        let mut other = bundle();
        other.documents[0].body = RawJson::from(&json!({ "id": "1" }));
        assert_ne!(before, bundle_hash(&other));
        let mut other = bundle();
        other.documents.swap(0, 1);
        assert_ne!(before, bundle_hash(&other));
    }
}
