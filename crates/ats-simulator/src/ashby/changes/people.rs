//! Changes of candidates, applications and their answers to surveys.

use serde_json::{Value, json};

use super::{any, change, ids_where, pick, push, renew, sample};
use crate::world::World;
use crate::{Change, ChangeKind};

pub(super) const CHANGES: &[Change] = &[
    change(
        ChangeKind::Edit,
        "candidates",
        "edit a candidate's name",
        |world, place| {
            let mark = world.revision();
            if let Some(id) = pick(world, "candidates", place, any) {
                world.update("candidates", &id, |candidate| {
                    renew(&mut candidate["name"], mark)
                });
            }
        },
    ),
    change(
        ChangeKind::Edit,
        "candidates",
        "edit a candidate's e-mail",
        edit_mail,
    ),
    change(
        ChangeKind::Create,
        "candidates",
        "add a candidate",
        add_candidate,
    ),
    change(
        ChangeKind::Delete,
        "candidates",
        "delete a candidate",
        |world, place| {
            if let Some(id) = pick(world, "candidates", place, any) {
                delete_candidate(world, &id);
            }
        },
    ),
    change(
        ChangeKind::Edit,
        "candidates",
        "add a tag to a candidate",
        tag_candidate,
    ),
    change(
        ChangeKind::Edit,
        "candidates",
        "take a tag from a candidate",
        untag_candidate,
    ),
    change(
        ChangeKind::Create,
        "applications",
        "add an application",
        add_application,
    ),
    change(
        ChangeKind::Edit,
        "applications",
        "move an application to another stage",
        |w, place| {
            let kinds = ["PreInterviewScreen", "Active", "Offer"];
            move_one(w, place, &kinds, "Active", &Value::Null);
        },
    ),
    change(
        ChangeKind::Edit,
        "applications",
        "archive an application",
        |world, place| {
            let reason = sample(world, "archive_reasons", place, |r| {
                r["isArchived"] == false
            });
            if let Some(mut reason) = reason {
                reason["customFields"] = json!([]);
                move_one(world, place, &["Archived"], "Archived", &reason);
            }
        },
    ),
    change(ChangeKind::Edit, "applications", "hire", |world, place| {
        move_one(world, place, &["Hired"], "Hired", &Value::Null);
    }),
    change(
        ChangeKind::Delete,
        "applications",
        "delete an application",
        |world, place| {
            if let Some(id) = pick(world, "applications", place, any) {
                delete_application(world, &id);
            }
        },
    ),
    change(
        ChangeKind::Create,
        "survey_submissions",
        "a new questionnaire submission",
        submit,
    ),
];

fn edit_mail(world: &mut World, place: u64) {
    let mark = world.revision();
    let Some(id) = pick(world, "candidates", place, any) else {
        return;
    };
    world.update("candidates", &id, |candidate| {
        let mail = json!({
            "value": format!("changed.{mark}@example.com"),
            "type": "Personal",
            "isPrimary": true,
        });
        candidate["primaryEmailAddress"] = mail.clone();
        if let Some(mails) = candidate["emailAddresses"].as_array_mut() {
            mails.retain(|mail| mail["isPrimary"] != true);
            mails.insert(0, mail);
        }
    });
}

fn add_candidate(world: &mut World, place: u64) {
    let now = world.now();
    let own = world.new_id();
    let source = sample(world, "sources", place, any);
    let mail = json!({
        "value": format!("newcomer.{place}.{}@example.com", world.revision()),
        "type": "Personal",
        "isPrimary": true,
    });
    world.insert(
        "candidates",
        json!({
            "id": own,
            "createdAt": now,
            "updatedAt": now,
            "name": format!("Newcomer Number{place}"),
            "primaryEmailAddress": mail,
            "emailAddresses": [mail],
            "phoneNumbers": [],
            "socialLinks": [{ "type": "GitHub", "url": "https://github.com/newcomer" }],
            "tags": [],
            "applicationIds": [],
            "fileHandles": [],
            "customFields": [],
            "profileUrl": format!(
                "https://app.ashbyhq.com/candidate-searches/new/right-side/candidates/{own}"
            ),
            "source": source,
            "creditedToUser": null,
        }),
    );
}

