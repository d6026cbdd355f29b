//! One record with everything that is known about it, and the origin of each of its fields.
//!
//! It owns the order in which reasons are looked for. It must not know how places are found.

use std::collections::BTreeMap;

use ats_core::{Field, Gap, Id, IntegrationId, Read, Support};
use ats_store::{Cause, Change, ChangeKind, ChangeQuery, PassKind, Scope, Store, StoredRecord};
use serde_json::{Map, Value, json};

use super::{
    Brought, DocumentName, FieldExplanation, Origin, Usual,
    absence::{Refused, is_empty, look},
    trace::Traced,
};
use crate::Error;

/// What there is to explain a record from.
pub(super) enum Evidence {
    Gone,
    NotKept,
    Stale,
    Traced(Box<Traced>, Refused),
}

/// What the change log says about a record.
pub(super) struct History {
    changes: Vec<Change>,
    kinds: BTreeMap<String, PassKind>,
}

impl History {
    pub(super) fn of(
        store: &dyn Store,
        integration: &IntegrationId,
        record: &StoredRecord,
    ) -> Result<Self, Error> {
        let query = ChangeQuery {
            model: Some(record.model),
            id: Some(record.id),
            limit: usize::from(u16::MAX),
            ..ChangeQuery::default()
        };
        let changes = store.changes(integration, &query)?;
        let mut kinds = BTreeMap::new();
        for change in &changes {
            if !kinds.contains_key(&change.pass_id)
                && let Some(pass) = store.pass(integration, &change.pass_id)?
            {
                kinds.insert(change.pass_id.clone(), pass.kind);
            }
        }
        Ok(Self { changes, kinds })
    }

    /// The last change that fits.
    fn last(&self, fits: impl Fn(&Change) -> bool) -> Option<&Change> {
        self.changes.iter().rev().find(|change| fits(change))
    }

    fn brought(&self, change: &Change) -> Brought {
        Brought {
            pass_id: change.pass_id.clone(),
            kind: self.kinds.get(&change.pass_id).copied(),
            at: change.at,
            cause: change.cause.clone(),
        }
    }
}

/// One record under explanation.
pub(super) struct Explaining<'a> {
    pub(super) record: &'a StoredRecord,
    pub(super) integration: &'a IntegrationId,
    pub(super) scope: &'a Scope,
    pub(super) evidence: Evidence,
    pub(super) usual: &'a Usual,
    pub(super) slot: Option<&'a Support<Read<'a>>>,
    pub(super) raw: Option<String>,
    pub(super) merged_into: Option<Id>,
    pub(super) history: History,
}

