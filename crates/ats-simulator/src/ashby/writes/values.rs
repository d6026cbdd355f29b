//! Answers to the fields of a form, and values of custom fields: what each type takes.
//!
//! <https://developers.ashbyhq.com/reference/applicationformsubmit> lists the types of a form. For
//! types that it leaves out, a field of a form takes what a custom field of the type takes.

use serde_json::Value;

use crate::ashby::kind::{is_day, is_mail, is_url, is_uuid};
use crate::ashby::text;

const INTERVALS: [&str; 12] = [
    "NONE",
    "1 TIME",
    "1 HOUR",
    "1 DAY",
    "1 WEEK",
    "2 WEEK",
    "1 MONTH",
    "2 MONTH",
    "1 YEAR",
    "6 MONTH",
    "0.5 MONTH",
    "3 MONTH",
];

/// Says what an answer to a field of a form should be, when it is not that. Files are looked at
/// elsewhere.
pub(super) fn check_answer(field: &Value, value: &Value) -> Result<(), &'static str> {
    let kind = text(field, "type").unwrap_or_default();
    let string = value.as_str();
    let (fits, wanted) = match kind {
        "String" | "LongText" => (value.is_string(), "a string"),
        "Phone" => (
            string.is_some_and(|number| number.contains(|c: char| c.is_ascii_digit())),
            "a phone number",
        ),
        "RichText" => (
            text(value, "type") == Some("PlainText") && text(value, "value").is_some(),
            "plain text, as {type: \"PlainText\", value}",
        ),
        "Date" => (string.is_some_and(is_day), "a date, as YYYY-MM-DD"),
        "Number" => (value.is_i64() || value.is_u64(), "an integer"),
        "Score" => (
            value["score"]
                .as_u64()
                .is_some_and(|s| (1..=4).contains(&s)),
            "a score from 1 to 4",
        ),
        "Location" => (is_location(value), "an object of country, city and region"),
        "EducationHistory" => (
            value
                .as_array()
                .is_some_and(|list| list.iter().all(is_education)),
            "an array of education entries",
        ),
        "File" => (value.is_string(), "a file handle"),
        _ => return check_value(field, kind, value),
    };
    if fits { Ok(()) } else { Err(wanted) }
}

/// Says what the value of a custom field should be, when it is not that.
pub(super) fn check_value(field: &Value, kind: &str, value: &Value) -> Result<(), &'static str> {
    let string = value.as_str();
    let number = |member: &str| value[member].is_number();
    let (fits, wanted) = match kind {
        "Boolean" => (value.is_boolean(), "a boolean"),
        "Date" => (
            string.is_some_and(|text| {
                is_day(text) || chrono::DateTime::parse_from_rfc3339(text).is_ok()
            }),
            "an ISO date",
        ),
        "Email" => (string.is_some_and(is_mail), "a valid e-mail address"),
        "String" | "LongText" | "Phone" => (value.is_string(), "a string"),
        "Url" => (string.is_some_and(is_url), "a valid URL"),
        "UUID" => (string.is_some_and(is_uuid), "a uuid"),
        "Number" => (value.is_number(), "a number"),
        "ValueSelect" => (
            string.is_some_and(|option| label_of(field, option).is_some()),
            "one of the selectable values",
        ),
        "MultiValueSelect" => (
            value.as_array().is_some_and(|list| {
                let known = |option: &Value| option.as_str().and_then(|o| label_of(field, o));
                list.iter().all(|option| known(option).is_some())
            }),
            "an array of selectable values",
        ),
        "Currency" => (
            number("value") && value["currencyCode"].is_string(),
            "an amount with a currency",
        ),
        "NumberRange" => (
            value["type"] == "number-range" && number("minValue") && number("maxValue"),
            "a number range",
        ),
        "CompensationRange" => (
            value["type"] == "compensation-range"
                && number("minValue")
                && number("maxValue")
                && value["currencyCode"].is_string()
                && text(value, "interval").is_some_and(|i| INTERVALS.contains(&i)),
            "a compensation range",
        ),
        // Nothing is documented about other types.
        _ => (true, ""),
    };
    if fits { Ok(()) } else { Err(wanted) }
}

