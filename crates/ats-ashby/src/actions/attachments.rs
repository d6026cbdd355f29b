//! Files of applications and candidates: adding one, and listing those that there are.
//!
//! Ashby keeps files on candidates. An application has its résumé and the files in its form beside
//! them.

use std::collections::HashSet;

use ats_core::{
    Attachment, AttachmentType, ErrorKind, Outcome, Output, PlannedCall, Result, Target, Warning,
    action::{
        AddAttachmentToApplication, AddAttachmentToCandidate, GetApplicationAttachments,
        GetCandidateAttachments, NewAttachment,
    },
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    desk::{APPLICATION, CANDIDATE, Desk, invalid, remote},
    files::{self, Handle, Holder},
};
use crate::{
    listing::side_by_side,
    models::{answers::WireSubmission, form::WireField},
};

/// The only step of these actions.
const STEP: &str = "attach";

/// An application, as far as its files are concerned.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subject {
    candidate: Linked,
    resume_file_handle: Option<Handle>,
    application_form_submissions: Option<Vec<Option<WireSubmission>>>,
}

#[derive(Debug, Deserialize)]
struct Linked {
    id: String,
}

/// Adds a file to an application: to its candidate, since there is no other place.
pub(super) async fn add_to_application(
    desk: &Desk<'_>,
    input: &AddAttachmentToApplication,
) -> Result<Outcome> {
    let application = remote("application_id", &input.application_id)?;
    let subject: Subject = desk
        .named(APPLICATION, "application_id", application)
        .await?;
    let mut outcome = add(desk, &subject.candidate.id, &input.attachment).await?;
    // The candidate's first résumé becomes the application's too.
    outcome
        .touched
        .push(Target::new("applications", application));
    Ok(outcome)
}

/// Adds a file to a candidate.
pub(super) async fn add_to_candidate(
    desk: &Desk<'_>,
    input: &AddAttachmentToCandidate,
) -> Result<Outcome> {
    let candidate = remote("candidate_id", &input.candidate_id)?;
    if desk.is_dry() {
        let _: Holder = desk.named(CANDIDATE, "candidate_id", candidate).await?;
    }
    add(desk, candidate, &input.attachment).await
}

async fn add(desk: &Desk<'_>, candidate: &str, attachment: &NewAttachment) -> Result<Outcome> {
    let file = files::load(desk, "attachment", &attachment.file()).await?;
    let mut outcome = Outcome::from(Output::Done);
    outcome.warnings = files::attach(desk, STEP, candidate, &file, attachment.kind).await?;
    outcome.touched.push(Target::new("candidates", candidate));
    Ok(outcome)
}

/// The files of an application and of its candidate.
pub(super) async fn of_application(
    desk: &Desk<'_>,
    input: &GetApplicationAttachments,
) -> Result<Outcome> {
    let application = remote("application_id", &input.application_id)?;
    let body = json!({ "applicationId": application, "expand": ["applicationFormSubmissions"] });
    if desk.is_dry() {
        let subject: Subject = desk
            .named(APPLICATION, "application_id", application)
            .await?;
        plan(desk, "application.info", body);
        return Ok(planned(desk, &subject.candidate.id));
    }
    let subject: Subject = match desk.ask("application.info", body).await {
        Err(error) if *error.kind() == ErrorKind::NotFound => {
            return Err(invalid("application_id", "Ashby has no such application").because(error));
        }
        other => other?,
    };
    let candidate = &*subject.candidate.id;
    let holder: Holder = desk.one(CANDIDATE, candidate).await?.unwrap_or_default();
    let mut found = Found::default();
    found.add(subject.resume_file_handle.as_ref(), AttachmentType::Cv);
    for submission in subject
        .application_form_submissions
        .iter()
        .flatten()
        .flatten()
    {
        found.add_answers(submission, &holder);
    }
    found.add_files(&holder);
    linked(desk, found, Some(application), candidate).await
}

/// The files of a candidate.
pub(super) async fn of_candidate(
    desk: &Desk<'_>,
    input: &GetCandidateAttachments,
) -> Result<Outcome> {
    let candidate = remote("candidate_id", &input.candidate_id)?;
    let holder: Holder = desk.named(CANDIDATE, "candidate_id", candidate).await?;
    if desk.is_dry() {
        return Ok(planned(desk, candidate));
    }
    let mut found = Found::default();
    found.add_files(&holder);
    linked(desk, found, None, candidate).await
}

fn planned(desk: &Desk<'_>, candidate: &str) -> Outcome {
    plan(desk, "candidate.info", json!({ "id": candidate }));
    plan(
        desk,
        "file.info",
        json!({ "fileHandle": "<handle of each file>" }),
    );
    Outcome::from(Output::Attachments(Vec::new()))
}

