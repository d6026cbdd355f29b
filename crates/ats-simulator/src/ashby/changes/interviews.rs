//! Changes of interview schedules and offers.

use serde_json::{Value, json};

use super::{any, change, ids_where, pick, push, sample};
use crate::world::World;
use crate::{Change, ChangeKind};

pub(super) const CHANGES: &[Change] = &[
    change(
        ChangeKind::Edit,
        "interview_schedules",
        "a schedule gains an event",
        add_event,
    ),
    change(
        ChangeKind::Edit,
        "interview_schedules",
        "a schedule loses an event",
        |world, place| {
            if let Some(id) = pick(world, "interview_schedules", place, has_events) {
                world.update("interview_schedules", &id, |schedule| {
                    if let Some(events) = schedule["interviewEvents"].as_array_mut() {
                        events.pop();
                    }
                });
            }
        },
    ),
    change(
        ChangeKind::Edit,
        "interview_schedules",
        "cancel a schedule",
        |world, place| {
            let running = |schedule: &Value| schedule["status"] != "Cancelled";
            if let Some(id) = pick(world, "interview_schedules", place, running) {
                world.update("interview_schedules", &id, |schedule| {
                    schedule["status"] = json!("Cancelled");
                });
            }
        },
    ),
    change(ChangeKind::Edit, "offers", "accept an offer", accept_offer),
    change(ChangeKind::Create, "offers", "a new offer", add_offer),
];

fn has_events(schedule: &Value) -> bool {
    schedule["interviewEvents"]
        .as_array()
        .is_some_and(|events| !events.is_empty())
}

/// One more event, like one that exists.
fn add_event(world: &mut World, place: u64) {
    let like = sample(world, "interview_schedules", place, has_events);
    let like = like.map(|schedule| schedule["interviewEvents"][0].clone());
    let Some(id) = pick(world, "interview_schedules", place, |s| {
        s["status"] != "Cancelled"
    }) else {
        return;
    };
    let Some(mut event) = like else {
        return;
    };
    let (own, now) = (world.new_id(), world.now());
    event["id"] = json!(own);
    event["interviewScheduleId"] = json!(id);
    event["createdAt"] = json!(now);
    event["updatedAt"] = json!(now);
    world.update("interview_schedules", &id, |schedule| {
        push(schedule, "interviewEvents", event);
        schedule["status"] = json!("Scheduled");
    });
}

fn accept_offer(world: &mut World, place: u64) {
    let open = |offer: &Value| {
        let status = offer["acceptanceStatus"].as_str().unwrap_or_default();
        matches!(status, "Pending" | "Created" | "WaitingOnResponse")
    };
    let now = world.now();
    if let Some(id) = pick(world, "offers", place, open) {
        world.update("offers", &id, |offer| {
            offer["acceptanceStatus"] = json!("Accepted");
            offer["offerStatus"] = json!("CandidateAccepted");
            offer["decidedAt"] = json!(now);
        });
    }
}

/// An offer for an application that has none, or one more where all have one.
fn add_offer(world: &mut World, place: u64) {
    let without = |application: &Value| {
        let id = application["id"].as_str().unwrap_or_default();
        ids_where(world, "offers", "applicationId", id).is_empty()
    };
    let free = pick(world, "applications", place, without);
    let Some(application) = free.or_else(|| pick(world, "applications", place, any)) else {
        return;
    };
    let (version, now) = (world.new_id(), world.now());
    let author = sample(world, "users", place, |user| user["isEnabled"] == true);
    let version = json!({
        "id": version,
        "startDate": "2026-09-01",
        "salary": { "currencyCode": "EUR", "value": 70_000 + place % 50 * 100 },
        "createdAt": now,
        "customFields": [],
        "fileHandles": [],
        "author": author,
        "approvalStatus": "WaitingOnApprovals",
    });
    world.insert(
        "offers",
        json!({
            "applicationId": application,
            "acceptanceStatus": "Created",
            "offerStatus": "WaitingOnOfferApproval",
            "latestVersion": version,
            "versions": [version],
            "formDefinition": { "sections": [] },
        }),
    );
}
