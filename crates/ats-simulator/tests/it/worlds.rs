//! The worlds and the ways to change them.

use std::collections::{BTreeMap, BTreeSet};

use ats_simulator::{ChangeKind, World, ashby};
use serde_json::{Value, json};

use crate::client::{ids, nothing, start, walk};

fn texts(world: &World) -> BTreeMap<(String, String), String> {
    let mut texts = BTreeMap::new();
    for name in world.collections() {
        for document in world.collection(&name).documents() {
            let key = (name.clone(), document.id().to_owned());
            texts.insert(key, document.value().to_string());
        }
    }
    texts
}

#[test]
fn the_same_seed_makes_the_same_organisation() {
    let one = texts(&ashby::generated_world(7, 60));
    assert_eq!(one, texts(&ashby::generated_world(7, 60)));
    let names = |seed| {
        let world = ashby::generated_world(seed, 60);
        let candidates = world.collection("candidates").values();
        candidates
            .map(|candidate| candidate["name"].to_string())
            .collect::<Vec<_>>()
    };
    assert_ne!(names(7), names(8), "another seed, other people");
}

/// Every member that names another document, by where it is and what it names.
const REFERENCES: &[(&str, &str, &str)] = &[
    ("candidates", "/source/id", "sources"),
    ("applications", "/candidate/id", "candidates"),
    ("applications", "/job/id", "jobs"),
    (
        "applications",
        "/currentInterviewStage/id",
        "interview_stages",
    ),
    ("applications", "/source/id", "sources"),
    ("applications", "/archiveReason/id", "archive_reasons"),
    ("applications", "/appliedViaJobPostingId", "job_postings"),
    ("jobs", "/locationId", "locations"),
    ("jobs", "/departmentId", "departments"),
    ("jobs", "/defaultInterviewPlanId", "interview_plans"),
    ("job_postings", "/jobId", "jobs"),
    (
        "job_postings",
        "/locationIds/primaryLocationId",
        "locations",
    ),
    ("interview_stages", "/interviewPlanId", "interview_plans"),
    ("interview_schedules", "/applicationId", "applications"),
    (
        "interview_schedules",
        "/interviewStageId",
        "interview_stages",
    ),
    (
        "interview_schedules",
        "/interviewEvents/0/interviewId",
        "interviews",
    ),
    ("offers", "/applicationId", "applications"),
    ("survey_submissions", "/applicationId", "applications"),
    ("survey_submissions", "/candidateId", "candidates"),
    (
        "survey_submissions",
        "/surveyFormDefinitionId",
        "survey_form_definitions",
    ),
];

/// Every reference to a document that does not exist.
fn dangling(world: &World) -> BTreeSet<String> {
    let mut dangling = BTreeSet::new();
    for (from, path, to) in REFERENCES {
        for document in world.collection(from).values() {
            let named = document.pointer(path).and_then(Value::as_str);
            if named.is_some_and(|id| world.get(to, id).is_none()) {
                dangling.insert(format!("{from} {}{path} names no {to}", document["id"]));
            }
        }
    }
    dangling
}

#[test]
fn generated_documents_refer_to_documents_that_exist() {
    let world = ashby::generated_world(3, 400);
    assert_eq!(dangling(&world), BTreeSet::new());
    for (from, path, _) in REFERENCES {
        let mut documents = world.collection(from).values();
        assert!(
            documents.any(|document| document.pointer(path).is_some()),
            "{from}{path}"
        );
    }
}

#[test]
fn a_generated_organisation_has_everything_there_is() {
    let world = ashby::generated_world(3, 400);
    let values = |collection: &str, path: &str| -> BTreeSet<String> {
        let documents = world.collection(collection).values();
        documents
            .filter_map(|d| d.pointer(path)?.as_str().map(str::to_owned))
            .collect()
    };
    let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let all: BTreeSet<String> = set(&["Draft", "Open", "Closed", "Archived"]);
    assert_eq!(values("jobs", "/status"), all);
    let all: BTreeSet<String> = set(&["Lead", "Active", "Hired", "Archived"]);
    assert_eq!(values("applications", "/status"), all);
    assert_eq!(values("offers", "/offerStatus").len(), 7);
    assert_eq!(values("survey_form_definitions", "/surveyType").len(), 5);
    let forms = world.collection("job_postings").values().map(|posting| {
        let sections = &posting["applicationFormDefinition"]["sections"];
        let fields = sections[1]["fields"].as_array().expect("fields");
        fields
            .iter()
            .map(|f| f["field"]["type"].to_string())
            .collect::<BTreeSet<_>>()
    });
    assert_eq!(
        forms.map(|types| types.len()).max(),
        Some(20),
        "a form with every type of field"
    );
    assert!(
        world
            .collection("applications")
            .values()
            .any(|application| {
                application["applicationFormSubmissions"][0]["submittedValues"]["_systemfield_name"]
                    == application["candidate"]["name"]
            })
    );
}

