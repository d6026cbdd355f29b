//! The wire form of the vendor's form definitions: what an applicant is asked, in sections.
//!
//! Questions are made from it, and answers read by it; neither belongs here.

use serde::Deserialize;
use serde_json::Value;

/// A form. Ashby API reference, `applicationFormDefinition` of `jobPosting.info`.
#[derive(Debug, Deserialize)]
pub(crate) struct WireForm {
    pub(crate) sections: Option<Vec<Option<WireSection>>>,
}

/// A section of a form.
#[derive(Debug, Deserialize)]
pub(crate) struct WireSection {
    pub(crate) fields: Option<Vec<Option<WireFormField>>>,
}

/// One entry of a section: a field, and how it is asked here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireFormField {
    pub(crate) is_required: Option<bool>,
    pub(crate) description_html: Option<String>,
    pub(crate) description_plain: Option<String>,
    pub(crate) field: Option<Value>,
}

/// The parts of a field that are understood.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireField {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) selectable_values: Option<Vec<Option<WireOption>>>,
}

/// An option of a select field.
#[derive(Debug, Deserialize)]
pub(crate) struct WireOption {
    pub(crate) label: Option<String>,
    pub(crate) value: Option<String>,
}

/// A survey's form. Ashby API reference, `surveyFormDefinitions` of `jobPosting.info`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireSurveyForm {
    pub(crate) id: Option<String>,
    pub(crate) survey_type: Option<String>,
    pub(crate) form_definition: Option<WireForm>,
}

/// What the vendor asks of every applicant. The candidate's own fields and files hold the answers.
const PROFILE_PATHS: &[&str] = &[
    "_systemfield_name",
    "_systemfield_email",
    "_systemfield_phone",
    "_systemfield_resume",
    "_systemfield_pre_parsed_resume",
];

/// The applicant's place: profile data too, except where an answer is demanded.
pub(crate) const LOCATION_PATH: &str = "_systemfield_location";

/// Whether the field at `path` is profile data rather than a question.
pub(crate) fn is_profile(path: &str) -> bool {
    PROFILE_PATHS.contains(&path)
}

/// The remote id of a question that a survey asks; an application form's question has its path.
pub(crate) fn survey_question_id(survey_form_id: &str, path: &str) -> String {
    format!("survey:{survey_form_id}:{path}")
}
