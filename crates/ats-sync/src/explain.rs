//! Why a record is as it is: for each field the places of the vendor's documents that decide about
//! it and the pass that brought it, or the reason why it is empty.
//!
//! Everything is computed from what is stored, by mapping again with other values. It asks the
//! vendor nothing and changes nothing.

mod absence;
mod case;
mod change;
mod mapping;
mod reading;
mod trace;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use ats_core::{Connector, GapStatus, Id, Timestamp, fields};
use ats_store::{Cause, ChangeKind, DeletionReason, Integration, PassKind, Store, StoredRecord};
use serde::Serialize;
use serde_json::Value;

pub use absence::{Found, Looked};
pub use trace::Place;

use crate::Error;
use absence::Refused;
use case::{Evidence, Explaining, History};
use mapping::Subject;
use reading::Reading;

/// Where each field of a model usually comes from, as in `job.list:/results/*/title`. It only
/// matters for empty fields.
pub type Usual = BTreeMap<String, Vec<String>>;

/// One field of a record, and why it is as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldExplanation {
    /// The field.
    pub field: String,
    /// Its value. Of `remote_data` only the names of the documents.
    pub value: Value,
    /// Where it comes from, or why it is empty.
    pub origin: Origin,
    /// The pass in which it last changed.
    pub brought: Option<Brought>,
}

/// The pass that gave a field its value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Brought {
    /// Its public id.
    pub pass_id: String,
    /// Full or delta; `None` for a pass that is no longer known.
    #[serde(rename = "type")]
    pub kind: Option<PassKind>,
    /// When.
    pub at: Timestamp,
    /// Why the record was written.
    pub cause: Cause,
}

/// Where the value of a field comes from, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// From these places, the best one first.
    Vendor {
        /// The places that move it.
        places: Vec<Place>,
    },
    /// It is made of several places, and none of them moves it alone.
    Computed {
        /// The documents that the record is mapped from.
        documents: Vec<DocumentName>,
    },
    /// It shows these documents as they came.
    Documents {
        /// Each of them.
        documents: Vec<DocumentName>,
    },
    /// The engine derives it from these parts.
    Derived {
        /// The integration, the model and the vendor's id.
        parts: Vec<String>,
    },
    /// The engine's time of the last change.
    Changed {
        /// What happened then.
        change: Option<ChangeKind>,
        /// The fields that changed.
        fields: Vec<String>,
    },
    /// The engine's mark for what is gone.
    Tombstone {
        /// Why it is gone; `None` while the record lives.
        reason: Option<DeletionReason>,
        /// The record that it was merged into.
        #[serde(skip_serializing_if = "Option::is_none")]
        merged_into: Option<Id>,
    },
    /// Empty: the connector does not fill it.
    Gap {
        /// Whose gap it is.
        status: GapStatus,
        /// Why.
        reason: &'static str,
        /// The vendor's document that shows it.
        vendor: Option<&'static str>,
    },
    /// Empty, which is the truth at this vendor.
    AlwaysNull {
        /// Why.
        reason: &'static str,
        /// The vendor's document that shows it.
        vendor: &'static str,
    },
    /// Empty: the scope of the integration leaves it out.
    SwitchedOff,
    /// Empty: what the vendor sent is not what belongs there.
    Lost {
        /// The vendor's endpoint.
        endpoint: &'static str,
        /// Where the value stands in the document.
        path: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Empty: the vendor has nothing at the places it usually comes from.
    Absent {
        /// The places, and what stands there.
        looked_at: Vec<Looked>,
        /// The places that decide that it is empty.
        decided_by: Vec<Place>,
    },
    /// Empty: the last pass could not read what it comes from.
    PermissionMissing {
        /// The stream that could not be read.
        stream: &'static str,
        /// What to do.
        message: String,
    },
    /// The raw documents are not kept, so that only the value is known.
    NotKept {
        /// Where it usually comes from.
        usual: Vec<String>,
    },
    /// Nothing at the vendor gives the record any more; this is its last value.
    Gone {
        /// Where it usually came from.
        usual: Vec<String>,
    },
    /// It was emptied: the record has been gone for long.
    Anonymised,
    /// The stored documents do not give the record as they are mapped now; `remap` brings it up to
    /// date.
    Stale,
}

/// A document that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentName {
    /// The vendor's endpoint, as in `/job.list`.
    pub path: String,
    /// The stream of its bundle; empty where the connector made it up from parts of others.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stream: String,
    /// The bundle, usually the vendor's id of the thing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub bundle: String,
}

/// Explains every field of a stored record.
///
/// # Errors
///
/// Only those of the store.
pub fn explain(
    store: &dyn Store,
    connector: &dyn Connector,
    integration: &Integration,
    record: &StoredRecord,
    usual: &Usual,
) -> Result<Vec<FieldExplanation>, Error> {
    let scope = &integration.settings.scope;
    let integration = &integration.id;
    let giver = store.giver(integration, record)?;
    let streams = connector.streams();
    let reading = Reading::new(store, integration);
    let evidence = match giver {
        None if record.bundle.is_none() => Evidence::Gone,
        None => Evidence::NotKept,
        Some((name, stored)) => {
            let stream = streams.into_iter().find(|stream| stream.name() == name);
            let bundle = Arc::new(stored.bundle);
            let traced = stream.and_then(|stream| {
                let subject = Subject {
                    stream,
                    bundle,
                    related: &reading,
                    integration,
                    model: record.model,
                    id: record.id,
                };
                Some((stream, subject.trace()?))
            });
            match traced {
                Some((stream, traced)) => {
                    let refused = Refused::of(store, connector, integration, stream)?;
                    Evidence::Traced(Box::new(traced), refused)
                }
                None => Evidence::Stale,
            }
        }
    };
    reading.check()?;
    let history = History::of(store, integration, record)?;
    let reads = connector.reads();
    let slots = reads.slots();
    let slot = slots.into_iter().find(|(kind, _)| *kind == record.model);
    let case = Explaining {
        record,
        integration,
        scope,
        evidence,
        usual,
        slot: slot.map(|(_, slot)| slot),
        raw: store.remote_data(integration, record)?,
        merged_into: store.alias(integration, &record.id)?,
        history,
    };
    let values = case.values()?;
    let of_model = fields(record.model);
    let mut explained: Vec<_> = of_model
        .values()
        .map(|field| case.field(field, values.get(&field.name).cloned().unwrap_or_default()))
        .collect();
    // In the order of the record; raw documents and what is the engine's come last.
    let place = |name: &str| values.keys().position(|known| known == name);
    explained.sort_by_key(|explained| {
        let name = explained.field.as_str();
        let last = ["remote_data", "changed_at", "remote_deleted_at"];
        (last.iter().position(|last| *last == name), place(name))
    });
    Ok(explained)
}
