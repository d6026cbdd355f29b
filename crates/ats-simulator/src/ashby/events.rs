//! From changes of the world to the events that Ashby tells its webhooks of.
//!
//! <https://developers.ashbyhq.com/reference> has a page for each event. An event that implies
//! others is told with them. Candidates have no event but their deletion and their merge, and what
//! others only refer to (tags, sources, users) has none at all.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::desk::id_of;
use super::memory::Memory;
use super::render;
use super::request::Ask;
use super::text;
use super::view::{View, is_published};
use crate::world::Entry;

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) action: String,
    /// Equal for the related events of one change; none for a ping.
    pub(crate) action_id: Option<String>,
    pub(crate) data: Value,
}

/// A document that changed, from the first look to the last.
struct Changed {
    collection: String,
    id: String,
    before: Option<Value>,
    after: Option<Value>,
}

/// The events that these changes cause, oldest change first.
pub(crate) fn events(view: &View<'_>, memory: &Memory, entries: Vec<Entry>) -> Vec<Event> {
    let changed = fold(view, entries);
    let mut events = Vec::new();
    for change in &changed {
        let told = tell(view, &changed, change);
        if told.is_empty() {
            continue;
        }
        let id = memory.next_action();
        events.extend(told.into_iter().map(|(action, data)| Event {
            action: action.to_owned(),
            action_id: Some(id.clone()),
            data,
        }));
    }
    events
}

fn fold(view: &View<'_>, entries: Vec<Entry>) -> Vec<Changed> {
    let mut seen = HashSet::new();
    let mut changed = Vec::new();
    for entry in entries {
        if !seen.insert((entry.collection.clone(), entry.id.clone())) {
            continue;
        }
        let document = view.world.collection(&entry.collection).document(&entry.id);
        let after = document.map(|document| document.peek().into_owned());
        if entry.before != after {
            changed.push(Changed {
                collection: entry.collection,
                id: entry.id,
                before: entry.before,
                after,
            });
        }
    }
    changed
}

/// Events as their names and data.
type Told = Vec<(&'static str, Value)>;

fn tell(view: &View<'_>, all: &[Changed], change: &Changed) -> Told {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    match &*change.collection {
        "applications" => application(view, before, after),
        "candidates" if after.is_none() => vec![gone(all, &change.id)],
        "jobs" => job(view, before, after),
        "job_postings" => posting(view, before, after),
        "interview_schedules" => schedule(view, before, after),
        "offers" => offer(view, before, after),
        "openings" => match (before, after) {
            (None, Some(opening)) => {
                let opening = render::opening(view, &Ask::default(), opening.clone());
                vec![("openingCreate", json!({ "opening": opening }))]
            }
            _ => vec![],
        },
        "survey_submissions" => match (before, after) {
            (None, Some(submission)) => vec![survey(view, submission)],
            _ => vec![],
        },
        _ => vec![],
    }
}

fn application(view: &View<'_>, before: Option<&Value>, after: Option<&Value>) -> Told {
    let Some(after) = after else {
        return vec![];
    };
    let shown = render::application_row(view, &Ask::default(), after.clone());
    let data = json!({ "application": shown });
    let Some(before) = before else {
        return vec![("applicationSubmit", data)];
    };
    let stage = |application: &Value| application["currentInterviewStage"]["id"].clone();
    let mut told = Vec::new();
    if before["status"] != "Hired" && after["status"] == "Hired" {
        let mut hire = data.clone();
        if let Some(offer) = accepted_offer(view, id_of(after)) {
            hire["offer"] = offer;
        }
        told.push(("candidateHire", hire));
    }
    if stage(before) != stage(after) {
        told.push(("candidateStageChange", data.clone()));
    }
    told.push(("applicationUpdate", data));
    told
}

fn accepted_offer(view: &View<'_>, application: &str) -> Option<Value> {
    let offers = view.world.collection("offers").documents().rev();
    let accepted = offers.map(|document| document.peek()).find(|offer| {
        text(offer, "applicationId") == Some(application)
            && text(offer, "acceptanceStatus") == Some("Accepted")
    })?;
    Some(render::offer(view, &Ask::default(), accepted.into_owned()))
}

/// A candidate who is gone was merged when their applications are somebody else's now.
fn gone(all: &[Changed], id: &str) -> (&'static str, Value) {
    let heir = all.iter().find_map(|change| {
        let (before, after) = (change.before.as_ref()?, change.after.as_ref()?);
        let theirs = change.collection == "applications" && before["candidate"]["id"] == id;
        (theirs && after["candidate"]["id"] != id).then(|| after["candidate"]["id"].clone())
    });
    match heir {
        Some(heir) => (
            "candidateMerge",
            json!({ "deletedCandidate": { "id": id }, "mergedCandidate": { "id": heir } }),
        ),
        None => ("candidateDelete", json!({ "candidate": { "id": id } })),
    }
}

