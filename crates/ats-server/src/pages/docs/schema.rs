//! JSON schemas as people read them: a list of members with their types, and a small sample.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

/// Deeper members are only named by their type.
const DEPTH: usize = 6;

/// What a reference leads to; anything else is itself.
pub(super) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"]
        .as_str()
        .and_then(|target| target.strip_prefix('#'));
    target
        .and_then(|target| document.pointer(target))
        .unwrap_or(value)
}

/// The members of a schema, and theirs below them.
///
/// `word` marks those that have to be there.
pub(super) fn tree(document: &Value, schema: &Value, word: &str) -> Markup {
    below(document, schema, word, 0)
}

fn below(document: &Value, schema: &Value, word: &str, depth: usize) -> Markup {
    let object = object_of(document, schema);
    let Some(members) = object.and_then(|object| object["properties"].as_object()) else {
        return html! {
            @if depth == 0 { p { (kind(document, schema)) } }
        };
    };
    let required = object.and_then(|object| object["required"].as_array());
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    html! {
        ul {
            @for (name, member) in members {
                li {
                    code { (name) } " " span.quiet { (kind(document, member)) }
                    @if is_required(name) { " " span.tag { (word) } }
                    @if let Some(text) = resolved(document, member)["description"].as_str().or(member["description"].as_str()) { ": " (inline(text)) }
                    @if depth < DEPTH { (below(document, member, word, depth + 1)) }
                }
            }
        }
    }
}

/// The object in a schema: itself, the elements of an array, or the one alternative that is not null.
fn object_of<'a>(document: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    let schema = resolved(document, schema);
    if schema["properties"].is_object() {
        return Some(schema);
    }
    if schema["items"].is_object() {
        return object_of(document, &schema["items"]);
    }
    alternatives(schema).find_map(|one| object_of(document, one))
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    let found = ["anyOf", "oneOf", "allOf"].into_iter();
    found.filter_map(|key| schema[key].as_array()).flatten()
}

/// A text in which parts between backticks are code.
pub(super) fn inline(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// The type in words.
pub(super) fn kind(document: &Value, schema: &Value) -> String {
    let schema = resolved(document, schema);
    if let Some(constant) = schema.get("const") {
        return constant.to_string();
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        return values.join(" | ");
    }
    let of_one = |name: &str| match name {
        "array" => format!("array of {}", kind(document, &schema["items"])),
        name => match schema["format"].as_str() {
            Some(format) if name == "string" => format!("string ({format})"),
            _ => name.to_owned(),
        },
    };
    match &schema["type"] {
        Value::String(name) => of_one(name),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str).map(of_one);
            names.collect::<Vec<_>>().join(" | ")
        }
        _ => {
            let kinds = alternatives(schema).map(|one| kind(document, one));
            let mut kinds: Vec<String> = kinds.collect();
            kinds.dedup();
            match kinds.is_empty() {
                true => "anything".to_owned(),
                false => kinds.join(" | "),
            }
        }
    }
}

/// A value of the schema with what has to be there.
pub(super) fn sample(document: &Value, schema: &Value) -> Value {
    sample_at(document, schema, 0)
}

fn sample_at(document: &Value, schema: &Value, depth: usize) -> Value {
    let schema = resolved(document, schema);
    if let Some(value) = schema.get("const").or_else(|| schema.get("default")) {
        return value.clone();
    }
    if let Some(value) = schema["enum"].get(0) {
        return value.clone();
    }
    if depth > DEPTH {
        return Value::Null;
    }
    let name = match &schema["type"] {
        Value::String(name) => name.as_str(),
        Value::Array(names) => names.first().and_then(Value::as_str).unwrap_or_default(),
        _ => "",
    };
    match name {
        "object" => {
            let required = schema["required"].as_array().into_iter().flatten();
            let members = required.filter_map(Value::as_str).map(|member| {
                let shape = &schema["properties"][member];
                (member.to_owned(), sample_at(document, shape, depth + 1))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        "array" => match schema["items"].is_object() {
            true => json!([sample_at(document, &schema["items"], depth + 1)]),
            false => json!([]),
        },
        "string" => json!("…"),
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        _ => {
            let mut found = alternatives(schema);
            found
                .next()
                .map_or(Value::Null, |one| sample_at(document, one, depth + 1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_in_words_and_references_followed() {
        let document = json!({ "components": { "schemas": { "Kind": { "enum": ["A", "B"] } } } });
        let of = |schema: Value| kind(&document, &schema);
        assert_eq!(of(json!({ "type": ["string", "null"] })), "string | null");
        assert_eq!(
            of(json!({ "$ref": "#/components/schemas/Kind" })),
            "\"A\" | \"B\""
        );
        assert_eq!(
            of(json!({ "type": "array", "items": { "type": "integer" } })),
            "array of integer"
        );
        assert_eq!(
            of(json!({ "anyOf": [{ "const": 1 }, { "type": "null" }] })),
            "1 | null"
        );
    }

    #[test]
    fn a_schema_that_holds_itself_comes_to_an_end() {
        let document = json!({ "a": { "type": "object", "required": ["next"],
            "properties": { "next": { "$ref": "#/a" } } } });
        let schema = json!({ "$ref": "#/a" });
        assert!(tree(&document, &schema, "required").0.contains("next"));
        assert!(sample(&document, &schema)["next"]["next"].is_object());
    }
}
