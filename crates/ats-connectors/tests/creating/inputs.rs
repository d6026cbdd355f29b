//! Inputs of the two actions, and what is asked of their outcomes.

use ats_core::{ErrorKind, Outcome, Output, Result};
use serde_json::{Value, json};

use crate::support::Vendor;

/// An open job with a published posting that asks everything.
pub(crate) const ENGINEER: &str = "0b000000-0000-4000-8000-000000000001";
/// An open job whose posting demands one text.
pub(crate) const EXECUTIVE: &str = "0b000000-0000-4000-8000-000000000002";
/// An open job whose posting demands an answer and takes a CV.
pub(crate) const STUDENT: &str = "0b000000-0000-4000-8000-000000000004";
/// An open job without a posting and without a default plan.
pub(crate) const ANALYST: &str = "0b000000-0000-4000-8000-000000000007";
/// An open job whose posting demands nothing but a name and an address.
pub(crate) const INTERN: &str = "0b000000-0000-4000-8000-000000000008";

pub(crate) const NOTICE: &str = "remote:5a000000-0000-4000-8000-000000000001";
pub(crate) const TECHNICAL: &str = "2a000000-0000-4000-8000-000000000003";
pub(crate) const REFERRAL: &str = "0e000000-0000-4000-8000-000000000003";

pub(crate) fn question(number: u32) -> String {
    format!("remote:5a000000-0000-4000-8000-0000000000{number:02}")
}

pub(crate) fn answer(question: impl Into<String>, answer: impl Into<Value>) -> Value {
    json!({ "question_id": question.into(), "answer": answer.into() })
}

pub(crate) fn survey(survey: u32, path: &str, value: impl Into<Value>) -> Value {
    answer(
        format!("remote:survey:2d000000-0000-4000-8000-00000000000{survey}:{path}"),
        value,
    )
}

pub(crate) fn file(name: &str, kind: &str) -> Value {
    json!({ "name": name, "content_type": "application/pdf", "data": "JVBERi0xLjQK", "type": kind })
}

/// The least that applies for a job.
pub(crate) fn plain(job: &str) -> Value {
    json!({
        "job_id": format!("remote:{job}"),
        "candidate": {
            "first_name": "Ada", "last_name": "Byron", "email_address": "Ada@Example.com",
        },
    })
}

pub(crate) fn with(mut input: Value, member: &str, value: impl Into<Value>) -> Value {
    input[member] = value.into();
    input
}

/// What the engineer's form demands.
pub(crate) fn demanded() -> Value {
    json!([
        answer(NOTICE, "Three months"),
        answer(question(7), 4),
        answer(question(8), true),
    ])
}

/// An application for the engineer's job with everything that the API and Ashby both know.
pub(crate) fn whole() -> Value {
    let mut answers = demanded();
    answers.as_array_mut().unwrap().extend([
        answer(question(2), "Because"),
        answer(question(3), "Dear team"),
        answer(question(4), "https://a.example/built"),
        answer(question(9), "2027-01-01"),
        answer(question(10), "friend"),
        answer(question(11), json!(["de", "ja"])),
        answer(
            question(12),
            json!({ "name": "sample.pdf", "content_type": "application/pdf", "data": "JVBERi0xLjQK" }),
        ),
        answer(question(13), 3),
        survey(1, "_systemfield_eeoc_gender", "female"),
        survey(1, "_systemfield_eeoc_race", "two_or_more"),
        survey(2, "5a000000-0000-4000-8000-000000000034", json!(["they"])),
        survey(3, "5a000000-0000-4000-8000-000000000035", "Long"),
        survey(3, "5a000000-0000-4000-8000-000000000037", false),
    ]);
    json!({
        "job_id": format!("remote:{ENGINEER}"),
        "stage_id": format!("remote:{TECHNICAL}"),
        "candidate": {
            "first_name": "Ada", "last_name": "Byron", "email_address": "Ada@Example.com",
            "additional_email_addresses": [
                { "type": "WORK", "email_address": "ada@work.example" },
                { "type": "OTHER", "email_address": "ada@third.example" },
            ],
            "phone_number": "+49 30 123456",
            "location": { "country": "DE", "city": "Bonn", "state": "NRW" },
            "social_links": [
                { "url": "https://www.linkedin.com/in/ada" },
                { "url": "https://twitter.com/ada" },
            ],
        },
        "screening_question_answers": answers,
        "attachments": [file("ada.pdf", "CV"), file("paper.pdf", "OTHER")],
        "source": { "name": "employee referral" },
        "sourced_by": { "user_id": "remote:0a000000-0000-4000-8000-000000000001" },
    })
}

pub(crate) fn application(outcome: &Outcome) -> &str {
    match &outcome.output {
        Output::Application(id) => id,
        other => panic!("{other:?} is no application"),
    }
}

pub(crate) fn messages(outcome: &Outcome) -> Vec<&str> {
    let warnings = outcome.warnings.iter();
    warnings.map(|warning| warning.message.as_str()).collect()
}

pub(crate) fn code(result: Result<Outcome>) -> ErrorKind {
    match result {
        Ok(outcome) => panic!("it was done: {outcome:?}"),
        Err(error) => error.kind().clone(),
    }
}

pub(crate) fn writes(vendor: &Vendor) -> Vec<String> {
    const READS: &[&str] = &[".info", ".list", ".listNotes", ".search"];
    let mut asked = vendor.asked();
    asked.retain(|endpoint| !READS.iter().any(|read| endpoint.ends_with(read)));
    asked
}

/// How much of everything there is.
pub(crate) fn census(vendor: &Vendor) -> Vec<usize> {
    let collections = [
        "candidates",
        "applications",
        "candidate_notes",
        "survey_submissions",
    ];
    let mut census: Vec<usize> = collections.iter().map(|name| vendor.count(name)).collect();
    for list in ["fileHandles", "emailAddresses", "socialLinks"] {
        let length = |one: &Value| one[list].as_array().map_or(0, Vec::len);
        let all = vendor.simulator.read(|world| {
            let candidates = world.collection("candidates").values();
            candidates.map(length).sum()
        });
        census.push(all);
    }
    census
}

/// Both ways that an application can go.
pub(crate) fn both_ways() -> [Value; 2] {
    let direct = with(whole(), "job_id", format!("remote:{ANALYST}"));
    [whole(), with(direct, "stage_id", Value::Null)]
}

/// The same, and a form that takes a CV without demanding it.
pub(crate) fn every_way() -> [Value; 3] {
    let [form, direct] = both_ways();
    let optional = with(whole(), "job_id", format!("remote:{STUDENT}"));
    let answers = json!([answer(question(11), json!(["fr"]))]);
    let optional = with(optional, "screening_question_answers", answers);
    [form, direct, with(optional, "stage_id", Value::Null)]
}
