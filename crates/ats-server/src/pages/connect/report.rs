//! What credentials may do, model by model and action by action, and what to tick for the rest.

use std::collections::BTreeMap;

use ats_core::{Access, ActionKind, Connector, KeyOption, Manifest, ModelKind};
use ats_store::{ScopeSetting, ScopeSettings};
use serde_json::Value;

use crate::pages::layout::spoken;

/// What credentials may do.
pub(in crate::pages) struct Report {
    /// The vendor's name of the credentials.
    pub(super) title: Option<String>,
    pub(super) models: Vec<Line>,
    pub(super) actions: Vec<Line>,
    /// What can be left out beside whole models and actions.
    pub(super) optional_fields: Vec<Optional>,
    /// The boxes that are missing for something that is asked for.
    pub(super) tick: Vec<String>,
    pub(super) key_options: &'static [KeyOption],
}

/// One model or action.
pub(super) struct Line {
    /// Its name in scope configs.
    pub(super) key: &'static str,
    pub(super) name: String,
    /// Whether the customer can leave it out.
    pub(super) is_optional: bool,
    /// The boxes without which it does not work.
    pub(super) missing: Vec<String>,
    /// The fields that stay empty, by the boxes that they need.
    pub(super) fields: Vec<(String, Vec<String>)>,
}

/// A field that the customer can leave out.
pub(super) struct Optional {
    /// `model.field`, as in scope configs.
    pub(super) key: String,
    pub(super) name: String,
}

impl Report {
    /// What `access` means for what is on. `matrix` is what was proven of the connector's fields.
    pub(super) fn of(
        connector: &dyn Connector,
        access: &Access,
        settings: &ScopeSettings,
        matrix: Option<&str>,
    ) -> Self {
        let manifest = connector.manifest();
        let matrix: Value = matrix
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let reads = connector.reads();
        let on = |setting: ScopeSetting| setting != ScopeSetting::Disabled;
        let models = reads
            .slots()
            .into_iter()
            .filter(|(model, slot)| slot.yes().is_some() && on(settings.model(*model)));
        let models = models.map(|(model, _)| Line {
            key: model.name(),
            name: spoken(model.name()),
            is_optional: settings.model(model) == ScopeSetting::Optional,
            missing: boxes(manifest, access.missing.get(&model)),
            fields: match access.missing.contains_key(&model) {
                true => Vec::new(),
                false => fields(manifest, &matrix, model, access, settings),
            },
        });
        let models: Vec<Line> = models.collect();
        let writes = connector.actions();
        let slots = writes.slots();
        let actions = ActionKind::ALL.iter().filter(|action| {
            let mut slots = slots.iter().filter(|(name, _)| *name == action.name());
            slots.any(|(_, slot)| slot.yes().is_some()) && on(settings.action(**action))
        });
        let actions = actions.map(|action| Line {
            key: action.name(),
            name: spoken(action.name()),
            is_optional: settings.action(*action) == ScopeSetting::Optional,
            missing: boxes(manifest, access.missing_for_actions.get(action.name())),
            fields: Vec::new(),
        });
        let actions: Vec<Line> = actions.collect();
        Self {
            title: access.title.clone(),
            tick: tick(manifest, &models, &actions),
            optional_fields: optional_fields(settings),
            models,
            actions,
            key_options: manifest.key_options,
        }
    }

    /// Whether everything that is asked for works.
    pub(super) fn is_whole(&self) -> bool {
        self.tick.is_empty()
    }

    /// Whether nothing can be read.
    pub(super) fn reads_nothing(&self) -> bool {
        self.models.iter().all(|line| !line.missing.is_empty())
    }

    /// The names of all that the customer can leave out.
    pub(super) fn optional(&self) -> impl Iterator<Item = &str> {
        let lines = self.models.iter().chain(&self.actions);
        let whole = lines.filter(|line| line.is_optional).map(|line| line.key);
        whole.chain(self.optional_fields.iter().map(|field| field.key.as_str()))
    }
}

/// The boxes of permissions.
fn boxes(manifest: &Manifest, permissions: Option<&Vec<String>>) -> Vec<String> {
    let permissions = permissions.into_iter().flatten();
    permissions
        .map(|permission| manifest.label_of(permission).to_owned())
        .collect()
}

/// The fields of a model that can be read, which stay empty all the same.
fn fields(
    manifest: &Manifest,
    matrix: &Value,
    model: ModelKind,
    access: &Access,
    settings: &ScopeSettings,
) -> Vec<(String, Vec<String>)> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let cells = matrix["models"][model.name()]["fields"].as_object();
    for (field, cell) in cells.into_iter().flatten() {
        if settings.field(model, field) == ScopeSetting::Disabled {
            continue;
        }
        let needed = cell["permissions"].as_array().into_iter().flatten();
        let lacking = needed
            .filter_map(Value::as_str)
            .filter(|permission| !access.granted.contains(*permission));
        let lacking: Vec<&str> = lacking
            .map(|permission| manifest.label_of(permission))
            .collect();
        if !lacking.is_empty() {
            found
                .entry(lacking.join(", "))
                .or_default()
                .push(field.clone());
        }
    }
    found.into_iter().collect()
}

fn optional_fields(settings: &ScopeSettings) -> Vec<Optional> {
    let fields = settings.fields.iter().flat_map(|(model, fields)| {
        let optional = fields
            .iter()
            .filter(|(_, setting)| **setting == ScopeSetting::Optional);
        optional.map(move |(field, _)| Optional {
            key: format!("{model}.{field}"),
            name: format!("{}: {}", spoken(model), field.replace('_', " ")),
        })
    });
    fields.collect()
}

/// Each missing box once, in the order of the page where the key is made.
fn tick(manifest: &Manifest, models: &[Line], actions: &[Line]) -> Vec<String> {
    let lines = || models.iter().chain(actions);
    let is_missing = |label: &str| {
        lines().any(|line| {
            let of_fields = line
                .fields
                .iter()
                .any(|(boxes, _)| boxes.split(", ").any(|one| one == label));
            of_fields || line.missing.iter().any(|one| one == label)
        })
    };
    let labels = manifest.boxes.iter().map(|one| one.label);
    labels
        .filter(|label| is_missing(label))
        .map(str::to_owned)
        .collect()
}
