//! Answers of actions: the candidate or application as it stands in the mirror, or files.

use ats_core::{Attachment, AttachmentType, Id, ModelKind, Outcome, Output};
use ats_store::{Integration, Result, Store, StoredRecord};
use serde_json::{Map, Value, json};

use super::shape::{members, pick};

const CANDIDATE: &[&str] = &[
    "id",
    "remote_id",
    "first_name",
    "last_name",
    "company",
    "title",
    "confidential",
    "source",
    "custom_fields",
    "remote_url",
    "remote_created_at",
    "remote_updated_at",
    "changed_at",
    "remote_deleted_at",
    "phone_numbers",
    "email_addresses",
    "social_media",
    "location",
];

const APPLICATION: &[&str] = &[
    "id",
    "remote_id",
    "outcome",
    "rejection_reason_name",
    "rejected_at",
    "current_stage_id",
    "job_id",
    "candidate_id",
    "custom_fields",
    "remote_url",
    "changed_at",
    "remote_deleted_at",
    "remote_created_at",
    "remote_updated_at",
    "screening_question_answers",
];

/// An application within a candidate.
const INNER_APPLICATION: &[&str] = &[
    "id",
    "remote_id",
    "outcome",
    "rejection_reason_name",
    "rejected_at",
    "remote_url",
    "changed_at",
    "remote_created_at",
    "remote_updated_at",
];

/// What the unified API answers to an action, the member `data`.
///
/// # Errors
///
/// Those of the store.
pub fn answer(store: &dyn Store, integration: &Integration, outcome: &Outcome) -> Result<Value> {
    let mirror = Mirror { store, integration };
    match &outcome.output {
        Output::Done => Ok(json!({})),
        Output::Candidate(remote_id) => mirror.candidate(remote_id),
        Output::Application(remote_id) => mirror.application(remote_id),
        Output::Attachments(files) => {
            let files = files.iter().map(|file| mirror.attachment(file));
            Ok(json!({ "results": files.collect::<Vec<_>>() }))
        }
    }
}

struct Mirror<'a> {
    store: &'a dyn Store,
    integration: &'a Integration,
}

impl Mirror<'_> {
    fn id(&self, model: ModelKind, remote_id: &str) -> Id {
        Id::derive([self.integration.id.as_str(), model.name(), remote_id])
    }

    fn record(&self, id: &str) -> Result<Option<StoredRecord>> {
        match id.parse::<Id>() {
            Ok(id) => self.store.record(&self.integration.id, &id),
            Err(_) => Ok(None),
        }
    }

    /// The record of this remote id. If it could not be read back yet, only its ids are known.
    fn named(&self, model: ModelKind, remote_id: &str) -> Result<Map<String, Value>> {
        let id = self.id(model, remote_id);
        let record = self.store.record(&self.integration.id, &id)?;
        Ok(record.as_ref().map_or_else(
            || {
                let ids = [
                    ("id", id.to_string()),
                    ("remote_id", remote_id.to_owned()),
                    ("changed_at", self.integration.created_at.to_string()),
                ];
                let ids = ids.into_iter();
                ids.map(|(name, value)| (name.to_owned(), value.into()))
                    .collect()
            },
            members,
        ))
    }

    fn candidate(&self, remote_id: &str) -> Result<Value> {
        let found = self.named(ModelKind::Candidate, remote_id)?;
        let mut data = pick(&found, CANDIDATE);
        let (applications, tags) = self.belongings(&data)?;
        data.insert("applications".into(), applications.into());
        data.insert("tags".into(), tags.into());
        Ok(data.into())
    }

    /// The applications and the tags of a candidate.
    fn belongings(&self, candidate: &Map<String, Value>) -> Result<(Vec<Value>, Vec<Value>)> {
        let id = candidate.get("id").and_then(Value::as_str);
        let Some(Ok(id)) = id.map(str::parse) else {
            return Ok((Vec::new(), Vec::new()));
        };
        let (mut applications, mut tags) = (Vec::new(), Vec::new());
        for record in self.store.of_candidate(&self.integration.id, &id)? {
            let found = members(&record);
            match record.model {
                ModelKind::Application => {
                    let mut data = pick(&found, INNER_APPLICATION);
                    data.insert("current_stage".into(), self.stage(&found)?);
                    data.insert("job".into(), self.job(&found)?);
                    applications.push(data.into());
                }
                ModelKind::CandidateTag => tags.extend(self.tag(&found)?),
                _ => {}
            }
        }
        Ok((applications, tags))
    }

    fn tag(&self, join: &Map<String, Value>) -> Result<Option<Value>> {
        let id = join.get("tag_id").and_then(Value::as_str);
        let tag = id.map(|id| self.record(id)).transpose()?.flatten();
        let tag = tag.filter(|tag| tag.remote_deleted_at.is_none());
        Ok(tag.map(|tag| pick(&members(&tag), &["id", "name", "remote_id"]).into()))
    }

    fn application(&self, remote_id: &str) -> Result<Value> {
        let found = self.named(ModelKind::Application, remote_id)?;
        let mut data = pick(&found, APPLICATION);
        data.insert("current_stage".into(), self.stage(&found)?);
        data.insert("job".into(), self.job(&found)?);
        let candidate = found.get("candidate_id").and_then(Value::as_str);
        let candidate = candidate.map(|id| self.record(id)).transpose()?.flatten();
        let candidate = match candidate {
            Some(candidate) => {
                let mut candidate = pick(&members(&candidate), CANDIDATE);
                let (_, tags) = self.belongings(&candidate)?;
                candidate.insert("tags".into(), tags.into());
                candidate.into()
            }
            None => Value::Null,
        };
        data.insert("candidate".into(), candidate);
        Ok(data.into())
    }

    fn stage(&self, application: &Map<String, Value>) -> Result<Value> {
        let id = application.get("current_stage_id").and_then(Value::as_str);
        let Some(stage) = id.map(|id| self.record(id)).transpose()?.flatten() else {
            return Ok(Value::Null);
        };
        let mut data = pick(&members(&stage), &["id", "name", "remote_id"]);
        data.insert("index".into(), Value::Null);
        Ok(data.into())
    }

    fn job(&self, application: &Map<String, Value>) -> Result<Value> {
        let id = application.get("job_id").and_then(Value::as_str);
        let job = id.map(|id| self.record(id)).transpose()?.flatten();
        Ok(job.map_or(Value::Null, |job| {
            pick(&members(&job), &["id", "name", "remote_id"]).into()
        }))
    }

    fn attachment(&self, file: &Attachment) -> Value {
        let id = Id::derive([self.integration.id.as_str(), "attachments", &file.remote_id]);
        let kind = match file.kind {
            AttachmentType::Cv => "CV",
            AttachmentType::CoverLetter => "COVER_LETTER",
            AttachmentType::Other => "OTHER",
        };
        let of = |model, remote_id: &Option<String>| {
            let remote_id = remote_id.as_deref();
            remote_id.map(|remote_id| self.id(model, remote_id).to_string())
        };
        json!({
            "id": id.to_string(),
            "remote_id": file.remote_id,
            "type": kind,
            "data_url": file.data_url,
            "file_name": file.file_name,
            "content_type": file.content_type,
            "application_id": of(ModelKind::Application, &file.application),
            "candidate_id": of(ModelKind::Candidate, &file.candidate),
            "remote_created_at": file.remote_created_at.map(|at| at.to_string()),
            "remote_updated_at": file.remote_updated_at.map(|at| at.to_string()),
        })
    }
}
