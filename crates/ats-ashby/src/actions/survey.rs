//! Answers to surveys, equal-employment ones among them: sent once, shown nowhere.
//!
//! The vendor gives none of them back, so that a lost answer cannot be settled. Nothing that it says
//! about them is passed on: it may quote them.

use ats_core::{Error, ErrorKind, Outcome, Result, Target, Warning};
use serde_json::{Map, Value, json};

use super::{
    answers::Surveyed,
    create::Made,
    desk::Desk,
    sheet::Field,
    step::{Settling, Step},
};
use crate::models::surveys;

const ENDPOINT: &str = "surveySubmission.create";

/// Stands for an answer that nobody may see.
pub(super) const HIDDEN: &str = "<answer>";

/// Sends the answers to each survey. What cannot be sent is a warning: the application is there.
pub(super) async fn submit(
    desk: &Desk<'_>,
    made: &Made,
    surveyed: &[Surveyed<'_>],
    outcome: &mut Outcome,
) {
    for one in surveyed {
        match send(desk, made, one).await {
            Ok(id) if one.survey.kind.as_deref() == Some("Questionnaire") && !desk.is_dry() => {
                outcome.touched.push(Target::new(surveys::STREAM, id));
            }
            Ok(_) => {}
            Err(error) => outcome
                .warnings
                .push(Warning::about("screening_question_answers", failed(&error))),
        }
    }
}

async fn send(desk: &Desk<'_>, made: &Made, one: &Surveyed<'_>) -> Result<String> {
    let name = format!("survey {}", one.survey.id);
    let by_path = |field: &Field| field.path.clone();
    match step(desk, made, one, name.clone(), by_path).run(desk).await {
        // The vendor says paths in one place and ids in another.
        Err(error) if matches!(error.kind(), ErrorKind::InputRejected { .. }) => {
            let by_id = |field: &Field| field.id.clone().unwrap_or_else(|| field.path.clone());
            let is_same = one
                .values
                .iter()
                .all(|(field, _)| by_id(field) == field.path);
            if is_same {
                return Err(error);
            }
            step(desk, made, one, name, by_id).run(desk).await
        }
        sent => sent,
    }
}

fn step<'a>(
    desk: &Desk<'a>,
    made: &Made,
    one: &Surveyed<'_>,
    name: String,
    key: impl Fn(&Field) -> String,
) -> Step<'a> {
    let body = |shown: bool| {
        let value = |value: &Value| match shown {
            true => json!(HIDDEN),
            false => value.clone(),
        };
        let values = one.values.iter();
        let values: Map<String, Value> = values
            .map(|(field, given)| (key(field), value(given)))
            .collect();
        json!({
            "candidateId": made.candidate,
            "applicationId": made.application,
            "surveyFormDefinitionId": one.survey.id,
            "submittedValues": values,
        })
    };
    Step::new(desk, name, ENDPOINT, body(false), Settling::Hidden).shown(body(true))
}

fn failed(error: &Error) -> String {
    match error.kind() {
        ErrorKind::OutcomeUnknown => "answers to a survey were sent and Ashby did not say whether \
            they arrived; it shows them to nobody, so they are not sent again"
            .to_owned(),
        ErrorKind::PermissionMissing { .. } => {
            "answers to a survey were not taken: the API key lacks the permission candidatesWrite"
                .to_owned()
        }
        kind => format!(
            "answers to a survey were not taken by Ashby ({}); the applicant can be sent a link to \
             the survey from Ashby instead",
            kind.code()
        ),
    }
}
