//! What follows from the body of an event.
//!
//! A body only says where to look: nothing of it is kept but ids. Every member may be missing, and
//! what is not understood has no effect.

use ats_core::{Delivery, Effect, Error, Result, Target};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The streams that events point to, by the names they have in the connector.
pub(super) const APPLICATIONS: &str = "applications";
pub(super) const CANDIDATES: &str = "candidates";
pub(super) const INTERVIEWS: &str = "interviews";
pub(super) const JOBS: &str = "jobs";
pub(super) const OFFERS: &str = "offers";
pub(super) const PLANS: &str = crate::models::plans::STREAM;
pub(super) const POSTINGS: &str = crate::models::postings::STREAM;
pub(super) const STAGES: &str = crate::models::stages::STREAM;
pub(super) const SURVEYS: &str = crate::models::surveys::STREAM;

/// No name of an event and no id is longer; what is longer is none.
const LONGEST: usize = 200;

/// Understands a body.
pub(super) fn read(body: &[u8]) -> Result<Delivery> {
    let malformed = |path: &str, message: &str| Error::malformed("webhook", path, message);
    // The cause is left out: it may quote the body.
    let whole: Value =
        serde_json::from_slice(body).map_err(|_| malformed("", "the body is not JSON"))?;
    let event = word(&whole["action"])
        .ok_or_else(|| malformed("/action", "the body does not name its event"))?;
    let is_ping = event == "ping";
    let found = effects(event, &whole["data"]);
    if found.is_none() && !is_ping {
        tracing::info!(event, "an event that nobody knows; nothing follows from it");
    }
    let effects = found.unwrap_or_default();
    Ok(Delivery {
        event: event.to_owned(),
        dedupe_key: dedupe_key(event, &whole, &effects, body),
        is_ping,
        effects,
    })
}

/// The vendor repeats `webhookActionId` for every try of a call, for every webhook of the event, and
/// for related events of one change. That one change may touch several things by the same event, so
/// the things count too: what has the same key has the same effects, and nothing is missed.
fn dedupe_key(event: &str, whole: &Value, effects: &[Effect], body: &[u8]) -> String {
    let mut hash = Sha256::new();
    let mut feed = |part: &str| {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    };
    feed(event);
    match word(&whole["webhookActionId"]) {
        Some(id) => {
            feed(id);
            for effect in effects {
                match effect {
                    Effect::Read(target) => feed(&format!("read {} {}", target.stream, target.id)),
                    Effect::Gone(target) => feed(&format!("gone {} {}", target.stream, target.id)),
                    Effect::Merged { from, into } => {
                        feed(&format!("merged {} {}", from.id, into.id));
                    }
                    Effect::Walk(stream) => feed(&format!("walk {stream}")),
                }
            }
        }
        None => hash.update(body),
    }
    hex::encode(hash.finalize())
}

/// What follows from an event; `None` for one that nobody knows.
fn effects(event: &str, data: &Value) -> Option<Vec<Effect>> {
    let effects = match event {
        "applicationSubmit"
        | "applicationUpdate"
        | "candidateHire"
        | "candidateStageChange"
        | "pushToHRIS" => {
            let mut effects = application(&data["application"]);
            effects.extend(changed(OFFERS, &data["offer"]["id"]));
            effects
        }
        "candidateDelete" => gone(CANDIDATES, &data["candidate"]["id"]),
        "candidateMerge" => merge(data),
        // The applications of the job are in stages of another plan, and no event names them.
        "interviewPlanTransition" => walk(&[PLANS, STAGES, JOBS, APPLICATIONS]),
        "interviewScheduleCreate" | "interviewScheduleUpdate" => walk(&[INTERVIEWS]),
        "jobCreate" | "jobUpdate" | "openingCreate" => walk(&[JOBS]),
        "jobPostingUpdate" | "jobPostingPublish" | "jobPostingUnpublish" => walk(&[POSTINGS]),
        "jobPostingDelete" => gone(POSTINGS, &data["jobPosting"]["id"]),
        "offerCreate" | "offerUpdate" => changed(OFFERS, &data["offer"]["id"]),
        "offerDelete" => {
            // Offers go with their application, of whose end no event tells.
            let mut effects = gone(OFFERS, &data["offer"]["id"]);
            effects.extend(changed(APPLICATIONS, &data["offer"]["applicationId"]));
            effects
        }
        "signatureRequestUpdate" => {
            let mut effects = changed(APPLICATIONS, &data["applicationId"]);
            effects.extend(changed(OFFERS, &data["offerId"]));
            effects
        }
        "surveySubmit" => survey(&data["surveySubmission"]),
        "takeHomeAssignmentAssigned"
        | "takeHomeAssignmentCancelled"
        | "takeHomeAssignmentCompleted"
        | "takeHomeAssignmentSubmitted" => {
            let mut effects = application(&data["application"]);
            effects.extend(changed(APPLICATIONS, &data["applicationId"]));
            effects
        }
        _ => return None,
    };
    Some(effects)
}

/// The application, and its candidate: no event tells of edits of candidates.
fn application(application: &Value) -> Vec<Effect> {
    let mut effects = changed(CANDIDATES, &application["candidate"]["id"]);
    effects.extend(changed(APPLICATIONS, &application["id"]));
    effects
}

/// The vendor's document and a client in the field name the two candidates differently.
fn merge(data: &Value) -> Vec<Effect> {
    let target = |places: [&Value; 2]| {
        let found = places.into_iter().find_map(word);
        found.map(|id| at(CANDIDATES, id))
    };
    let from = target([&data["deletedCandidate"]["id"], &data["sourceCandidateId"]]);
    let into = target([
        &data["mergedCandidate"]["id"],
        &data["destinationCandidateId"],
    ]);
    match (from, into) {
        (Some(from), Some(into)) if from == into => vec![Effect::Read(into)],
        (Some(from), Some(into)) => vec![Effect::Merged { from, into }],
        (Some(from), None) => vec![Effect::Gone(from)],
        (None, Some(into)) => vec![Effect::Read(into)],
        (None, None) => vec![],
    }
}

/// Answers are never taken from an event. Those to questionnaires are in a listing of their own;
/// those to questions about diversity nobody can read.
fn survey(submission: &Value) -> Vec<Effect> {
    let mut effects = changed(APPLICATIONS, &submission["applicationId"]);
    if word(&submission["surveyType"]).is_none_or(|kind| kind == "Questionnaire") {
        effects.extend(walk(&[SURVEYS]));
    }
    effects
}

fn changed(stream: &'static str, id: &Value) -> Vec<Effect> {
    let found = word(id).map(|id| Effect::Read(at(stream, id)));
    found.into_iter().collect()
}

fn gone(stream: &'static str, id: &Value) -> Vec<Effect> {
    let found = word(id).map(|id| Effect::Gone(at(stream, id)));
    found.into_iter().collect()
}

fn walk(streams: &[&'static str]) -> Vec<Effect> {
    streams.iter().copied().map(Effect::Walk).collect()
}

fn at(stream: &'static str, id: &str) -> Target {
    Target {
        stream,
        id: id.to_owned(),
    }
}

/// A name or an id.
fn word(value: &Value) -> Option<&str> {
    let word = value.as_str()?.trim();
    let is_one = !word.is_empty() && word.len() <= LONGEST && !word.contains(char::is_control);
    is_one.then_some(word)
}
