//! The fields of a model, read off its JSON Schema, so that no second list can drift from it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ModelKind;

/// A top-level field of a model, which is the grain of coverage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, as in `first_name`.
    pub name: String,
    /// Whether it may be `null`.
    pub nullable: bool,
    /// Whether it is a list.
    pub list: bool,
    /// Whether the engine owns it; a mapper cannot know it.
    pub engine: bool,
    /// The model it points to.
    pub target: Option<ModelKind>,
    /// Whether it holds personal data.
    pub personal: bool,
}

impl Field {
    /// What stands in it when it is emptied. A field without which there is no record has no place
    /// for nothing.
    pub fn nothing(&self) -> Option<Value> {
        match (self.nullable, self.list) {
            (true, _) => Some(Value::Null),
            (false, true) => Some(Value::Array(Vec::new())),
            (false, false) => None,
        }
    }
}

/// The fields of `kind`, by name.
pub fn fields(kind: ModelKind) -> BTreeMap<String, Field> {
    let schema = kind.schema();
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), field(name, schema)))
        .collect()
}

fn field(name: &str, schema: &Value) -> Field {
    let ats = &schema["x-ats"];
    let is_true = |key: &str| ats[key].as_bool().unwrap_or(false);
    Field {
        name: name.to_owned(),
        nullable: admits_null(schema),
        list: schema["type"] == "array",
        engine: is_true("engine"),
        target: ats["ref"].as_str().and_then(ModelKind::from_name),
        personal: is_true("pii"),
    }
}

fn admits_null(schema: &Value) -> bool {
    let null = Value::from("null");
    let type_admits = match &schema["type"] {
        Value::Array(types) => types.contains(&null),
        single => *single == null,
    };
    let alternatives = ["anyOf", "oneOf"]
        .into_iter()
        .filter_map(|key| schema[key].as_array());
    type_admits || alternatives.flatten().any(admits_null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_tells_what_the_struct_says() {
        let fields = fields(ModelKind::Application);
        assert_eq!(fields["job_id"].target, Some(ModelKind::Job));
        assert!(fields["job_id"].nullable && fields["outcome"].nullable);
        assert!(!fields["remote_id"].nullable && !fields["remote_id"].engine);
        assert!(fields["integration_fields"].list && !fields["outcome"].list);
        assert!(fields["id"].engine && fields["changed_at"].engine);
        assert!(fields["remote_deleted_at"].engine && fields["remote_deleted_at"].nullable);
        assert!(fields["screening_question_answers"].personal);
    }

    #[test]
    fn whatever_is_personal_can_be_emptied() {
        let of_candidate = fields(ModelKind::Candidate);
        assert_eq!(of_candidate["first_name"].nothing(), Some(Value::Null));
        let empty = Some(Value::Array(Vec::new()));
        assert_eq!(of_candidate["email_addresses"].nothing(), empty);
        assert_eq!(of_candidate["remote_id"].nothing(), None);
        for kind in ModelKind::ALL {
            for field in fields(*kind).values().filter(|field| field.personal) {
                assert!(field.nothing().is_some(), "{kind}.{}", field.name);
            }
        }
    }

    #[test]
    fn every_reference_names_a_model_and_lists_for_joins_are_no_fields() {
        for kind in ModelKind::ALL {
            for field in fields(*kind).values() {
                let is_link = field.name.ends_with("_id") && field.name != "remote_id";
                assert_eq!(is_link, field.target.is_some(), "{kind}.{}", field.name);
            }
        }
        assert!(!fields(ModelKind::Candidate).contains_key("tags"));
    }
}
