//! Scope configs: named sets of what integrations of an environment store, show and do.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{ActionKind, ModelKind};
use serde::{Deserialize, Serialize};

use crate::Scope;

/// Whether something is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ScopeSetting {
    /// It is on.
    #[default]
    Enabled,
    /// It is off.
    Disabled,
    /// It is on unless the customer opts out.
    Optional,
}

/// What is on. Whatever is not named is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScopeSettings {
    /// Models, by their names.
    pub models: BTreeMap<String, ScopeSetting>,
    /// Fields, by the names of their models.
    pub fields: BTreeMap<String, BTreeMap<String, ScopeSetting>>,
    /// Actions, by their names.
    pub actions: BTreeMap<String, ScopeSetting>,
}

/// A named set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeConfig {
    /// Its id.
    pub id: String,
    /// The environment that it belongs to.
    pub environment: String,
    /// What its owner calls it.
    pub name: String,
    /// Whether new integrations use it where no other is named.
    pub is_default: bool,
    /// What is on.
    pub settings: ScopeSettings,
}

impl ScopeSettings {
    /// How a model stands.
    pub fn model(&self, model: ModelKind) -> ScopeSetting {
        self.models.get(model.name()).copied().unwrap_or_default()
    }

    /// How a field stands, by itself.
    pub fn field(&self, model: ModelKind, field: &str) -> ScopeSetting {
        let of_model = self.fields.get(model.name());
        let setting = of_model.and_then(|fields| fields.get(field));
        setting.copied().unwrap_or_default()
    }

    /// How an action stands.
    pub fn action(&self, action: ActionKind) -> ScopeSetting {
        self.actions.get(action.name()).copied().unwrap_or_default()
    }

    /// What a customer has opted out of, given what is off: what is optional here and off there, in
    /// the form that [`ScopeSettings::scope`] takes.
    pub fn opted_out(&self, scope: &Scope) -> BTreeSet<String> {
        let is_optional = |setting: Option<&ScopeSetting>| setting == Some(&ScopeSetting::Optional);
        let mut names = BTreeSet::new();
        for (off, settings) in [
            (&scope.models_off, &self.models),
            (&scope.actions_off, &self.actions),
        ] {
            let off = off.iter().filter(|name| is_optional(settings.get(*name)));
            names.extend(off.cloned());
        }
        for (model, off) in &scope.fields_off {
            let settings = self.fields.get(model);
            let off = off
                .iter()
                .filter(|field| is_optional(settings.and_then(|fields| fields.get(*field))));
            names.extend(off.map(|field| format!("{model}.{field}")));
        }
        names
    }

    /// What is off, given what the customer opted out of: names of models, of fields as
    /// `model.field`, and of actions. Opting out of what is not optional changes nothing.
    pub fn scope(&self, opted_out: &BTreeSet<String>) -> Scope {
        let is_off = |name: &str, setting: &ScopeSetting| match setting {
            ScopeSetting::Enabled => false,
            ScopeSetting::Disabled => true,
            ScopeSetting::Optional => opted_out.contains(name),
        };
        let off = |all: &BTreeMap<String, ScopeSetting>| -> BTreeSet<String> {
            let off = all.iter().filter(|(name, setting)| is_off(name, setting));
            off.map(|(name, _)| name.clone()).collect()
        };
        let mut fields_off = BTreeMap::new();
        for (model, fields) in &self.fields {
            let off = fields
                .iter()
                .filter(|(field, setting)| is_off(&format!("{model}.{field}"), setting));
            let off: BTreeSet<String> = off.map(|(field, _)| field.clone()).collect();
            if !off.is_empty() {
                fields_off.insert(model.clone(), off);
            }
        }
        Scope {
            models_off: off(&self.models),
            fields_off,
            actions_off: off(&self.actions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_optional_can_be_opted_out_of() {
        use ScopeSetting::{Disabled, Enabled, Optional};
        let settings = ScopeSettings {
            models: [("jobs", Enabled), ("offers", Disabled), ("tags", Optional)]
                .map(|(name, setting)| (name.to_owned(), setting))
                .into(),
            fields: BTreeMap::from([(
                "users".to_owned(),
                BTreeMap::from([("email".to_owned(), Optional)]),
            )]),
            actions: BTreeMap::new(),
        };
        let whole = settings.scope(&BTreeSet::new());
        assert_eq!(whole.models_off, ["offers".to_owned()].into());
        assert!(whole.fields_off.is_empty());
        let opted_out = ["jobs", "tags", "users.email"].map(str::to_owned).into();
        let less = settings.scope(&opted_out);
        assert_eq!(
            less.models_off,
            ["offers", "tags"].map(str::to_owned).into()
        );
        assert_eq!(less.fields_off["users"], ["email".to_owned()].into());
        let optional = ["tags", "users.email"].map(str::to_owned).into();
        assert_eq!(settings.opted_out(&less), optional);
    }
}
