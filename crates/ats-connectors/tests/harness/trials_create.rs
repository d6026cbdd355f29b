//! Creating candidates and applications on the small world, input by input.
//!
//! Without answers the job's form cannot be sent, so that the candidate and the application are made
//! one after the other; with answers the form is.

use ats_conformance::{GapTrial, Shows, Trial, Variation};
use ats_core::{ActionKind, ModelKind};
use serde_json::{Value, json};

/// Two open jobs whose postings demand answers.
const JOB: &str = "remote:0b000000-0000-4000-8000-000000000001";
const OTHER_JOB: &str = "remote:0b000000-0000-4000-8000-000000000004";

/// A stage of the first job's plan.
const STAGE: &str = "remote:2a000000-0000-4000-8000-000000000003";

const FILES: &str = "files are no model; they are read back by the actions that get attachments";

/// The trials of both actions that create.
pub(crate) fn all() -> Vec<Trial> {
    let candidate = json!({
        "candidate": {
            "first_name": "Ada",
            "last_name": "Byron",
            "email_address": "ada.byron@example.net",
        },
    });
    let with = |name: &str, value: Value| {
        let mut input = candidate.clone();
        input[name] = value;
        input
    };
    vec![
        Trial {
            action: ActionKind::CreateCandidate,
            input: with("application", json!({ "job_id": JOB })),
            variations: variations(&|job| json!({ "application": job })),
            gaps: gaps(),
        },
        Trial {
            action: ActionKind::CreateApplication,
            input: with("job_id", json!(JOB)),
            variations: variations(&|job| job),
            gaps: gaps(),
        },
    ]
}

fn vary(
    input: &'static str,
    change: Value,
    sent: &'static [&'static str],
    shows: Shows,
) -> Variation {
    Variation {
        input,
        with: json!({}),
        change,
        sent,
        shows,
    }
}

fn candidate(member: Value) -> Value {
    json!({ "candidate": member })
}

fn shows(model: ModelKind, field: &'static str, value: &str) -> Shows {
    Shows::Field(model, field, json!(value))
}

/// `of_job` puts the ids of a job and a stage where the action has them.
fn variations(of_job: &dyn Fn(Value) -> Value) -> Vec<Variation> {
    let of_candidate = |field, value: &str| shows(ModelKind::Candidate, field, value);
    let of_application = |field, value: &str| shows(ModelKind::Application, field, value);
    let mut all = vec![
        vary(
            "candidate.first_name",
            candidate(json!({ "first_name": "Grace" })),
            &["candidate.create:/name"],
            of_candidate("first_name", "Grace"),
        ),
        vary(
            "candidate.last_name",
            candidate(json!({ "last_name": "Hopper" })),
            &["candidate.create:/name"],
            of_candidate("last_name", "Hopper"),
        ),
        vary(
            "candidate.email_address",
            candidate(json!({ "email_address": "grace@example.net" })),
            &["candidate.create:/email"],
            of_candidate("email_addresses", "grace@example.net"),
        ),
        vary(
            "candidate.phone_number",
            candidate(json!({ "phone_number": "+31 20 1234567" })),
            &["candidate.create:/phoneNumber"],
            of_candidate("phone_numbers", "+31 20 1234567"),
        ),
        vary(
            "candidate.social_links.url",
            candidate(json!({ "social_links": [{ "url": "https://github.com/ada" }] })),
            &["candidate.create:/githubUrl"],
            of_candidate("social_media", "https://github.com/ada"),
        ),
        vary(
            "application.job_id",
            of_job(json!({ "job_id": OTHER_JOB })),
            &["application.create:/jobId"],
            of_application("job_id", OTHER_JOB),
        ),
        vary(
            "application.stage_id",
            of_job(json!({ "stage_id": STAGE })),
            &["application.create:/interviewStageId"],
            of_application("current_stage_id", STAGE),
        ),
        vary(
            "source.name",
            json!({ "source": { "name": "Employee Referral" } }),
            &["candidate.create:/sourceId", "application.create:/sourceId"],
            of_candidate("source", "Employee Referral"),
        ),
        vary(
            "sourced_by.user_id",
            json!({ "sourced_by": { "user_id": "remote:0a000000-0000-4000-8000-000000000002" } }),
            &[
                "candidate.create:/creditedToUserId",
                "application.create:/creditedToUserId",
            ],
            Shows::Nowhere("who is credited shows in the raw documents of the application only"),
        ),
    ];
    all.extend(more_of_the_candidate());
    all.extend(answers());
    all.extend(attachments());
    all
}

/// What the seed of the project does not ask for, and Ashby takes.
fn more_of_the_candidate() -> Vec<Variation> {
    let place = |member: &str, value: &str| {
        let mut location = json!({ "country": "NL", "city": "Utrecht", "state": "Utrecht" });
        location[member] = json!(value);
        candidate(json!({ "location": location }))
    };
    let of_place = |input, change, sent, value: &str| Variation {
        with: place("city", "Utrecht"),
        ..vary(
            input,
            change,
            sent,
            shows(ModelKind::Candidate, "location", value),
        )
    };
    vec![
        vary(
            "candidate.additional_email_addresses.email_address",
            candidate(json!({
                "additional_email_addresses": [
                    { "type": "WORK", "email_address": "ada@work.example.net" },
                ],
            })),
            &["candidate.create:/alternateEmailAddresses"],
            shows(
                ModelKind::Candidate,
                "email_addresses",
                "ada@work.example.net",
            ),
        ),
        of_place(
            "candidate.location.city",
            place("city", "Zeist"),
            &["candidate.create:/location/city"],
            "Zeist",
        ),
        of_place(
            "candidate.location.state",
            place("state", "Limburg"),
            &["candidate.create:/location/region"],
            "Limburg",
        ),
        of_place(
            "candidate.location.country",
            place("country", "BE"),
            &["candidate.create:/location/country"],
            "BE",
        ),
    ]
}

