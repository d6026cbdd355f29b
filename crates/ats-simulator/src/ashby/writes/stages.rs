//! Stages: `application.changeStage`, and what it means for an application to enter one.

use serde_json::{Value, json};

use super::Written;
use crate::ashby::desk::{Desk, id_of, push};
use crate::ashby::envelope::Refusal;
use crate::ashby::request::Ask;
use crate::ashby::{flag, text};

pub(crate) fn change_stage(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let id = ask.text("applicationId").unwrap_or_default();
    let application = desk.application(id)?;
    let target = ask.text("interviewStageId").unwrap_or_default();
    let stage = desk.find("interview_stages", target, "interview_stage_not_found")?;
    let now_in = &application["currentInterviewStage"];
    if now_in["interviewPlanId"] != stage["interviewPlanId"] {
        let message = "The interview stage belongs to another interview plan";
        return Err(Refusal::invalid(message));
    }
    let archives = text(&stage, "type") == Some("Archived");
    let reason = match (ask.text("archiveReasonId"), archives) {
        (Some(reason), true) => archive_reason(desk, reason)?,
        (None, true) => {
            let message = "archiveReasonId is required when the stage is of type Archived";
            return Err(Refusal::invalid(message));
        }
        (_, false) => Value::Null,
    };
    check_mail(desk, ask, archives)?;
    let stays = now_in["id"] == stage["id"];
    if stays && application["archiveReason"]["id"] == reason["id"] {
        return desk.show_application(id);
    }
    let (now, event) = (desk.world.now(), desk.world.new_id());
    desk.world.update("applications", id, |application| {
        if !stays {
            leave_last(application, &now);
            push_history(application, &event, &stage, &now);
        }
        enter(application, stage, reason, &now);
    });
    desk.show_application(id)
}

/// A reason as an application shows it. An archived one is no choice any more.
pub(super) fn archive_reason(desk: &Desk<'_>, id: &str) -> Written {
    let mut reason = desk.find("archive_reasons", id, "archive_reason_not_found")?;
    if flag(&reason, "isArchived") {
        return Err(Refusal::invalid("The archive reason is archived"));
    }
    if !reason["customFields"].is_array() {
        reason["customFields"] = json!([]);
    }
    Ok(reason)
}

fn check_mail(desk: &Desk<'_>, ask: &Ask, archives: bool) -> Result<(), Refusal> {
    let Some(mail) = ask.value("archiveEmail") else {
        return Ok(());
    };
    if !archives {
        let message = "archiveEmail is only allowed when the stage is of type Archived";
        return Err(Refusal::invalid(message));
    }
    let template = text(mail, "communicationTemplateId").unwrap_or_default();
    let code = "communication_template_not_found";
    desk.find("communication_templates", template, code)?;
    Ok(())
}

fn leave_last(application: &mut Value, now: &str) {
    let history = application["applicationHistory"].as_array_mut();
    if let Some(last) = history.and_then(|history| history.last_mut()) {
        last["leftStageAt"] = json!(now);
    }
}

pub(super) fn push_history(application: &mut Value, id: &str, stage: &Value, now: &str) {
    let number = application["applicationHistory"]
        .as_array()
        .map_or(0, Vec::len);
    let event = json!({
        "id": id,
        "stageId": stage["id"],
        "title": stage["title"],
        "enteredStageAt": now,
        "stageNumber": number,
        "allowedActions": ["none"],
        "actorId": null,
    });
    push(application, "applicationHistory", event);
}

/// Sets what follows from the stage: status, reason and the time of archiving.
pub(super) fn enter(application: &mut Value, stage: Value, reason: Value, now: &str) {
    let status = match text(&stage, "type") {
        Some("Lead") => "Lead",
        Some("Hired") => "Hired",
        Some("Archived") => "Archived",
        _ => "Active",
    };
    application["status"] = json!(status);
    application["currentInterviewStage"] = stage;
    application["archiveReason"] = reason;
    if status == "Archived" {
        application["archivedAt"] = json!(now);
    } else if let Some(members) = application.as_object_mut() {
        members.remove("archivedAt");
    }
}

/// The stages of a plan, in order.
pub(super) fn stages_of(desk: &Desk<'_>, plan: &str) -> Vec<Value> {
    let stages = desk.world.collection("interview_stages").values();
    let mut stages: Vec<Value> = stages
        .filter(|stage| text(stage, "interviewPlanId") == Some(plan))
        .cloned()
        .collect();
    stages.sort_by_key(|stage| stage["orderInInterviewPlan"].as_i64());
    stages
}

/// The stage that a request names, or the one that Ashby takes when it names none.
pub(super) fn first_stage(
    desk: &Desk<'_>,
    plan: &str,
    wanted: Option<&str>,
) -> Result<Value, Refusal> {
    let missing = || Refusal::not_found("interview_stage_not_found");
    let stages = stages_of(desk, plan);
    let of_type = |kind: &str| {
        let mut stages = stages.iter();
        stages.find(|stage| text(stage, "type") == Some(kind))
    };
    let found = match wanted {
        None => of_type("Lead").or(stages.first()).ok_or_else(missing)?,
        Some("FirstPreInterviewScreen") => of_type("PreInterviewScreen").ok_or_else(missing)?,
        Some(id) => {
            desk.find("interview_stages", id, "interview_stage_not_found")?;
            let own = stages.iter().find(|stage| id_of(stage) == id);
            own.ok_or_else(|| {
                Refusal::invalid("The interview stage belongs to another interview plan")
            })?
        }
    };
    Ok(found.clone())
}
