//! The toy vendor's documents, what they must become, and the ways in which they change.
//!
//! The expectations are written down, not computed from the documents by the connector's mapper.

use std::collections::BTreeMap;

use ats_core::ModelKind;
use serde_json::{Value, json};

use super::vendor::Vendor;
use crate::{ChangeInfo, ChangeKind, Expected, WorldKind};

/// Fills an empty vendor.
pub(super) fn fill(vendor: &Vendor, world: WorldKind) {
    let candidates = match world {
        WorldKind::Small { .. } => 5,
        WorldKind::Generated { candidates, .. } => candidates,
    };
    for (id, name) in [("s1", "Referral"), ("s2", "Job fair"), ("s3", "Web site")] {
        vendor.put("sources", json!({ "id": id, "name": name }));
    }
    for (id, name, archived) in [
        ("t1", "Speaks French", false),
        ("t2", "Senior", false),
        ("t3", "Old", true),
    ] {
        vendor.put(
            "tags",
            json!({ "id": id, "name": name, "archived": archived }),
        );
    }
    for index in 0..candidates {
        vendor.put("candidates", candidate(index));
    }
    for index in 0..candidates {
        vendor.put("applications", application(index));
    }
}

const NAMES: [(&str, &str); 5] = [
    ("Ada", "Lovelace"),
    ("Emmy", "Noether"),
    ("Grace", "Hopper"),
    ("Hedy", "Lamarr"),
    ("Lise", "Meitner"),
];

fn candidate(index: usize) -> Value {
    let (first, last) = NAMES[index % NAMES.len()];
    let tags: &[&str] = [&["t1", "t2"][..], &["t1"], &[], &["t3"], &["t2"]][index % 5];
    let mut body = json!({
        "id": format!("c{index:05}"),
        "firstName": first,
        "lastName": last,
        "title": format!("Engineer {index}"),
        "createdAt": format!("2026-01-{:02}T08:00:00Z", index % 28 + 1),
        "tagIds": tags,
    });
    if index % 5 != 2 {
        body["sourceId"] = format!("s{}", index % 3 + 1).into();
    }
    body
}

fn application(index: usize) -> Value {
    let status = ["active", "hired", "rejected", "rejected", "active"][index % 5];
    let mut body = json!({
        "id": format!("a{index:05}"),
        "candidateId": format!("c{index:05}"),
        "status": status,
        "createdAt": format!("2026-02-{:02}T09:30:00Z", index % 28 + 1),
    });
    if status == "rejected" {
        body["rejectedAt"] = format!("2026-03-{:02}T10:00:00Z", index % 28 + 1).into();
    }
    body
}

/// What can happen at the vendor.
pub(super) const CHANGES: [ChangeInfo; 9] = [
    ChangeInfo {
        name: "add a candidate",
        kind: ChangeKind::Create,
    },
    ChangeInfo {
        name: "edit a candidate",
        kind: ChangeKind::Edit,
    },
    ChangeInfo {
        name: "tag a candidate",
        kind: ChangeKind::Edit,
    },
    ChangeInfo {
        name: "delete a candidate",
        kind: ChangeKind::Delete,
    },
    ChangeInfo {
        name: "add an application",
        kind: ChangeKind::Create,
    },
    ChangeInfo {
        name: "reject an application",
        kind: ChangeKind::Edit,
    },
    ChangeInfo {
        name: "delete an application",
        kind: ChangeKind::Delete,
    },
    ChangeInfo {
        name: "rename a source",
        kind: ChangeKind::Rename,
    },
    ChangeInfo {
        name: "archive a tag",
        kind: ChangeKind::Archive,
    },
];

