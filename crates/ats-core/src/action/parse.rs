//! From a request body to a typed action, and the list of an action's inputs.
//!
//! The list is read off the inputs' JSON Schema, so that no second list can drift from it. A path
//! names members only, as in `candidate.social_links.url`: lists leave no mark in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Action, ActionKind, Warning, validate};
use crate::Result;

/// The inputs of one action: each path, and whether the action cannot do without it.
pub type ActionInputs = BTreeMap<String, bool>;

/// A request body that was understood.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The action.
    pub action: Action,
    /// The inputs that were given, by path.
    pub given: BTreeSet<String>,
    /// Members that no input is called by.
    pub warnings: Vec<Warning>,
}

impl ActionKind {
    /// The inputs, as the coverage table of the unified API calls them.
    pub fn inputs(self) -> ActionInputs {
        let mut inputs = BTreeMap::new();
        leaves(
            &self.schema().to_value(),
            "",
            true,
            &mut |path, required| {
                inputs.insert(self.covered_as(path), required);
            },
        );
        inputs
    }

    /// What the coverage table calls an input. It uses the paths of `create_candidate` for
    /// `create_application` too.
    fn covered_as(self, path: &str) -> String {
        match (self, path) {
            (Self::CreateApplication, "job_id" | "stage_id") => format!("application.{path}"),
            _ => path.to_owned(),
        }
    }

    /// Understands a request body together with the ids of its path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InputInvalid`](crate::ErrorKind::InputInvalid) with the path of the input.
    pub fn parse(self, mut input: Value) -> Result<Parsed> {
        if !input.is_object() {
            return Err(validate::invalid("", "the input must be a JSON object"));
        }
        // Clients that know the older action send the ids where that one has them.
        if self == Self::CreateApplication {
            lift(&mut input, "application");
        }
        drop_nulls(&mut input);
        let schema = self.schema().to_value();
        let mut known = BTreeSet::new();
        leaves(&schema, "", true, &mut |path, _| {
            known.insert(path.to_owned());
        });
        let mut found = BTreeSet::new();
        given(&input, "", &known, &mut found);
        let (given, unknown): (BTreeSet<String>, BTreeSet<String>) =
            found.into_iter().partition(|path| known.contains(path));
        let warnings = unknown
            .into_iter()
            .filter(|path| !is_quiet(path))
            .map(|path| {
                let message = format!("`{path}` is no input of {self} and was left out");
                Warning::about(path, message)
            })
            .collect();
        let action = Action::read(self, input).map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." { String::new() } else { path };
            validate::invalid(&path, &plain(error.inner()))
        })?;
        action.validate()?;
        Ok(Parsed {
            action,
            given: given.iter().map(|path| self.covered_as(path)).collect(),
            warnings,
        })
    }
}

/// What is accepted and means nothing: extras of vendors, the form of a note, and the ids of the
/// path, which some clients repeat in the body.
fn is_quiet(path: &str) -> bool {
    let first = path.split('.').next().unwrap_or_default();
    matches!(
        first,
        "remote_fields" | "content_type" | "application_id" | "candidate_id" | "job_id"
    )
}

/// Moves the members of `name` up, unless they are there already.
fn lift(input: &mut Value, name: &str) {
    let Some(members) = input.as_object_mut() else {
        return;
    };
    if let Some(Value::Object(inner)) = members.remove(name) {
        for (key, value) in inner {
            members.entry(key).or_insert(value);
        }
    }
}

/// An input that is `null` is not given.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// A message of serde without the value that it quotes: it may be an answer.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let quoted = ["invalid type: ", "invalid value: ", "unknown variant "];
    match quoted.iter().find(|start| text.starts_with(*start)) {
        Some(_) => match text.rsplit_once("expected ") {
            Some((_, expected)) => format!("expected {expected}"),
            None => "has the wrong type".to_owned(),
        },
        None if text.contains("did not match any variant") => {
            "has a form that no answer can have".to_owned()
        }
        None if text.contains("is not an id") => {
            "is not an id: give ours (24 characters) or `remote:` and the vendor's".to_owned()
        }
        None => text,
    }
}