/// The label of a selectable value that is not archived.
pub(super) fn label_of(field: &Value, option: &str) -> Option<String> {
    let options = field["selectableValues"].as_array()?;
    let found = options
        .iter()
        .find(|known| known["value"] == option && known["isArchived"] != true)?;
    Some(text(found, "label").unwrap_or(option).to_owned())
}

fn is_location(value: &Value) -> bool {
    value.as_object().is_some_and(|members| {
        members.iter().all(|(name, part)| {
            matches!(&**name, "country" | "city" | "region") && part.is_string()
        })
    })
}

fn is_education(entry: &Value) -> bool {
    let optional = |member: &str, fits: fn(&Value) -> bool| entry.get(member).is_none_or(fits);
    let day = |value: &Value| value.as_str().is_some_and(is_day);
    text(entry, "schoolName").is_some_and(|name| !name.trim().is_empty())
        && optional("degree", Value::is_string)
        && optional("major", Value::is_string)
        && optional("isCurrent", Value::is_boolean)
        && optional("startDate", day)
        && optional("endDate", day)
        && !(entry["isCurrent"] == true && entry.get("endDate").is_some())
}

/// Whether an answer says nothing.
pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The fields of a form, of all its sections.
pub(super) fn fields_of(form: &Value) -> impl Iterator<Item = &Value> {
    let sections = form["sections"].as_array().into_iter().flatten();
    sections.flat_map(|section| section["fields"].as_array().into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_type_of_field_takes_what_the_reference_says() {
        let options = json!([
            { "label": "A", "value": "a" },
            { "label": "B", "value": "b", "isArchived": true },
        ]);
        let range = json!({ "type": "number-range", "minValue": 1, "maxValue": 2 });
        let pay = json!({
            "type": "compensation-range", "minValue": 1, "maxValue": 2,
            "currencyCode": "EUR", "interval": "1 YEAR",
        });
        let cases = [
            ("String", json!("x"), json!(1)),
            ("Phone", json!("+49 30 1"), json!("none")),
            ("LongText", json!("x"), json!(["x"])),
            ("Email", json!("a@b.example"), json!("a@b")),
            ("Url", json!("https://a.example"), json!("a.example")),
            (
                "RichText",
                json!({ "type": "PlainText", "value": "x" }),
                json!("x"),
            ),
            ("Boolean", json!(false), json!("false")),
            ("Date", json!("2026-02-28"), json!("2026-02-30")),
            ("Number", json!(3), json!(3.5)),
            ("Score", json!({ "score": 4 }), json!({ "score": 5 })),
            ("ValueSelect", json!("a"), json!("b")),
            ("MultiValueSelect", json!(["a"]), json!(["A"])),
            (
                "Location",
                json!({ "city": "Bonn" }),
                json!({ "town": "Bonn" }),
            ),
            (
                "EducationHistory",
                json!([{ "schoolName": "A", "isCurrent": true }]),
                json!([{ "schoolName": "A", "isCurrent": true, "endDate": "2026-01-01" }]),
            ),
            ("File", json!("handle"), json!({ "id": "x" })),
            (
                "Currency",
                json!({ "value": 1, "currencyCode": "EUR" }),
                json!(1),
            ),
            ("NumberRange", range.clone(), json!([1, 2])),
            ("CompensationRange", pay, range),
            (
                "UUID",
                json!("00000000-0000-4000-8000-000000000000"),
                json!("x"),
            ),
        ];
        for (kind, good, bad) in cases {
            let field = json!({ "type": kind, "selectableValues": options });
            assert_eq!(check_answer(&field, &good), Ok(()), "{kind} {good}");
            assert!(check_answer(&field, &bad).is_err(), "{kind} {bad}");
        }
        let field = json!({ "type": "Something new" });
        assert_eq!(check_answer(&field, &json!(1)), Ok(()));
        assert_eq!(check_value(&field, "Number", &json!(3.5)), Ok(()));
    }
}