/// Applies a change to the document that `pick` chooses. Nothing happens where there is none.
pub(super) fn apply(vendor: &Vendor, change: &str, pick: u64) {
    let chosen = |collection: &str| {
        let mut all = vendor.documents(collection);
        let index = usize::try_from(pick).unwrap_or(0) % all.len().max(1);
        (index < all.len()).then(|| all.swap_remove(index))
    };
    let edit = |collection: &str, field: &str, value: Value| {
        if let Some(mut body) = chosen(collection) {
            body[field] = value;
            vendor.put(collection, body);
        }
    };
    let stamp = vendor.documents("candidates").len() + vendor.documents("applications").len();
    match change {
        "add a candidate" => {
            let mut body = candidate(usize::try_from(pick % 5).unwrap_or(0));
            body["id"] = format!("n{pick}-{stamp}").into();
            vendor.put("candidates", body);
        }
        "edit a candidate" => edit("candidates", "title", format!("Title {pick}").into()),
        "tag a candidate" => edit("candidates", "tagIds", json!(["t2", "t1", "t2"])),
        "delete a candidate" => delete_candidate(vendor, chosen("candidates")),
        "add an application" => {
            if let Some(candidate) = chosen("candidates") {
                let id = format!("m{pick}-{stamp}");
                let body = json!({ "id": id, "candidateId": candidate["id"], "status": "active" });
                vendor.put("applications", body);
            }
        }
        "reject an application" => {
            if let Some(mut body) = chosen("applications") {
                body["status"] = "rejected".into();
                body["rejectedAt"] = format!("2026-04-{:02}T00:00:00Z", pick % 28 + 1).into();
                body["moves"] = (body["moves"].as_u64().unwrap_or(0) + 1).into();
                vendor.put("applications", body);
            }
        }
        "delete an application" => {
            if let Some(body) = chosen("applications") {
                vendor.remove("applications", body["id"].as_str().unwrap_or_default());
            }
        }
        "rename a source" => edit("sources", "name", format!("Source {pick}").into()),
        "archive a tag" => edit("tags", "archived", true.into()),
        _ => {}
    }
}

/// A candidate goes together with its applications.
fn delete_candidate(vendor: &Vendor, candidate: Option<Value>) {
    let Some(candidate) = candidate else {
        return;
    };
    for application in vendor.documents("applications") {
        if application["candidateId"] == candidate["id"] {
            vendor.remove(
                "applications",
                application["id"].as_str().unwrap_or_default(),
            );
        }
    }
    vendor.remove("candidates", candidate["id"].as_str().unwrap_or_default());
}

/// What the small world must become, for the fields that are not gaps.
pub(super) fn expected() -> Expected {
    let mut records: BTreeMap<ModelKind, BTreeMap<String, Value>> = BTreeMap::new();
    let mut add = |kind, key: &str, body| {
        records
            .entry(kind)
            .or_default()
            .insert(key.to_owned(), body);
    };
    for (id, name) in [("t1", "Speaks French"), ("t2", "Senior"), ("t3", "Old")] {
        let mut body = json!({
            "remote_id": id, "name": name,
            "remote_data": { "/tag.list": { "id": id, "name": name } },
        });
        if id == "t3" {
            body["_archived"] = true.into();
        }
        add(ModelKind::Tag, id, body);
    }
    let sources = [
        Some("Referral"),
        Some("Job fair"),
        None,
        Some("Referral"),
        Some("Job fair"),
    ];
    for (index, (first, last)) in NAMES.iter().enumerate() {
        let id = format!("c{index:05}");
        let body = json!({
            "remote_id": id, "first_name": first, "last_name": last, "source": sources[index],
            "title": format!("Engineer {index}"),
            "remote_created_at": format!("2026-01-{:02}T08:00:00.000Z", index + 1),
            "remote_data": { "/candidate.list": { "id": id, "firstName": first } },
        });
        add(ModelKind::Candidate, &id, body);
    }
    for (candidate, tag) in [
        ("c00000", "t1"),
        ("c00000", "t2"),
        ("c00001", "t1"),
        ("c00003", "t3"),
        ("c00004", "t2"),
    ] {
        let body = json!({ "candidate_id": format!("remote:{candidate}"), "tag_id": format!("remote:{tag}") });
        add(ModelKind::CandidateTag, &format!("{candidate}/{tag}"), body);
    }
    let outcomes = ["PENDING", "HIRED", "DECLINED", "DECLINED", "PENDING"];
    for (index, outcome) in outcomes.iter().enumerate() {
        let id = format!("a{index:05}");
        let rejected =
            (*outcome == "DECLINED").then(|| format!("2026-03-{:02}T10:00:00.000Z", index + 1));
        let body = json!({
            "remote_id": id, "outcome": outcome, "rejected_at": rejected,
            "candidate_id": format!("remote:c{index:05}"),
            "remote_created_at": format!("2026-02-{:02}T09:30:00.000Z", index + 1),
            "remote_data": { "/application.list": { "id": id }, "/application.info": { "id": id } },
        });
        add(ModelKind::Application, &id, body);
    }
    let always_there = [
        (ModelKind::Tag, "name"),
        (ModelKind::Candidate, "first_name"),
        (ModelKind::Candidate, "last_name"),
        (ModelKind::Candidate, "title"),
        (ModelKind::Candidate, "remote_created_at"),
        (ModelKind::Application, "outcome"),
        (ModelKind::Application, "candidate_id"),
        (ModelKind::Application, "remote_created_at"),
    ];
    Expected {
        records,
        always_there: always_there
            .map(|(model, field)| (model, field.to_owned()))
            .into(),
        ..Expected::default()
    }
}
