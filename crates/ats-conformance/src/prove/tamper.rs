//! Whether the expectations can fail: altered records must turn the altered field red, and no other.
//!
//! It alters what came, not what was sent, and compares again; no pass is needed.

use std::collections::BTreeSet;

use ats_core::{Field, ModelKind};
use serde_json::Value;

use crate::{
    Claim, Context, Evidence, Fact, Failure,
    verify::{Records, verify},
};

/// One way to alter a field of every record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alteration {
    /// Nothing.
    Blank,
    /// The value of the first record.
    Constant,
    /// The value of the record before it.
    Stale,
    /// The value of another field of the same type.
    Swap(String),
}

impl std::fmt::Display for Alteration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Blank => f.write_str("emptying it"),
            Self::Constant => f.write_str("giving every record the value of the first"),
            Self::Stale => f.write_str("giving every record the value of the one before"),
            Self::Swap(other) => write!(f, "giving it the value of `{other}`"),
        }
    }
}

/// The records with `field` altered.
pub(crate) fn alter(records: &Records, field: &str, alteration: &Alteration) -> Records {
    let values: Vec<Value> = records
        .values()
        .map(|record| record[field].clone())
        .collect();
    let mut altered = records.clone();
    for (index, record) in altered.values_mut().enumerate() {
        let value = match alteration {
            Alteration::Blank => blank(&values[index]),
            Alteration::Constant => values[0].clone(),
            Alteration::Stale => values[(index + values.len() - 1) % values.len()].clone(),
            Alteration::Swap(other) => record[other].clone(),
        };
        record[field] = value;
    }
    altered
}

fn blank(value: &Value) -> Value {
    match value {
        Value::Array(_) => Value::Array(Vec::new()),
        _ => Value::Null,
    }
}

/// The alterations that make sense for `field`: a swap with each sibling of its type.
pub(crate) fn alterations(records: &Records, field: &str) -> Vec<Alteration> {
    let types = |name: &str| -> BTreeSet<&'static str> {
        let values = records.values().filter_map(|record| record.get(name));
        values.filter(|value| !value.is_null()).map(kind).collect()
    };
    let own = types(field);
    let names: BTreeSet<&String> = records
        .values()
        .filter_map(Value::as_object)
        .flat_map(|record| record.keys())
        .collect();
    let siblings = names
        .into_iter()
        .filter(|name| *name != field && !own.is_empty() && types(name) == own);
    let swaps = siblings.cloned().map(Alteration::Swap);
    [Alteration::Blank, Alteration::Constant, Alteration::Stale]
        .into_iter()
        .chain(swaps)
        .collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The first alteration that nothing notices, or that turns another field red.
pub(crate) fn survivor(
    expected: &Records,
    came: &Records,
    field: &str,
    others: &[&str],
) -> Result<usize, (Alteration, String)> {
    let alterations = alterations(came, field);
    for alteration in &alterations {
        let altered = alter(came, field, alteration);
        if verify(field, expected, &altered).is_empty() {
            return Err((alteration.clone(), "no record turned red".to_owned()));
        }
        for other in others {
            if *other != field && verify(other, expected, &altered) != verify(other, expected, came)
            {
                return Err((alteration.clone(), format!("`{other}` turned red too")));
            }
        }
    }
    Ok(alterations.len())
}

pub(crate) fn tamper_case(
    context: &Context,
    model: ModelKind,
    field: &Field,
) -> Result<Evidence, Failure> {
    let subject = context.subject()?;
    let expected = subject.expected.of(model);
    let came = subject.of(model);
    let claim = Claim::Field(model, field.name.clone());
    let failure = Failure::of(format_args!("the value case of {claim} can fail"));
    if came.is_empty() {
        return Err(failure
            .expected("records to alter", "the small world")
            .came("none"));
    }
    if !verify(&field.name, &expected, &came).is_empty() {
        return Err(failure
            .expected(
                "a field that is right before it is altered",
                "the `value` case",
            )
            .came("one that is wrong already"));
    }
    let others: Vec<&str> = context
        .tables()
        .claimed(model)
        .map(|field| field.name.as_str())
        .collect();
    match survivor(&expected, &came, &field.name, &others) {
        Ok(alterations) => Ok(Evidence::of(claim, Fact::Falsifiable { alterations })),
        Err((alteration, why)) => Err(failure
            .expected(
                format_args!("{alteration} turns exactly this field red"),
                "the rule of tampering",
            )
            .came(why)
            .hint("fix the data, not the test: let the records differ where the alteration hides")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn records(rows: &[(&str, Value)]) -> Records {
        rows.iter()
            .map(|(key, row)| ((*key).to_owned(), row.clone()))
            .collect()
    }

    #[test]
    fn data_that_tells_records_apart_lets_no_alteration_pass() {
        let good = records(&[
            ("a", json!({"first": "Ada", "last": "Byron"})),
            ("b", json!({"first": "Bob", "last": null})),
        ]);
        assert_eq!(survivor(&good, &good, "first", &["first", "last"]), Ok(4));
    }

    #[test]
    fn a_constant_column_is_a_survivor() {
        let same = records(&[("a", json!({"x": 1})), ("b", json!({"x": 1}))]);
        let (alteration, _) = survivor(&same, &same, "x", &["x"]).unwrap_err();
        assert_eq!(alteration, Alteration::Constant);
    }

    #[test]
    fn two_columns_that_are_always_equal_are_survivors_of_a_swap() {
        let twins = records(&[
            ("a", json!({"created": "1", "updated": "1"})),
            ("b", json!({"created": "2", "updated": "2"})),
        ]);
        let (alteration, _) = survivor(&twins, &twins, "created", &["updated"]).unwrap_err();
        assert_eq!(alteration, Alteration::Swap("updated".to_owned()));
    }
}
