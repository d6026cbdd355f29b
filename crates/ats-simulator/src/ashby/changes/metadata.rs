//! Changes of what others refer to: sources, reasons, tags, departments, locations, stages,
//! interview templates, custom fields, users, plans.

use serde_json::{Value, json};

use super::{any, archive, change, pick, rename, renew, sample};
use crate::world::World;
use crate::{Change, ChangeKind};

pub(super) const CHANGES: &[Change] = &[
    change(
        ChangeKind::Rename,
        "sources",
        "rename a source",
        |world, pick| {
            rename(world, "sources", pick, "title");
        },
    ),
    change(
        ChangeKind::Rename,
        "archive_reasons",
        "rename an archive reason",
        |world, pick| {
            rename(world, "archive_reasons", pick, "text");
        },
    ),
    change(
        ChangeKind::Rename,
        "candidate_tags",
        "rename a tag",
        |world, pick| {
            rename(world, "candidate_tags", pick, "title");
        },
    ),
    change(
        ChangeKind::Archive,
        "candidate_tags",
        "archive a tag",
        |world, pick| {
            archive(world, "candidate_tags", pick);
        },
    ),
    change(
        ChangeKind::Create,
        "candidate_tags",
        "add a tag",
        |world, pick| {
            let title = format!("New tag {pick} ~{}", world.revision());
            world.insert(
                "candidate_tags",
                json!({ "title": title, "isArchived": false }),
            );
        },
    ),
    change(
        ChangeKind::Archive,
        "archive_reasons",
        "archive an archive reason",
        |world, pick| {
            archive(world, "archive_reasons", pick);
        },
    ),
    change(
        ChangeKind::Rename,
        "departments",
        "rename a department",
        |world, pick| {
            rename(world, "departments", pick, "name");
        },
    ),
    change(
        ChangeKind::Archive,
        "departments",
        "archive a department",
        |world, pick| {
            archive(world, "departments", pick);
        },
    ),
    change(
        ChangeKind::Rename,
        "locations",
        "rename a location",
        rename_location,
    ),
    change(
        ChangeKind::Rename,
        "interview_stages",
        "rename a stage",
        |world, pick| {
            rename(world, "interview_stages", pick, "title");
        },
    ),
    change(
        ChangeKind::Rename,
        "interviews",
        "rename an interview template",
        |world, pick| {
            rename(world, "interviews", pick, "title");
        },
    ),
    change(
        ChangeKind::Rename,
        "custom_fields",
        "rename a custom field",
        |world, pick| {
            rename(world, "custom_fields", pick, "title");
        },
    ),
    change(
        ChangeKind::Rename,
        "users",
        "rename a user",
        |world, pick| {
            rename(world, "users", pick, "lastName");
        },
    ),
    change(
        ChangeKind::Archive,
        "users",
        "deactivate a user",
        deactivate_user,
    ),
    change(
        ChangeKind::Create,
        "interview_stages",
        "a plan gets a new stage",
        add_stage,
    ),
    change(
        ChangeKind::Create,
        "interview_plans",
        "a new plan",
        add_plan,
    ),
];

fn rename_location(world: &mut World, place: u64) {
    let mark = world.revision();
    if let Some(id) = pick(world, "locations", place, |found| {
        found["type"] != "LocationHierarchy"
    }) {
        world.update("locations", &id, |location| {
            renew(&mut location["name"], mark);
            if let Some(external) = location.get_mut("externalName") {
                renew(external, mark);
            }
        });
    }
}

fn deactivate_user(world: &mut World, place: u64) {
    if let Some(id) = pick(world, "users", place, |user| user["isEnabled"] == true) {
        world.update("users", &id, |user| user["isEnabled"] = json!(false));
    }
}

/// The stage comes last. The plan itself is not touched.
fn add_stage(world: &mut World, place: u64) {
    let Some(plan) = pick(world, "interview_plans", place, any) else {
        return;
    };
    let stages = world.collection("interview_stages").values();
    let orders = stages
        .filter(|stage| stage["interviewPlanId"] == plan.as_str())
        .filter_map(|stage| stage["orderInInterviewPlan"].as_i64());
    let order = orders.max().map_or(0, |last| last + 1);
    world.insert(
        "interview_stages",
        stage(&plan, &format!("Extra stage {order}"), "Active", order),
    );
}

fn stage(plan: &str, title: &str, kind: &str, order: i64) -> Value {
    json!({
        "title": title,
        "type": kind,
        "orderInInterviewPlan": order,
        "interviewStageGroupId": null,
        "interviewPlanId": plan,
    })
}

/// A plan with three stages, which a job that has plans may use from now on.
fn add_plan(world: &mut World, place: u64) {
    let now = world.now();
    let title = format!("New plan {place} ~{}", world.revision());
    let plan = json!({ "title": title, "isArchived": false, "createdAt": now, "updatedAt": now });
    let plan = world.insert("interview_plans", plan);
    let stages = [
        ("Review", "PreInterviewScreen"),
        ("Talk", "Active"),
        ("Archived", "Archived"),
    ];
    for (order, (title, kind)) in (0..).zip(stages) {
        world.insert("interview_stages", stage(&plan, title, kind, order));
    }
    let has_plans = |job: &Value| job["interviewPlanIds"].is_array();
    if let Some(job) = sample(world, "jobs", place, has_plans) {
        let id = job["id"].as_str().unwrap_or_default();
        world.update("jobs", id, |job| {
            super::push(job, "interviewPlanIds", json!(plan))
        });
    }
}