#[test]
fn a_large_organisation_costs_little_until_it_is_read() {
    let world = ashby::generated_world(1, 20_000);
    assert_eq!(world.len("candidates"), 20_000);
    assert!(world.len("applications") > 20_000);
    let id = &world.ids("candidates")[19_999];
    assert_eq!(
        world.get("candidates", id).map(|found| found["id"].clone()),
        Some(json!(id))
    );
}

#[test]
fn documents_need_an_id() {
    for text in ["{}", "[{}]", "[{\"id\": 7}]", "nonsense"] {
        let error = World::from_documents([("users", text)]).expect_err(text);
        assert!(error.contains("users"), "{error}");
    }
}

#[test]
fn an_update_is_later_than_everything_before_it() {
    let mut world = ashby::small_world();
    let id = world.ids("candidates")[0].clone();
    let times = |world: &World| -> Vec<String> {
        let documents = world.collection("candidates").values();
        documents
            .filter_map(|d| d["updatedAt"].as_str().map(str::to_owned))
            .collect()
    };
    let before = times(&world).into_iter().max();
    let revision = world.revision();
    assert!(
        world.update("candidates", &id, |candidate| candidate["name"] =
            json!("New"))
    );
    assert!(world.revision() > revision);
    assert!(times(&world).into_iter().max() > before);
    let after = times(&world);
    assert!(world.update_silently("candidates", &id, |c| c["name"] = json!("Newer")));
    assert_eq!(times(&world), after, "a silent update moves no time");
    assert!(!world.update("candidates", "nobody", |_| ()));
}

/// A document without the time that every update moves.
fn content(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(members) = document.as_object_mut() {
        members.remove("updatedAt");
    }
    document
}

fn contents(world: &World, collection: &str) -> BTreeMap<String, Value> {
    let documents = world.collection(collection).documents();
    documents
        .map(|document| (document.id().to_owned(), content(document.value())))
        .collect()
}

const MERGE: &str = "merge two candidates";

#[test]
fn a_merge_moves_everything_of_one_candidate_to_another() {
    for (name, world) in [
        ("small", ashby::small_world()),
        ("generated", ashby::generated_world(5, 60)),
    ] {
        let changes = ashby::changes();
        let merge = changes.iter().find(|change| change.name == MERGE);
        let mut survey_moved = false;
        for pick in 0..60 {
            let mut merged = world.clone();
            (merge.expect("a merge").apply)(&mut merged, pick);
            let what = format!("{name} ({pick})");
            let before = contents(&world, "candidates");
            let after = contents(&merged, "candidates");
            let mut gone = before.keys().filter(|id| !after.contains_key(*id));
            let gone = gone
                .next()
                .unwrap_or_else(|| panic!("{what}: nobody is gone"));
            let (stays, now) = after
                .iter()
                .find(|(id, now)| before.get(*id) != Some(now))
                .unwrap_or_else(|| panic!("{what}: nobody has changed"));
            let expected = [&before[stays], &before[gone]]
                .map(|candidate| candidate["applicationIds"].as_array().expect("ids").clone())
                .concat();
            assert_eq!(now["applicationIds"], json!(expected), "{what}");
            let mut but_applications = now.clone();
            but_applications["applicationIds"] = before[stays]["applicationIds"].clone();
            assert_eq!(
                but_applications, before[stays],
                "{what}: nothing else of the person"
            );

            let ids = |world: &World| world.ids("applications");
            assert_eq!(ids(&merged), ids(&world), "{what}: applications stay");
            for (id, application) in contents(&merged, "applications") {
                let old = content(world.get("applications", &id).expect("it was there"));
                if old["candidate"]["id"] != json!(gone) {
                    assert_eq!(application, old, "{what}");
                    continue;
                }
                let mut expected = old;
                let shown = ["id", "name", "primaryEmailAddress", "primaryPhoneNumber"];
                expected["candidate"] = shown
                    .iter()
                    .filter_map(|key| Some(((*key).to_owned(), now.get(*key)?.clone())))
                    .collect();
                assert_eq!(application, expected, "{what}");
            }
            for (id, submission) in contents(&merged, "survey_submissions") {
                let old = world.get("survey_submissions", &id).expect("it was there");
                survey_moved |= submission["candidateId"] != old["candidateId"];
            }
            assert_eq!(dangling(&merged), dangling(&world), "{what}");
        }
        assert!(survey_moved, "{name}: no submission had to move");
    }
    let mut alone = ashby::small_world();
    for id in alone.ids("candidates").split_off(1) {
        alone.remove("candidates", &id);
    }
    let changes = ashby::changes();
    for change in changes.iter().filter(|change| change.name == MERGE) {
        (change.apply)(&mut alone, 0);
        assert_eq!(alone.len("candidates"), 1, "there is nobody to merge with");
    }
}

