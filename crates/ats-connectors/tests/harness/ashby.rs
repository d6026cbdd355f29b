//! Ashby under test: the connector against the simulator.
//!
//! Owns the fixtures and what is odd in them on purpose.

#![expect(
    clippy::panic,
    reason = "a harness without its fixtures has nothing else to say"
)]

use std::path::{Path, PathBuf};

use ats_conformance::{Expected, Harness, Remote, Trial, WebhookSample, WorldKind};
use ats_core::{ModelKind, PassthroughBody, PassthroughCall};

use super::simulated::Simulated;

macro_rules! expected {
    ($($model:literal),* $(,)?) => {
        &[$((
            $model,
            include_str!(concat!("../../../../fixtures/ashby/expected/", $model, ".json")),
        )),*]
    };
}

const EXPECTED: &[(&str, &str)] = expected![
    "users",
    "tags",
    "rejection_reasons",
    "application_stages",
    "jobs",
    "job_postings",
    "screening_questions",
    "candidates",
    "applications",
    "interviews",
    "offers",
    "candidate_tags",
    "job_application_stages",
    "job_screening_questions",
    "job_hiring_team_members",
    "interviewing_team_members",
];

/// Fields that may be null and never are here: see "What the world cannot show" in
/// `fixtures/ashby/README.md`.
const ALWAYS_THERE: &[(ModelKind, &str)] = &[
    (ModelKind::User, "status"),
    (ModelKind::Job, "confidential"),
    (ModelKind::Job, "employment_type"),
    (ModelKind::Job, "status"),
    (ModelKind::Job, "remote_updated_at"),
    (ModelKind::JobPosting, "status"),
    (ModelKind::JobPosting, "job_id"),
    (ModelKind::ScreeningQuestion, "format"),
    (ModelKind::Candidate, "remote_url"),
    (ModelKind::Application, "outcome"),
    (ModelKind::Application, "current_stage_id"),
    (ModelKind::Application, "job_id"),
    (ModelKind::Application, "candidate_id"),
    (ModelKind::Application, "remote_created_at"),
    (ModelKind::Application, "remote_updated_at"),
    (ModelKind::Interview, "starting_at"),
    (ModelKind::Interview, "ending_at"),
    (ModelKind::Interview, "application_id"),
    (ModelKind::Interview, "stage_id"),
    (ModelKind::Interview, "remote_created_at"),
    (ModelKind::Interview, "remote_updated_at"),
    (ModelKind::Interview, "canceled"),
    (ModelKind::Offer, "status"),
    (ModelKind::Offer, "application_id"),
    (ModelKind::JobScreeningQuestion, "required"),
];

/// Places where a text that nobody knows gives no value, or another one, by the readings in
/// `fixtures/ashby/README.md`.
const OPEN_TEXTS: &[&str] = &[
    // An answer of an unknown type is kept as it came; an option without a label shows its value.
    "application.info:/results/applicationFormSubmissions/*/formDefinition/sections/*/fields/*/field/type",
    "application.info:/results/applicationFormSubmissions/*/formDefinition/sections/*/fields/*/field/selectableValues/*/value",
    "surveySubmission.list:/results/*/formDefinition/sections/*/fields/*/field/type",
    // A title that clashes no more takes the suffix off the other one.
    "customField.list:/results/*/title",
    // A member with an unknown role only has no role.
    "job.list:/results/*/hiringTeam/*/role",
];

/// The Ashby connector and the simulated Ashby.
pub(crate) struct Ashby;

#[async_trait::async_trait]
impl Harness for Ashby {
    fn slug(&self) -> &'static str {
        "ashby"
    }

    fn witness(&self) -> &'static str {
        "simulated"
    }

    fn expected(&self) -> Expected {
        let mut expected = Expected::parse(EXPECTED.iter().copied())
            .unwrap_or_else(|problem| panic!("fixtures/ashby/expected: {problem}"));
        let always_there = ALWAYS_THERE.iter();
        expected.always_there = always_there
            .map(|(model, field)| (*model, (*field).to_owned()))
            .collect();
        expected.open_texts = OPEN_TEXTS
            .iter()
            .map(|source| (*source).to_owned())
            .collect();
        expected
    }

    fn trials(&self) -> Vec<Trial> {
        super::trials::all()
    }

    fn own_call(&self) -> Option<PassthroughCall> {
        Some(PassthroughCall {
            method: "POST".to_owned(),
            path: "/job.list".to_owned(),
            body: PassthroughBody::Json(serde_json::json!({ "limit": 1 })),
            ..PassthroughCall::default()
        })
    }

    fn webhook_sample(&self) -> Option<WebhookSample> {
        let body = serde_json::json!({
            "action": "applicationUpdate",
            "webhookActionId": "one",
            "data": { "application": { "id": "3b000000-0000-4000-8000-000000000001" } },
        });
        let body = body.to_string().into_bytes();
        let secret = "a secret of ours".to_owned();
        let signature = ats_simulator::ashby::signature(&secret, &body);
        Some(WebhookSample {
            headers: [("ashby-signature".to_owned(), signature)].into(),
            body,
            secret,
        })
    }

    fn snapshots(&self) -> Option<PathBuf> {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
        Some(crates.parent()?.join("fixtures/ashby/snapshots"))
    }

    async fn start(&self, world: WorldKind) -> Box<dyn Remote> {
        Box::new(Simulated::start(world, false).await)
    }
}
