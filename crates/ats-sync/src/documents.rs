//! Where the raw documents that a record shows are kept.
//!
//! Most records show exactly the documents of their own bundle, and nothing is written down for
//! them. Others show documents of bundles that they looked up. What a connector made up from parts
//! (one event of a schedule, several answers as one list) lies in no bundle and is kept with the
//! record.

use ats_core::{Bundle, Document, Lookup, RawJson, model::RemoteData};
use ats_store::{BodyHash, BundleHash, DocumentPlace};
use sha2::{Digest, Sha256};

use crate::record::Origin;

/// What a record shows, as it goes into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) hash: BundleHash,
    pub(crate) places: Option<Vec<DocumentPlace>>,
}

/// Finds the documents of `data`, which a record shows.
pub(crate) fn find(data: Option<&RemoteData>, origin: &Origin<'_>) -> Shown {
    let empty = RemoteData::default();
    let data = data.unwrap_or(&empty);
    let mut hasher = Sha256::new();
    for (path, body) in data.documents() {
        hasher.update((path.len() as u64).to_le_bytes());
        hasher.update(path);
        hasher.update(body_hash(body, origin));
    }
    let mut hash = BundleHash::default();
    hash.copy_from_slice(&hasher.finalize()[..16]);
    let places = (!shows_all(data, origin.bundle)).then(|| {
        let documents = data.documents();
        documents
            .map(|(path, body)| place(path, body, origin))
            .collect()
    });
    Shown { hash, places }
}

/// The hash of a document; those of the record's own bundle are known.
fn body_hash(body: &RawJson, origin: &Origin<'_>) -> BodyHash {
    let mut own = origin.bundle.documents.iter().zip(origin.bodies);
    let known = own.find(|(document, _)| document.body.is_same(body));
    known.map_or_else(|| Sha256::digest(body.get()).into(), |(_, hash)| *hash)
}

/// Whether the documents are those of the bundle, each under its endpoint. Of several of one
/// endpoint the last stands for it.
fn shows_all(data: &RemoteData, bundle: &Bundle) -> bool {
    let mut shown = 0;
    for (path, body) in data.documents() {
        let last = bundle
            .documents
            .iter()
            .rev()
            .find(|document| Some(document.endpoint) == path.strip_prefix('/'));
        if !last.is_some_and(|document| equal(&document.body, body)) {
            return false;
        }
        shown += 1;
    }
    let first_of_endpoint = |(index, document): &(usize, &Document)| {
        let before = bundle.documents.iter().take(*index);
        before
            .into_iter()
            .all(|other| other.endpoint != document.endpoint)
    };
    let endpoints = bundle
        .documents
        .iter()
        .enumerate()
        .filter(first_of_endpoint);
    endpoints.count() == shown
}

fn equal(one: &RawJson, other: &RawJson) -> bool {
    one.is_same(other) || one == other
}

fn place(path: &str, body: &RawJson, origin: &Origin<'_>) -> DocumentPlace {
    let Origin {
        stream,
        bundle,
        lookups,
        view,
        ..
    } = *origin;
    let kept = |stream: &str, bundle: &Bundle, index| DocumentPlace {
        path: path.to_owned(),
        stream: stream.to_owned(),
        bundle: bundle.id.clone(),
        index,
        body: None,
    };
    if let Some(index) = index_of(body, bundle) {
        return kept(stream, bundle, index);
    }
    for lookup in lookups {
        let (Lookup::Bundle(asked) | Lookup::Group(asked)) = lookup;
        for found in view.found_by(lookup) {
            if let Some(index) = index_of(body, &found) {
                return kept(&asked.stream, &found, index);
            }
        }
    }
    DocumentPlace {
        path: path.to_owned(),
        stream: String::new(),
        bundle: String::new(),
        index: 0,
        body: Some(body.clone()),
    }
}

fn index_of(body: &RawJson, bundle: &Bundle) -> Option<usize> {
    let mut documents = bundle.documents.iter();
    documents.position(|document| equal(&document.body, body))
}
