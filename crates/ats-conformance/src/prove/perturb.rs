//! The places of a JSON document, and the values that are put there to see what moves.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// A text that no vendor sends.
pub(super) const UNHEARD_OF: &str = "Unheard-of 7f3a";
/// An id that no vendor has given.
const UNKNOWN_ID: &str = "f0f0f0f0-f0f0-4f0f-8f0f-f0f0f0f0f0f0";
/// A date that no calendar has.
const IMPOSSIBLE_DATE: &str = "2026-13-45T99:99:99.000Z";

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// A JSON pointer; with `general` every index is written `*`.
pub(super) fn pointer(path: &[Step], general: bool) -> String {
    path.iter().fold(String::new(), |mut text, step| {
        text.push('/');
        match step {
            Step::Key(key) => text.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Step::Index(_) if general => text.push('*'),
            Step::Index(index) => text.push_str(&index.to_string()),
        }
        text
    })
}

/// Every place below the root, with its value; parents come before their children.
pub(super) fn places(value: &Value) -> Vec<(Vec<Step>, &Value)> {
    let mut found = Vec::new();
    descend(value, &mut Vec::new(), &mut found);
    found
}

fn descend<'a>(value: &'a Value, path: &mut Vec<Step>, found: &mut Vec<(Vec<Step>, &'a Value)>) {
    let children: Vec<(Step, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, child)| (Step::Key(key.clone()), child))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, child)| (Step::Index(index), child))
            .collect(),
        _ => Vec::new(),
    };
    for (step, child) in children {
        path.push(step);
        found.push((path.clone(), child));
        descend(child, path, found);
        path.pop();
    }
}

/// Puts another value at `path` of a document, or takes away what is there.
pub(super) fn put(document: &mut Value, path: &[Step], value: Option<&Value>) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let parent = parents.iter().try_fold(document, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    });
    match (parent, last, value) {
        (Some(Value::Object(map)), Step::Key(key), Some(value)) => {
            map.insert(key.clone(), value.clone());
        }
        (Some(Value::Object(map)), Step::Key(key), None) => {
            map.remove(key);
        }
        (Some(Value::Array(items)), Step::Index(index), Some(value)) if *index < items.len() => {
            items[*index] = value.clone();
        }
        (Some(Value::Array(items)), Step::Index(index), None) if *index < items.len() => {
            items.remove(*index);
        }
        _ => {}
    }
}

/// What a perturbation stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Another value of the kind that the vendor sends there.
    Other,
    /// A text of the kind that the vendor sends there, but one nobody knows.
    UnknownText,
    /// No value.
    Missing,
    /// A value that the vendor never sends there.
    Wrong,
}

/// One value to try; `None` takes the place away.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Variant {
    pub(super) name: &'static str,
    pub(super) class: Class,
    pub(super) value: Option<Value>,
}

fn variant(name: &'static str, class: Class, value: impl Into<Option<Value>>) -> Variant {
    Variant {
        name,
        class,
        value: value.into(),
    }
}

/// The JSON type of a value.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The first two values to try: where neither moves anything nor is reported, nobody reads.
pub(super) fn scouts(value: &Value) -> [Variant; 2] {
    let odd = match value {
        Value::Object(_) | Value::Array(_) => json!(UNHEARD_OF),
        _ => json!({ "unheard": "of" }),
    };
    let class = Class::Wrong;
    [
        variant("absent", Class::Missing, None),
        variant(kind(&odd), class, odd),
    ]
}

/// Values of the vendor's own kind, and none at all. `example` stands in for a null.
/// `is_link` tells that the value is the id of something.
pub(super) fn plausible(value: &Value, example: Option<&Value>, is_link: bool) -> Vec<Variant> {
    let mut variants = vec![variant("null", Class::Missing, Value::Null)];
    let shown = if value.is_null() {
        example
    } else {
        Some(value)
    };
    match shown {
        Some(Value::Bool(flag)) => {
            variants.push(variant("the opposite", Class::Other, json!(!flag)))
        }
        Some(Value::Number(number)) => {
            let number = number.as_f64().unwrap_or_default();
            variants.push(variant(
                "a greater number",
                Class::Other,
                json!(number + 1000.0),
            ));
            variants.push(variant(
                "a smaller number",
                Class::Other,
                json!(number - 1000.0),
            ));
        }
        Some(Value::String(text)) => variants.extend(texts(text, is_link)),
        Some(Value::Array(_)) => variants.push(variant("an empty list", Class::Missing, json!([]))),
        _ => {}
    }
    if value.is_null() {
        variants.remove(0);
        variants.extend(example.map(|example| variant("a value", Class::Other, example.clone())));
    }
    variants
}

