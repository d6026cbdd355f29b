//! Answers of actions: the candidate or application as it stands in the mirror, or files.

use ats_core::{Attachment, AttachmentType, Id, ModelKind, Outcome, Output};
use ats_store::{Integration, Platform, Result, StoredRecord, record_id};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    application::CreatedApplication,
    common::FileType,
    person::Candidate,
    render::{Batch, References, answers},
};

/// The files of an application.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ApplicationAttachments {
    /// The files.
    results: Vec<File>,
}

/// The files of a candidate.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CandidateAttachments {
    /// The files.
    results: Vec<FileOfCandidate>,
}

/// A file.
#[derive(Debug, Serialize, JsonSchema)]
struct File {
    /// Our id.
    id: String,
    /// The vendor's id.
    remote_id: String,
    /// What it is.
    #[serde(rename = "type")]
    kind: FileType,
    /// Where it can be fetched for a while.
    data_url: String,
    /// Its name.
    file_name: String,
    /// Its MIME type.
    content_type: String,
    /// When the vendor created it.
    remote_created_at: Option<String>,
    /// When the vendor last changed it.
    remote_updated_at: Option<String>,
}

/// A file with whose it is.
#[derive(Debug, Serialize, JsonSchema)]
struct FileOfCandidate {
    #[serde(flatten)]
    file: File,
    /// The application it belongs to.
    application_id: Option<String>,
    /// Whose it is.
    candidate_id: Option<String>,
}

/// What the unified API answers to an action, the member `data`.
///
/// # Errors
///
/// Those of the store.
pub fn answer(store: &dyn Platform, integration: &Integration, outcome: &Outcome) -> Result<Value> {
    match &outcome.output {
        Output::Done => Ok(json!({})),
        Output::Candidate(remote_id) => candidate(store, integration, remote_id),
        Output::Application(remote_id) => application(store, integration, remote_id),
        Output::Attachments(files) => {
            let files = files.iter().map(|file| attachment(integration, file));
            Ok(json!({ "results": files.collect::<Vec<_>>() }))
        }
    }
}

fn candidate(store: &dyn Platform, integration: &Integration, remote_id: &str) -> Result<Value> {
    let record = named(store, integration, ModelKind::Candidate, remote_id)?;
    let texts = answers(store, integration, ModelKind::Candidate, &[&record])?;
    Ok(texts.first().map(|text| value(text)).unwrap_or_default())
}

fn application(store: &dyn Platform, integration: &Integration, remote_id: &str) -> Result<Value> {
    let record = named(store, integration, ModelKind::Application, remote_id)?;
    let mut batch = Batch::new(store, integration)?;
    let mut references = References::of([&record].into_iter());
    references.load(&mut batch.related)?;
    let application = batch.application(&record, &references)?;
    let id = application.candidate_id.as_deref();
    let mut candidate: Option<Candidate> = batch.related.get(id)?;
    if let Some(candidate) = &mut candidate {
        batch.show(ModelKind::Candidate, candidate);
    }
    if let (Some(candidate), Some(id)) = (&mut candidate, id)
        && let Ok(id) = id.parse::<Id>()
    {
        let mut tags = batch.tags(&[id])?;
        candidate.tags = batch.named_tags(tags.remove(&candidate.id))?;
    }
    let created = CreatedApplication {
        application,
        candidate,
    };
    Ok(serde_json::to_value(created).unwrap_or_default())
}

/// The record of this remote id. If it could not be read back yet, only its ids are known.
fn named(
    store: &dyn Platform,
    integration: &Integration,
    model: ModelKind,
    remote_id: &str,
) -> Result<StoredRecord> {
    let id = record_id(&integration.id, model, remote_id);
    let found = store.record(&integration.id, &id)?;
    Ok(found.unwrap_or_else(|| StoredRecord {
        key: 0,
        model,
        id,
        content: json!({ "remote_id": remote_id }).to_string(),
        fields: None,
        changed_at: integration.created_at,
        remote_deleted_at: None,
        reason: None,
        bundle: None,
        documents: None,
        pass: 0,
    }))
}

fn attachment(integration: &Integration, file: &Attachment) -> FileOfCandidate {
    let id = Id::derive([integration.id.as_str(), "attachments", &file.remote_id]);
    let of = |model, remote_id: &Option<String>| {
        let remote_id = remote_id.as_deref();
        remote_id.map(|remote_id| record_id(&integration.id, model, remote_id).to_string())
    };
    FileOfCandidate {
        file: File {
            id: id.to_string(),
            remote_id: file.remote_id.clone(),
            kind: match file.kind {
                AttachmentType::Cv => FileType::Cv,
                AttachmentType::CoverLetter => FileType::CoverLetter,
                AttachmentType::Other => FileType::Other,
            },
            data_url: file.data_url.clone(),
            file_name: file.file_name.clone(),
            content_type: file.content_type.clone(),
            remote_created_at: file.remote_created_at.map(|at| at.to_string()),
            remote_updated_at: file.remote_updated_at.map(|at| at.to_string()),
        },
        application_id: of(ModelKind::Application, &file.application),
        candidate_id: of(ModelKind::Candidate, &file.candidate),
    }
}

/// The text as a value; it was written a moment ago.
fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
