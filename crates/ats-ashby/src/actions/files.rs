//! Files on their way to Ashby: loaded from the input, put into its storage, attached to a candidate.
//!
//! It owns what a file is called and which of the two attaching calls is made. Ashby keeps files on
//! candidates only, with a name and without a type.

use async_trait::async_trait;
use ats_core::{
    AttachmentType, FileContent, FileInput, Once, PlannedCall, Result, Settled, StepState, Warning,
};
use ats_http::{Content, DownloadLimits};
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::{CANDIDATE, Desk, invalid};
use crate::client::Outgoing;

/// What nobody knows the type of.
pub(super) const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A file that the caller gave, ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// The input that it came in, for messages.
    input: String,
    pub(super) name: String,
    pub(super) content_type: String,
    /// Missing only in a dry run, for a file that would be fetched.
    content: Option<Content>,
}

/// What Ashby is told that a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The primary résumé of a candidate.
    Resume,
    /// One of the files of a candidate.
    CandidateFile,
    /// An answer in an application form.
    FormAnswer,
}

impl Purpose {
    fn context(self) -> &'static str {
        match self {
            Self::Resume => "CandidateResume",
            Self::CandidateFile => "CandidateFiles",
            Self::FormAnswer => "ApplicationForm",
        }
    }
}

/// Loads the file in the input at `path`: decodes it, or fetches it from its address.
pub(super) async fn load(desk: &Desk<'_>, path: &str, input: &FileInput) -> Result<File> {
    let given = input.content_type.as_deref();
    let (content, found) = match input.content() {
        None => return Err(invalid(path, "the file has neither `data` nor `data_url`")),
        Some(FileContent::Bytes(bytes)) => (Some(Content::from(bytes.clone())), None),
        Some(FileContent::Url(_)) if desk.is_dry() => (None, None),
        Some(FileContent::Url(url)) => {
            let file = desk
                .client
                .download(&format!("{path}.data_url"), url)
                .await?;
            let found = file.content_type().to_owned();
            (Some(Content::from(file)), Some(found))
        }
    };
    let length = content.as_ref().map(Content::len);
    if length == Some(0) {
        return Err(invalid(path, "the file is empty"));
    }
    let most = DownloadLimits::default().bytes;
    if length.is_some_and(|length| length > most) {
        let megabytes = most >> 20;
        return Err(invalid(
            path,
            format!("the file is larger than {megabytes} MB; send a smaller one"),
        ));
    }
    Ok(File {
        input: path.to_owned(),
        name: plain_name(&input.name),
        content_type: content_type(given, found.as_deref(), &input.name),
        content,
    })
}

/// Puts a file into Ashby's storage and gives the handle, which is good for `purpose` only. Nothing
/// refers to it yet, so that doing it again does no harm.
pub(super) async fn put(desk: &Desk<'_>, file: &File, purpose: Purpose) -> Result<String> {
    match (&file.content, desk.is_dry()) {
        (Some(content), false) => {
            let outgoing = Outgoing {
                context: purpose.context(),
                name: &file.name,
                content_type: &file.content_type,
                content,
            };
            desk.client.put_file(outgoing).await
        }
        (content, _) => {
            let length = content.as_ref().map(Content::len);
            let length = match length {
                Some(length) => json!(length),
                None => json!("<length of the file at data_url>"),
            };
            desk.context.journal.plan(PlannedCall {
                endpoint: "file.createFileUploadHandle".to_owned(),
                body: json!({
                    "fileUploadContext": purpose.context(),
                    "filename": file.name,
                    "contentType": file.content_type,
                    "contentLength": length,
                }),
            });
            desk.context.journal.plan(PlannedCall {
                endpoint: "<url of the upload handle>".to_owned(),
                body: json!({ "file": "<the file>" }),
            });
            Ok(format!("<handle of {}>", file.name))
        }
    }
}

/// A candidate, as far as its files are concerned.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Holder {
    pub(super) resume_file_handle: Option<Handle>,
    file_handles: Option<Vec<Option<Handle>>>,
}

