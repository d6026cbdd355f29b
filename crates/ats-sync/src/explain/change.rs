//! Other values for the places of a JSON document, and whether they show where they were expected.
//!
//! It owns values and pointers. It must not know what is mapped from them.

use ats_core::Timestamp;
use serde_json::{Value, json};

/// A text that no vendor sends.
const UNHEARD_OF: &str = "Unheard-of 7f3a";
/// An id that no vendor has given.
const UNKNOWN_ID: &str = "f0f0f0f0-f0f0-4f0f-8f0f-f0f0f0f0f0f0";

/// A body with another value at `path`, or without what stands there.
pub(super) fn changed(body: &Value, path: &str, value: Option<Value>) -> Value {
    let mut body = body.clone();
    match value {
        Some(value) => {
            if let Some(place) = body.pointer_mut(path) {
                *place = value;
            }
        }
        None => {
            let (parent, last) = path.rsplit_once('/').unwrap_or_default();
            match body.pointer_mut(parent) {
                Some(Value::Object(map)) => {
                    map.remove(&last.replace("~1", "/").replace("~0", "~"));
                }
                Some(Value::Array(items)) => {
                    let index = last.parse().unwrap_or(usize::MAX);
                    if index < items.len() {
                        items.remove(index);
                    }
                }
                _ => {}
            }
        }
    }
    body
}

/// One step of a JSON pointer.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The value with all its leaves changed at once, or only its texts.
pub(super) fn shaken(value: &Value, texts_only: bool) -> Value {
    match value {
        Value::Object(map) => {
            let members = map.iter();
            let shaken = members.map(|(key, child)| (key.clone(), shaken(child, texts_only)));
            Value::Object(shaken.collect())
        }
        Value::Array(items) => {
            let shaken = items.iter().map(|child| shaken(child, texts_only));
            Value::Array(shaken.collect())
        }
        Value::String(_) => others(value, false).swap_remove(0),
        leaf if texts_only => leaf.clone(),
        leaf => others(leaf, false).into_iter().next().unwrap_or_default(),
    }
}

/// Other values for a leaf. One that could not be mapped gets every kind of value.
pub(super) fn others(value: &Value, lost: bool) -> Vec<Value> {
    let mut others = match value {
        Value::Bool(flag) => vec![json!(!flag), Value::Null],
        Value::Number(number) => match number.as_i64() {
            Some(number) => vec![
                json!(number.saturating_add(1000)),
                json!(number.saturating_sub(1000)),
                Value::Null,
            ],
            None => {
                let number = number.as_f64().unwrap_or_default();
                vec![json!(number + 1000.0), json!(number - 1000.0), Value::Null]
            }
        },
        Value::String(text) => [texts(text), vec![Value::Null]].concat(),
        // What is not there can only be invented.
        Value::Null => kinds(),
        Value::Array(_) | Value::Object(_) => vec![Value::Null],
    };
    if lost {
        others.extend(kinds());
    }
    others
}

/// A value of each kind.
fn kinds() -> Vec<Value> {
    vec![
        json!(UNHEARD_OF),
        json!("2020-01-02T03:04:05.000Z"),
        json!(8472),
        json!(true),
    ]
}

fn texts(text: &str) -> Vec<Value> {
    let is_date = text.len() >= 10 && text.is_ascii() && Timestamp::parse(text).is_some();
    if is_date {
        let in_year = |year: &str| json!(format!("{year}{}", &text[4..]));
        return vec![in_year("2099"), in_year("1999")];
    }
    if text.parse::<f64>().is_ok() {
        return vec![json!(format!("7{text}"))];
    }
    let is_id = text.len() == 36 && text.matches('-').count() == 4;
    if is_id {
        return vec![json!(UNKNOWN_ID), json!(UNHEARD_OF)];
    }
    vec![json!(UNHEARD_OF)]
}

/// Whether a value that was put in shows in a field: as itself, or within a text.
pub(super) fn shows(field: &Value, part: &Value) -> bool {
    match (field, part) {
        (_, Value::Null) => false,
        (Value::Array(items), _) => items.iter().any(|item| shows(item, part)),
        (Value::Object(map), _) => map.values().any(|item| shows(item, part)),
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::String(text), Value::String(part)) => {
            let moment = Timestamp::parse(text);
            let within =
                !text.is_empty() && (text.contains(part.as_str()) || part.contains(text.as_str()));
            within || (moment.is_some() && moment == Timestamp::parse(part))
        }
        (field, part) => field == part,
    }
}
