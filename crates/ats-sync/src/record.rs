//! One mapped record on its way into the store: its id, its content, its hashes.

use std::collections::BTreeSet;

use ats_core::{Bundle, Id, Lookup, Record, Reference};
use ats_store::{BodyHash, BundleHash, RecordCommit};
use sha2::{Digest, Sha256};

use crate::{
    Error,
    content::content,
    documents::{self, Shown},
    error::Result,
    related::View,
    session::Session,
};

/// What a record was mapped from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) stream: &'static str,
    pub(crate) bundle: &'a Bundle,
    /// The hashes of its documents.
    pub(crate) bodies: &'a [BodyHash],
    pub(crate) lookups: &'a BTreeSet<Lookup>,
    pub(crate) view: &'a View<'a>,
}

/// Turns a record into what is stored of it.
pub(crate) fn commit(
    session: &Session,
    mut record: Record,
    origin: Origin<'_>,
) -> Result<RecordCommit> {
    let model = record.kind();
    let unprintable = |source| Error::Content { model, source };
    let archived = record.archived();
    let data = record.take_remote_data();
    let off = session.off.fields(model);
    let mut fields = record.take_integration_fields();
    if let Some(fields) = &mut fields
        && off.is_some_and(|off| off.contains_key("integration_fields"))
    {
        fields.clear();
    }
    let shown = session
        .shows_documents(model)
        .then(|| documents::find(data.as_ref(), &origin));
    let (raw_hash, documents) = match shown {
        Some(Shown { hash, places }) => (Some(hash), places),
        None => (None, None),
    };
    let (id, record) = record.identify(&session.integration);
    let content = content(&record, off).map_err(unprintable)?;
    let fields = match fields {
        Some(fields) => Some(session.layouts.split(&fields).map_err(unprintable)?),
        None => None,
    };
    Ok(RecordCommit {
        model,
        id,
        hash: hash(&content, fields.as_ref(), archived),
        content,
        fields,
        raw_hash,
        documents,
        archived,
        candidate: candidate(&record),
    })
}

/// The candidate of an application.
fn candidate(record: &Record) -> Option<Id> {
    match record {
        Record::Application(application) => match application.candidate_id {
            Some(Reference::Local(id)) => Some(id),
            _ => None,
        },
        _ => None,
    }
}

/// The hash of everything that the API shows, raw documents aside.
fn hash(content: &str, fields: Option<&(i64, String)>, archived: bool) -> BundleHash {
    let mut hasher = Sha256::new();
    hasher.update((content.len() as u64).to_le_bytes());
    hasher.update(content);
    if let Some((layout, values)) = fields {
        hasher.update(layout.to_le_bytes());
        hasher.update(values);
    }
    hasher.update([u8::from(archived)]);
    let mut hash = BundleHash::default();
    hash.copy_from_slice(&hasher.finalize()[..16]);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_shown_moves_the_hash() {
        let fields = |layout, values: &str| (layout, values.to_owned());
        let all = [
            hash("{}", None, false),
            hash("{}", None, true),
            hash("{1}", None, false),
            hash("{}", Some(&fields(1, "[]")), false),
            hash("{}", Some(&fields(2, "[]")), false),
            hash("{}", Some(&fields(1, "[1]")), false),
        ];
        let different: BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