/// A file of a candidate.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Handle {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) handle: Option<String>,
}

impl Holder {
    /// All files, the résumé first; one may come twice.
    pub(super) fn files(&self) -> impl Iterator<Item = &Handle> {
        let others = self.file_handles.iter().flatten().flatten();
        self.resume_file_handle.iter().chain(others)
    }

    fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.files().filter_map(|file| file.id.as_deref()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Attaches a file to a candidate, once; `step` tells the files of one action apart. Gives what the
/// caller should know.
///
/// A CV becomes the primary résumé only where there is none: an existing one is never replaced.
pub(super) async fn attach(
    desk: &Desk<'_>,
    step: &str,
    candidate: &str,
    file: &File,
    kind: AttachmentType,
) -> Result<Vec<Warning>> {
    let journal = desk.context.journal;
    // Another action's file of the same name would look like ours.
    let _held = match desk.is_dry() {
        true => None,
        false => Some(journal.hold(&format!("files of {candidate}")).await?),
    };
    // What an earlier attempt began is ended in its way, whatever the candidate has by now.
    let begun = match desk.context.dry_run {
        true => None,
        false => journal.recall(step).await?,
    };
    let before = match begun {
        Some(StepState::Sent { before }) => before,
        Some(StepState::Confirmed { result }) => return Ok(warnings(file, kind, &result)),
        None => {
            let holder = holder(desk, candidate).await?;
            let is_resume = kind == AttachmentType::Cv && holder.resume_file_handle.is_none();
            json!({ "files": holder.ids(), "is_resume": is_resume })
        }
    };
    let purpose = match before["is_resume"] == true {
        true => Purpose::Resume,
        false => Purpose::CandidateFile,
    };
    let handle = match desk.is_dry() {
        true => put(desk, file, purpose).await?,
        false => String::new(),
    };
    let write = Attach {
        desk: *desk,
        step,
        candidate,
        file,
        purpose,
        handle,
        before,
    };
    let result = desk.context.once(&write).await?;
    Ok(warnings(file, kind, &result))
}

async fn holder(desk: &Desk<'_>, candidate: &str) -> Result<Holder> {
    match desk.one(CANDIDATE, candidate).await? {
        Some(holder) => Ok(holder),
        // The candidate would be made by an earlier call of the plan.
        None if desk.is_dry() => Ok(Holder::default()),
        None => Err(invalid("candidate_id", "Ashby has no such candidate")),
    }
}

/// What Ashby does not keep as it was given. `result` says whether the file became the résumé.
fn warnings(file: &File, kind: AttachmentType, result: &Value) -> Vec<Warning> {
    let is_resume = result["is_resume"] == true;
    let about = |message: String| Warning::about(format!("{}.type", file.input), message);
    match kind {
        AttachmentType::Cv if !is_resume => vec![about(format!(
            "the candidate has a résumé already, which is not replaced; `{}` was added to the \
             candidate's other files, where it reads back as OTHER",
            file.name
        ))],
        AttachmentType::CoverLetter if !names_cover_letter(&file.name) => vec![about(format!(
            "Ashby keeps no type of a file; `{}` reads back as OTHER, which a name with `cover \
             letter` in it prevents",
            file.name
        ))],
        _ => Vec::new(),
    }
}

/// One file that goes to one candidate. The handle dies after minutes, so that each sending makes
/// its own.
struct Attach<'a> {
    desk: Desk<'a>,
    step: &'a str,
    candidate: &'a str,
    file: &'a File,
    purpose: Purpose,
    /// Known only in a dry run.
    handle: String,
    before: Value,
}

impl Attach<'_> {
    fn endpoint(&self) -> &'static str {
        match self.purpose {
            Purpose::Resume => "candidate.uploadResume",
            Purpose::CandidateFile | Purpose::FormAnswer => "candidate.uploadFile",
        }
    }

    fn body(&self, handle: &str) -> Value {
        let param = match self.purpose {
            Purpose::Resume => "resumeHandle",
            Purpose::CandidateFile | Purpose::FormAnswer => "fileHandle",
        };
        json!({ "candidateId": self.candidate, param: handle })
    }

    fn result(&self) -> Value {
        json!({ "is_resume": self.purpose == Purpose::Resume })
    }
}

