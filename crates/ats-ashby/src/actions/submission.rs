//! Sending a form once, and finding the application that came of it.
//!
//! The vendor takes answers and files with the form and says nothing of the application: that is
//! asked for afterwards.

use std::time::Duration;

use async_trait::async_trait;
use ats_core::{Error, ErrorKind, Once, PlannedCall, Result, Settled};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answers::Content,
    create::Made,
    desk::Desk,
    files::{self, File, Purpose},
    form::{Entry, Filled},
    people::{self, Candidacy, Person},
    survey::HIDDEN,
    wish::Wish,
};
use crate::listing::object;

/// The name of the step that sends the form.
pub(super) const STEP: &str = "form";

const ENDPOINT: &str = "applicationForm.submit";

/// The waits before the looks for the application that came of a form.
const LOOKS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// A form on its way.
pub(super) struct Submission<'a> {
    desk: Desk<'a>,
    job: &'a str,
    email: &'a str,
    posting: &'a str,
    entries: Vec<Ready>,
    before: Value,
}

/// An entry with its file at hand, and in a dry run the handle that the file would have.
struct Ready {
    path: String,
    content: ReadyContent,
    is_sensitive: bool,
}

enum ReadyContent {
    Value(Value),
    File(Box<File>, String),
}

/// What there is before a form is sent, so that its work can be told from it.
pub(super) fn before(desk: &Desk<'_>, people: &[Person]) -> Value {
    let candidates: Vec<&str> = people.iter().map(|person| person.id.as_str()).collect();
    let applications = people.iter().flat_map(Person::applications);
    json!({
        "candidates": candidates,
        "applications": applications.collect::<Vec<_>>(),
        "has_resume": people.iter().any(Person::has_resume),
        "at": people::now(desk),
    })
}

impl<'a> Submission<'a> {
    /// Gets the files ready; nothing is sent yet.
    pub(super) async fn prepare(
        desk: &Desk<'a>,
        wish: &Wish<'a>,
        posting: &'a str,
        filled: &Filled<'_>,
        before: Value,
    ) -> Result<Self> {
        let mut entries = Vec::with_capacity(filled.entries.len());
        for Entry {
            field,
            content,
            input,
        } in &filled.entries
        {
            let content = match content {
                Content::Value(value) => ReadyContent::Value(value.clone()),
                Content::File(file) => {
                    let file = Box::new(files::load(desk, input, file).await?);
                    let handle = match desk.is_dry() {
                        true => files::put(desk, &file, Purpose::FormAnswer).await?,
                        false => String::new(),
                    };
                    ReadyContent::File(file, handle)
                }
            };
            entries.push(Ready {
                path: field.path.clone(),
                content,
                is_sensitive: field.is_sensitive(),
            });
        }
        Ok(Self {
            desk: *desk,
            job: wish.job,
            email: &wish.candidate.email_address,
            posting,
            entries,
            before,
        })
    }

    /// Sends the form once, and finds the application that came of it.
    pub(super) async fn run(&self) -> Result<Made> {
        let result = self.desk.context.once(self).await?;
        if self.desk.is_dry() {
            let known = people::ids(&self.before, "candidates");
            let known = known.first().map(|known| (*known).to_owned());
            return Ok(Made {
                is_new: known.is_none(),
                candidate: known.unwrap_or_else(|| "<new candidate>".to_owned()),
                application: "<new application>".to_owned(),
            });
        }
        made(&self.desk, self.job, self.email, &result).await
    }

    fn body(&self, values: Vec<Value>) -> Value {
        let entries = self.entries.iter().zip(values);
        let fields: Vec<Value> = entries
            .map(|(entry, value)| json!({ "path": entry.path, "value": value }))
            .collect();
        json!({
            "jobPostingId": self.posting,
            "applicationForm": { "fieldSubmissions": fields },
            // That it is published was looked at just now, and a moment later it is still wanted.
            "allowSubmissionForUnpublishedJobPosting": true,
        })
    }

    fn arrived(&self, form: &Value) -> Value {
        json!({ "form": form, "before": self.before })
    }
}

