//! The endpoints that are no plain listing: searches, answers with alternative parameters, rows
//! that live inside another document. Each gives `results` only; the envelope is not theirs.

use serde_json::{Value, json};

use super::envelope::Refusal;
use super::request::{Ask, MAX_LIMIT};
use super::view::{View, boards, is_published, job_of};
use super::{flag, render, storage, text};

type Answer = Result<Value, Refusal>;

/// `apiKey.info`: permissions in the spelling `jobs:read`.
pub(crate) fn api_key(view: &View<'_>, _: &Ask) -> Answer {
    let scopes: Vec<String> = view
        .key
        .permissions
        .iter()
        .map(|name| scope_of(name))
        .collect();
    Ok(json!({
        "title": view.key.name,
        "createdAt": "2024-01-15T09:00:00.000Z",
        "scopes": scopes,
    }))
}

fn scope_of(permission: &str) -> String {
    for (ending, word) in [("Read", "read"), ("Write", "write"), ("Delete", "delete")] {
        if let Some(area) = permission.strip_suffix(ending) {
            return format!("{area}:{word}");
        }
    }
    permission.to_owned()
}

pub(crate) fn user_search(view: &View<'_>, ask: &Ask) -> Answer {
    let wanted = ask.text("email").unwrap_or_default();
    let users = view
        .world
        .collection("users")
        .documents()
        .map(|d| d.peek_row());
    let found = users
        .filter(|user| text(user, "email").is_some_and(|mail| mail.eq_ignore_ascii_case(wanted)))
        .map(|user| render::user(view, ask, user.into_owned()))
        .collect();
    Ok(Value::Array(found))
}

pub(crate) fn job_info(view: &View<'_>, ask: &Ask) -> Answer {
    let id = ask.text("id").unwrap_or_default();
    let job = view.row("jobs", id).filter(|_| view.sees_job(id));
    let job = job.ok_or_else(|| Refusal::not_found("job_not_found"))?;
    Ok(render::job(view, ask, job.into_owned()))
}

pub(crate) fn job_search(view: &View<'_>, ask: &Ask) -> Answer {
    let (title, requisition) = (ask.text("title"), ask.text("requisitionId"));
    if title.is_none() && requisition.is_none() {
        return Err(Refusal::invalid("title or requisitionId is required"));
    }
    let fits = |job: &Value| {
        let named = title.is_none_or(|wanted| contains(text(job, "title"), wanted));
        let number = text(job, "customRequisitionId");
        named
            && requisition.is_none_or(|wanted| number == Some(wanted))
            && text(job, "id").is_none_or(|id| view.sees_job(id))
    };
    let jobs = view
        .world
        .collection("jobs")
        .documents()
        .map(|d| d.peek_row());
    let found = jobs.filter(|job| fits(job)).take(MAX_LIMIT);
    Ok(found
        .map(|job| render::job(view, &Ask::default(), job.into_owned()))
        .collect())
}

/// `jobPosting.info`: a draft only with the flag, a board only when the posting is on it.
pub(crate) fn posting_info(view: &View<'_>, ask: &Ask) -> Answer {
    let id = ask.text("jobPostingId").unwrap_or_default();
    let missing = || Refusal::not_found("job_posting_not_found");
    let document = view
        .world
        .collection("job_postings")
        .document(id)
        .ok_or_else(missing)?;
    let posting = document.peek();
    if text(&posting, "jobId").is_some_and(|job| !view.sees_job(job)) {
        return Err(missing());
    }
    let published = match ask.text("jobBoardId") {
        Some(board) => boards(&posting).any(|id| id == board),
        None => is_published(&posting),
    };
    let draft = ask.flag("includeUnpublishedJobPostings") && !is_published(&posting);
    if !published && !draft {
        return Err(Refusal::not_found("job_posting_not_published"));
    }
    Ok(render::posting(view, ask, posting.into_owned()))
}

/// `jobInterviewPlan.info`: the job's default plan.
pub(crate) fn job_interview_plan(view: &View<'_>, ask: &Ask) -> Answer {
    let id = ask.text("jobId").unwrap_or_default();
    let job = view.row("jobs", id).filter(|_| view.sees_job(id));
    let job = job.ok_or_else(|| Refusal::not_found("job_not_found"))?;
    let plan = text(&job, "defaultInterviewPlanId")
        .ok_or_else(|| Refusal::not_found("interview_plan_not_found"))?;
    let stages: Vec<Value> = stages_of(view, plan)
        .into_iter()
        .map(|(_, stage)| {
            json!({
                "id": stage["id"],
                "title": stage["title"],
                "type": stage["type"],
                "orderInInterviewPlan": stage["orderInInterviewPlan"],
                "interviewStageGroupId": stage["interviewStageGroupId"],
                "activities": [],
            })
        })
        .collect();
    Ok(json!({ "jobId": id, "interviewPlanId": plan, "stages": stages }))
}

