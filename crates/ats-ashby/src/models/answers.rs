//! Applicants' answers, read from what was submitted together with the form it was submitted on.
//!
//! The form of the submission itself says what was asked, so an answer keeps its question even if
//! the form has changed since. Where submissions come from belongs elsewhere.

use std::collections::HashMap;

use ats_core::{
    Document, Mapped, Timestamp,
    model::{Answer, AnswerValue},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    models::form::{self, WireField, WireOption},
    wire::{lose, text},
};

/// What somebody submitted. Ashby API reference, `applicationFormSubmissions` of
/// `application.info` and the rows of `surveySubmission.list`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireSubmission {
    pub(crate) form_definition: Option<WireForm>,
    pub(crate) submitted_values: Option<Map<String, Value>>,
}

impl WireSubmission {
    /// The fields of the form that have an answer, each with it.
    pub(crate) fn answered(&self) -> impl Iterator<Item = (&WireField, &Value)> {
        let sections = self.form_definition.iter().flat_map(|form| &form.sections);
        let fields = sections
            .flatten()
            .flatten()
            .flat_map(|section| &section.fields);
        let fields = fields.flatten().flatten().flat_map(|entry| &entry.field);
        fields.filter_map(|field| {
            let value = self
                .submitted_values
                .as_ref()?
                .get(field.path.as_deref()?)?;
            Some((field, value))
        })
    }
}

/// The parts of a form that name an answer's question.
#[derive(Debug, Deserialize)]
pub(crate) struct WireForm {
    sections: Option<Vec<Option<WireSection>>>,
}

#[derive(Debug, Deserialize)]
struct WireSection {
    fields: Option<Vec<Option<WireEntry>>>,
}

#[derive(Debug, Deserialize)]
struct WireEntry {
    field: Option<WireField>,
}

/// Where a submission stands, for the reports of odd values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) document: &'a Document,
    /// JSON pointer to the submission in the document.
    pub(crate) path: &'a str,
}

/// Answers in the order in which their questions first appeared; a later answer to the same
/// question takes the place of the earlier one.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    answers: Vec<Answer>,
    places: HashMap<String, usize>,
}

impl Answers {
    /// Adds what was submitted. `question_id` gives the id of the question at a path of the form,
    /// if the question has one.
    pub(crate) fn add(
        &mut self,
        submission: WireSubmission,
        question_id: &dyn Fn(&str) -> Option<String>,
        place: Place<'_>,
        mapped: &mut Mapped,
    ) {
        let WireSubmission {
            form_definition,
            submitted_values,
        } = submission;
        let Some(values) = submitted_values else {
            return;
        };
        let sections = form_definition
            .and_then(|form| form.sections)
            .unwrap_or_default();
        for (index, section) in sections.into_iter().enumerate() {
            let fields = section
                .and_then(|section| section.fields)
                .unwrap_or_default();
            for (field_index, entry) in fields.into_iter().enumerate() {
                let Some(mut field) = entry.and_then(|entry| entry.field) else {
                    continue;
                };
                let Some(path) = text(field.path.take()) else {
                    let path = format!(
                        "{}/formDefinition/sections/{index}/fields/{field_index}/field/path",
                        place.path
                    );
                    lose(place.document, &path, "the path of a field", mapped);
                    continue;
                };
                let value = values.get(&path).filter(|value| !value.is_null());
                let Some(value) = value.filter(|_| !belongs_to_profile(&path)) else {
                    continue;
                };
                let (answer, odd) = answer(&field, value);
                report(odd, &path, place, mapped);
                let title = text(field.title).unwrap_or_default();
                self.put(&path, Answer::new(question_id(&path), title, answer));
            }
        }
    }

    /// The answers.
    pub(crate) fn into_vec(self) -> Vec<Answer> {
        self.answers
    }

    fn put(&mut self, path: &str, answer: Answer) {
        let key = answer
            .question
            .remote_id
            .clone()
            .unwrap_or_else(|| path.to_owned());
        let next = self.answers.len();
        let index = *self.places.entry(key).or_insert(next);
        match self.answers.get_mut(index) {
            Some(earlier) => *earlier = answer,
            None => self.answers.push(answer),
        }
    }
}

/// Whether the answer is kept as the candidate's own data instead.
fn belongs_to_profile(path: &str) -> bool {
    form::is_profile(path) || path == form::LOCATION_PATH
}

