//! The merge of two candidates: one vanishes, and whatever was theirs belongs to the other.
//!
//! Applications keep their ids and point to the candidate who stays. What the vendor does with
//! custom fields, tags and files is not documented, so those of the one who stays do not change.

use serde_json::{Map, Value, json};

use super::{change, ids_where, pick, push, sample};
use crate::world::World;
use crate::{Change, ChangeKind};

// A delete, since a list with a token shows no trace of the candidate who vanishes.
pub(super) const CHANGES: &[Change] = &[change(
    ChangeKind::Delete,
    "candidates",
    "merge two candidates",
    |world, place| {
        let applied = |candidate: &Value| !ids(candidate, "applicationIds").is_empty();
        let Some(gone) = sample(world, "candidates", place, applied) else {
            return;
        };
        let other = |candidate: &Value| candidate["id"] != gone["id"];
        if let Some(stays) = pick(world, "candidates", place.wrapping_add(1), other) {
            merge(world, &gone, &stays);
        }
    },
)];

/// Collections whose documents name a candidate, each with the member that does.
const NAMING: [(&str, &str); 3] = [
    ("survey_requests", "candidateId"),
    ("survey_submissions", "candidateId"),
    ("notes", "_candidateId"),
];

fn merge(world: &mut World, gone: &Value, stays: &str) {
    let Some(id) = gone["id"].as_str() else {
        return;
    };
    let applications = ids(gone, "applicationIds");
    world.update("candidates", stays, |candidate| {
        for application in &applications {
            push(candidate, "applicationIds", json!(application));
        }
    });
    let copy = shown_copy(world, stays);
    for application in &applications {
        world.update("applications", application, |application| {
            application["candidate"] = copy.clone();
        });
    }
    for (collection, member) in NAMING {
        for own in ids_where(world, collection, member, id) {
            world.update(collection, &own, |document| {
                document[member] = json!(stays);
            });
        }
    }
    world.remove("candidates", id);
}

/// What an application shows of its candidate.
fn shown_copy(world: &World, candidate: &str) -> Value {
    let mut copy = Map::new();
    let document = world.collection("candidates").document(candidate);
    if let Some(found) = document.map(|document| document.peek_row()) {
        for member in ["id", "name", "primaryEmailAddress", "primaryPhoneNumber"] {
            if let Some(value) = found.get(member) {
                copy.insert(member.to_owned(), value.clone());
            }
        }
    }
    Value::Object(copy)
}

fn ids(document: &Value, member: &str) -> Vec<String> {
    let ids = document[member].as_array().into_iter().flatten();
    ids.filter_map(|id| id.as_str().map(str::to_owned))
        .collect()
}
