//! How coverage looks on the wire: models, actions and features of a connector, and what of them an
//! integration offers.

use std::collections::BTreeMap;

use ats_core::{ActionKind, Connection, Connector, Coverage, Factory, Gap, GapStatus, ModelKind};
use ats_store::{Scope, ScopeSetting, ScopeSettings};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Serialize;

use super::{action_name, model_name};
use crate::ApiError;

/// Whether a connector has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum CoverageStatus {
    /// It has.
    Supported,
    /// The vendor lacks it.
    Unsupported,
    /// The vendor has it, the connector does not.
    NotImplemented,
    /// Nobody has looked.
    Unknown,
}

impl CoverageStatus {
    fn of(gap: Option<Gap>) -> Self {
        match gap.map(|gap| gap.status) {
            None => Self::Supported,
            Some(GapStatus::Unsupported) => Self::Unsupported,
            Some(GapStatus::NotImplemented) => Self::NotImplemented,
            Some(GapStatus::Unknown) => Self::Unknown,
        }
    }
}

/// Whether the scope of an integration has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Setting {
    /// It has.
    Enabled,
    /// It has not.
    Disabled,
    /// It has, unless the customer opts out.
    Optional,
}

/// A field of a model, or an input of an action.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CoveredPart {
    /// Its name.
    id: String,
    /// Whether the connector has it.
    coverage_status: CoverageStatus,
}

/// A model of a connector.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CoveredModel {
    /// Its name, as in `ats_candidates`.
    id: String,
    /// What people call it.
    label: String,
    /// Whether the connector has it.
    coverage_status: CoverageStatus,
    /// Its fields.
    fields: Vec<CoveredPart>,
}

/// An action of a connector.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CoveredAction {
    /// Its name, as in `ats_create_candidate`.
    id: String,
    /// What people call it.
    label: String,
    /// Whether the connector has it.
    coverage_status: CoverageStatus,
    /// Its inputs.
    fields: Vec<CoveredPart>,
}

/// A feature of a connector.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CoveredFeature {
    /// Its name.
    id: String,
    /// What people call it.
    label: String,
    /// Whether the connector has it.
    coverage_status: CoverageStatus,
}

/// What a connector has.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ToolCoverage {
    /// What can be read.
    read_models: Vec<CoveredModel>,
    /// What can be done.
    write_actions: Vec<CoveredAction>,
    /// What else there is.
    features: Vec<CoveredFeature>,
}

/// A field of a model, as an integration offers it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OfferedField {
    /// Its name.
    id: String,
    /// Whether it comes: covered, switched on, and not opted out of.
    is_available: bool,
    /// Whether the connector has it.
    coverage_status: CoverageStatus,
    /// Whether the scope has it.
    scope_config_setting: Setting,
    /// Whether the customer has opted out of it.
    opted_out_by_customer: bool,
}

/// A model, as an integration offers it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OfferedModel {
    /// Its name, as in `ats_candidates`.
    id: String,
    /// What people call it.
    label: String,
    /// Whether it comes: covered, switched on, and not opted out of.
    is_available: bool,
    /// Whether the connector has it.
    coverage_status: CoverageStatus,
    /// Whether the scope has it.
    scope_config_setting: Setting,
    /// Whether the customer has opted out of it.
    opted_out_by_customer: bool,
    /// Its fields.
    fields: Vec<OfferedField>,
}

/// An input of an action, as an integration offers it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OfferedInput {
    /// Its name.
    id: String,
    /// Whether it is taken.
    is_available: bool,
    /// Whether the connector has it.
    coverage_status: CoverageStatus,
}

/// An action, as an integration offers it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OfferedAction {
    /// Its name, as in `ats_create_candidate`.
    id: String,
    /// What people call it.
    label: String,
    /// Whether it can be performed: covered, switched on, and not opted out of.
    is_available: bool,
    /// Whether the connector has it.
    coverage_status: CoverageStatus,
    /// Whether the scope has it.
    scope_config_setting: Setting,
    /// Whether the customer has opted out of it.
    opted_out_by_customer: bool,
    /// Its inputs.
    fields: Vec<OfferedInput>,
}

/// What a connector has, without an integration.
pub(super) fn of_tool(factory: &Factory) -> Result<ToolCoverage, ApiError> {
    let coverage = Coverage::of(&*unbound(factory)?);
    let models = coverage.models.iter().map(|(kind, model)| CoveredModel {
        id: model_name(*kind).to_owned(),
        label: label(kind.name()),
        coverage_status: CoverageStatus::of(model.gap),
        fields: parts(&model.fields),
    });
    let actions = coverage.actions.iter().filter_map(|(name, action)| {
        Some(CoveredAction {
            id: action_name(ActionKind::from_name(name)?).to_owned(),
            label: label(name),
            coverage_status: CoverageStatus::of(action.gap),
            fields: parts(&action.inputs),
        })
    });
    let features = coverage.features.iter().map(|(name, gap)| CoveredFeature {
        id: feature_name(name).to_owned(),
        label: feature_label(name),
        coverage_status: CoverageStatus::of(*gap),
    });
    Ok(ToolCoverage {
        read_models: models.collect(),
        write_actions: actions.collect(),
        features: features.collect(),
    })
}

