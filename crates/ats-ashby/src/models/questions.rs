//! Screening questions, from the forms of a posting.
//!
//! A form names a question by its path; a survey form has a name space of its own, since its
//! answers go another way. The vendor's forms carry no conditions between questions.

use std::collections::HashSet;

use ats_core::{
    Document, Mapped, Open,
    model::{
        NumberDisplay, QuestionCategory, QuestionFormat, ScreeningQuestion, SelectOption,
        TextDisplay,
    },
};
use serde_json::Value;

use super::form::{
    LOCATION_PATH, WireField, WireForm, WireFormField, WireOption, WireSurveyForm, is_profile,
    survey_question_id,
};
use crate::wire::{self, lose, text};

/// A question as one posting asks it.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The question.
    pub(crate) question: ScreeningQuestion,
    /// Whether this posting demands an answer.
    pub(crate) required: Option<bool>,
}

/// The questions of a posting in their order: its application form, then its surveys.
///
/// Both stand in `document`, an answer of `jobPosting.info`.
pub(crate) fn asked(
    form: Option<WireForm>,
    surveys: Option<Vec<Option<WireSurveyForm>>>,
    document: &Document,
    mapped: &mut Mapped,
) -> Vec<Asked> {
    let mut reader = Reader {
        document,
        mapped,
        asked: Vec::new(),
        seen: HashSet::new(),
    };
    reader.form(form, None, "/applicationFormDefinition");
    for (index, survey) in surveys.into_iter().flatten().enumerate() {
        if let Some(survey) = survey {
            reader.survey(survey, &format!("/surveyFormDefinitions/{index}"));
        }
    }
    reader.asked
}

/// The survey that a form belongs to.
struct Survey {
    id: String,
    category: Option<Open<QuestionCategory>>,
}

struct Reader<'a> {
    document: &'a Document,
    mapped: &'a mut Mapped,
    asked: Vec<Asked>,
    seen: HashSet<String>,
}