const NOTICE: &str = "remote:5a000000-0000-4000-8000-000000000001";
const YEARS: &str = "remote:5a000000-0000-4000-8000-000000000007";
const MAY_WORK: &str = "remote:5a000000-0000-4000-8000-000000000008";
const WHY: &str = "remote:5a000000-0000-4000-8000-000000000002";
const LETTER: &str = "remote:5a000000-0000-4000-8000-000000000003";

/// Everything that the form demands, and an answer to one question more.
fn filled(question: &str, answer: &str) -> Value {
    json!({
        "screening_question_answers": [
            { "question_id": NOTICE, "answer": "three months" },
            { "question_id": YEARS, "answer": 4 },
            { "question_id": MAY_WORK, "answer": true },
            { "question_id": question, "answer": answer },
        ],
        "attachments": [
            { "name": "cv.txt", "content_type": "text/plain", "data": "aGVsbG8=", "type": "CV" },
        ],
    })
}

fn answers() -> Vec<Variation> {
    let with = || filled(WHY, "the first reason");
    let of_answers = |text: &str| shows(ModelKind::Application, "screening_question_answers", text);
    vec![
        Variation {
            with: with(),
            ..vary(
                "screening_question_answers.question_id",
                filled(LETTER, "the first reason"),
                // The form of the answer goes with the question.
                &["applicationForm.submit:/applicationForm/fieldSubmissions"],
                of_answers("Cover letter"),
            )
        },
        Variation {
            with: with(),
            ..vary(
                "screening_question_answers.answer",
                filled(WHY, "another reason"),
                &["applicationForm.submit:/applicationForm/fieldSubmissions/*/value"],
                of_answers("another reason"),
            )
        },
    ]
}

fn attachments() -> Vec<Variation> {
    let file = |member: &str, value: Value| {
        let mut file = json!({
            "name": "letter.txt",
            "content_type": "text/plain",
            "data": "aGVsbG8=",
            "type": "OTHER",
        });
        file[member] = value;
        json!({ "attachments": [file] })
    };
    let of_file = |input, change, sent| Variation {
        with: file("type", json!("OTHER")),
        ..vary(input, change, sent, Shows::Nowhere(FILES))
    };
    vec![
        of_file(
            "attachments.name",
            file("name", json!("another.txt")),
            &[
                "file.createFileUploadHandle:/filename",
                "upload/candidate-files",
            ],
        ),
        of_file(
            "attachments.content_type",
            file("content_type", json!("text/markdown")),
            &[
                "file.createFileUploadHandle:/contentType",
                "upload/candidate-files",
            ],
        ),
        of_file(
            "attachments.data",
            file("data", json!("aGVsbG8h")),
            &[
                "file.createFileUploadHandle:/contentLength",
                "upload/candidate-files",
            ],
        ),
        of_file(
            "attachments.data_url",
            json!({
                "attachments": [{
                    "name": "letter.txt",
                    "data_url": super::files::url("/longer.txt"),
                    "type": "OTHER",
                }],
            }),
            &[
                "file.createFileUploadHandle:/contentLength",
                "upload/candidate-files",
            ],
        ),
        of_file(
            "attachments.type",
            file("type", json!("CV")),
            &[
                "candidate.uploadFile",
                "candidate.uploadResume",
                "file.createFileUploadHandle:/fileUploadContext",
            ],
        ),
    ]
}

/// A value for everything that Ashby cannot take.
fn gaps() -> Vec<GapTrial> {
    let gap = |input, change| GapTrial {
        input,
        with: json!({}),
        change,
    };
    let email = |kind: &str| {
        candidate(json!({
            "additional_email_addresses": [
                { "type": kind, "email_address": "ada@work.example.net" },
            ],
        }))
    };
    let place = |input, member: &str| GapTrial {
        input,
        with: candidate(json!({ "location": { "country": "NL" } })),
        change: candidate(json!({ "location": { member: "1234 AB" } })),
    };
    let phone = || {
        candidate(json!({
            "additional_phone_numbers": [{ "type": "WORK", "phone_number": "+31 20 7654321" }],
        }))
    };
    let salary =
        || candidate(json!({ "salary_expectations": { "period": "YEAR", "amount": 60000 } }));
    vec![
        GapTrial {
            input: "candidate.additional_email_addresses.type",
            with: email("WORK"),
            change: email("PERSONAL"),
        },
        gap("candidate.company", candidate(json!({ "company": "Acme" }))),
        gap("candidate.title", candidate(json!({ "title": "Engineer" }))),
        gap("candidate.gender", candidate(json!({ "gender": "FEMALE" }))),
        gap(
            "candidate.availability_date",
            candidate(json!({ "availability_date": "2026-12-01" })),
        ),
        gap("candidate.salary_expectations.amount", salary()),
        gap("candidate.salary_expectations.period", salary()),
        gap("candidate.additional_phone_numbers.phone_number", phone()),
        gap("candidate.additional_phone_numbers.type", phone()),
        place("candidate.location.street_1", "street_1"),
        place("candidate.location.zip_code", "zip_code"),
        gap(
            "gdpr_consent.expires_at",
            json!({ "gdpr_consent": { "expires_at": "2027-01-01" } }),
        ),
        gap(
            "gdpr_consent.given",
            json!({ "gdpr_consent": { "given": true } }),
        ),
        gap("source.id", json!({ "source": { "id": "x" } })),
        gap(
            "source.unified_key",
            json!({ "source": { "unified_key": "x" } }),
        ),
    ]
}
