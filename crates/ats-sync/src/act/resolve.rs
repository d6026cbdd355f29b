//! From our ids to the vendor's: what an input names is looked up in the mirror.

use ats_core::{
    Action, Error, Id, IntegrationId, ModelKind, Reference, Warning,
    action::{AnswerInput, NewAnswer},
};
use ats_store::{Store, StoredRecord};
use serde_json::Value;

use crate::error::Result;

/// Turns every reference of the action into the vendor's id. An answer to a question that nobody
/// knows is left out, with a warning; everything else that is unknown is an error of the input.
pub(super) fn all(
    store: &dyn Store,
    integration: &IntegrationId,
    action: &mut Action,
) -> Result<Result<Vec<Warning>, Error>> {
    let mut wanted = Vec::new();
    action.references(&mut |path, model, reference| {
        if let Reference::Local(id) = reference {
            wanted.push((path, model, *id));
        }
    });
    let mut found = Vec::with_capacity(wanted.len());
    for (path, model, id) in wanted {
        match remote_id(store, integration, model, &id)? {
            Some(remote_id) => found.push((id, remote_id)),
            None => return Ok(Err(unknown(path, model))),
        }
    }
    action.references(&mut |_, _, reference| {
        if let Reference::Local(id) = *reference
            && let Some((_, remote_id)) = found.iter().find(|(found, _)| *found == id)
        {
            *reference = Reference::remote(remote_id.clone());
        }
    });
    match action.answers() {
        Some(answers) => Ok(Ok(questions(store, integration, answers)?)),
        None => Ok(Ok(Vec::new())),
    }
}

/// The vendor's id of a record; that of what it was merged into, if it was.
fn remote_id(
    store: &dyn Store,
    integration: &IntegrationId,
    model: ModelKind,
    id: &Id,
) -> Result<Option<String>> {
    let id = store.alias(integration, id)?.unwrap_or(*id);
    let record = store.record(integration, &id)?;
    let record = record.filter(|record| record.model == model);
    Ok(record.and_then(|record| remote_id_of(&record)))
}

fn remote_id_of(record: &StoredRecord) -> Option<String> {
    let content: Value = serde_json::from_str(&record.content).ok()?;
    content["remote_id"].as_str().map(str::to_owned)
}

/// Resolves the questions, and turns our ids of their options into the vendor's values.
fn questions(
    store: &dyn Store,
    integration: &IntegrationId,
    answers: &mut Vec<NewAnswer>,
) -> Result<Vec<Warning>> {
    let mut warnings = Vec::new();
    let mut kept = Vec::with_capacity(answers.len());
    for (index, mut answer) in answers.drain(..).enumerate() {
        let id = match &answer.question_id {
            Reference::Local(id) => *id,
            Reference::Remote(remote_id) => Id::derive([
                integration.as_str(),
                ModelKind::ScreeningQuestion.name(),
                remote_id,
            ]),
        };
        let question = store.record(integration, &id)?;
        let question = question.filter(|found| found.model == ModelKind::ScreeningQuestion);
        let content =
            question.and_then(|question| serde_json::from_str::<Value>(&question.content).ok());
        if let Some(content) = content {
            if let Some(remote_id) = content["remote_id"].as_str() {
                answer.question_id = Reference::remote(remote_id);
            }
            options(&content, &mut answer.answer);
            kept.push(answer);
        } else if answer.question_id.remote_id().is_some() {
            // The vendor may know it although the mirror does not.
            kept.push(answer);
        } else {
            warnings.push(Warning::about(
                format!("screening_question_answers[{index}].question_id"),
                "there is no such question; its answer was left out. Run `ats sync` if the question \
                 is new",
            ));
        }
    }
    *answers = kept;
    Ok(warnings)
}

/// Puts the vendor's value in place of our id of an option.
fn options(question: &Value, answer: &mut AnswerInput) {
    let Some(options) = question["format"]["options"].as_array() else {
        return;
    };
    let resolve = |given: &mut String| {
        let option = options.iter().find(|option| option["id"] == given.as_str());
        let value = option.and_then(|option| {
            option["remote_id"]
                .as_str()
                .or_else(|| option["name"].as_str())
        });
        if let Some(value) = value {
            *given = value.to_owned();
        }
    };
    match answer {
        AnswerInput::Text(given) => resolve(given),
        AnswerInput::Many(given) => given.iter_mut().for_each(resolve),
        AnswerInput::Boolean(_) | AnswerInput::Number(_) | AnswerInput::File(_) => {}
    }
}

fn unknown(path: &str, model: ModelKind) -> Error {
    Error::invalid_input(
        path,
        format_args!(
            "there is no such record among the {model}; give an id of the mirror, or `remote:` and \
             the vendor's id"
        ),
    )
}