/// A connector for nothing but its tables: making one asks nobody.
fn unbound(factory: &Factory) -> Result<Box<dyn Connector>, ApiError> {
    let fields = factory.manifest.credentials.iter();
    let nothing = || SecretString::from("none");
    let connection = Connection {
        credentials: fields
            .map(|field| (field.name.to_owned(), nothing()))
            .collect(),
        ..Connection::default()
    };
    (factory.connect)(&connection).map_err(|error| ApiError::from(&error))
}

fn parts(all: &BTreeMap<String, Option<Gap>>) -> Vec<CoveredPart> {
    let parts = all.iter().map(|(name, gap)| CoveredPart {
        id: name.clone(),
        coverage_status: CoverageStatus::of(*gap),
    });
    parts.collect()
}

/// What of a connector an integration offers.
pub(super) struct Offer<'a> {
    pub(super) coverage: &'a Coverage,
    /// What the scope config says.
    pub(super) config: &'a ScopeSettings,
    /// What is off.
    pub(super) scope: &'a Scope,
}

impl Offer<'_> {
    pub(super) fn models(&self) -> Vec<OfferedModel> {
        let models = self.coverage.models.iter().map(|(kind, model)| {
            let is_on = self.scope.allows_model(*kind);
            let (setting, opted_out) = standing(self.config.model(*kind), is_on);
            let status = CoverageStatus::of(model.gap);
            let fields = model
                .fields
                .iter()
                .map(|(name, gap)| self.field(*kind, name, *gap));
            OfferedModel {
                id: model_name(*kind).to_owned(),
                label: label(kind.name()),
                is_available: status == CoverageStatus::Supported && is_on,
                coverage_status: status,
                scope_config_setting: setting,
                opted_out_by_customer: opted_out,
                fields: fields.collect(),
            }
        });
        models.collect()
    }

    fn field(&self, kind: ModelKind, name: &str, gap: Option<Gap>) -> OfferedField {
        let is_on = self.scope.allows_field(kind, name);
        let is_on_itself = !self.scope.allows_model(kind) || is_on;
        let (setting, opted_out) = standing(self.config.field(kind, name), is_on_itself);
        let status = CoverageStatus::of(gap);
        OfferedField {
            id: name.to_owned(),
            is_available: status == CoverageStatus::Supported && is_on,
            coverage_status: status,
            scope_config_setting: setting,
            opted_out_by_customer: opted_out,
        }
    }

    pub(super) fn actions(&self) -> Vec<OfferedAction> {
        let actions = self.coverage.actions.iter().filter_map(|(name, action)| {
            let kind = ActionKind::from_name(name)?;
            let is_on = self.scope.allows_action(kind);
            let (setting, opted_out) = standing(self.config.action(kind), is_on);
            let status = CoverageStatus::of(action.gap);
            let is_available = status == CoverageStatus::Supported && is_on;
            let fields = action.inputs.iter().map(|(name, gap)| {
                let status = CoverageStatus::of(*gap);
                OfferedInput {
                    id: name.clone(),
                    is_available: is_available && status == CoverageStatus::Supported,
                    coverage_status: status,
                }
            });
            Some(OfferedAction {
                id: action_name(kind).to_owned(),
                label: label(name),
                is_available,
                coverage_status: status,
                scope_config_setting: setting,
                opted_out_by_customer: opted_out,
                fields: fields.collect(),
            })
        });
        actions.collect()
    }
}

/// What the scope says, and whether the customer has opted out.
fn standing(config: ScopeSetting, is_on: bool) -> (Setting, bool) {
    match (config, is_on) {
        (ScopeSetting::Optional, is_on) => (Setting::Optional, !is_on),
        // The integration keeps what held when it was connected.
        (_, true) => (Setting::Enabled, false),
        (_, false) => (Setting::Disabled, false),
    }
}

/// A name as people read it.
fn label(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// What the unified API calls a feature.
fn feature_name(name: &str) -> &str {
    match name {
        "source_writing" => "automatic_source_writing",
        name => name,
    }
}

fn feature_label(name: &str) -> String {
    match name {
        "source_writing" => "Automatic Source Writing".to_owned(),
        "api_passthrough" => "API Passthrough".to_owned(),
        "eeo_questions" => "EEO Questions".to_owned(),
        name => label(name),
    }
}