fn job(view: &View<'_>, before: Option<&Value>, after: Option<&Value>) -> Told {
    let Some(after) = after else {
        return vec![];
    };
    let shown = render::job(view, &Ask::default(), after.clone());
    let data = json!({ "job": shown });
    let Some(before) = before else {
        return vec![("jobCreate", data)];
    };
    let plan = |job: &Value| text(job, "defaultInterviewPlanId").map(str::to_owned);
    let mut told = Vec::new();
    if let (Some(from), Some(to)) = (plan(before), plan(after))
        && from != to
    {
        told.push((
            "interviewPlanTransition",
            transition(view, after, &from, &to),
        ));
    }
    told.push(("jobUpdate", data));
    told
}

/// Stages of two plans go together by type, in order.
fn transition(view: &View<'_>, job: &Value, from: &str, to: &str) -> Value {
    let plan = |id: &str| {
        let title = view.row("interview_plans", id);
        let title = title.and_then(|plan| text(&plan, "title").map(str::to_owned));
        json!({ "id": id, "title": title })
    };
    let stages = |plan: &str| -> Vec<Value> {
        let stages = view.world.collection("interview_stages").values();
        let mut stages: Vec<Value> = stages
            .filter(|stage| text(stage, "interviewPlanId") == Some(plan))
            .cloned()
            .collect();
        stages.sort_by_key(|stage| stage["orderInInterviewPlan"].as_i64());
        stages
    };
    let targets = stages(to);
    let pairs = stages(from).into_iter().filter_map(|stage| {
        let target = targets
            .iter()
            .find(|target| target["type"] == stage["type"])?;
        Some(json!({
            "fromInterviewStageId": stage["id"],
            "toInterviewStageId": target["id"],
        }))
    });
    json!({
        "jobId": job["id"],
        "fromInterviewPlan": plan(from),
        "toInterviewPlan": plan(to),
        "interviewStageMappings": pairs.collect::<Vec<Value>>(),
    })
}

fn posting(view: &View<'_>, before: Option<&Value>, after: Option<&Value>) -> Told {
    let was = before.is_some_and(is_published);
    let Some(after) = after else {
        let gone = before.map(|posting| json!({ "id": posting["id"], "jobId": posting["jobId"] }));
        return vec![("jobPostingDelete", json!({ "jobPosting": gone }))];
    };
    let shown = render::posting_row(view, &Ask::default(), after.clone());
    let data = json!({ "jobPosting": shown });
    let update = ("jobPostingUpdate", data.clone());
    match (was, is_published(after)) {
        (false, true) => vec![("jobPostingPublish", data), update],
        (true, false) => vec![("jobPostingUnpublish", data), update],
        // A draft that nobody has published yet is no news.
        (false, false) if before.is_none() => vec![],
        _ => vec![update],
    }
}

fn schedule(view: &View<'_>, before: Option<&Value>, after: Option<&Value>) -> Told {
    let Some(after) = after else {
        return vec![];
    };
    let shown = render::schedule(view, &Ask::default(), after.clone());
    let data = json!({ "interviewSchedule": shown });
    let mut update = data.clone();
    let application = text(after, "applicationId").and_then(|id| view.row("applications", id));
    if let Some(application) = application {
        update["candidateId"] = application["candidate"]["id"].clone();
    }
    match before {
        None => vec![
            ("interviewScheduleCreate", data),
            ("interviewScheduleUpdate", update),
        ],
        Some(_) => vec![("interviewScheduleUpdate", update)],
    }
}

fn offer(view: &View<'_>, before: Option<&Value>, after: Option<&Value>) -> Told {
    let whole = |offer: &Value| {
        let shown = render::offer(view, &Ask::default(), offer.clone());
        json!({ "offer": shown })
    };
    match (before, after) {
        (None, Some(after)) => vec![("offerCreate", whole(after))],
        (Some(_), Some(after)) => vec![("offerUpdate", whole(after))],
        (Some(before), None) => {
            let gone = json!({ "id": before["id"], "applicationId": before["applicationId"] });
            vec![("offerDelete", json!({ "offer": gone }))]
        }
        (None, None) => vec![],
    }
}

/// A submission without its answers where nobody may read them.
fn survey(view: &View<'_>, submission: &Value) -> (&'static str, Value) {
    let mut shown = render::plain(view, &Ask::default(), submission.clone());
    let secret = matches!(text(submission, "surveyType"), Some("EEOC" | "Diversity"));
    if let Some(members) = shown.as_object_mut().filter(|_| secret) {
        members.remove("submittedValues");
    }
    ("surveySubmit", json!({ "surveySubmission": shown }))
}