/// `interviewStage.list`: the stages of one plan, in order.
pub(crate) fn stages(view: &View<'_>, ask: &Ask) -> Result<Vec<(u64, Value)>, Refusal> {
    let plan = ask.text("interviewPlanId").unwrap_or_default();
    let visible = view
        .row("interview_plans", plan)
        .is_some_and(|plan| text(&plan, "_jobId").is_none_or(|job| view.sees_job(job)));
    if !visible {
        return Err(Refusal::not_found("interview_plan_not_found"));
    }
    Ok(stages_of(view, plan))
}

fn stages_of(view: &View<'_>, plan: &str) -> Vec<(u64, Value)> {
    let stages = view.world.collection("interview_stages").documents();
    let mut found: Vec<(u64, Value)> = stages
        .map(|document| (document.revision(), document.peek_row()))
        .filter(|(_, stage)| text(stage, "interviewPlanId") == Some(plan))
        .map(|(revision, stage)| {
            (
                revision,
                render::plain(view, &Ask::default(), stage.into_owned()),
            )
        })
        .collect();
    found.sort_by_key(|(_, stage)| stage["orderInInterviewPlan"].as_i64());
    found
}

/// `interviewStageGroup.list`: one group for each type of stage, the same for every plan.
pub(crate) fn stage_groups(view: &View<'_>, ask: &Ask) -> Answer {
    let known = view.world.collection("interview_stage_groups");
    if !known.is_empty() {
        let groups = known
            .documents()
            .map(|d| render::plain(view, ask, d.peek().into_owned()));
        return Ok(groups.collect());
    }
    let types = [
        "Lead",
        "PreInterviewScreen",
        "Active",
        "Offer",
        "Hired",
        "Archived",
    ];
    let group = |(order, kind): (usize, &str)| {
        json!({
            "id": format!("0e900000-0000-4000-8000-{order:012}"),
            "title": kind,
            "order": order,
            "stageType": kind,
        })
    };
    Ok(types.into_iter().enumerate().map(group).collect())
}

/// `candidate.info`: by `id` or by `externalMappingId`, not by both.
pub(crate) fn candidate_info(view: &View<'_>, ask: &Ask) -> Answer {
    let candidates = view.world.collection("candidates");
    let found = match (ask.text("id"), ask.text("externalMappingId")) {
        (Some(id), None) => candidates.document(id).map(|document| document.peek()),
        (None, Some(mapping)) => candidates
            .documents()
            .map(|document| document.peek_row())
            .find(|candidate| text(candidate, "_externalMappingId") == Some(mapping)),
        _ => {
            return Err(Refusal::invalid(
                "either id or externalMappingId is required",
            ));
        }
    };
    let found = found.filter(|candidate| view.sees_candidate(candidate));
    let candidate = found.ok_or_else(|| Refusal::not_found("candidate_not_found"))?;
    Ok(render::candidate(view, ask, candidate.into_owned()))
}

/// `candidate.search`: criteria are ANDed, at most 100 results, no cursor.
pub(crate) fn candidate_search(view: &View<'_>, ask: &Ask) -> Answer {
    let (email, name) = (ask.text("email"), ask.text("name"));
    let asked = view.memory.search();
    let fits = |candidate: &Value| {
        name.is_none_or(|wanted| contains(text(candidate, "name"), wanted))
            && view.sees_candidate(candidate)
            && !lags(view, candidate, asked)
    };
    let ids = match (email, name) {
        (Some(email), _) => view.memory.mails.candidates(view.world, email),
        (None, Some(_)) => view.world.ids("candidates"),
        (None, None) => Vec::new(),
    };
    let candidates = ids.iter().filter_map(|id| view.row("candidates", id));
    let found = candidates
        .filter(|candidate| fits(candidate))
        .take(MAX_LIMIT);
    Ok(found
        .map(|found| render::candidate(view, ask, found.into_owned()))
        .collect())
}

/// Whether the search does not know yet of a candidate that was just created.
fn lags(view: &View<'_>, candidate: &Value, asked: u64) -> bool {
    let created = candidate.get("_searches").and_then(Value::as_u64);
    created.is_some_and(|created| asked - created < u64::from(view.options.search_lag))
}

fn contains(text: Option<&str>, wanted: &str) -> bool {
    text.is_some_and(|text| text.to_lowercase().contains(&wanted.to_lowercase()))
}