fn delete_candidate(world: &mut World, id: &str) {
    let Some(candidate) = world
        .collection("candidates")
        .document(id)
        .map(|d| d.peek_row())
    else {
        return;
    };
    let applications: Vec<String> = candidate["applicationIds"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    world.remove("candidates", id);
    for application in applications {
        delete_application(world, &application);
    }
    for submission in ids_where(world, "survey_submissions", "candidateId", id) {
        world.remove("survey_submissions", &submission);
    }
}

/// Deletes an application and what hangs on it.
fn delete_application(world: &mut World, id: &str) {
    let document = world.collection("applications").document(id);
    let candidate = document.map(|found| found.peek_row()["candidate"]["id"].clone());
    world.remove("applications", id);
    for collection in ["interview_schedules", "offers", "survey_submissions"] {
        for own in ids_where(world, collection, "applicationId", id) {
            world.remove(collection, &own);
        }
    }
    if let Some(candidate) = candidate.as_ref().and_then(Value::as_str) {
        world.update("candidates", candidate, |candidate| {
            if let Some(ids) = candidate["applicationIds"].as_array_mut() {
                ids.retain(|own| own != id);
            }
        });
    }
}

fn tag_candidate(world: &mut World, place: u64) {
    let Some(tag) = sample(world, "candidate_tags", place, |tag| {
        tag["isArchived"] == false
    }) else {
        return;
    };
    let untagged = |candidate: &Value| {
        let tags = candidate["tags"].as_array();
        tags.is_some_and(|tags| tags.iter().all(|own| own["id"] != tag["id"]))
    };
    if let Some(id) = pick(world, "candidates", place, untagged) {
        world.update("candidates", &id, |candidate| push(candidate, "tags", tag));
    }
}

fn untag_candidate(world: &mut World, place: u64) {
    let tagged = |candidate: &Value| candidate["tags"].as_array().is_some_and(|t| !t.is_empty());
    if let Some(id) = pick(world, "candidates", place, tagged) {
        world.update("candidates", &id, |candidate| {
            if let Some(tags) = candidate["tags"].as_array_mut() {
                tags.remove(0);
            }
        });
    }
}

/// Adds an application in the first stage of the job's default plan.
fn add_application(world: &mut World, place: u64) {
    let candidate = sample(world, "candidates", place, any);
    let job = sample(world, "jobs", place, |job| {
        job["status"] == "Open" && job["defaultInterviewPlanId"].is_string()
    });
    let (Some(candidate), Some(job)) = (candidate, job) else {
        return;
    };
    let plan = job["defaultInterviewPlanId"].clone();
    let stage = sample(world, "interview_stages", 0, |stage| {
        let early = stage["type"] == "PreInterviewScreen" || stage["orderInInterviewPlan"] == 0;
        stage["interviewPlanId"] == plan && early
    });
    let Some(stage) = stage else {
        return;
    };
    let (now, event) = (world.now(), world.new_id());
    let application = json!({
        "createdAt": now,
        "updatedAt": now,
        "status": if stage["type"] == "Lead" { "Lead" } else { "Active" },
        "customFields": [],
        "candidate": {
            "id": candidate["id"],
            "name": candidate["name"],
            "primaryEmailAddress": candidate["primaryEmailAddress"],
        },
        "currentInterviewStage": stage,
        "source": candidate["source"],
        "archiveReason": null,
        "job": {
            "id": job["id"],
            "title": job["title"],
            "locationId": job["locationId"],
            "departmentId": job["departmentId"],
        },
        "creditedToUser": null,
        "hiringTeam": [],
        "appliedViaJobPostingId": null,
        "submitterClientIp": null,
        "submitterUserAgent": null,
        "applicationHistory": [entered(&event, &stage, &now, 0)],
        "applicationFormSubmissions": [],
        "referrals": [],
        "openings": [],
    });
    let own = world.insert("applications", application);
    if let Some(id) = candidate["id"].as_str() {
        world.update("candidates", id, |found| {
            push(found, "applicationIds", json!(own))
        });
    }
}

fn entered(id: &str, stage: &Value, now: &str, number: usize) -> Value {
    json!({
        "id": id,
        "stageId": stage["id"],
        "title": stage["title"],
        "enteredStageAt": now,
        "stageNumber": number,
        "allowedActions": ["none"],
        "actorId": null,
    })
}

/// Moves an application that is still open to another stage of its plan, of one of these types.
fn move_one(world: &mut World, place: u64, kinds: &[&str], status: &str, reason: &Value) {
    let target = |application: &Value| {
        let now_in = &application["currentInterviewStage"];
        sample(world, "interview_stages", place, |stage| {
            stage["interviewPlanId"] == now_in["interviewPlanId"]
                && stage["id"] != now_in["id"]
                && kinds.iter().any(|kind| stage["type"] == *kind)
        })
    };
    let open = |found: &Value| {
        (found["status"] == "Active" || found["status"] == "Lead") && target(found).is_some()
    };
    let Some(application) = sample(world, "applications", place, open) else {
        return;
    };
    let (Some(stage), Some(id)) = (target(&application), application["id"].as_str()) else {
        return;
    };
    let (now, event) = (world.now(), world.new_id());
    world.update("applications", id, |application| {
        let history = application["applicationHistory"].as_array_mut();
        let number = history.map_or(0, |history| {
            if let Some(last) = history.last_mut() {
                last["leftStageAt"] = json!(now);
            }
            history.len()
        });
        push(
            application,
            "applicationHistory",
            entered(&event, &stage, &now, number),
        );
        application["currentInterviewStage"] = stage;
        application["status"] = json!(status);
        if !reason.is_null() {
            application["archiveReason"] = reason.clone();
            application["archivedAt"] = json!(now);
        }
    });
}

/// One more answered questionnaire, with the answers of another one where there is one.
fn submit(world: &mut World, place: u64) {
    let questionnaire = |found: &Value| found["surveyType"] == "Questionnaire";
    let form = sample(world, "survey_form_definitions", place, questionnaire);
    let before = sample(world, "survey_submissions", place, questionnaire);
    let application = sample(world, "applications", place, any);
    let (Some(form), Some(application)) = (form, application) else {
        return;
    };
    let same = before.filter(|before| before["surveyFormDefinitionId"] == form["id"]);
    let values = same.map_or_else(|| json!({}), |before| before["submittedValues"].clone());
    let now = world.now();
    world.insert(
        "survey_submissions",
        json!({
            "surveyFormDefinitionId": form["id"],
            "submittedAt": now,
            "candidateId": application["candidate"]["id"],
            "applicationId": application["id"],
            "surveyType": "Questionnaire",
            "formDefinition": form["formDefinition"],
            "submittedValues": values,
        }),
    );
}