impl Explaining<'_> {
    /// The fields as the API shows them.
    pub(super) fn values(&self) -> Result<Map<String, Value>, Error> {
        let text = self.record.to_json(None)?;
        let damaged = |_| ats_store::Error::Damaged {
            what: format!("the content of {} {}", self.record.model, self.record.id),
        };
        Ok(serde_json::from_str(&text).map_err(damaged)?)
    }

    pub(super) fn field(&self, field: &Field, value: Value) -> FieldExplanation {
        let name = field.name.as_str();
        let (value, origin) = match name {
            "remote_data" => self.documents(),
            _ if field.engine => {
                let origin = self.engine(name);
                (value, origin)
            }
            _ if is_empty(&value) && !self.scope.allows_field(self.record.model, name) => {
                (value, Origin::SwitchedOff)
            }
            _ => {
                let origin = self.vendor(name, &value);
                (value, origin)
            }
        };
        let change = match name {
            "changed_at" => self.history.last(|_| true),
            "remote_deleted_at" if value.is_null() => None,
            "remote_deleted_at" => self.history.last(|change| change.reason.is_some()),
            // Raw documents come and go without a line in the log.
            "remote_data" => None,
            "id" => self
                .history
                .last(|change| change.change == ChangeKind::Created),
            name => self.history.last(|change| {
                change.change == ChangeKind::Created
                    || change.fields.iter().any(|field| field == name)
            }),
        };
        FieldExplanation {
            field: field.name.clone(),
            brought: change.map(|change| self.history.brought(change)),
            value,
            origin,
        }
    }

    fn engine(&self, name: &str) -> Origin {
        match name {
            "id" => {
                let mut parts = vec![
                    self.integration.to_string(),
                    self.record.model.name().to_owned(),
                ];
                parts.extend(self.key());
                Origin::Derived { parts }
            }
            "changed_at" => {
                let last = self.history.last(|_| true);
                Origin::Changed {
                    change: last.map(|change| change.change),
                    fields: last.map_or_else(Vec::new, |change| change.fields.clone()),
                }
            }
            _ => Origin::Tombstone {
                reason: self.record.reason,
                merged_into: self.merged_into,
            },
        }
    }

    /// The vendor's id, or the two ids of a join record.
    fn key(&self) -> Option<String> {
        match &self.evidence {
            Evidence::Traced(traced, _) => Some(traced.key.clone()),
            _ => {
                let content: Value = serde_json::from_str(&self.record.content).ok()?;
                content["remote_id"].as_str().map(str::to_owned)
            }
        }
    }

    fn documents(&self) -> (Value, Origin) {
        let Some(raw) = &self.raw else {
            let usual = self.usual_of("remote_data");
            let origin = match self.evidence {
                Evidence::Gone if self.is_anonymised() => Origin::Anonymised,
                Evidence::Gone => Origin::Gone { usual },
                _ => Origin::NotKept { usual },
            };
            return (Value::Null, origin);
        };
        let shown: Map<String, Value> = serde_json::from_str(raw).unwrap_or_default();
        let documents: Vec<DocumentName> = match (&self.record.documents, &self.evidence) {
            (Some(places), _) => places
                .iter()
                .filter(|place| shown.contains_key(&place.path))
                .map(|place| DocumentName {
                    path: place.path.clone(),
                    stream: place.stream.clone(),
                    bundle: place.bundle.clone(),
                })
                .collect(),
            (None, Evidence::Traced(traced, _)) => {
                let own = names(traced).into_iter();
                own.filter(|name| shown.contains_key(&name.path)).collect()
            }
            (None, _) => Vec::new(),
        };
        let paths = shown.into_iter().map(|(path, _)| path).collect::<Vec<_>>();
        (json!(paths), Origin::Documents { documents })
    }

    fn vendor(&self, name: &str, value: &Value) -> Origin {
        if value.is_null()
            && let Some(origin) = self.declared(name)
        {
            return origin;
        }
        let (traced, refused) = match &self.evidence {
            Evidence::Traced(traced, refused) => (traced, refused),
            Evidence::Gone if is_empty(value) && self.is_anonymised() => {
                return Origin::Anonymised;
            }
            Evidence::Gone => {
                return Origin::Gone {
                    usual: self.usual_of(name),
                };
            }
            Evidence::NotKept => {
                return Origin::NotKept {
                    usual: self.usual_of(name),
                };
            }
            Evidence::Stale => return Origin::Stale,
        };
        let places = traced.places.get(name).cloned().unwrap_or_default();
        if !is_empty(value) {
            return match places.is_empty() {
                true => Origin::Computed {
                    documents: names(traced),
                },
                false => Origin::Vendor { places },
            };
        }
        if let Some(loss) = traced.lost.get(name) {
            return Origin::Lost {
                endpoint: loss.endpoint,
                path: loss.path.clone(),
                expected: loss.expected,
            };
        }
        let looked_at = look(
            self.usual.get(name).map_or(&[], Vec::as_slice),
            &traced.documents,
        );
        if let Some((stream, problem)) = refused.behind(&looked_at) {
            return Origin::PermissionMissing {
                stream,
                message: problem.message.clone(),
            };
        }
        Origin::Absent {
            looked_at,
            decided_by: places,
        }
    }

    fn is_anonymised(&self) -> bool {
        let last = self.history.last(|_| true);
        last.is_some_and(|change| change.cause == Cause::Anonymised)
    }

    /// What the connector declares about an empty field.
    fn declared(&self, name: &str) -> Option<Origin> {
        let gap = |gap: &Gap| Origin::Gap {
            status: gap.status,
            reason: gap.reason,
            vendor: gap.vendor,
        };
        let read = match self.slot? {
            Support::No(of_model) => return Some(gap(of_model)),
            Support::Yes(read) => read,
        };
        let of_field = read.gaps.iter().find(|gap| gap.field == name);
        let constant = || {
            read.always_null
                .iter()
                .find(|constant| constant.field == name)
        };
        let always = || {
            constant().map(|constant| Origin::AlwaysNull {
                reason: constant.reason,
                vendor: constant.vendor,
            })
        };
        of_field.map(|of_field| gap(&of_field.gap)).or_else(always)
    }

    fn usual_of(&self, name: &str) -> Vec<String> {
        self.usual.get(name).cloned().unwrap_or_default()
    }
}

/// The documents of the record's own bundle.
fn names(traced: &Traced) -> Vec<DocumentName> {
    let own = traced.documents.iter().filter(|seen| seen.own);
    own.map(|seen| DocumentName {
        path: format!("/{}", seen.bundle.documents[seen.index].endpoint),
        stream: seen.stream.to_owned(),
        bundle: seen.bundle.id.clone(),
    })
    .collect()
}