impl Reader<'_> {
    fn survey(&mut self, survey: WireSurveyForm, path: &str) {
        let WireSurveyForm {
            id,
            survey_type,
            form_definition,
        } = survey;
        let category = match text(survey_type).as_deref() {
            // It asks how the hiring went, once it is over.
            Some("CandidateExperience") => return,
            Some("EEOC") => Some(QuestionCategory::Eeo.into()),
            Some("Diversity") => Some(QuestionCategory::Demographic.into()),
            Some("CandidateDataConsent" | "Questionnaire") | None => None,
            Some(other) => {
                self.lose(&format!("{path}/surveyType"), "a known type of survey");
                Some(Open::Other(other.to_owned()))
            }
        };
        match text(id) {
            Some(id) => {
                let survey = Survey { id, category };
                self.form(
                    form_definition,
                    Some(&survey),
                    &format!("{path}/formDefinition"),
                );
            }
            None => self.lose(&format!("{path}/id"), "the id of a survey form"),
        }
    }

    fn form(&mut self, form: Option<WireForm>, survey: Option<&Survey>, path: &str) {
        let sections = form
            .and_then(|form| form.sections)
            .into_iter()
            .flatten()
            .enumerate();
        for (section, content) in sections {
            let fields = content.and_then(|content| content.fields);
            for (index, field) in fields.into_iter().flatten().enumerate() {
                if let Some(field) = field {
                    self.field(
                        field,
                        survey,
                        &format!("{path}/sections/{section}/fields/{index}"),
                    );
                }
            }
        }
    }

    fn field(&mut self, field: WireFormField, survey: Option<&Survey>, at: &str) {
        let WireFormField {
            is_required,
            description_html,
            description_plain,
            field,
        } = field;
        let Some(raw) = field else { return };
        let at = format!("{at}/field");
        let read = wire::read_part::<WireField>(&raw, self.document, &at, self.mapped);
        let Some(WireField {
            kind,
            path,
            title,
            selectable_values,
        }) = read
        else {
            return;
        };
        let Some(path) = text(path) else {
            return self.lose(&format!("{at}/path"), "the path of a field");
        };
        // Where it must be answered, an application cannot do without it.
        if is_profile(&path) || path == LOCATION_PATH && is_required != Some(true) {
            return;
        }
        let remote_id = match survey {
            Some(survey) => survey_question_id(&survey.id, &path),
            None => path.clone(),
        };
        if !self.seen.insert(remote_id.clone()) {
            return;
        }
        let options = self.options(selectable_values, &remote_id, &at);
        let format = self.format(text(kind).as_deref(), options, raw);
        let question = ScreeningQuestion {
            title: text(title),
            description: text(description_html).or_else(|| text(description_plain)),
            format: Some(format),
            category: category(&path, survey),
            remote_id,
        };
        self.asked.push(Asked {
            question,
            required: is_required,
        });
    }

    fn options(
        &mut self,
        options: Option<Vec<Option<WireOption>>>,
        question: &str,
        at: &str,
    ) -> Vec<SelectOption> {
        let mut kept = Vec::new();
        for (index, option) in options.into_iter().flatten().enumerate() {
            let Some(WireOption { label, value }) = option else {
                continue;
            };
            match value {
                Some(value) => {
                    let name = text(label).unwrap_or_else(|| value.clone());
                    kept.push(SelectOption::new(question, value, name));
                }
                None => {
                    let path = format!("{at}/selectableValues/{index}/value");
                    self.lose(&path, "the value of an option");
                }
            }
        }
        kept
    }

    fn format(
        &mut self,
        kind: Option<&str>,
        options: Vec<SelectOption>,
        raw_question: Value,
    ) -> QuestionFormat {
        let words = |display| QuestionFormat::Text {
            display_type: Some(display),
            max_length: None,
        };
        match kind {
            Some("String" | "Phone") => words(TextDisplay::SingleLine),
            Some("Email") => words(TextDisplay::Email),
            Some("Url") => words(TextDisplay::Url),
            Some("LongText" | "RichText") => words(TextDisplay::MultiLine),
            Some("Number") => NUMBER,
            Some("Boolean") => QuestionFormat::Boolean,
            Some("Date") => QuestionFormat::Date,
            Some("ValueSelect") => QuestionFormat::SingleSelect {
                options,
                display_type: None,
            },
            Some("MultiValueSelect") => QuestionFormat::MultiSelect { options },
            Some("File") => QuestionFormat::File {
                accepted_mime_types: None,
                max_file_size_bytes: None,
            },
            // The raw question shows it all, so a form that nobody has heard of is no loss.
            _ => QuestionFormat::Unknown { raw_question },
        }
    }

    fn lose(&mut self, path: &str, expected: &'static str) {
        lose(self.document, path, expected, self.mapped);
    }
}

const NUMBER: QuestionFormat = QuestionFormat::Number {
    display_type: Some(NumberDisplay::Field),
    max: None,
    min: None,
};

