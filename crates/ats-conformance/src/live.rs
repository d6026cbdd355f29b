//! The suite's own eyes on a customer's data: what each model and each field shows under the
//! customer's key, from the first pages of every stream.
//!
//! It reads as the prover does, with the same engine, and keeps nothing. It proves nothing about the
//! connector; it tells a person what to expect of this key and these data.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Access, Connector, ModelKind, Support, fields};
use serde::Serialize;
use serde_json::Value;

use crate::Mirror;

/// The permissions that each field needs, as they were found out before.
pub type Needs = BTreeMap<(ModelKind, String), BTreeSet<String>>;

/// What a key and its data show.
#[derive(Debug, Clone, Serialize)]
pub struct LiveReport {
    /// Each model.
    pub models: BTreeMap<ModelKind, LiveModel>,
    /// Requests that it took.
    pub requests: u64,
}

/// What one model shows.
#[derive(Debug, Clone, Serialize)]
pub struct LiveModel {
    /// How it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// Records that were looked at.
    pub records: usize,
    /// Each field.
    pub fields: BTreeMap<String, LiveField>,
}

/// What one field shows.
#[derive(Debug, Clone, Serialize)]
pub struct LiveField {
    /// How it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// Records of those looked at that have a value.
    pub seen: usize,
}

/// How a model or a field stands under a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Standing {
    /// It was seen.
    Works,
    /// The key lacks what it needs.
    MissingPermission {
        /// As the vendor calls them.
        missing_permissions: Vec<String>,
    },
    /// Nothing was seen, and a switch of the key decides about it.
    MayBeHidden {
        /// What the key page calls the switch.
        key_option: &'static str,
    },
    /// There is nothing of it in what was looked at.
    NothingYet,
    /// It could not be read.
    Failed {
        /// Why, for a person to read.
        message: String,
    },
    /// The vendor has no such thing, or the connector does not read it.
    NotAvailable {
        /// Why.
        reason: &'static str,
    },
}

/// Looks at the first `pages` pages of every stream. `access` is what the connector's check said of
/// the key.
pub async fn examine(
    connector: &dyn Connector,
    access: &Access,
    needs: &Needs,
    pages: usize,
) -> LiveReport {
    let before = connector.usage().requests;
    let mut mirror = Mirror::new(connector.manifest().slug);
    let report = mirror.sample(connector, pages).await;
    let records = mirror.records();
    let none = BTreeMap::new();
    let reads = connector.reads();
    let models = reads.slots().into_iter().map(|(model, slot)| {
        let seen = records.get(&model).unwrap_or(&none);
        let standing = match slot {
            Support::No(gap) => Standing::NotAvailable { reason: gap.reason },
            Support::Yes(read) => {
                let failed = report
                    .streams
                    .get(read.stream.name())
                    .and_then(|outcome| outcome.error.as_ref());
                of_model(connector, access, model, seen.len(), failed)
            }
        };
        let fields = fields(model).into_values().map(|field| {
            let with_value = seen
                .values()
                .filter(|record| has_value(record.get(&field.name)))
                .count();
            let gap = slot.yes().and_then(|read| {
                let mut gaps = read.gaps.iter();
                gaps.find(|gap| gap.field == field.name).map(|gap| gap.gap)
            });
            let missing = needs
                .get(&(model, field.name.clone()))
                .into_iter()
                .flatten()
                .filter(|permission| !access.granted.contains(*permission));
            let missing: Vec<String> = missing.cloned().collect();
            let of_field = match (&standing, gap) {
                (Standing::NotAvailable { .. } | Standing::Failed { .. }, _) => standing.clone(),
                (_, Some(gap)) => Standing::NotAvailable { reason: gap.reason },
                (Standing::MissingPermission { .. }, _) => standing.clone(),
                // The engine fills it as soon as there is a record.
                (of_model, _) if field.engine => of_model.clone(),
                _ if !missing.is_empty() => Standing::MissingPermission {
                    missing_permissions: missing,
                },
                _ if with_value > 0 => Standing::Works,
                _ => hidden(connector, model, Some(&field.name)),
            };
            let field_report = LiveField {
                standing: of_field,
                seen: with_value,
            };
            (field.name, field_report)
        });
        let of_model = LiveModel {
            fields: fields.collect(),
            records: seen.len(),
            standing,
        };
        (model, of_model)
    });
    LiveReport {
        models: models.collect(),
        requests: connector.usage().requests - before,
    }
}

fn of_model(
    connector: &dyn Connector,
    access: &Access,
    model: ModelKind,
    records: usize,
    failed: Option<&ats_core::Error>,
) -> Standing {
    if let Some(missing) = access.missing.get(&model) {
        return Standing::MissingPermission {
            missing_permissions: missing.clone(),
        };
    }
    match failed {
        Some(error) => Standing::Failed {
            message: error.to_string(),
        },
        None if records > 0 => Standing::Works,
        None => hidden(connector, model, None),
    }
}

/// Nothing was seen: either there is nothing, or a switch of the key hides it.
fn hidden(connector: &dyn Connector, model: ModelKind, field: Option<&str>) -> Standing {
    let decides = |option: &&'static ats_core::KeyOption| match field {
        None => option.records.contains(&model),
        Some(field) => option.fields.contains(&(model, field)),
    };
    let mut options = connector.manifest().key_options.iter();
    match options.find(decides) {
        Some(option) => Standing::MayBeHidden {
            key_option: option.label,
        },
        None => Standing::NothingYet,
    }
}

fn has_value(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
        Some(_) => true,
    }
}
