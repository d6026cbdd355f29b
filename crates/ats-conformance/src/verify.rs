//! Compares records with what was expected of them. A pure function of two values: tampering runs
//! it again on altered records, without any pass.

use std::collections::BTreeMap;

use serde_json::Value;

/// Records of one model by remote key.
pub type Records = BTreeMap<String, Value>;

/// A record whose field is not what was expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// The record's remote key.
    pub key: String,
    /// What was expected; `None` when the expectation says nothing of the field.
    pub expected: Option<Value>,
    /// What came; `None` when the record did not come.
    pub came: Option<Value>,
}

/// Every expected record whose `field` did not come as expected. A record that is missing counts.
pub fn verify(field: &str, expected: &Records, came: &Records) -> Vec<Mismatch> {
    let wrong = expected.iter().filter_map(|(key, record)| {
        let expected = record.get(field);
        let came = came.get(key).and_then(|record| record.get(field));
        let right = match (expected, came) {
            (Some(expected), Some(came)) => matches(field, expected, came),
            _ => false,
        };
        (!right).then(|| Mismatch {
            key: key.clone(),
            expected: expected.cloned(),
            came: came.cloned(),
        })
    });
    wrong.collect()
}

/// Whether a value of `field` is the expected one: exactly, numbers by value. Under `remote_data`
/// the keys are compared exactly and each document must contain the expected one.
pub fn matches(field: &str, expected: &Value, came: &Value) -> bool {
    if field != "remote_data" {
        return same(expected, came);
    }
    match (expected, came) {
        (Value::Object(expected), Value::Object(came)) => {
            expected.len() == came.len()
                && expected
                    .iter()
                    .all(|(key, value)| came.get(key).is_some_and(|came| contains(came, value)))
        }
        _ => expected == came,
    }
}

/// Equality with numbers by value, so that 1 is 1.0.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

/// Whether `whole` holds everything that `part` says; lists must have the same length.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|other| contains(other, value))),
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len()
                && whole
                    .iter()
                    .zip(part)
                    .all(|(whole, part)| contains(whole, part))
        }
        _ => same(whole, part),
    }
}

/// Whether a value says nothing: null, or a list without items.
pub fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn records(name: Value) -> Records {
        BTreeMap::from([("a".to_owned(), json!({"name": name}))])
    }

    #[test]
    fn a_wrong_value_and_a_missing_record_are_both_noticed() {
        let expected = records(json!("Ada"));
        assert_eq!(verify("name", &expected, &expected), []);
        assert_eq!(verify("name", &expected, &records(json!("Bob"))).len(), 1);
        assert_eq!(verify("name", &expected, &Records::new()).len(), 1);
        assert_eq!(
            verify("title", &expected, &expected).len(),
            1,
            "the expectation is silent"
        );
    }

    #[test]
    fn numbers_compare_by_value_and_everything_else_exactly() {
        assert!(same(&json!({"a": [1]}), &json!({"a": [1.0]})));
        assert!(!same(&json!({"a": 1}), &json!({"a": 1, "b": null})));
        assert!(!same(&json!("1"), &json!(1)));
    }

    #[test]
    fn raw_documents_must_contain_the_expected_ones_under_exactly_the_expected_keys() {
        let expected = json!({"/a": {"id": 1, "list": [{"x": 1}]}});
        let more = json!({"/a": {"id": 1, "list": [{"x": 1, "y": 2}], "z": 3}});
        assert!(matches("remote_data", &expected, &more));
        let longer = json!({"/a": {"id": 1, "list": [{"x": 1}, {}]}});
        assert!(!matches("remote_data", &expected, &longer));
        let other = json!({"/a": {"id": 1, "list": [{"x": 1}]}, "/b": {}});
        assert!(!matches("remote_data", &expected, &other));
    }
}
