//! What an applicant is asked, as the vendor's forms say it now: the fields of a posting's form and
//! of its surveys, as far as filling them in needs to know.
//!
//! It must not know any answer.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    models::form::{LOCATION_PATH, WireForm, is_profile, survey_question_id},
    wire::text,
};

/// A field of a form.
#[derive(Debug, Clone, Default)]
pub(super) struct Field {
    /// The vendor's id of the field. Most paths are it.
    pub(super) id: Option<String>,
    /// What an answer is keyed by.
    pub(super) path: String,
    /// The vendor's type.
    pub(super) kind: String,
    /// What people call it.
    pub(super) title: Option<String>,
    /// Whether the form is refused without it.
    pub(super) is_required: bool,
    /// The values that can be chosen, each with its label.
    pub(super) options: Vec<(String, String)>,
}

/// A survey that goes with a posting.
#[derive(Debug, Clone, Default)]
pub(super) struct Survey {
    /// The vendor's id of its form.
    pub(super) id: String,
    /// The vendor's type of survey.
    pub(super) kind: Option<String>,
    /// Its fields.
    pub(super) fields: Vec<Field>,
}

/// Everything that a posting asks.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    /// The fields of the application form, the applicant's own data among them.
    pub(super) fields: Vec<Field>,
    /// The surveys.
    pub(super) surveys: Vec<Survey>,
}

/// An answer of `jobPosting.info`, as far as it asks something.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WirePosting {
    application_form_definition: Option<WireForm>,
    survey_form_definitions: Option<Vec<Option<WireSurvey>>>,
}

/// An answer of `surveyFormDefinition.info`, or a survey of a posting.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireSurvey {
    id: Option<String>,
    survey_type: Option<String>,
    form_definition: Option<WireForm>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireField {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    path: Option<String>,
    title: Option<String>,
    selectable_values: Option<Vec<Option<WireOption>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOption {
    label: Option<String>,
    value: Option<String>,
    is_archived: Option<bool>,
}

impl Field {
    /// What people call it, or else its path.
    pub(super) fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.path)
    }

    /// Whether its answers are equal-employment data wherever it stands.
    pub(super) fn is_sensitive(&self) -> bool {
        self.path.starts_with("_systemfield_eeoc_")
    }

    /// Whether it is answered by the applicant's own data or files, and is no question.
    pub(super) fn is_profile(&self) -> bool {
        is_profile(&self.path) || self.path == LOCATION_PATH
    }
}

impl Survey {
    /// The id of the question that one of its fields asks.
    pub(super) fn question_id(&self, field: &Field) -> String {
        survey_question_id(&self.id, &field.path)
    }
}

impl Sheet {
    /// The field at this path of the application form.
    pub(super) fn field(&self, path: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.path == path)
    }

    /// Takes over what another sheet asks beside this one.
    pub(super) fn add(&mut self, other: Self) {
        for field in other.fields {
            if self.field(&field.path).is_none() {
                self.fields.push(field);
            }
        }
        for survey in other.surveys {
            self.add_survey(survey);
        }
    }

    /// Takes over a survey unless it is there.
    pub(super) fn add_survey(&mut self, survey: Survey) {
        if !self.surveys.iter().any(|known| known.id == survey.id) {
            self.surveys.push(survey);
        }
    }
}

impl From<WirePosting> for Sheet {
    fn from(posting: WirePosting) -> Self {
        let surveys = posting.survey_form_definitions.into_iter().flatten();
        let mut sheet = Self {
            fields: fields(posting.application_form_definition),
            surveys: Vec::new(),
        };
        for survey in surveys.flatten().filter_map(WireSurvey::read) {
            sheet.add_survey(survey);
        }
        sheet
    }
}

impl WireSurvey {
    /// The survey, unless it asks how the hiring went, once it is over.
    pub(super) fn read(self) -> Option<Survey> {
        let kind = text(self.survey_type);
        if kind.as_deref() == Some("CandidateExperience") {
            return None;
        }
        Some(Survey {
            id: text(self.id)?,
            kind,
            fields: fields(self.form_definition),
        })
    }
}

/// The fields of a form in their order. The first of two with the same path decides.
fn fields(form: Option<WireForm>) -> Vec<Field> {
    let sections = form.and_then(|form| form.sections).into_iter().flatten();
    let asked = sections
        .flatten()
        .flat_map(|section| section.fields.into_iter().flatten().flatten());
    let mut fields: Vec<Field> = Vec::new();
    for asked in asked {
        let field = asked.field.and_then(|raw| field(&raw, asked.is_required));
        if let Some(field) = field.filter(|new| fields.iter().all(|old| old.path != new.path)) {
            fields.push(field);
        }
    }
    fields
}

/// A field that cannot be read cannot be answered; the vendor says so if it is required.
fn field(raw: &Value, is_required: Option<bool>) -> Option<Field> {
    let wire = WireField::deserialize(raw).ok()?;
    let options = wire.selectable_values.into_iter().flatten().flatten();
    let options = options.filter(|option| option.is_archived != Some(true));
    Some(Field {
        id: text(wire.id),
        path: text(wire.path)?,
        kind: text(wire.kind).unwrap_or_default(),
        title: text(wire.title),
        is_required: is_required.unwrap_or(true),
        options: options
            .filter_map(|option| {
                let value = option.value?;
                Some((value.clone(), text(option.label).unwrap_or(value)))
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sheet_is_read_from_a_posting_with_its_odd_parts_left_out() {
        let posting = json!({
            "applicationFormDefinition": { "sections": [null, { "fields": [
                null,
                { "field": { "path": "a", "type": "ValueSelect", "title": " A ", "selectableValues": [
                    { "label": "One", "value": "1" },
                    { "label": "Old", "value": "0", "isArchived": true },
                    { "value": "2" },
                ] } },
                { "isRequired": false, "field": { "path": "a", "type": "String" } },
                { "isRequired": false, "field": { "path": "_systemfield_eeoc_race", "type": "String" } },
                { "isRequired": false, "field": { "path": 7 } },
            ] }] },
            "surveyFormDefinitions": [
                { "id": "s", "surveyType": "EEOC", "formDefinition": { "sections": [] } },
                { "id": "x", "surveyType": "CandidateExperience" },
                { "surveyType": "EEOC" },
            ],
        });
        let posting: WirePosting = serde_json::from_value(posting).unwrap();
        let sheet = Sheet::from(posting);
        let paths: Vec<_> = sheet.fields.iter().map(|field| &*field.path).collect();
        assert_eq!(paths, ["a", "_systemfield_eeoc_race"]);
        let first = &sheet.fields[0];
        assert!(first.is_required && !first.is_sensitive());
        assert!(sheet.fields[1].is_sensitive() && !sheet.fields[1].is_required);
        assert_eq!(first.title(), "A");
        let options = [("1", "One"), ("2", "2")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(first.options, options);
        assert_eq!(sheet.surveys.len(), 1);
    }
}