fn plan(desk: &Desk<'_>, endpoint: &str, body: Value) {
    let endpoint = endpoint.to_owned();
    desk.context.journal.plan(PlannedCall { endpoint, body });
}

/// Files that were found, each once; the first to name a file says what it is about.
#[derive(Debug, Default)]
struct Found {
    files: Vec<(Handle, AttachmentType)>,
    seen: HashSet<String>,
}

impl Found {
    fn add(&mut self, file: Option<&Handle>, kind: AttachmentType) {
        let Some(file) = file.filter(|file| file.handle.is_some()) else {
            return;
        };
        let key = file.id.clone().or_else(|| file.handle.clone());
        if key.is_some_and(|key| self.seen.insert(key)) {
            self.files.push((file.clone(), kind));
        }
    }

    /// The files of a candidate.
    fn add_files(&mut self, holder: &Holder) {
        self.add(holder.resume_file_handle.as_ref(), AttachmentType::Cv);
        for file in holder.files() {
            let name = file.name.as_deref().unwrap_or_default();
            self.add(Some(file), kind_of("", name));
        }
    }

    /// The files in a form. How Ashby shows one there is not documented: as an object or as its
    /// handle.
    fn add_answers(&mut self, submission: &WireSubmission, holder: &Holder) {
        for (field, value) in submission.answered() {
            if field.kind.as_deref() != Some("File") {
                continue;
            }
            let file = match value {
                Value::String(handle) => {
                    let is_it = |file: &&Handle| file.handle.as_ref() == Some(handle);
                    holder.files().find(is_it).cloned().unwrap_or(Handle {
                        id: None,
                        name: field.title.clone(),
                        handle: Some(handle.clone()),
                    })
                }
                value => match Handle::deserialize(value) {
                    Ok(file) => file,
                    Err(_) => continue,
                },
            };
            self.add(Some(&file), kind_of_answer(field, file.name.as_deref()));
        }
    }
}

fn kind_of_answer(field: &WireField, name: Option<&str>) -> AttachmentType {
    match field.path.as_deref() {
        Some("_systemfield_resume" | "_systemfield_pre_parsed_resume") => AttachmentType::Cv,
        _ => kind_of(
            field.title.as_deref().unwrap_or_default(),
            name.unwrap_or_default(),
        ),
    }
}

/// Ashby keeps no types, so the question and the name must do.
fn kind_of(title: &str, name: &str) -> AttachmentType {
    match files::names_cover_letter(title) || files::names_cover_letter(name) {
        true => AttachmentType::CoverLetter,
        false => AttachmentType::Other,
    }
}

/// Gets the link to each file. Links die after minutes, so that none is kept.
async fn linked(
    desk: &Desk<'_>,
    found: Found,
    application: Option<&str>,
    candidate: &str,
) -> Result<Outcome> {
    let calls = found.files.iter().map(|(file, _)| link(desk, file));
    let links = side_by_side(calls.collect()).await?;
    let mut outcome = Outcome::from(Output::Done);
    let mut attachments = Vec::with_capacity(links.len());
    for ((file, kind), link) in found.files.into_iter().zip(links) {
        let Handle { id, name, handle } = file;
        let file_name = name.unwrap_or_default();
        match link {
            Link::To { url, content_type } => attachments.push(Attachment {
                remote_id: id.or(handle).unwrap_or_default(),
                kind,
                data_url: url,
                file_name,
                content_type,
                application: application.map(str::to_owned),
                candidate: Some(candidate.to_owned()),
                remote_created_at: None,
                remote_updated_at: None,
            }),
            Link::Refused => outcome.warnings.push(Warning::new(format!(
                "Ashby lists the file `{file_name}` and gives no link to it; it was left out"
            ))),
        }
    }
    outcome.output = Output::Attachments(attachments);
    Ok(outcome)
}

enum Link {
    To { url: String, content_type: String },
    Refused,
}

#[derive(Deserialize)]
struct WireLink {
    url: String,
}

async fn link(desk: &Desk<'_>, file: &Handle) -> Result<Link> {
    let body = json!({ "fileHandle": file.handle });
    let url = match desk.ask::<WireLink>("file.info", body).await {
        Ok(link) => link.url,
        // One file that cannot be had, such as those of demonstration data, must not hide the rest.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::InputRejected { .. } | ErrorKind::Unexpected
            ) =>
        {
            return Ok(Link::Refused);
        }
        Err(error) => return Err(error),
    };
    let known = file.name.as_deref().and_then(files::type_of_name);
    let content_type = match known {
        Some(known) => known,
        // A name without an extension: then only the file itself can tell.
        None => match desk.client.download("data_url", &url).await {
            Ok(file) => file.content_type().to_owned(),
            Err(_) => files::UNKNOWN_TYPE.to_owned(),
        },
    };
    Ok(Link::To { url, content_type })
}