fn texts(text: &str, is_link: bool) -> Vec<Variant> {
    if looks_like_a_date(text) {
        return vec![
            variant(
                "a later date",
                Class::Other,
                json!(format!("2099{}", &text[4..])),
            ),
            variant(
                "an earlier date",
                Class::Other,
                json!(format!("1999{}", &text[4..])),
            ),
        ];
    }
    if is_link || looks_like_an_id(text) {
        return vec![variant("another id", Class::Other, json!(UNKNOWN_ID))];
    }
    if text.parse::<f64>().is_ok() {
        return vec![variant(
            "another number as text",
            Class::Other,
            json!(format!("7{text}")),
        )];
    }
    vec![variant(
        "an unknown text",
        Class::UnknownText,
        json!(UNHEARD_OF),
    )]
}

/// Values that the vendor never sends there: of a type that was not seen there, or no real date.
pub(super) fn wrong(value: &Value, seen: &BTreeSet<&'static str>) -> Vec<Variant> {
    let scalars = [
        json!(true),
        json!(8472),
        json!(UNHEARD_OF),
        json!({ "unheard": "of" }),
        json!([{ "unheard": "of" }]),
    ];
    let is_inner = value.is_object() || value.is_array();
    let mut variants: Vec<Variant> = scalars
        .into_iter()
        .filter(|other| !seen.contains(kind(other)))
        // Two wrong types are enough for a whole object; its leaves get every one.
        .filter(|other| !is_inner || other.is_string() || other.is_number())
        .map(|other| variant(kind(&other), Class::Wrong, other))
        .collect();
    if value.as_str().is_some_and(looks_like_a_date) {
        variants.push(variant(
            "an impossible date",
            Class::Wrong,
            json!(IMPOSSIBLE_DATE),
        ));
    }
    variants
}

fn looks_like_a_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes
            .get(range)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    text.is_ascii()
        && bytes.len() >= 10
        && digits(0..4)
        && bytes[4] == b'-'
        && digits(5..7)
        && bytes[7] == b'-'
        && digits(8..10)
        && bytes.get(10).is_none_or(|next| *next == b'T')
}

fn looks_like_an_id(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(index, character)| match index {
            8 | 13 | 18 | 23 => character == '-',
            _ => character.is_ascii_hexdigit(),
        })
}

/// Whether the value put in shows in `whole`: as itself, or inside a text.
pub(super) fn shows(whole: &Value, part: &Value) -> bool {
    if whole == part {
        return true;
    }
    match whole {
        Value::Array(items) => items.iter().any(|item| shows(item, part)),
        Value::Object(map) => map.iter().any(|(key, item)| {
            let in_key = part.as_str().is_some_and(|part| key.contains(part));
            in_key || shows(item, part)
        }),
        Value::String(text) => match part {
            // A name may be taken apart.
            Value::String(part) => {
                text.contains(part.as_str()) || (!text.is_empty() && part.contains(text.as_str()))
            }
            Value::Null => false,
            other => text.contains(&other.to_string()),
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_found_and_can_be_changed() {
        let document = json!({"a": [{"b/c": 1}, null]});
        let found = places(&document);
        let names: Vec<String> = found.iter().map(|(path, _)| pointer(path, false)).collect();
        assert_eq!(names, ["/a", "/a/0", "/a/0/b~1c", "/a/1"]);
        assert_eq!(pointer(&found[2].0, true), "/a/*/b~1c");
        let after = |place: usize, value: Option<&Value>| {
            let mut changed = document.clone();
            put(&mut changed, &found[place].0, value);
            changed
        };
        assert_eq!(after(2, Some(&json!(2))), json!({"a": [{"b/c": 2}, null]}));
        assert_eq!(after(1, None), json!({"a": [null]}));
        assert_eq!(after(0, None), json!({}));
    }

    #[test]
    fn wrong_values_are_of_types_that_were_never_seen() {
        let seen = BTreeSet::from(["a text", "a number"]);
        let names: Vec<_> = wrong(&json!("2026-01-02"), &seen)
            .iter()
            .map(|v| v.name)
            .collect();
        assert_eq!(
            names,
            ["a boolean", "an object", "a list", "an impossible date"]
        );
        assert!(
            wrong(&json!("Ada"), &seen)
                .iter()
                .all(|v| v.name != "an impossible date")
        );
    }

    #[test]
    fn a_value_put_in_shows_as_itself_or_within_a_text() {
        assert!(shows(
            &json!({"raw": [{"unheard": "of"}]}),
            &json!({"unheard": "of"})
        ));
        assert!(shows(
            &json!("remote:Unheard-of 7f3a/x"),
            &json!(UNHEARD_OF)
        ));
        assert!(shows(&json!({UNHEARD_OF: true}), &json!(UNHEARD_OF)));
        assert!(!shows(&json!([null, "x"]), &json!(8472)));
    }
}
