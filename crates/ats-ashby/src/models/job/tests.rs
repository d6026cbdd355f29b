//! The rules of a job, on small documents.

use ats_core::{Shelf, model::Record};
use serde_json::{Value, json};

use super::*;
use crate::listing::ROW;

fn bundle(row: &Value) -> Bundle {
    Bundle::new("j", vec![Document::new(LIST, ROW, row)])
}

fn mapped(bundle: &Bundle, shelf: &Shelf) -> (Job, Vec<Record>, Vec<String>) {
    let Mapped { records, losses } = map(bundle, shelf);
    let (jobs, others): (Vec<_>, Vec<_>) = records
        .into_iter()
        .partition(|record| matches!(record, Record::Job(_)));
    let Some(Record::Job(job)) = jobs.into_iter().next() else {
        panic!("no job");
    };
    let losses = losses.into_iter().map(|loss| loss.path).collect();
    (*job, others, losses)
}

/// A posting of the job, in the listing that `variant` names.
fn post(shelf: &mut Shelf, id: &str, variant: Option<&str>, row: &Value, info: &Value) {
    let list = Document::new(posting::LIST, ROW, row);
    let list = match variant {
        Some(variant) => list.variant(variant),
        None => list,
    };
    let info = Document::new(posting::INFO, "/results", info);
    let bundle = Bundle::new(id, vec![list, info]).in_group(Some("j".into()));
    shelf.put(postings::STREAM, Arc::new(bundle));
}

fn form(path: &str) -> Value {
    let field = json!({ "isRequired": true, "field": { "path": path, "type": "String" } });
    json!({ "sections": [{ "fields": [field] }] })
}

#[test]
fn an_unpublished_posting_describes_the_job_but_nobody_can_apply_by_it() {
    let mut shelf = Shelf::default();
    let row = json!({
        "isListed": true, "departmentName": "Sales", "workplaceType": "Hybrid",
        "applyLink": "https://jobs.example.com/1/application",
    });
    let info = json!({ "descriptionHtml": "<p>x</p>", "applicationFormDefinition": form("q") });
    let job = bundle(&json!({ "id": "j", "departmentId": "gone" }));
    let shown = |shelf: &Shelf| {
        let (job, ..) = mapped(&job, shelf);
        json!([
            job.description,
            job.department,
            job.remote_work_status,
            job.visibility,
            job.post_url,
            job.screening_questions.len(),
        ])
    };
    post(&mut shelf, "p", Some(posting::UNPUBLISHED), &row, &info);
    let expected = json!(["<p>x</p>", "Sales", "HYBRID", null, null, 0]);
    assert_eq!(shown(&shelf), expected);
    post(&mut shelf, "p", None, &row, &info);
    let url = "https://jobs.example.com/1";
    let expected = json!(["<p>x</p>", "Sales", "HYBRID", "PUBLIC", url, 1]);
    assert_eq!(shown(&shelf), expected);
}

#[test]
fn visibility_is_that_of_the_widest_posting_unless_the_job_is_confidential() {
    let mut shelf = Shelf::default();
    post(
        &mut shelf,
        "a",
        None,
        &json!({ "isListed": false }),
        &Value::Null,
    );
    let visibility = |confidential: bool, shelf: &Shelf| {
        let row = json!({ "id": "j", "confidential": confidential });
        json!(mapped(&bundle(&row), shelf).0.visibility)
    };
    assert_eq!(visibility(false, &shelf), "UNLISTED");
    post(
        &mut shelf,
        "b",
        None,
        &json!({ "isListed": true }),
        &Value::Null,
    );
    assert_eq!(visibility(false, &shelf), "PUBLIC");
    assert_eq!(visibility(true, &shelf), "CONFIDENTIAL");
}

#[test]
fn stages_follow_their_plans_and_those_of_unlisted_plans_become_records() {
    let mut shelf = Shelf::default();
    let stage = |id: &str, order: i64| json!({ "id": id, "orderInInterviewPlan": order });
    for (id, order) in [("s1", 1), ("s2", 0)] {
        let document = Document::new(stages::ENDPOINT, ROW, &stage(id, order));
        let bundle = Bundle::new(id, vec![document]).in_group(Some("listed".into()));
        shelf.put(stages::STREAM, Arc::new(bundle));
    }
    let plans = json!(["draft", "listed", "gone", null]);
    let row = json!({ "id": "j", "defaultInterviewPlanId": "listed", "interviewPlanIds": plans });
    let mut job = bundle(&row);
    let odd = json!({ "id": "d3", "title": 3 });
    let own = json!([stage("d2", 2), odd, stage("d1", 1)]);
    job.documents
        .push(Document::new(stages::ENDPOINT, "/results", &own).variant("draft"));
    let (job, others, losses) = mapped(&job, &shelf);
    let expected = ["s2", "s1", "d3", "d1", "d2"].map(Reference::remote);
    assert_eq!(job.stages, expected);
    let others: Vec<_> = others.iter().map(Record::remote_key).collect();
    assert_eq!(others, ["d3", "d1", "d2"]);
    assert_eq!(losses, ["/1/title"]);
}

#[test]
fn an_unheard_value_stays_visible_and_is_reported() {
    let row = json!({
        "id": "j", "status": "Paused", "employmentType": "Temporary", "openedAt": "2026-02-30",
        "location": { "name": "Oslo", "workplaceType": "Moon" }, "locationId": "gone",
    });
    let (job, _, losses) = mapped(&bundle(&row), &Shelf::default());
    let shown = json!([
        job.status,
        job.employment_type,
        job.remote_work_status,
        job.opened_at
    ]);
    assert_eq!(shown, json!(["Paused", "Temporary", "Moon", null]));
    assert_eq!(
        job.location.and_then(|place| place.raw).as_deref(),
        Some("Oslo")
    );
    assert_eq!(losses, ["/status", "/location/workplaceType", "/openedAt"]);
}
