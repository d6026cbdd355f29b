//! Which documents a listing shows: what is hidden unless asked for, what a key may not see, and
//! the listing's own filters. Changes no document.
//!
//! Hiding rules are those of each endpoint's page in the API reference, for example
//! <https://developers.ashbyhq.com/reference/joblist>.

use chrono::DateTime;
use serde_json::Value;

use super::request::Ask;
use super::view::{View, boards, is_published, job_of};
use super::{flag, text};

/// Decides whether a listing shows a document.
pub(crate) type Keep = fn(&View<'_>, &Ask, &Value) -> bool;

/// Whether the document was created late enough for `createdAfter`. What has no date of its own
/// is never left out.
pub(crate) fn created_late_enough(ask: &Ask, document: &Value) -> bool {
    let Some(after) = ask.millis("createdAfter") else {
        return true;
    };
    let version = document
        .get("latestVersion")
        .and_then(|version| text(version, "createdAt"));
    text(document, "createdAt")
        .or_else(|| text(document, "submittedAt"))
        .or(version)
        .and_then(millis)
        .is_none_or(|created| created > after)
}

fn millis(time: &str) -> Option<i64> {
    Some(DateTime::parse_from_rfc3339(time).ok()?.timestamp_millis())
}

fn unarchived(ask: &Ask, document: &Value) -> bool {
    ask.flag("includeArchived") || !flag(document, "isArchived")
}

/// Whether a text member equals the request property, if the request has it.
fn matches(ask: &Ask, property: &str, value: Option<&str>) -> bool {
    ask.text(property)
        .is_none_or(|wanted| value == Some(wanted))
}

pub(crate) fn everything(_: &View<'_>, _: &Ask, _: &Value) -> bool {
    true
}

pub(crate) fn unless_archived(_: &View<'_>, ask: &Ask, document: &Value) -> bool {
    unarchived(ask, document)
}

pub(crate) fn users(_: &View<'_>, ask: &Ask, user: &Value) -> bool {
    ask.flag("includeDeactivated") || flag(user, "isEnabled")
}

pub(crate) fn jobs(view: &View<'_>, ask: &Ask, job: &Value) -> bool {
    let wanted = ask
        .words("status")
        .unwrap_or_else(|| vec!["Open", "Closed", "Archived"]);
    let within = |member: &str, after: &str, before: &str| {
        let time = text(job, member).and_then(millis);
        ask.millis(after)
            .is_none_or(|limit| time.is_some_and(|time| time > limit))
            && ask
                .millis(before)
                .is_none_or(|limit| time.is_some_and(|time| time < limit))
    };
    text(job, "status").is_some_and(|status| wanted.contains(&status))
        && within("openedAt", "openedAfter", "openedBefore")
        && within("closedAt", "closedAfter", "closedBefore")
        && text(job, "id").is_none_or(|id| view.sees_job(id))
}

pub(crate) fn postings(view: &View<'_>, ask: &Ask, posting: &Value) -> bool {
    let on_board = match ask.text("jobBoardId") {
        Some(board) => boards(posting).any(|id| id == board),
        None => boards(posting).any(|id| is_primary(view, id)),
    };
    let draft = ask.flag("includeUnpublishedJobPostings") && !is_published(posting);
    (on_board || draft)
        && (!ask.flag("listedOnly") || flag(posting, "isListed"))
        && matches(ask, "location", text(posting, "locationName"))
        && matches(ask, "department", text(posting, "departmentName"))
        && text(posting, "jobId").is_none_or(|job| view.sees_job(job))
}

fn is_primary(view: &View<'_>, board: &str) -> bool {
    view.row("job_boards", board)
        .is_some_and(|board| flag(&board, "_primary"))
}

pub(crate) fn plans(view: &View<'_>, ask: &Ask, plan: &Value) -> bool {
    unarchived(ask, plan)
        && !flag(plan, "_draft")
        && text(plan, "_jobId").is_none_or(|job| view.sees_job(job))
}

pub(crate) fn candidates(view: &View<'_>, _: &Ask, candidate: &Value) -> bool {
    view.sees_candidate(candidate)
}

pub(crate) fn applications(view: &View<'_>, ask: &Ask, application: &Value) -> bool {
    matches(ask, "status", text(application, "status"))
        && matches(ask, "jobId", Some(job_of(application)))
        && view.sees_job(job_of(application))
}

pub(crate) fn schedules(view: &View<'_>, ask: &Ask, schedule: &Value) -> bool {
    matches(ask, "interviewStageId", text(schedule, "interviewStageId"))
        && of_application(view, ask, schedule)
}

/// Whatever hangs on an application: filtered by it, hidden with it.
pub(crate) fn of_application(view: &View<'_>, ask: &Ask, document: &Value) -> bool {
    let application = text(document, "applicationId");
    matches(ask, "applicationId", application)
        && application.is_none_or(|id| view.sees_application(id))
}

pub(crate) fn interviews(view: &View<'_>, ask: &Ask, interview: &Value) -> bool {
    let shared = match text(interview, "jobId") {
        Some(job) => {
            ask.flag("includeNonSharedInterviews")
                && view.sees_job(job)
                && !(ask.flag("excludeArchivedScheduleTemplateInterviews")
                    && flag(interview, "_archivedScheduleTemplate"))
        }
        None => true,
    };
    shared && unarchived(ask, interview)
}

pub(crate) fn offers(view: &View<'_>, ask: &Ask, offer: &Value) -> bool {
    let version = offer.get("latestVersion");
    let among = |property: &str, value: Option<&str>| {
        ask.words(property)
            .is_none_or(|words| value.is_some_and(|value| words.contains(&value)))
    };
    among("offerStatus", text(offer, "offerStatus"))
        && among("acceptanceStatus", text(offer, "acceptanceStatus"))
        && among(
            "approvalStatus",
            version.and_then(|version| text(version, "approvalStatus")),
        )
        && of_application(view, ask, offer)
}

pub(crate) fn locations(_: &View<'_>, ask: &Ask, location: &Value) -> bool {
    let region = text(location, "type") == Some("LocationHierarchy");
    unarchived(ask, location) && (!region || ask.flag("includeLocationHierarchy"))
}

pub(crate) fn tracking_links(_: &View<'_>, ask: &Ask, link: &Value) -> bool {
    ask.flag("includeDisabled") || flag(link, "enabled")
}

pub(crate) fn templates(_: &View<'_>, _: &Ask, template: &Value) -> bool {
    !flag(template, "_disabled")
}

pub(crate) fn custom_fields(view: &View<'_>, ask: &Ask, field: &Value) -> bool {
    unarchived(ask, field) && (view.key.private_fields || !flag(field, "isPrivate"))
}

pub(crate) fn survey_requests(view: &View<'_>, ask: &Ask, request: &Value) -> bool {
    matches(ask, "candidateId", text(request, "candidateId")) && of_application(view, ask, request)
}

pub(crate) fn survey_submissions(view: &View<'_>, ask: &Ask, submission: &Value) -> bool {
    matches(ask, "surveyType", text(submission, "surveyType"))
        && of_application(view, ask, submission)
}

/// What belongs to one job only, whether archived or not.
pub(crate) fn of_visible_job(view: &View<'_>, _: &Ask, document: &Value) -> bool {
    text(document, "jobId").is_none_or(|job| view.sees_job(job))
}

pub(crate) fn visible_custom_field(view: &View<'_>, _: &Ask, field: &Value) -> bool {
    view.key.private_fields || !flag(field, "isPrivate")
}