/// `candidate.listNotes`: private notes only for a key that may read private fields.
pub(crate) fn notes(view: &View<'_>, ask: &Ask) -> Result<Vec<(u64, Value)>, Refusal> {
    let candidate = ask.text("candidateId").unwrap_or_default();
    let known = view
        .row("candidates", candidate)
        .is_some_and(|found| view.sees_candidate(&found));
    if !known {
        return Err(Refusal::not_found("candidate_not_found"));
    }
    let notes = view.world.collection("notes").documents();
    Ok(notes
        .map(|document| (document.revision(), document.peek_row()))
        .filter(|(_, note)| text(note, "_candidateId") == Some(candidate))
        .filter(|(_, note)| view.key.private_fields || !flag(note, "isPrivate"))
        .map(|(revision, note)| (revision, render::plain(view, ask, note.into_owned())))
        .collect())
}

/// `application.info`: by `applicationId`, else by the form instance that was submitted.
pub(crate) fn application_info(view: &View<'_>, ask: &Ask) -> Answer {
    let applications = view.world.collection("applications");
    let (id, instance) = (
        ask.text("applicationId"),
        ask.text("submittedFormInstanceId"),
    );
    let blocked = view.world.collection("blocked_forms");
    if id.is_none() && instance.is_some_and(|instance| blocked.document(instance).is_some()) {
        return Err(Refusal::not_found("application_blocked"));
    }
    let found = match (id, instance) {
        (Some(id), _) => applications.document(id).map(|document| document.peek()),
        (None, Some(instance)) if !ask.expands("referrals") => applications
            .documents()
            // Who asks by a form has just submitted it.
            .rev()
            .map(|document| document.peek())
            .find(|application| submitted(application, instance))
            .filter(|_| view.memory.ask_for_form(instance) >= view.options.form_lag),
        (None, Some(_)) => {
            let message = "referrals cannot be expanded by submittedFormInstanceId";
            return Err(Refusal::invalid(message));
        }
        (None, None) => return Err(Refusal::invalid("applicationId is required")),
    };
    let found = found.filter(|application| view.sees_job(job_of(application)));
    let application = found.ok_or_else(|| Refusal::not_found("application_not_found"))?;
    Ok(render::application(view, ask, application.into_owned()))
}

fn submitted(application: &Value, instance: &str) -> bool {
    let forms = application
        .get("applicationFormSubmissions")
        .and_then(Value::as_array);
    forms.is_some_and(|forms| forms.iter().any(|form| text(form, "id") == Some(instance)))
}

/// `application.listHistory`: the same rows as in `application.info`.
pub(crate) fn history(view: &View<'_>, ask: &Ask) -> Result<Vec<(u64, Value)>, Refusal> {
    let missing = || Refusal::not_found("application_not_found");
    let id = ask.text("applicationId").unwrap_or_default();
    let document = view
        .world
        .collection("applications")
        .document(id)
        .ok_or_else(missing)?;
    let application = document.peek();
    if !view.sees_job(job_of(&application)) {
        return Err(missing());
    }
    let mut rendered = render::application(view, ask, application.into_owned());
    let rows = rendered
        .get_mut("applicationHistory")
        .map(Value::take)
        .unwrap_or_default();
    let rows = if let Value::Array(rows) = rows {
        rows
    } else {
        Vec::new()
    };
    Ok(rows
        .into_iter()
        .map(|row| (document.revision(), row))
        .collect())
}

/// `interviewEvent.list`: the events of one schedule.
pub(crate) fn events(view: &View<'_>, ask: &Ask) -> Result<Vec<(u64, Value)>, Refusal> {
    let missing = || Refusal::not_found("interview_schedule_not_found");
    let id = ask.text("interviewScheduleId").unwrap_or_default();
    let document = view
        .world
        .collection("interview_schedules")
        .document(id)
        .ok_or_else(missing)?;
    let schedule = document.peek();
    if text(&schedule, "applicationId").is_some_and(|id| !view.sees_application(id)) {
        return Err(missing());
    }
    let events = schedule
        .get("interviewEvents")
        .and_then(Value::as_array)
        .cloned();
    let events = events.unwrap_or_default().into_iter();
    Ok(events
        .map(|mut event| {
            render::event(view, &mut event, ask.expands("interview"));
            (document.revision(), event)
        })
        .collect())
}

/// `file.info`: a link to fetch the file from at once.
pub(crate) fn file(view: &View<'_>, ask: &Ask) -> Answer {
    let handle = ask.text("fileHandle").unwrap_or_default();
    if handle.is_empty() {
        return Err(Refusal::invalid("fileHandle must not be empty"));
    }
    Ok(json!({ "url": storage::link(view, handle)? }))
}