/// Shows every leaf of an input's schema, with whether it is required all the way.
fn leaves(schema: &Value, path: &str, required: bool, show: &mut dyn FnMut(&str, bool)) {
    let ats = &schema["x-ats"];
    if ats["ignored"] == true {
        return;
    }
    if ats["leaf"] == true {
        return show(path, required);
    }
    if let Some(inner) = schema["anyOf"].as_array() {
        // Everything optional is itself or null.
        if let Some(inner) = inner.iter().find(|inner| inner["type"] != "null") {
            leaves(inner, path, required, show);
        }
        return;
    }
    if schema["items"].is_object() {
        return leaves(&schema["items"], path, required, show);
    }
    let Some(properties) = schema["properties"].as_object() else {
        return show(path, required);
    };
    let needed = schema["required"].as_array();
    for (name, property) in properties {
        let is_needed = needed.is_some_and(|needed| needed.iter().any(|needed| needed == name));
        let path = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        leaves(property, &path, required && is_needed, show);
    }
}

/// Collects the paths of what is given, down to the known leaves.
fn given(value: &Value, path: &str, known: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) if !known.contains(path) => {
            for (name, value) in members {
                let path = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                given(value, &path, known, found);
            }
        }
        Value::Array(items) if !known.contains(path) => {
            for item in items {
                given(item, path, known, found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ErrorKind;

    fn application() -> Value {
        json!({
            "job_id": "remote:j",
            "candidate": {
                "first_name": "Ada", "last_name": "Byron", "email_address": "ada@example.com",
                "company": "Analytical", "social_links": [{ "url": "https://github.com/ada" }],
            },
            "screening_question_answers": [{ "question_id": "remote:q", "answer": "marker" }],
            "source": { "name": "Referral" },
            "gender": "x", "extra": { "deep": 1 }, "sourced_by": null,
            "remote_fields": { "greenhouse": { "x": 1 } },
        })
    }

    #[test]
    fn every_required_input_of_the_coverage_table_is_known() {
        let inputs = ActionKind::CreateApplication.inputs();
        for path in [
            "candidate.first_name",
            "candidate.social_links.url",
            "application.job_id",
            "application.stage_id",
            "screening_question_answers.question_id",
            "screening_question_answers.answer",
            "attachments.data_url",
            "attachments.type",
            "source.name",
        ] {
            assert!(inputs.contains_key(path), "{path} of {inputs:?}");
        }
        assert!(inputs["application.job_id"] && !inputs["application.stage_id"]);
        assert!(!inputs.contains_key("remote_fields"));
        let link = ActionKind::AddResultLinkToCandidate.inputs();
        assert!(link.contains_key("details.attributes.key"), "{link:?}");
        let note: Vec<_> = ActionKind::AddNoteToApplication
            .inputs()
            .into_keys()
            .collect();
        assert_eq!(note, ["application_id", "content"]);
    }

    #[test]
    fn what_is_given_is_told_and_what_is_unknown_is_a_warning() {
        let parsed = ActionKind::CreateApplication.parse(application()).unwrap();
        assert!(parsed.given.contains("application.job_id"));
        assert!(parsed.given.contains("candidate.company"));
        assert!(parsed.given.contains("candidate.social_links.url"));
        assert!(!parsed.given.contains("sourced_by.user_id"));
        let unknown: Vec<_> = parsed
            .warnings
            .iter()
            .map(|warning| warning.input.clone().unwrap())
            .collect();
        assert_eq!(unknown, ["extra.deep", "gender"]);
    }

    #[test]
    fn the_older_form_of_the_ids_is_taken_too() {
        let mut input = application();
        let job = input.as_object_mut().unwrap().remove("job_id").unwrap();
        input["application"] = json!({ "job_id": job, "stage_id": "remote:s" });
        let parsed = ActionKind::CreateApplication.parse(input).unwrap();
        assert!(parsed.given.contains("application.stage_id"));
    }

    #[test]
    fn errors_name_the_input_and_never_quote_a_value() {
        let mut wrong = application();
        wrong["candidate"]["first_name"] = json!(["marker"]);
        let mut shape = application();
        shape["screening_question_answers"][0]["answer"] = json!([{ "marker": 1 }]);
        let mut id = application();
        id["job_id"] = json!("marker");
        for (input, field) in [
            (wrong, "candidate.first_name"),
            (shape, "screening_question_answers[0].answer"),
            (id, "job_id"),
        ] {
            let error = ActionKind::CreateApplication.parse(input).unwrap_err();
            let expected = ErrorKind::InputInvalid {
                field: Some(field.to_owned()),
            };
            assert_eq!(*error.kind(), expected, "{error}");
            assert!(!error.to_string().contains("marker"), "{error}");
        }
    }

    #[test]
    fn a_missing_input_is_named() {
        let error = ActionKind::AddNoteToApplication
            .parse(json!({ "application_id": "remote:a" }))
            .unwrap_err();
        assert!(error.to_string().contains("content"), "{error}");
    }
}
