//! Changes of jobs and postings. A change of a posting does not touch its job.

use serde_json::{Value, json};

use super::{any, change, pick, push, renew, sample};
use crate::world::World;
use crate::{Change, ChangeKind};

pub(super) const CHANGES: &[Change] = &[
    change(ChangeKind::Edit, "jobs", "edit a job", |world, place| {
        let mark = world.revision();
        if let Some(id) = pick(world, "jobs", place, any) {
            world.update("jobs", &id, |job| renew(&mut job["title"], mark));
        }
    }),
    change(ChangeKind::Edit, "jobs", "close a job", |world, place| {
        let now = world.now();
        if let Some(id) = pick(world, "jobs", place, |job| job["status"] == "Open") {
            world.update("jobs", &id, |job| {
                job["status"] = json!("Closed");
                job["closedAt"] = json!(now);
            });
        }
    }),
    change(
        ChangeKind::Create,
        "job_postings",
        "a new posting for a job",
        add_posting,
    ),
    change(
        ChangeKind::Edit,
        "job_postings",
        "change a posting's description",
        |world, place| {
            let mark = world.revision();
            if let Some(id) = pick(world, "job_postings", place, any) {
                world.update("job_postings", &id, |posting| {
                    posting["descriptionHtml"] = json!(format!("<p>Written anew, {mark}</p>"));
                    posting["descriptionPlain"] = json!(format!("Written anew, {mark}"));
                    posting["descriptionParts"]["descriptionBody"] = json!({
                        "html": posting["descriptionHtml"],
                        "plain": posting["descriptionPlain"],
                    });
                });
            }
        },
    ),
    change(
        ChangeKind::Edit,
        "job_postings",
        "a posting's form gains a question",
        add_question,
    ),
    change(
        ChangeKind::Edit,
        "job_postings",
        "unlist a posting",
        |world, place| {
            let listed = |posting: &Value| posting["isListed"] == true;
            if let Some(id) = pick(world, "job_postings", place, listed) {
                world.update("job_postings", &id, |posting| {
                    posting["isListed"] = json!(false)
                });
            }
        },
    ),
    change(
        ChangeKind::Archive,
        "job_postings",
        "unpublish a posting",
        |world, place| {
            if let Some(id) = pick(world, "job_postings", place, published) {
                world.update("job_postings", &id, |posting| {
                    posting["_boards"] = json!([])
                });
            }
        },
    ),
    change(
        ChangeKind::Delete,
        "job_postings",
        "delete a posting",
        |world, place| {
            if let Some(id) = pick(world, "job_postings", place, any) {
                world.remove("job_postings", &id);
            }
        },
    ),
];

fn published(posting: &Value) -> bool {
    posting["_boards"]
        .as_array()
        .is_some_and(|boards| !boards.is_empty())
}

/// A posting on the boards of another one, with its form, for a job of its own.
fn add_posting(world: &mut World, place: u64) {
    let job = pick(world, "jobs", place, |job| job["status"] == "Open");
    let (Some(mut posting), Some(job)) = (sample(world, "job_postings", place, published), job)
    else {
        return;
    };
    let (own, now) = (world.new_id(), world.now());
    renew(&mut posting["title"], world.revision());
    posting["jobId"] = json!(job);
    posting["updatedAt"] = json!(now);
    posting["applyLink"] = json!(format!(
        "https://jobs.ashbyhq.com/example/{own}/application"
    ));
    posting["externalLink"] = json!(format!("https://jobs.ashbyhq.com/example/{own}"));
    posting["id"] = json!(own);
    world.insert("job_postings", posting);
}

fn add_question(world: &mut World, place: u64) {
    let has_form = |posting: &Value| {
        posting["applicationFormDefinition"]["sections"]
            .as_array()
            .is_some_and(|s| !s.is_empty())
    };
    let Some(id) = pick(world, "job_postings", place, has_form) else {
        return;
    };
    let own = world.new_id();
    let question = json!({
        "isRequired": true,
        "field": {
            "id": own,
            "type": "Boolean",
            "path": own,
            "humanReadablePath": "",
            "title": "One more question?",
            "isNullable": true,
        },
    });
    world.update("job_postings", &id, |posting| {
        push(
            &mut posting["applicationFormDefinition"]["sections"][0],
            "fields",
            question,
        );
    });
}
