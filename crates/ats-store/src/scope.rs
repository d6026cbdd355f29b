//! What of an integration is switched off: models, fields and actions. Everything else is on.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{ActionKind, ModelKind};
use serde::{Deserialize, Serialize};

/// What is switched off. Names that this program does not know switch off nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// Models, by their names.
    pub models_off: BTreeSet<String>,
    /// Fields, by the names of their models.
    pub fields_off: BTreeMap<String, BTreeSet<String>>,
    /// Actions, by their names.
    pub actions_off: BTreeSet<String>,
}

impl Scope {
    /// Whether everything is on.
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }

    /// Whether everything that is read may be kept.
    pub fn keeps_all(&self) -> bool {
        self.models_off.is_empty() && self.fields_off.values().all(BTreeSet::is_empty)
    }

    /// Whether records of the model are kept and shown.
    pub fn allows_model(&self, model: ModelKind) -> bool {
        !self.models_off.contains(model.name())
    }

    /// Whether the field of the model is kept and shown.
    pub fn allows_field(&self, model: ModelKind, field: &str) -> bool {
        let off = self.fields_off.get(model.name());
        self.allows_model(model) && !off.is_some_and(|off| off.contains(field))
    }

    /// Whether the action may be performed.
    pub fn allows_action(&self, action: ActionKind) -> bool {
        !self.actions_off.contains(action.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_on() {
        let mut scope = Scope::default();
        assert!(scope.is_whole() && scope.allows_model(ModelKind::Job));
        scope.models_off.insert("jobs".to_owned());
        let names = ["email_addresses".to_owned()];
        scope
            .fields_off
            .insert("candidates".to_owned(), names.into());
        assert!(!scope.keeps_all());
        scope.actions_off.insert("reject_application".to_owned());
        assert!(!scope.allows_model(ModelKind::Job));
        assert!(!scope.allows_field(ModelKind::Job, "name"));
        assert!(!scope.allows_field(ModelKind::Candidate, "email_addresses"));
        assert!(scope.allows_field(ModelKind::Candidate, "first_name"));
        assert!(!scope.allows_action(ActionKind::RejectApplication));
        assert!(scope.allows_action(ActionKind::AddTagToCandidate));
    }
}
