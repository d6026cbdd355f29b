//! From the toy vendor's documents to records: pure. It must not know how documents are fetched.

use ats_core::model::{Application, Candidate, Outcome, RemoteData, Tag};
use ats_core::{Bundle, Loss, Mapped, Open, Record, Reference, Related, Timestamp};
use serde_json::Value;

use super::vendor::DETAILS;

/// A document under its reader, who writes down what cannot be read.
struct Reader<'a> {
    endpoint: &'static str,
    body: &'a Value,
    losses: &'a mut Vec<Loss>,
}

impl Reader<'_> {
    fn lose(&mut self, path: &str, expected: &'static str) {
        let path = path.to_owned();
        self.losses.push(Loss {
            endpoint: self.endpoint,
            path,
            expected,
        });
    }

    fn text(&mut self, pointer: &str) -> Option<String> {
        match self.body.pointer(pointer) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.lose(pointer, "a string");
                None
            }
        }
    }

    fn instant(&mut self, pointer: &str) -> Option<Timestamp> {
        let text = self.text(pointer)?;
        let instant = Timestamp::parse(&text);
        if instant.is_none() {
            self.lose(pointer, "an ISO 8601 date");
        }
        instant
    }

    fn flag(&mut self, pointer: &str) -> bool {
        match self.body.pointer(pointer) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.lose(pointer, "a boolean");
                false
            }
        }
    }

    fn references(&mut self, pointer: &str) -> Vec<Reference> {
        let items = match self.body.pointer(pointer) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.lose(pointer, "a list");
                return Vec::new();
            }
        };
        let mut references = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item.as_str() {
                Some(id) if !references.contains(&Reference::remote(id)) => {
                    references.push(Reference::remote(id));
                }
                Some(_) => {}
                None => self.lose(&format!("{pointer}/{index}"), "a string"),
            }
        }
        references
    }
}

/// Reads the document of `endpoint` with `read`.
fn with<T>(
    bundle: &Bundle,
    endpoint: &'static str,
    read: impl FnOnce(Reader<'_>) -> T,
) -> (Option<T>, Vec<Loss>) {
    let mut losses = Vec::new();
    let read = bundle.document(endpoint).map(|document| {
        let body = document.body.to_value();
        read(Reader {
            endpoint,
            body: &body,
            losses: &mut losses,
        })
    });
    (read, losses)
}

fn mapped(record: Option<impl Into<Record>>, losses: Vec<Loss>) -> Mapped {
    Mapped {
        records: record.into_iter().map(Into::into).collect(),
        losses,
    }
}

fn raw(bundle: &Bundle) -> Option<RemoteData> {
    Some(RemoteData::of(&bundle.documents))
}

/// A tag.
pub(super) fn tag(bundle: &Bundle, _: &dyn Related) -> Mapped {
    let (tag, losses) = with(bundle, "tag.list", |mut row| Tag {
        remote_id: bundle.id.clone(),
        name: row.text("/name"),
        remote_data: raw(bundle),
        archived: row.flag("/archived"),
    });
    mapped(tag, losses)
}

// doc: begin candidate
/// A candidate, whose source is looked up rather than copied.
pub(super) fn candidate(bundle: &Bundle, related: &dyn Related) -> Mapped {
    let mut elsewhere = Vec::new();
    let (candidate, mut losses) = with(bundle, "candidate.list", |mut row| {
        let source = row
            .text("/sourceId")
            .and_then(|id| related.get("sources", &id));
        let source = source.and_then(|source| {
            let (name, losses) = with(&source, "source.list", |mut source| source.text("/name"));
            elsewhere.extend(losses);
            name.flatten()
        });
        Candidate {
            remote_id: bundle.id.clone(),
            first_name: row.text("/firstName"),
            last_name: row.text("/lastName"),
            company: None,
            title: row.text("/title"),
            confidential: None,
            source,
            phone_numbers: Vec::new(),
            email_addresses: Vec::new(),
            social_media: Vec::new(),
            location: None,
            custom_fields: None,
            integration_fields: Vec::new(),
            remote_url: None,
            remote_created_at: row.instant("/createdAt"),
            remote_updated_at: None,
            remote_data: raw(bundle),
            tags: row.references("/tagIds"),
        }
    });
    losses.extend(elsewhere);
    mapped(candidate, losses)
}
// doc: end

/// An application; when it was rejected stands only in its details.
pub(super) fn application(bundle: &Bundle, _: &dyn Related) -> Mapped {
    let (rejected_at, mut losses) = with(bundle, DETAILS, |mut details| {
        details.instant("/rejectedAt")
    });
    let (application, more) = with(bundle, "application.list", |mut row| Application {
        remote_id: bundle.id.clone(),
        outcome: row.text("/status").map(outcome),
        rejection_reason_name: None,
        rejected_at: rejected_at.flatten(),
        current_stage_id: None,
        job_id: None,
        candidate_id: row.text("/candidateId").map(Reference::remote),
        screening_question_answers: None,
        custom_fields: None,
        integration_fields: Vec::new(),
        remote_url: None,
        remote_created_at: row.instant("/createdAt"),
        remote_updated_at: None,
        remote_data: raw(bundle),
    });
    losses.extend(more);
    mapped(application, losses)
}

// doc: begin outcome
fn outcome(status: String) -> Open<Outcome> {
    match status.as_str() {
        "active" => Open::Known(Outcome::Pending),
        "hired" => Open::Known(Outcome::Hired),
        "rejected" => Open::Known(Outcome::Declined),
        _ => Open::Other(status),
    }
}
// doc: end
