//! What of records is not kept, since it is switched off.
//!
//! It owns which models and fields these are, in the form in which mapping asks for them.

use std::collections::{BTreeMap, HashMap};

use ats_core::{ModelKind, fields};
use ats_store::Scope;
use serde_json::Value;

/// The fields of a model that are off, with what stands in them.
pub(crate) type FieldsOff = BTreeMap<String, Value>;

/// What is off.
#[derive(Debug)]
pub(crate) struct Off {
    models: Vec<ModelKind>,
    fields: HashMap<ModelKind, FieldsOff>,
}

impl Off {
    /// What a scope switches off. A field without which there is no record stays: it has no place
    /// for nothing.
    pub(crate) fn new(scope: &Scope) -> Self {
        let all = || ModelKind::ALL.iter().copied();
        let models = all().filter(|model| !scope.allows_model(*model)).collect();
        let with_some = all().filter(|model| scope.fields_off.contains_key(model.name()));
        let fields = with_some.map(|model| (model, fields_off(scope, model)));
        Self {
            models,
            fields: fields.collect(),
        }
    }

    /// The models that are off.
    pub(crate) fn models(&self) -> &[ModelKind] {
        &self.models
    }

    /// Whether the model is.
    pub(crate) fn has(&self, model: ModelKind) -> bool {
        self.models.contains(&model)
    }

    /// The fields of the model that are, if there may be any.
    pub(crate) fn fields(&self, model: ModelKind) -> Option<&FieldsOff> {
        self.fields.get(&model)
    }
}

fn fields_off(scope: &Scope, model: ModelKind) -> FieldsOff {
    let off = fields(model)
        .into_iter()
        .filter(|(name, _)| !scope.allows_field(model, name));
    let off = off.filter_map(|(name, field)| Some((name, field.nothing()?)));
    off.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_has_no_place_for_nothing_stays() {
        let names = ["remote_id", "first_name", "email_addresses", "unheard_of"];
        let scope = Scope {
            models_off: ["tags".to_owned()].into(),
            fields_off: [(
                "candidates".to_owned(),
                names.map(str::to_owned).into_iter().collect(),
            )]
            .into(),
            ..Scope::default()
        };
        let off = Off::new(&scope);
        assert!(off.has(ModelKind::Tag) && !off.has(ModelKind::Candidate));
        let expected = [
            ("email_addresses".to_owned(), json!([])),
            ("first_name".to_owned(), Value::Null),
        ];
        assert_eq!(off.fields(ModelKind::Candidate), Some(&expected.into()));
        assert_eq!(off.fields(ModelKind::Job), None);
    }
}
