//! Notes. Ashby keeps them on candidates only, so a note on an application names its job.

use ats_core::{Outcome, Output, Result, action::AddNoteToApplication};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    desk::{APPLICATION, Desk, remote},
    step::{Settling, Step},
};

/// An application, as far as a note needs it.
#[derive(Debug, Deserialize)]
struct Subject {
    candidate: Linked,
    job: Option<Titled>,
}

#[derive(Debug, Deserialize)]
struct Linked {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Titled {
    title: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireNote {
    id: String,
}

/// Adds a note to an application.
pub(super) async fn on_application(
    desk: &Desk<'_>,
    input: &AddNoteToApplication,
) -> Result<Outcome> {
    let application = remote("application_id", &input.application_id)?;
    let mut outcome = Outcome::from(Output::Done);
    add(desk, application, &input.content, &mut outcome).await?;
    Ok(outcome)
}

/// Adds a plain note to an application's candidate, with the job in front of it.
pub(super) async fn add(
    desk: &Desk<'_>,
    application: &str,
    text: &str,
    _outcome: &mut Outcome,
) -> Result<()> {
    let subject: Subject = desk
        .named(APPLICATION, "application_id", application)
        .await?;
    let text = match subject.job.and_then(|job| job.title) {
        Some(title) => format!("[{title}] {text}"),
        None => text.to_owned(),
    };
    let note = json!({ "type": "text/plain", "value": text });
    on_candidate(desk, "note", &subject.candidate.id, note).await
}

/// Adds a note to a candidate, once. `name` tells the steps of one action apart.
pub(super) async fn on_candidate(
    desk: &Desk<'_>,
    name: &str,
    candidate: &str,
    note: Value,
) -> Result<()> {
    let body = json!({ "candidateId": candidate, "note": note, "sendNotifications": false });
    let look = Box::new(
        || -> futures_util::future::BoxFuture<'_, Result<Vec<String>>> {
            Box::pin(notes(*desk, candidate))
        },
    );
    Step::new(
        desk,
        name,
        "candidate.createNote",
        body,
        Settling::New(look),
    )
    .assumed("<new note>")
    .run(desk)
    .await?;
    Ok(())
}

/// The ids of a candidate's notes. The vendor may print a note otherwise than it was sent, so every
/// new note counts as ours; nothing else of ours writes notes meanwhile.
async fn notes(desk: Desk<'_>, candidate: &str) -> Result<Vec<String>> {
    let body = json!({ "candidateId": candidate });
    let notes: Vec<WireNote> = desk.listed("candidate.listNotes", body).await?;
    Ok(notes.into_iter().map(|note| note.id).collect())
}