#[async_trait]
impl Once for Attach<'_> {
    fn step(&self) -> &str {
        self.step
    }

    fn call(&self) -> PlannedCall {
        PlannedCall {
            endpoint: self.endpoint().to_owned(),
            body: self.body(&self.handle),
        }
    }

    fn assumed(&self) -> Value {
        self.result()
    }

    async fn before(&self) -> Result<Value> {
        Ok(self.before.clone())
    }

    async fn send(&self) -> Result<Value> {
        let handle = put(&self.desk, self.file, self.purpose).await?;
        let body = crate::listing::object(self.body(&handle));
        self.desk.client.write(self.endpoint(), body).await?;
        Ok(self.result())
    }

    async fn settle(&self, before: &Value) -> Result<Settled> {
        let holder = holder(&self.desk, self.candidate).await?;
        let old = before["files"].as_array().map_or(&[][..], Vec::as_slice);
        let is_ours = |found: &&Handle| {
            let (id, name) = (found.id.as_deref(), found.name.as_deref());
            let is_new = id.is_some_and(|id| old.iter().all(|old| old != id));
            is_new && letters(name.unwrap_or_default()) == letters(&self.file.name)
        };
        Ok(match holder.files().find(is_ours) {
            Some(_) => Settled::Done(self.result()),
            None => Settled::Missing,
        })
    }
}

/// A name as the vendor may have tidied it up.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The name without what makes it a path.
fn plain_name(name: &str) -> String {
    let name = name.trim().chars();
    name.map(|c| match c {
        '/' | '\\' => '_',
        c if c.is_control() => '_',
        c => c,
    })
    .collect()
}

/// Whether people would take the file for a cover letter.
pub(super) fn names_cover_letter(text: &str) -> bool {
    let text = letters(text);
    ["coverletter", "motivationletter", "anschreiben"]
        .iter()
        .any(|word| text.contains(word))
}

/// The type that the caller gave, or else that the answer had, or else that the name says.
fn content_type(given: Option<&str>, found: Option<&str>, name: &str) -> String {
    let found = found.filter(|found| *found != UNKNOWN_TYPE);
    let known = given.or(found).map(str::to_owned);
    known
        .or_else(|| type_of_name(name))
        .unwrap_or_else(|| UNKNOWN_TYPE.to_owned())
}

/// The MIME type that the extension of a name stands for.
pub(crate) fn type_of_name(name: &str) -> Option<String> {
    let guess = mime_guess::from_path(name).first_raw();
    guess.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_comes_from_the_caller_then_the_answer_then_the_name() {
        let type_of = |given, found| content_type(given, found, "cv.pdf");
        assert_eq!(type_of(Some("text/plain"), Some("image/png")), "text/plain");
        assert_eq!(type_of(None, Some("image/png")), "image/png");
        assert_eq!(type_of(None, Some(UNKNOWN_TYPE)), "application/pdf");
        assert_eq!(content_type(None, None, "cv"), UNKNOWN_TYPE);
    }

    #[test]
    fn a_name_is_no_path_and_holds_no_line_break() {
        assert_eq!(plain_name(" ../a\\b\n.pdf "), ".._a_b_.pdf");
        assert_eq!(
            plain_name("Lebenslauf Ada Byron.pdf"),
            "Lebenslauf Ada Byron.pdf"
        );
    }

    #[test]
    fn a_cover_letter_is_known_by_its_name() {
        for name in [
            "Cover Letter.pdf",
            "ada_cover-letter.docx",
            "Anschreiben.pdf",
        ] {
            assert!(names_cover_letter(name), "{name}");
        }
        assert!(!names_cover_letter("cv.pdf"));
    }
}
