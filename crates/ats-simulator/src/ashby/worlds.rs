//! The worlds an Ashby server can start with: the hand-checked small one and the generated one.

use super::generate;
use crate::world::World;

macro_rules! fixture {
    ($($name:literal),* $(,)?) => {
        &[$((
            $name,
            include_str!(concat!("../../../../fixtures/ashby/world/", $name, ".json")),
        )),*]
    };
}

/// The hand-checked documents, each collection with its JSON. What refers comes after what it
/// refers to, as it does in a real organisation.
const SMALL: &[(&str, &str)] = fixture![
    "users",
    "departments",
    "locations",
    "sources",
    "archive_reasons",
    "candidate_tags",
    "custom_fields",
    "job_boards",
    "interview_plans",
    "interview_stages",
    "openings",
    "jobs",
    "survey_form_definitions",
    "job_postings",
    "candidates",
    "applications",
    "survey_submissions",
    "interviews",
    "interview_schedules",
    "offers",
];

/// The small world in which every value was checked by hand.
///
/// # Panics
///
/// Never: the documents are part of the program, and a test reads them.
pub fn small_world() -> World {
    #[expect(
        clippy::expect_used,
        reason = "the documents are compiled in and tested"
    )]
    World::from_documents(SMALL.iter().copied()).expect("the small world is well formed")
}

/// An organisation with so many candidates, the same for the same seed.
///
/// Documents are made when they are read, so that a hundred thousand candidates start in moments.
pub fn generated_world(seed: u64, candidates: usize) -> World {
    generate::world(seed, candidates as u64)
}
