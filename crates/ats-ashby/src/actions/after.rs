//! What is added to an application once it is there. From then on nothing makes the action fail any
//! more: what cannot be done is a warning, since a caller who hears of a failure tries again.

use ats_core::{
    AttachmentType, ErrorKind, Outcome, Reference, Result, Warning, action::MoveApplicationToStage,
};
use serde_json::{Value, json};

use super::{
    answers::{Answers, Content},
    create::Made,
    desk::Desk,
    files, note,
    sheet::Field,
    stage,
    step::{Settling, Step},
    wish::Wish,
};

/// Sets what the form does not take: the source, who is credited, and the stage.
pub(super) async fn place(
    desk: &Desk<'_>,
    wish: &Wish<'_>,
    made: &Made,
    source: Option<&str>,
    outcome: &mut Outcome,
) {
    let application = &made.application;
    let write = |name: &'static str, endpoint: &'static str, body: Value| {
        let step = Step::new(desk, name, endpoint, body, Settling::Harmless);
        async move { step.run(desk).await.map(drop) }
    };
    if let Some(source) = source {
        let body = json!({ "applicationId": application, "sourceId": source });
        let set = write("change source", "application.changeSource", body).await;
        outcome.add(set, "source.name", "its source could not be set");
    }
    if let Some(user) = wish.credited {
        let body = json!({
            "applicationId": application,
            "creditedToUserId": user,
            "sendNotifications": false,
        });
        let set = write("credit", "application.update", body).await;
        outcome.add(set, "sourced_by.user_id", "nobody could be credited");
    }
    let Some(stage) = wish.stage else { return };
    let failed = "it could not be moved to its stage";
    if desk.is_dry() {
        let body = json!({ "applicationId": application, "interviewStageId": stage });
        let planned = write("change stage", "application.changeStage", body).await;
        return outcome.add(planned, wish.stage_path, failed);
    }
    let input = MoveApplicationToStage {
        application_id: Reference::remote(application.as_str()),
        stage_id: Reference::remote(stage),
        remote_fields: None,
    };
    match stage::change(desk, &input).await {
        Ok(moved) => outcome.warnings.extend(moved.warnings),
        moved => outcome.add(moved.map(drop), wish.stage_path, failed),
    }
}

/// Adds the answers that no form takes to the candidate, as one note and as files.
pub(super) async fn tell(
    desk: &Desk<'_>,
    made: &Made,
    title: &str,
    answers: &Answers<'_>,
    because: &str,
    outcome: &mut Outcome,
) {
    const INPUT: &str = "screening_question_answers";
    let mut lines = Vec::new();
    for answered in &answers.form {
        let field = answered.field;
        if field.is_sensitive() {
            outcome.warnings.push(Warning::about(
                &*answered.input,
                "an equal-employment answer can only be given with a form or a survey; it was left \
                 out",
            ));
            continue;
        }
        match &answered.content {
            Content::Value(value) => lines.push(line(field, value)),
            Content::File(file) => {
                let step = format!("answer {}", field.path);
                let added = async {
                    let file = files::load(desk, &answered.input, file).await?;
                    let kind = AttachmentType::Other;
                    files::attach(desk, &step, &made.candidate, &file, kind).await
                };
                let added = added.await;
                let text = if added.is_ok() {
                    &*file.name
                } else {
                    "(a file)"
                };
                lines.push(format!("{}: {text}", field.title()));
                outcome.add(
                    added.map(drop),
                    &answered.input,
                    "a file could not be added",
                );
            }
        }
    }
    if lines.is_empty() {
        return;
    }
    let text = format!("[{title}] Answers of the applicant:\n{}", lines.join("\n"));
    let note = json!({ "type": "text/plain", "value": text });
    let added = note::on_candidate(desk, "answers", &made.candidate, note).await;
    if added.is_ok() {
        let message = format!("{because}, so the answers were added to the candidate as a note");
        outcome.warnings.push(Warning::about(INPUT, message));
    }
    outcome.add(added, INPUT, "the answers could not be added as a note");
}

/// A question with its answer, for people to read.
fn line(field: &Field, value: &Value) -> String {
    let label = |value: &str| {
        let mut options = field.options.iter();
        let option = options.find(|(known, _)| known == value);
        option.map_or(value, |(_, label)| label).to_owned()
    };
    let text = match value {
        Value::String(text) => label(text),
        Value::Array(items) => {
            let items = items.iter().filter_map(Value::as_str).map(label);
            items.collect::<Vec<_>>().join(", ")
        }
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Object(members) => {
            let inner = members.get("value").or_else(|| members.get("score"));
            match inner {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            }
        }
        other => other.to_string(),
    };
    format!("{}: {text}", field.title())
}

/// Makes a warning of what failed when the application was there already.
pub(super) trait Add {
    /// Adds the warning, if it failed.
    fn add(&mut self, result: Result<()>, input: &str, what: &str);
}

impl Add for Outcome {
    fn add(&mut self, result: Result<()>, input: &str, what: &str) {
        let Err(error) = result else { return };
        let advice = match error.kind() {
            ErrorKind::OutcomeUnknown => "it is not known whether it was done; look in Ashby",
            _ => "do it in Ashby, or with another action",
        };
        let message = format!("the application was created, but {what} ({error}); {advice}");
        self.warnings.push(Warning::about(input, message));
    }
}
