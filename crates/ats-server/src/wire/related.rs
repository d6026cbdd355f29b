//! The records that answers show beside their own, read in batches.

use std::collections::HashMap;

use ats_core::{Id, ModelKind};
use ats_store::{Error, Integration, Platform, Result, StoredRecord};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What was read of one integration while a batch of answers is made.
pub(super) struct Related<'a> {
    pub(super) store: &'a dyn Platform,
    pub(super) integration: &'a Integration,
    known: HashMap<String, StoredRecord>,
}

/// Records that refer to others, by the id they refer to.
pub(super) type ByParent = HashMap<String, Vec<StoredRecord>>;

impl<'a> Related<'a> {
    pub(super) fn new(store: &'a dyn Platform, integration: &'a Integration) -> Self {
        Self {
            store,
            integration,
            known: HashMap::new(),
        }
    }

    /// Reads records that are not known yet.
    pub(super) fn load<'i>(&mut self, ids: impl IntoIterator<Item = &'i str>) -> Result<()> {
        let mut wanted: Vec<Id> = ids
            .into_iter()
            .filter(|id| !self.known.contains_key(*id))
            .filter_map(|id| id.parse().ok())
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(());
        }
        for record in self.store.records_by_ids(&self.integration.id, &wanted)? {
            self.known.insert(record.id.to_string(), record);
        }
        Ok(())
    }

    /// A record that was loaded, in the shape of an answer's member.
    pub(super) fn get<T: DeserializeOwned>(&self, id: Option<&str>) -> Result<Option<T>> {
        let found = id.and_then(|id| self.known.get(id));
        found.map(read).transpose()
    }

    /// The same, unless it has a tombstone.
    pub(super) fn living<T: DeserializeOwned>(&self, id: Option<&str>) -> Result<Option<T>> {
        let found = id.and_then(|id| self.known.get(id));
        let found = found.filter(|record| record.remote_deleted_at.is_none());
        found.map(read).transpose()
    }

    /// The living records of a model that refer to one of these, by the member that does.
    pub(super) fn children(
        &self,
        model: ModelKind,
        member: &str,
        parents: &[Id],
    ) -> Result<ByParent> {
        let mut children = ByParent::new();
        if parents.is_empty() {
            return Ok(children);
        }
        let all = self.store.children(&self.integration.id, model, parents)?;
        for record in all {
            if let Some(parent) = reference(&record, member) {
                children.entry(parent).or_default().push(record);
            }
        }
        Ok(children)
    }
}

/// What a member of a record's content refers to.
pub(super) fn reference(record: &StoredRecord, member: &str) -> Option<String> {
    let content: Map<String, Value> = serde_json::from_str(&record.content).ok()?;
    Some(content.get(member)?.as_str()?.to_owned())
}

/// A record in the shape of an answer, without raw documents.
pub(super) fn read<T: DeserializeOwned>(record: &StoredRecord) -> Result<T> {
    read_with(record, None)
}

/// The same with raw documents.
pub(super) fn read_with<T: DeserializeOwned>(
    record: &StoredRecord,
    remote_data: Option<&str>,
) -> Result<T> {
    let text = record.to_json(remote_data)?;
    serde_json::from_str(&text).map_err(|error| {
        tracing::error!(record = %record.id, model = %record.model, %error, "a record is damaged");
        Error::Damaged {
            what: format!("the content of {} {}", record.model, record.id),
        }
    })
}
