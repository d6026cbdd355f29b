//! From a full document to what an endpoint shows of it: parts that need an `expand`, private
//! custom fields, fresh copies of what the document embeds. Decides no visibility of whole rows.

use serde_json::{Map, Value, json};

use super::request::Ask;
use super::view::View;
use super::{flag, text};

/// Makes a row or an info answer from a document.
pub(crate) type Row = fn(&View<'_>, &Ask, Value) -> Value;

/// The document as it is, without the simulator's bookkeeping.
pub(crate) fn plain(_: &View<'_>, _: &Ask, mut document: Value) -> Value {
    strip(&mut document);
    document
}

pub(crate) fn user(view: &View<'_>, _: &Ask, mut user: Value) -> Value {
    custom_fields(view, &mut user);
    strip(&mut user);
    user
}

pub(crate) fn job(view: &View<'_>, ask: &Ask, job: Value) -> Value {
    let id = text(&job, "id").unwrap_or_default();
    let drafts = ask.flag("includeUnpublishedJobPostingsIds");
    let postings = view.postings_of(id).iter();
    let ids = postings
        .filter(|(_, published)| drafts || *published)
        .map(|(id, _)| Value::from(id.as_str()))
        .collect();
    job_with_postings(view, ask, job, ids)
}

fn job_with_postings(view: &View<'_>, ask: &Ask, mut job: Value, postings: Vec<Value>) -> Value {
    custom_fields(view, &mut job);
    refresh(view, job.get_mut("author"), "users");
    refresh_team(view, job.get_mut("hiringTeam"));
    let openings = ask.expands("openings").then(|| openings_of_job(view, &job));
    let location = ask
        .expands("location")
        .then(|| text(&job, "locationId").and_then(|id| view.row("locations", id)))
        .flatten();
    drop_keys(&mut job, &["location", "openings", "jobPostingIds"]);
    if !ask.expands("compensation") {
        drop_keys(&mut job, &["compensation"]);
    }
    strip(&mut job);
    set(&mut job, "jobPostingIds", Value::Array(postings));
    if let Some(location) = location {
        set(
            &mut job,
            "location",
            plain(view, ask, location.into_owned()),
        );
    }
    if let Some(openings) = openings {
        set(&mut job, "openings", Value::Array(openings));
    }
    job
}

fn openings_of_job(view: &View<'_>, job: &Value) -> Vec<Value> {
    let id = job.get("id").cloned().unwrap_or_default();
    let named = job.get("_openingIds").and_then(Value::as_array);
    let belongs = |opening: &Value| match named {
        Some(named) => opening.get("id").is_some_and(|id| named.contains(id)),
        None => opening
            .pointer("/latestVersion/jobIds")
            .and_then(Value::as_array)
            .is_some_and(|jobs| jobs.contains(&id)),
    };
    let openings = view
        .world
        .collection("openings")
        .documents()
        .map(|d| d.peek_row());
    openings
        .filter(|found| belongs(found))
        .map(|found| opening(view, &Ask::default(), found.into_owned()))
        .collect()
}

pub(crate) fn opening(view: &View<'_>, _: &Ask, mut opening: Value) -> Value {
    if let Some(version) = opening.get_mut("latestVersion") {
        custom_fields(view, version);
        refresh_team(view, version.get_mut("hiringTeam"));
    }
    strip(&mut opening);
    opening
}

/// The members that `jobPosting.list` shows as they are.
const POSTING_ROW: [&str; 14] = [
    "id",
    "title",
    "jobId",
    "departmentName",
    "teamName",
    "locationName",
    "locationIds",
    "workplaceType",
    "employmentType",
    "isListed",
    "publishedDate",
    "applicationDeadline",
    "externalLink",
    "applyLink",
];

pub(crate) fn posting_row(_: &View<'_>, _: &Ask, posting: Value) -> Value {
    let mut row = Map::new();
    for key in POSTING_ROW {
        if let Some(value) = posting.get(key) {
            row.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(name) = posting.get("_locationExternalName") {
        row.insert("locationExternalName".to_owned(), name.clone());
    }
    let pay = posting.get("compensation").unwrap_or(&Value::Null);
    if let Some(summary) = pay.get("compensationTierSummary") {
        row.insert("compensationTierSummary".to_owned(), summary.clone());
    }
    // The reference and recorded answers spell this member in two ways.
    let shown =
        flag(pay, "shouldDisplayCompensationOnJobBoard") || flag(pay, "shouldDisplayCompensation");
    row.insert(
        "shouldDisplayCompensationOnJobBoard".to_owned(),
        json!(shown),
    );
    if let Some(updated) = posting.get("updatedAt") {
        row.insert("updatedAt".to_owned(), updated.clone());
    }
    Value::Object(row)
}

pub(crate) fn posting(view: &View<'_>, _: &Ask, mut posting: Value) -> Value {
    for survey in array_mut(posting.get_mut("surveyFormDefinitions")) {
        refresh(view, Some(survey), "survey_form_definitions");
    }
    strip(&mut posting);
    posting
}

pub(crate) fn candidate(view: &View<'_>, _: &Ask, mut candidate: Value) -> Value {
    custom_fields(view, &mut candidate);
    refresh(view, candidate.get_mut("source"), "sources");
    refresh(view, candidate.get_mut("creditedToUser"), "users");
    for tag in array_mut(candidate.get_mut("tags")) {
        refresh(view, Some(tag), "candidate_tags");
    }
    strip(&mut candidate);
    candidate
}

/// A row of `application.list`: no history, no answers, no resume; openings only when asked for.
pub(crate) fn application_row(view: &View<'_>, ask: &Ask, mut application: Value) -> Value {
    drop_keys(
        &mut application,
        &["applicationHistory", "resumeFileHandle"],
    );
    self::application(view, ask, application)
}

/// An answer of `application.info`: history and resume always, the rest when asked for.
pub(crate) fn application(view: &View<'_>, ask: &Ask, mut application: Value) -> Value {
    for part in ["applicationFormSubmissions", "referrals", "openings"] {
        if !ask.expands(part) {
            drop_keys(&mut application, &[part]);
        } else if application.get(part).is_none() {
            set(&mut application, part, json!([]));
        }
    }
    custom_fields(view, &mut application);
    refresh(
        view,
        application.get_mut("currentInterviewStage"),
        "interview_stages",
    );
    refresh(view, application.get_mut("source"), "sources");
    refresh(
        view,
        application.get_mut("archiveReason"),
        "archive_reasons",
    );
    refresh(view, application.get_mut("creditedToUser"), "users");
    refresh(view, application.get_mut("job"), "jobs");
    refresh_team(view, application.get_mut("hiringTeam"));
    if let Some(candidate) = application.get_mut("candidate") {
        refresh_contact(view, candidate);
    }
    for referral in array_mut(application.get_mut("referrals")) {
        refresh(view, referral.get_mut("user"), "users");
    }
    for stage in array_mut(application.get_mut("applicationHistory")) {
        let id = text(stage, "stageId").unwrap_or_default().to_owned();
        if let Some(now) = view.changed("interview_stages", &id) {
            copy_member(&now, stage, "title");
        }
    }
    strip(&mut application);
    application
}

/// Candidates gain and lose contacts, so that these are set or dropped, not only replaced.
fn refresh_contact(view: &View<'_>, copy: &mut Value) {
    let id = text(copy, "id").unwrap_or_default().to_owned();
    if let Some(now) = view.changed("candidates", &id) {
        for key in ["name", "primaryEmailAddress", "primaryPhoneNumber"] {
            drop_keys(copy, &[key]);
            copy_member(&now, copy, key);
        }
    }
}

/// A row of `interviewSchedule.list`; its events never embed the interview.
pub(crate) fn schedule(view: &View<'_>, _: &Ask, mut schedule: Value) -> Value {
    refresh(view, schedule.get_mut("scheduledBy"), "users");
    for event in array_mut(schedule.get_mut("interviewEvents")) {
        self::event(view, event, false);
    }
    strip(&mut schedule);
    schedule
}

/// One event of a schedule, with its interview when asked for.
pub(crate) fn event(view: &View<'_>, event: &mut Value, with_interview: bool) {
    for interviewer in array_mut(event.get_mut("interviewers")) {
        refresh(view, Some(interviewer), "users");
    }
    drop_keys(event, &["interview"]);
    let id = text(event, "interviewId").unwrap_or_default();
    if let Some(interview) = view.row("interviews", id).filter(|_| with_interview) {
        let interview = plain(view, &Ask::default(), interview.into_owned());
        set(event, "interview", interview);
    }
    strip(event);
}

/// A row of `offer.list`: the latest version only.
pub(crate) fn offer_row(view: &View<'_>, ask: &Ask, mut offer: Value) -> Value {
    drop_keys(&mut offer, &["versions", "formDefinition"]);
    self::offer(view, ask, offer)
}

pub(crate) fn offer(view: &View<'_>, ask: &Ask, mut offer: Value) -> Value {
    if ask.flag("excludeFormDefinition") {
        drop_keys(&mut offer, &["formDefinition"]);
    }
    if let Some(version) = offer.get_mut("latestVersion") {
        offer_version(view, version);
    }
    for version in array_mut(offer.get_mut("versions")) {
        offer_version(view, version);
    }
    strip(&mut offer);
    offer
}

fn offer_version(view: &View<'_>, version: &mut Value) {
    custom_fields(view, version);
    refresh(view, version.get_mut("author"), "users");
}

pub(crate) fn feedback(view: &View<'_>, _: &Ask, mut feedback: Value) -> Value {
    refresh(view, feedback.get_mut("submittedByUser"), "users");
    strip(&mut feedback);
    feedback
}

/// Drops private values unless the key may read them, and gives the rest their current titles.
fn custom_fields(view: &View<'_>, document: &mut Value) {
    let Some(fields) = document
        .get_mut("customFields")
        .and_then(Value::as_array_mut)
    else {
        return;
    };
    if !view.key.private_fields {
        fields.retain(|field| {
            let id = text(field, "id").unwrap_or_default();
            let defined = view.row("custom_fields", id);
            !flag(field, "isPrivate") && !defined.is_some_and(|field| flag(&field, "isPrivate"))
        });
    }
    for field in fields {
        let id = text(field, "id").unwrap_or_default().to_owned();
        if let Some(now) = view.changed("custom_fields", &id) {
            copy_member(&now, field, "title");
        }
    }
}

/// Brings the members of an embedded copy up to date with the document it copies.
fn refresh(view: &View<'_>, copy: Option<&mut Value>, collection: &str) {
    let Some(Value::Object(copy)) = copy else {
        return;
    };
    let Some(id) = copy.get("id").and_then(Value::as_str) else {
        return;
    };
    if let Some(now) = view.changed(collection, id) {
        for (key, value) in copy.iter_mut() {
            if let Some(now) = now.get(key) {
                *value = now.clone();
            }
        }
    }
}

fn refresh_team(view: &View<'_>, team: Option<&mut Value>) {
    for member in array_mut(team) {
        let id = text(member, "userId").unwrap_or_default().to_owned();
        if let Some(now) = view.changed("users", &id) {
            for key in ["firstName", "lastName", "email"] {
                copy_member(&now, member, key);
            }
        }
    }
}

fn array_mut(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}

fn copy_member(from: &Value, to: &mut Value, key: &str) {
    if let Some(value) = from.get(key) {
        set(to, key, value.clone());
    }
}

fn set(document: &mut Value, key: &str, value: Value) {
    if let Some(object) = document.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

fn drop_keys(document: &mut Value, keys: &[&str]) {
    if let Some(object) = document.as_object_mut() {
        object.retain(|key, _| !keys.contains(&key.as_str()));
    }
}

/// Drops the simulator's bookkeeping. Only at the top: answers to forms have keys with `_` too.
fn strip(document: &mut Value) {
    if let Some(object) = document.as_object_mut() {
        object.retain(|key, _| !key.starts_with('_'));
    }
}