/// The vendor's own equal-employment fields keep their category on whatever form they stand.
fn category(path: &str, survey: Option<&Survey>) -> Option<Open<QuestionCategory>> {
    if path.starts_with("_systemfield_eeoc_") {
        return Some(QuestionCategory::Eeo.into());
    }
    survey.and_then(|survey| survey.category.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(form: Value, surveys: Value) -> (Vec<Asked>, Vec<String>) {
        let document = Document::new("jobPosting.info", "/results", &Value::Null);
        let mut mapped = Mapped::default();
        let form = serde_json::from_value(form).unwrap();
        let surveys = serde_json::from_value(surveys).unwrap();
        let asked = asked(form, surveys, &document, &mut mapped);
        (
            asked,
            mapped.losses.into_iter().map(|loss| loss.path).collect(),
        )
    }

    fn form(fields: Value) -> Value {
        json!({ "sections": [{ "fields": fields }] })
    }

    fn field(path: &str, kind: &str, required: bool) -> Value {
        json!({ "isRequired": required, "field": { "path": path, "type": kind, "title": path } })
    }

    fn ids(asked: &[Asked]) -> Vec<&str> {
        asked
            .iter()
            .map(|asked| asked.question.remote_id.as_str())
            .collect()
    }

    #[test]
    fn profile_fields_are_no_questions_but_a_demanded_location_is() {
        let fields = |required| {
            form(json!([
                field("_systemfield_name", "String", true),
                field("_systemfield_location", "Location", required),
                field("a", "String", false),
                field("a", "String", true),
            ]))
        };
        let (asked, _) = read(fields(false), Value::Null);
        assert_eq!(ids(&asked), ["a"]);
        let (asked, _) = read(fields(true), Value::Null);
        assert_eq!(ids(&asked), ["_systemfield_location", "a"]);
        let format = asked[0].question.format.as_ref();
        assert!(
            matches!(format, Some(QuestionFormat::Unknown { .. })),
            "{format:?}"
        );
        assert_eq!(asked[1].required, Some(false), "the first of two decides");
    }

    #[test]
    fn surveys_follow_the_form_and_give_their_questions_a_category() {
        let survey = |id: &str, kind: &str, fields| json!({ "id": id, "surveyType": kind, "formDefinition": form(fields) });
        let surveys = json!([
            survey(
                "d",
                "Diversity",
                json!([
                    field("x", "Boolean", true),
                    field("_systemfield_eeoc_race", "ValueSelect", false),
                ])
            ),
            survey(
                "e",
                "CandidateExperience",
                json!([field("x", "String", true)])
            ),
            survey("q", "Questionnaire", json!([field("x", "String", true)])),
            survey("n", "Novelty", json!([field("x", "String", true)])),
        ]);
        let (asked, losses) = read(form(json!([field("x", "Date", false)])), surveys);
        let expected = [
            "x",
            "survey:d:x",
            "survey:d:_systemfield_eeoc_race",
            "survey:q:x",
            "survey:n:x",
        ];
        assert_eq!(ids(&asked), expected);
        let categories: Vec<_> = asked
            .iter()
            .map(|asked| json!(asked.question.category))
            .collect();
        assert_eq!(
            json!(categories),
            json!([null, "DEMOGRAPHIC", "EEO", null, "Novelty"])
        );
        assert_eq!(losses, ["/surveyFormDefinitions/3/surveyType"]);
    }

    #[test]
    fn an_odd_option_or_field_costs_only_itself() {
        let fields = json!([
            null,
            { "field": { "type": "String", "title": "No path" } },
            { "isRequired": null, "descriptionHtml": " ", "descriptionPlain": " Why? ", "field": {
                "path": "s", "type": "ValueSelect", "title": 7,
                "selectableValues": [{ "label": "A", "value": "a" }, { "label": "B" }, { "value": "c" }],
            } },
            { "field": { "path": "h", "type": "Hologram", "title": "?" } },
        ]);
        let (asked, losses) = read(form(fields), Value::Null);
        let at = "/applicationFormDefinition/sections/0/fields";
        let expected = [
            format!("{at}/1/field/path"),
            format!("{at}/2/field/title"),
            format!("{at}/2/field/selectableValues/1/value"),
        ];
        assert_eq!(losses, expected);
        let expected = json!([
            { "remote_id": "s", "title": null, "description": "Why?", "category": null, "format": {
                "type": "SINGLE_SELECT", "display_type": null, "options": [
                    { "id": "remote:s/a", "name": "A", "remote_id": "a" },
                    { "id": "remote:s/c", "name": "c", "remote_id": "c" },
                ],
            } },
            { "remote_id": "h", "title": "?", "description": null, "category": null, "format": {
                "type": "UNKNOWN",
                "raw_question": { "path": "h", "type": "Hologram", "title": "?" },
            } },
        ]);
        let shown: Vec<_> = asked.iter().map(|asked| json!(asked.question)).collect();
        assert_eq!(json!(shown), expected);
    }
}
