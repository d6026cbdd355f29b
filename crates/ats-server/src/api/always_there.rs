//! What the OpenAPI document says of members that are `null` rather than left out.
//!
//! The generator describes what is read, and there a member that may be `null` may be missing too. An
//! answer holds every member of its shape, and a client may count on that.

use std::collections::BTreeSet;

use aide::openapi::OpenApi;
use serde_json::{Map, Value};

/// Stands in the schema of a member that an answer leaves out where there is nothing to say.
pub(crate) const MAY_BE_ABSENT: &str = "x-may-be-absent";

const NAMED: &str = "#/components/schemas/";

/// Says of every shape that only answers have that its members are always there.
pub(crate) fn tell(document: &mut OpenApi) {
    let paths = serde_json::to_value(&document.paths).unwrap_or_default();
    let Some(components) = &mut document.components else {
        return;
    };
    let all = serde_json::to_value(&components.schemas).unwrap_or_default();
    let mut asked = BTreeSet::new();
    for path in objects(&paths) {
        for operation in path.values().filter_map(Value::as_object) {
            for part in ["requestBody", "parameters"] {
                let part = operation.get(part).unwrap_or(&Value::Null);
                reach(part, &all, &mut asked);
            }
        }
    }
    for (name, schema) in &mut components.schemas {
        if !asked.contains(name)
            && let Some(schema) = schema.json_schema.as_object_mut()
        {
            require(schema);
        }
    }
}

fn objects(value: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let members = value.as_object().into_iter().flat_map(Map::values);
    members.filter_map(Value::as_object)
}

/// The names of the shapes that something is made of.
fn reach(value: &Value, all: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str);
            if let Some(name) = name.and_then(|name| name.strip_prefix(NAMED))
                && found.insert(name.to_owned())
            {
                reach(&all[name], all, found);
            }
            members.values().for_each(|one| reach(one, all, found));
        }
        Value::Array(items) => items.iter().for_each(|one| reach(one, all, found)),
        _ => {}
    }
}

fn require(schema: &mut Map<String, Value>) {
    if let Some(Value::Object(properties)) = schema.get("properties") {
        let there = properties
            .iter()
            .filter(|(_, member)| member.get(MAY_BE_ABSENT).is_none());
        let names: Vec<Value> = there.map(|(name, _)| name.clone().into()).collect();
        if !names.is_empty() {
            schema.insert("required".to_owned(), names.into());
        }
    }
    schema.values_mut().for_each(within);
}

fn within(value: &mut Value) {
    match value {
        Value::Object(members) => require(members),
        Value::Array(items) => items.iter_mut().for_each(within),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_hold_every_member_and_requests_need_not() {
        let document = serde_json::to_value(crate::openapi()).unwrap();
        let schemas = &document["components"]["schemas"];
        let required = |name: &str| -> Vec<String> {
            let names = schemas[name]["required"].as_array().unwrap().iter();
            names.map(|one| one.as_str().unwrap().to_owned()).collect()
        };
        for (name, member) in [
            ("ErrorDetails", "code"),
            ("ErrorDetails", "log_url"),
            ("List_User", "next"),
            ("User", "email"),
            ("Location", "city"),
        ] {
            let names = required(name);
            assert!(names.iter().any(|one| one == member), "{name}: {names:?}");
        }
        assert!(!required("CreateLink").contains(&"language".to_owned()));
        let mut optional = Vec::new();
        for (name, schema) in schemas.as_object().unwrap() {
            for (member, one) in schema["properties"].as_object().into_iter().flatten() {
                if one.get(MAY_BE_ABSENT).is_some() {
                    assert!(!required(name).contains(member), "{name}.{member}");
                    optional.push(member.clone());
                }
            }
        }
        assert_eq!(
            optional,
            ["data"],
            "what passthrough hands on may be nothing"
        );
    }
}
