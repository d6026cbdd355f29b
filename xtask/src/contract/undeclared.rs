//! Properties that the document does not know, wherever it leaves the door open.
//!
//! A vendor ignores an option with a typing error, and a schema without `additionalProperties:
//! false` does too; the listing then silently lacks what the option would have shown. And a
//! property that only the simulator sends would let the connector read what the vendor never says.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    document::Document,
    leaves::{Leaf, general},
};

/// References that lead to references are followed this far; the vendor's own chains are short.
const MAX_DEPTH: usize = 32;

/// The undeclared properties of a body.
pub(super) fn in_body(document: &Document, schema: &str, body: &Value) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    if let Some(schema) = document.at(schema) {
        walk(document, &[schema], body, "", &mut leaves);
    }
    leaves
}

/// Everything that may apply at one place: the schemas given, what they refer to and combine.
pub(super) fn expand<'a>(
    document: &'a Document,
    schema: &'a Value,
    depth: usize,
    all: &mut Vec<&'a Value>,
) {
    if depth > MAX_DEPTH {
        return;
    }
    all.push(schema);
    let target = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|text| text.strip_prefix('#'));
    if let Some(target) = target.and_then(|pointer| document.at(&decoded(pointer))) {
        expand(document, target, depth + 1, all);
    }
    for keyword in ["allOf", "oneOf", "anyOf"] {
        for part in schema
            .get(keyword)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            expand(document, part, depth + 1, all);
        }
    }
}

/// References are URI fragments, in which braces and the like are written with `%`.
fn decoded(pointer: &str) -> String {
    pointer
        .replace("%7B", "{")
        .replace("%7D", "}")
        .replace("%24", "$")
        .replace("%20", " ")
}

fn walk(document: &Document, schemas: &[&Value], body: &Value, path: &str, leaves: &mut Vec<Leaf>) {
    let mut all = Vec::new();
    for schema in schemas {
        expand(document, schema, 0, &mut all);
    }
    match body {
        Value::Array(items) => {
            let inner: Vec<&Value> = all
                .iter()
                .filter_map(|schema| schema.get("items"))
                .collect();
            for (index, item) in items.iter().enumerate() {
                walk(document, &inner, item, &format!("{path}/{index}"), leaves);
            }
        }
        Value::Object(members) => {
            let declared = properties(&all);
            if declared.is_empty() || all.iter().any(|schema| is_open(schema)) {
                return;
            }
            for (name, value) in members {
                let path = format!("{path}/{name}");
                match declared.get(name.as_str()) {
                    Some(inner) => walk(document, inner, value, &path, leaves),
                    None => leaves.push(Leaf {
                        path: general(&path),
                        rule: "undeclared".to_owned(),
                        null: value.is_null(),
                        message: "the document knows no such property".to_owned(),
                    }),
                }
            }
        }
        _ => {}
    }
}

fn properties<'a>(schemas: &[&'a Value]) -> BTreeMap<&'a str, Vec<&'a Value>> {
    let mut properties: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for schema in schemas {
        for (name, inner) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            properties.entry(name).or_default().push(inner);
        }
    }
    properties
}

/// Whether a schema says itself that further properties may come.
fn is_open(schema: &Value) -> bool {
    schema
        .get("additionalProperties")
        .is_some_and(|value| *value != Value::Bool(false))
}
