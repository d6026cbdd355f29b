//! Files: `file.createFileUploadHandle`, `candidate.uploadFile`, `candidate.uploadResume`.
//!
//! Each attaching call adds one more file, whatever was attached before.

use serde_json::{Value, json};

use super::Written;
use crate::ashby::desk::{Desk, ids, push};
use crate::ashby::envelope::Refusal;
use crate::ashby::request::Ask;
use crate::ashby::storage;

pub(crate) fn announce_upload(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let name = ask.text("filename").unwrap_or_default();
    if name.contains(['/', '\\']) {
        return Err(Refusal::invalid("filename must not be a path"));
    }
    if ask.value("contentLength") == Some(&json!(0)) {
        return Err(Refusal::invalid("contentLength must be above zero"));
    }
    let upload = json!({
        "context": ask.text("fileUploadContext"),
        "name": name,
        "contentType": ask.text("contentType"),
        "contentLength": ask.value("contentLength"),
    });
    Ok(storage::announce(desk, upload))
}

pub(crate) fn upload_file(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let id = ask.text("candidateId").unwrap_or_default();
    let upload = upload(desk, ask, id, ("fileHandle", "file", "CandidateFiles"))?;
    let file = storage::keep(desk, &upload);
    desk.world.update("candidates", id, |candidate| {
        push(candidate, "fileHandles", file)
    });
    desk.show_candidate(id)
}

/// The new resume is the primary one; the one before it stays among the files.
pub(crate) fn upload_resume(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let id = ask.text("candidateId").unwrap_or_default();
    let upload = upload(desk, ask, id, ("resumeHandle", "resume", "CandidateResume"))?;
    let file = storage::keep(desk, &upload);
    set_resume(desk, id, &file);
    desk.show_candidate(id)
}

/// Gives a candidate a primary resume, and to those of the applications that have none.
pub(super) fn set_resume(desk: &mut Desk<'_>, candidate: &str, file: &Value) {
    let mut applications = Vec::new();
    desk.world.update("candidates", candidate, |candidate| {
        push(candidate, "fileHandles", file.clone());
        candidate["resumeFileHandle"] = file.clone();
        applications = ids(candidate, "applicationIds");
    });
    for application in applications {
        let found = desk.world.get("applications", &application);
        if found.is_some_and(|found| !found["resumeFileHandle"].is_object()) {
            desk.world
                .update("applications", &application, |application| {
                    application["resumeFileHandle"] = file.clone();
                });
        }
    }
}

/// What the request brings: a handle, or the file itself as a part of a form.
fn upload(
    desk: &mut Desk<'_>,
    ask: &Ask,
    candidate: &str,
    (property, part, context): (&str, &str, &str),
) -> Written {
    desk.candidate(candidate)?;
    match (ask.text(property), ask.file(part)) {
        (Some(handle), _) => storage::uploaded(desk, handle, context),
        (None, Some(part)) => Ok(storage::received(desk, part)),
        (None, None) => Err(Refusal::invalid(format!("{property} is required"))),
    }
}