#[test]
fn every_change_changes_what_it_says() {
    for (name, world) in [
        ("small", ashby::small_world()),
        ("generated", ashby::generated_world(5, 60)),
    ] {
        for change in ashby::changes() {
            for pick in [0, 17] {
                let mut changed = world.clone();
                (change.apply)(&mut changed, pick);
                let before = world.collection(change.collection);
                let after = changed.collection(change.collection);
                let moved = after.documents().any(|document| {
                    let old = before.get(document.id());
                    old.is_some_and(|old| content(old) != content(document.value()))
                });
                let what = format!("{name}: {} ({pick})", change.name);
                match change.kind {
                    ChangeKind::Create => assert_eq!(after.len(), before.len() + 1, "{what}"),
                    ChangeKind::Delete => assert_eq!(after.len() + 1, before.len(), "{what}"),
                    _ => assert!(moved && after.len() == before.len(), "{what}"),
                }
                if change.kind != ChangeKind::Delete {
                    let new = &dangling(&changed) - &dangling(&world);
                    assert_eq!(new, BTreeSet::new(), "{what}");
                }
            }
        }
    }
    let mut empty = World::default();
    for change in ashby::changes() {
        (change.apply)(&mut empty, 1);
    }
}

#[tokio::test]
async fn every_change_of_a_list_with_a_token_shows_in_its_delta() {
    let listed = [
        ("candidates", "candidate.list", nothing()),
        ("applications", "application.list", nothing()),
        (
            "candidate_tags",
            "candidateTag.list",
            json!({ "includeArchived": true }),
        ),
        ("interview_schedules", "interviewSchedule.list", nothing()),
        ("offers", "offer.list", nothing()),
        ("users", "user.list", json!({ "includeDeactivated": true })),
        (
            "departments",
            "department.list",
            json!({ "includeArchived": true }),
        ),
    ];
    let simulator = start(ashby::generated_world(5, 120)).await;
    for change in ashby::changes() {
        let Some((_, endpoint, body)) = listed.iter().find(|(c, ..)| *c == change.collection)
        else {
            continue;
        };
        let (_, token) = walk(&simulator, endpoint, body.clone()).await;
        let before = simulator.read(|world| contents(world, change.collection));
        simulator.edit(|world| (change.apply)(world, 2));
        let mut moved = simulator.read(|world| contents(world, change.collection));
        moved.retain(|id, now| before.get(id) != Some(now));
        let mut body = body.clone();
        body["syncToken"] = json!(token);
        let delta = ids(&simulator, endpoint, body).await;
        assert_eq!(
            delta,
            moved.into_keys().collect::<Vec<_>>(),
            "{}",
            change.name
        );
        // Nothing else moves; of what is deleted, only a merge leaves something to see.
        let seen = change.kind != ChangeKind::Delete || change.name == MERGE;
        assert_eq!(delta.len(), usize::from(seen), "{}", change.name);
    }
}
