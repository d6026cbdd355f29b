//! `surveySubmission.create`, for every type of survey.
//!
//! Answers to EEOC and Diversity surveys can be written and never be read: no listing takes these
//! types.

use serde_json::{Map, Value, json};

use super::Written;
use super::values::{check_answer, fields_of, is_blank};
use crate::ashby::desk::Desk;
use crate::ashby::envelope::Refusal;
use crate::ashby::render;
use crate::ashby::request::Ask;
use crate::ashby::text;
use crate::simulator::SurveyKeys;

pub(crate) fn submit_survey(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let candidate = ask.text("candidateId").unwrap_or_default();
    desk.candidate(candidate)?;
    let application = desk.application(ask.text("applicationId").unwrap_or_default())?;
    if application["candidate"]["id"] != candidate {
        return Err(Refusal::invalid("The application is not the candidate's"));
    }
    let id = ask.text("surveyFormDefinitionId").unwrap_or_default();
    let code = "survey_form_definition_not_found";
    let survey = desk.find("survey_form_definitions", id, code)?;
    let given = ask.value("submittedValues").and_then(Value::as_object);
    let values = values(desk, &survey["formDefinition"], given)?;
    let now = desk.world.now();
    let submission = json!({
        "surveyFormDefinitionId": survey["id"],
        "submittedAt": now,
        "candidateId": candidate,
        "applicationId": application["id"],
        "surveyType": survey["surveyType"],
        "formDefinition": survey["formDefinition"],
        "submittedValues": values,
    });
    let id = desk.world.insert("survey_submissions", submission);
    let submission = desk.find("survey_submissions", &id, "survey_submission_not_found")?;
    Ok(render::plain(&desk.view(), ask, submission))
}

/// The answers by path, when each fits its field and no required one is missing.
fn values(
    desk: &Desk<'_>,
    form: &Value,
    given: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, Refusal> {
    let takes = |field: &Value, key: &str| match desk.options.survey_keys {
        SurveyKeys::Either => text(field, "id") == Some(key) || text(field, "path") == Some(key),
        SurveyKeys::Ids => text(field, "id") == Some(key),
        SurveyKeys::Paths => text(field, "path") == Some(key),
    };
    let mut values = Map::new();
    let mut wrong = Vec::new();
    for (key, value) in given.into_iter().flatten() {
        let mut fields = fields_of(form).map(|field| &field["field"]);
        let Some(field) = fields.find(|field| takes(field, key)) else {
            wrong.push(format!("{key} is no field of the survey"));
            continue;
        };
        if let Err(wanted) = check_answer(field, value) {
            let title = text(field, "title").unwrap_or_default();
            wrong.push(format!("{title} must be {wanted}"));
        }
        let path = text(field, "path").unwrap_or_default();
        values.insert(path.to_owned(), value.clone());
    }
    for field in fields_of(form).filter(|field| field["isRequired"] == true) {
        let path = text(&field["field"], "path").unwrap_or_default();
        if values.get(path).is_none_or(is_blank) {
            let title = text(&field["field"], "title").unwrap_or_default();
            wrong.push(format!("{title} is required"));
        }
    }
    match wrong.is_empty() {
        true => Ok(values),
        false => Err(Refusal::invalid_because(wrong)),
    }
}
