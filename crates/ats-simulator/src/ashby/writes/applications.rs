//! `application.create`, `application.update` and `application.changeSource`.
//!
//! What Ashby does about a second application of a candidate for a job is not documented. Here it
//! is taken as any other, so that only the client itself can prevent it.

use serde_json::{Value, json};

use super::Written;
use super::stages::{archive_reason, enter, first_stage, push_history};
use crate::ashby::desk::{Desk, id_of, ids, push, shown_copy};
use crate::ashby::envelope::Refusal;
use crate::ashby::request::Ask;
use crate::ashby::text;

pub(crate) fn create_application(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let candidate = desk.candidate(ask.text("candidateId").unwrap_or_default())?;
    let job = desk.job(ask.text("jobId").unwrap_or_default())?;
    let source = desk.named(ask, "sourceId", "sources")?;
    let user = desk.named(ask, "creditedToUserId", "users")?;
    let plan = plan_of(desk, &job, ask.text("interviewPlanId"))?;
    let path = path(desk, &plan, ask)?;
    let mut application = blank(desk, &candidate, &job);
    if let Some(source) = source {
        application["source"] = source;
    }
    application["creditedToUser"] = user.unwrap_or_default();
    if let Some(created) = ask.text("createdAt") {
        application["createdAt"] = json!(created);
    }
    walk(desk, &mut application, path);
    let id = insert(desk, application);
    desk.show_application(&id)
}

/// One stage of a path: the stage, when it is entered, and the reason where it archives.
pub(super) struct Step {
    pub(super) stage: Value,
    pub(super) entered: Option<String>,
    pub(super) reason: Value,
}

/// The stages that the application begins with: one, or the history that the request gives.
fn path(desk: &Desk<'_>, plan: &str, ask: &Ask) -> Result<Vec<Step>, Refusal> {
    let mut given: Vec<&Value> = ask.array("applicationHistory").iter().collect();
    given.sort_by_key(|step| step["stageNumber"].as_u64());
    if given.is_empty() {
        let stage = first_stage(desk, plan, ask.text("interviewStageId"))?;
        return Ok(vec![step(desk, stage, &Value::Null)?]);
    }
    let steps = given.into_iter().enumerate().map(|(number, given)| {
        if given["stageNumber"] != number {
            let message = "applicationHistory must be numbered from 0 without gaps";
            return Err(Refusal::invalid(message));
        }
        step(
            desk,
            first_stage(desk, plan, text(given, "stageId"))?,
            given,
        )
    });
    steps.collect()
}

fn step(desk: &Desk<'_>, stage: Value, given: &Value) -> Result<Step, Refusal> {
    let archives = text(&stage, "type") == Some("Archived");
    let reason = match text(given, "archiveReasonId") {
        Some(reason) if archives => archive_reason(desk, reason)?,
        None if archives => {
            let message = "archiveReasonId is required on a stage of type Archived";
            return Err(Refusal::invalid(message));
        }
        _ => Value::Null,
    };
    let entered = text(given, "enteredStageAt").map(str::to_owned);
    Ok(Step {
        stage,
        entered,
        reason,
    })
}

/// Lets a new application enter one stage after another.
pub(super) fn walk(desk: &mut Desk<'_>, application: &mut Value, path: Vec<Step>) {
    for step in path {
        let (event, now) = (desk.world.new_id(), desk.world.now());
        let entered = step.entered.unwrap_or(now);
        if let Some(last) = application["applicationHistory"]
            .as_array_mut()
            .and_then(|history| history.last_mut())
        {
            last["leftStageAt"] = json!(entered);
        }
        push_history(application, &event, &step.stage, &entered);
        enter(application, step.stage, step.reason, &entered);
    }
}

/// The plan that an application follows: one of the job's, its default when none is named.
pub(super) fn plan_of(
    desk: &Desk<'_>,
    job: &Value,
    wanted: Option<&str>,
) -> Result<String, Refusal> {
    let missing = || Refusal::not_found("interview_plan_not_found");
    let default = text(job, "defaultInterviewPlanId");
    let Some(wanted) = wanted else {
        return default.map(str::to_owned).ok_or_else(missing);
    };
    desk.find("interview_plans", wanted, "interview_plan_not_found")?;
    if default != Some(wanted) && !ids(job, "interviewPlanIds").iter().any(|id| id == wanted) {
        return Err(Refusal::invalid("The interview plan is none of the job's"));
    }
    Ok(wanted.to_owned())
}

/// An application in no stage yet, with the candidate's source.
pub(super) fn blank(desk: &mut Desk<'_>, candidate: &Value, job: &Value) -> Value {
    let now = desk.world.now();
    let mut application = json!({
        "id": desk.world.new_id(),
        "createdAt": now,
        "updatedAt": now,
        "customFields": [],
        "candidate": shown_copy(candidate),
        "source": candidate["source"],
        "archiveReason": null,
        "job": {
            "id": job["id"],
            "title": job["title"],
            "locationId": job["locationId"],
            "departmentId": job["departmentId"],
            "brandId": job["brandId"],
        },
        "creditedToUser": null,
        "hiringTeam": job["hiringTeam"].as_array().cloned().unwrap_or_default(),
        "appliedViaJobPostingId": null,
        "submitterClientIp": null,
        "submitterUserAgent": null,
        "applicationHistory": [],
        "applicationFormSubmissions": [],
        "referrals": [],
        "openings": [],
    });
    if candidate["resumeFileHandle"].is_object() {
        application["resumeFileHandle"] = candidate["resumeFileHandle"].clone();
    }
    application
}

/// Adds an application to the world and to its candidate.
pub(super) fn insert(desk: &mut Desk<'_>, application: Value) -> String {
    let candidate = id_of(&application["candidate"]).to_owned();
    let id = desk.world.insert("applications", application);
    desk.world.update("candidates", &candidate, |candidate| {
        push(candidate, "applicationIds", json!(id));
    });
    id
}

pub(crate) fn update_application(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let id = ask.text("applicationId").unwrap_or_default();
    desk.application(id)?;
    let source = desk.named(ask, "sourceId", "sources")?;
    let user = desk.named(ask, "creditedToUserId", "users")?;
    let created = ask.value("createdAt").cloned();
    desk.world.update("applications", id, |application| {
        for (member, value) in [
            ("source", source),
            ("creditedToUser", user),
            ("createdAt", created),
        ] {
            if let Some(value) = value {
                application[member] = value;
            }
        }
    });
    desk.show_application(id)
}

/// Null takes the source away.
pub(crate) fn change_source(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let id = ask.text("applicationId").unwrap_or_default();
    desk.application(id)?;
    let source = desk.named(ask, "sourceId", "sources")?;
    desk.world.update("applications", id, |application| {
        application["source"] = source.unwrap_or_default();
    });
    desk.show_application(id)
}