/// What in a submitted value could not be used: where below the value, and what was expected.
type Odd = Vec<(String, &'static str)>;

fn report(odd: Odd, path: &str, place: Place<'_>, mapped: &mut Mapped) {
    for (below, expected) in odd {
        let key = path.replace('~', "~0").replace('/', "~1");
        let path = format!("{}/submittedValues/{key}{below}", place.path);
        lose(place.document, &path, expected, mapped);
    }
}

/// The answer that `value` gives to the question `field`. A value that does not fit the type of
/// its question is empty and odd; a type without a unified equal passes through as it is.
fn answer(field: &WireField, value: &Value) -> (AnswerValue, Odd) {
    let mut odd = Vec::new();
    let mut expect = |fits: bool, expected| {
        if !fits {
            odd.push((String::new(), expected));
        }
    };
    let string = || value.as_str().map(str::to_owned);
    let answer = match field.kind.as_deref() {
        Some("String" | "Email" | "Phone" | "Url" | "LongText") => {
            expect(value.is_string(), "a text");
            AnswerValue::Text {
                content: text(string()),
            }
        }
        Some("RichText") => rich_text(value),
        Some("ValueSelect") => {
            expect(value.is_string(), "the value of an option");
            AnswerValue::SingleSelect {
                choice: string().map(|value| label(field, value)),
            }
        }
        Some("MultiValueSelect") => return choices(field, value),
        Some("Boolean") => {
            expect(value.is_boolean(), "a boolean");
            AnswerValue::Boolean {
                checked: value.as_bool(),
            }
        }
        Some("Number") => {
            expect(value.is_number(), "a number");
            AnswerValue::Number {
                number: value.as_number().cloned(),
            }
        }
        Some("Date") => {
            let date = value
                .as_str()
                .and_then(Timestamp::parse)
                .map(Timestamp::midnight);
            expect(date.is_some(), "an ISO 8601 date");
            AnswerValue::Date { date }
        }
        _ => AnswerValue::Unknown { raw: value.clone() },
    };
    (answer, odd)
}

/// The vendor wraps plain text in a document; a document of another kind has no plain reading.
fn rich_text(value: &Value) -> AnswerValue {
    let is_plain = value.get("type").and_then(Value::as_str) == Some("PlainText");
    match value.get("value").and_then(Value::as_str) {
        Some(content) if is_plain => AnswerValue::Text {
            content: text(Some(content.to_owned())),
        },
        _ => AnswerValue::Unknown { raw: value.clone() },
    }
}

fn choices(field: &WireField, value: &Value) -> (AnswerValue, Odd) {
    let Value::Array(values) = value else {
        let odd = vec![(String::new(), "a list of options")];
        return (
            AnswerValue::MultiSelect {
                choices: Vec::new(),
            },
            odd,
        );
    };
    let (mut choices, mut odd) = (Vec::with_capacity(values.len()), Vec::new());
    for (index, value) in values.iter().enumerate() {
        match value {
            Value::String(value) => choices.push(label(field, value.clone())),
            _ => odd.push((format!("/{index}"), "the value of an option")),
        }
    }
    (AnswerValue::MultiSelect { choices }, odd)
}

/// What people read for an option; the value itself where the form does not have it.
fn label(field: &WireField, value: String) -> String {
    let mut options = field.selectable_values.iter().flatten().flatten();
    let chosen = options.find(|option| option.value.as_ref() == Some(&value));
    chosen
        .and_then(|WireOption { label, .. }| text(label.clone()))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn submission(fields: &[(&str, &str, &str)], values: Value) -> Value {
        let options = json!([{ "label": " Yes, please ", "value": "y" }]);
        let entry = |(path, kind, title): &(&str, &str, &str)| {
            json!({ "isRequired": true, "field": {
                "path": path, "type": kind, "title": title, "selectableValues": options,
            }})
        };
        let fields: Vec<_> = fields.iter().map(entry).collect();
        json!({ "formDefinition": { "sections": [{ "fields": fields }] }, "submittedValues": values })
    }

    fn collect(submissions: Vec<Value>) -> (Value, Vec<String>) {
        let document = Document::new("application.info", "/results", &json!({}));
        let place = Place {
            document: &document,
            path: "/s",
        };
        let (mut answers, mut mapped) = (Answers::default(), Mapped::default());
        for submission in submissions {
            let submission = serde_json::from_value(submission).unwrap();
            answers.add(
                submission,
                &|path| Some(path.to_owned()),
                place,
                &mut mapped,
            );
        }
        let losses = mapped.losses.into_iter().map(|loss| loss.path).collect();
        (json!(answers.into_vec()), losses)
    }

    fn answered(id: &str, title: &str, kind: &str, answer: Value) -> Value {
        json!({ "answer": answer, "question": { "remote_id": id, "title": title, "type": kind } })
    }

    #[test]
    fn every_type_has_its_own_key() {
        let fields = [
            ("_systemfield_location", "Location", "Where"),
            ("t", "LongText", " Why us? "),
            ("r", "RichText", "Rich"),
            ("rr", "RichText", "Richer"),
            ("s", "ValueSelect", "One"),
            ("m", "MultiValueSelect", "Some"),
            ("b", "Boolean", "Sure?"),
            ("n", "Number", "How many"),
            ("d", "Date", "When"),
            ("f", "File", "CV"),
            ("none", "String", "Not answered"),
        ];
        let values = json!({
            "_systemfield_location": { "city": "Bonn" },
            "t": " a\n",
            "r": { "type": "PlainText", "value": "b " },
            "rr": { "type": "Tree", "value": "c" },
            "s": "y",
            "m": ["y", "gone"],
            "b": false,
            "n": 1.5,
            "d": "2026-01-02",
            "f": " handle ",
            "none": null,
        });
        let expected = json!([
            answered("t", "Why us?", "TEXT", json!({ "content": "a" })),
            answered("r", "Rich", "TEXT", json!({ "content": "b" })),
            answered(
                "rr",
                "Richer",
                "UNKNOWN",
                json!({ "raw": { "type": "Tree", "value": "c" } })
            ),
            answered(
                "s",
                "One",
                "SINGLE_SELECT",
                json!({ "choice": "Yes, please" })
            ),
            answered(
                "m",
                "Some",
                "MULTI_SELECT",
                json!({ "choices": ["Yes, please", "gone"] })
            ),
            answered("b", "Sure?", "BOOLEAN", json!({ "checked": false })),
            answered("n", "How many", "NUMBER", json!({ "number": 1.5 })),
            answered(
                "d",
                "When",
                "DATE",
                json!({ "date": "2026-01-02T00:00:00.000Z" })
            ),
            answered("f", "CV", "UNKNOWN", json!({ "raw": " handle " })),
        ]);
        assert_eq!(
            collect(vec![submission(&fields, values)]),
            (expected, vec![])
        );
    }

    #[test]
    fn a_later_answer_takes_the_place_of_the_earlier_one() {
        let first = [("a", "String", "A"), ("b", "String", "B")];
        let second = [("c", "String", "C"), ("a", "Number", "A, again")];
        let (answers, _) = collect(vec![
            submission(&first, json!({ "a": "1", "b": "2" })),
            submission(&second, json!({ "a": 3, "c": "4" })),
        ]);
        let expected = json!([
            answered("a", "A, again", "NUMBER", json!({ "number": 3 })),
            answered("b", "B", "TEXT", json!({ "content": "2" })),
            answered("c", "C", "TEXT", json!({ "content": "4" })),
        ]);
        assert_eq!(answers, expected);
    }

    #[test]
    fn a_value_of_another_type_is_empty_and_noted() {
        let fields = [
            ("a/b", "Boolean", "A"),
            ("m", "MultiValueSelect", "M"),
            ("d", "Date", "D"),
        ];
        let values = json!({ "a/b": "yes", "m": ["y", 1], "d": "2026-02-30" });
        let (answers, losses) = collect(vec![submission(&fields, values)]);
        let expected = json!([
            answered("a/b", "A", "BOOLEAN", json!({ "checked": null })),
            answered(
                "m",
                "M",
                "MULTI_SELECT",
                json!({ "choices": ["Yes, please"] })
            ),
            answered("d", "D", "DATE", json!({ "date": null })),
        ]);
        assert_eq!(answers, expected);
        let paths = [
            "/s/submittedValues/a~1b",
            "/s/submittedValues/m/1",
            "/s/submittedValues/d",
        ];
        assert_eq!(losses, paths);
    }
}