#[async_trait]
impl Once for Submission<'_> {
    fn step(&self) -> &str {
        STEP
    }

    fn call(&self) -> PlannedCall {
        let shown = |entry: &Ready| match &entry.content {
            _ if entry.is_sensitive => json!(HIDDEN),
            ReadyContent::Value(value) => value.clone(),
            ReadyContent::File(_, handle) => json!(handle),
        };
        PlannedCall {
            endpoint: ENDPOINT.to_owned(),
            body: self.body(self.entries.iter().map(shown).collect()),
        }
    }

    async fn before(&self) -> Result<Value> {
        Ok(self.before.clone())
    }

    async fn send(&self) -> Result<Value> {
        let mut values = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            values.push(match &entry.content {
                ReadyContent::Value(value) => value.clone(),
                // A handle dies after minutes, so that each sending makes its own.
                ReadyContent::File(file, _) => {
                    json!(files::put(&self.desk, file, Purpose::FormAnswer).await?)
                }
            });
        }
        let sent = self
            .desk
            .client
            .write(ENDPOINT, object(self.body(values)))
            .await;
        let is_sensitive = self.entries.iter().any(|entry| entry.is_sensitive);
        let answer = sent.map_err(|error| match is_sensitive {
            true => hushed(&error),
            false => error,
        })?;
        let answer: WireAnswer = serde_json::from_str(answer.results.get()).unwrap_or_default();
        let messages = answer.form_messages.unwrap_or_default();
        if messages.blocked == Some(true) {
            return Err(blocked(
                messages.block_message_for_candidate_html.as_deref(),
            ));
        }
        let form = answer.submitted_form_instance.map(|form| form.id);
        Ok(self.arrived(&json!(form)))
    }

    async fn settle(&self, before: &Value) -> Result<Settled> {
        let found = new_application(&self.desk, self.job, self.email, before).await?;
        Ok(match found {
            Some(found) => Settled::Done(json!({
                "application": found.id,
                "candidate": found.candidate.id,
                "before": before,
            })),
            None => Settled::Missing,
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAnswer {
    submitted_form_instance: Option<people::Linked>,
    form_messages: Option<WireMessages>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMessages {
    blocked: Option<bool>,
    block_message_for_candidate_html: Option<String>,
}

/// An error without the vendor's words: they may quote what must not be seen.
fn hushed(error: &Error) -> Error {
    let message = match error.kind() {
        ErrorKind::InputRejected { .. } => {
            "the vendor refuses the form; its words are not shown, since they may quote \
             equal-employment answers"
        }
        _ => "the form could not be submitted",
    };
    let hushed = Error::new(error.kind().clone(), ENDPOINT, message);
    match error.context("request id") {
        Some(id) => hushed.with("request id", id),
        None => hushed,
    }
}

fn blocked(message: Option<&str>) -> Error {
    let kind = ErrorKind::Conflict {
        what: "application_blocked",
    };
    let words = message.map(plain).filter(|words| !words.is_empty());
    let words = words.map_or_else(String::new, |words| {
        format!("; the applicant would read: {words}")
    });
    Error::new(
        kind,
        ENDPOINT,
        format!("Ashby's rules block this application, so that none was made{words}"),
    )
}

/// A text without its tags.
fn plain(html: &str) -> String {
    let mut depth = 0_u32;
    let mut text = String::with_capacity(html.len());
    for c in html.chars() {
        match c {
            '<' => depth = 1,
            '>' if depth > 0 => {
                depth = 0;
                text.push(' ');
            }
            c if depth == 0 => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The application for the job that came since the step was begun.
async fn new_application(
    desk: &Desk<'_>,
    job: &str,
    email: &str,
    before: &Value,
) -> Result<Option<Candidacy>> {
    let at = before["at"].as_u64().unwrap_or_default();
    let people = people::with_email_since(desk, email, at).await?;
    let old = people::ids(before, "applications");
    let all = people.iter().flat_map(Person::applications);
    let new = all.filter(|id| !old.contains(&id.as_str()));
    let found = people::for_job(desk, new, job).await?;
    Ok(found.into_iter().next())
}

/// What a form that was taken made.
pub(super) async fn made(desk: &Desk<'_>, job: &str, email: &str, result: &Value) -> Result<Made> {
    let before = &result["before"];
    let text = |member: &str| result[member].as_str();
    let (application, candidate) = match (text("application"), text("candidate"), text("form")) {
        (Some(application), Some(candidate), _) => (application.to_owned(), candidate.to_owned()),
        (_, _, form) => {
            let found = resolve(desk, job, email, form, before).await?;
            (found.id, found.candidate.id)
        }
    };
    let old = people::ids(before, "candidates");
    Ok(Made {
        is_new: !old.contains(&candidate.as_str()),
        candidate,
        application,
    })
}

/// Asks for the application of a form until the vendor shows it.
async fn resolve(
    desk: &Desk<'_>,
    job: &str,
    email: &str,
    form: Option<&str>,
    before: &Value,
) -> Result<Candidacy> {
    let unknown =
        |message: &str| Error::new(ErrorKind::OutcomeUnknown, "application.info", message);
    let failed = "the form was submitted, but the application could not be read; repeat the call \
                  with the same idempotency key, or look in Ashby";
    for (wait, form) in LOOKS.into_iter().zip(std::iter::repeat(form)) {
        let Some(form) = form else { break };
        if !wait.is_zero() {
            desk.context.clock.sleep(wait).await;
        }
        let body = json!({ "submittedFormInstanceId": form });
        match desk.ask::<Candidacy>("application.info", body).await {
            Ok(found) => return Ok(found),
            Err(error) if *error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.context("code") == Some("application_blocked") => {
                return Err(blocked(None));
            }
            Err(error) => return Err(unknown(failed).because(error)),
        }
    }
    match new_application(desk, job, email, before).await {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(unknown(
            "the form was submitted, and Ashby does not show the application yet; repeat the call \
             with the same idempotency key, or look in Ashby",
        )),
        Err(error) => Err(unknown(failed).because(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_words_on_a_block_are_passed_on_without_their_tags() {
        let text = blocked(Some("<p>You have applied<br>before.</p>")).to_string();
        assert!(text.ends_with("You have applied before."), "{text}");
    }

    #[test]
    fn an_error_about_a_form_with_equal_employment_answers_quotes_nothing() {
        let kind = ErrorKind::InputRejected { field: None };
        let error = Error::new(kind.clone(), ENDPOINT, "marker is no option")
            .with("code", "marker")
            .with("request id", "01H")
            .because("marker");
        let hushed = hushed(&error);
        assert_eq!(*hushed.kind(), kind);
        let text = format!("{hushed} {hushed:?}");
        assert!(text.contains("01H") && !text.contains("marker"), "{text}");
    }
}
