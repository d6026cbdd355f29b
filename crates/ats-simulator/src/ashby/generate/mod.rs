//! Makes an organisation of any size from a seed: shared documents at once, everything that there
//! are many of when it is read. Knows the shapes of documents, no endpoint.

mod applications;
mod dice;
mod events;
mod forms;
mod jobs;
mod organisation;
mod people;
mod words;

use std::sync::Arc;

use crate::world::{Maker, World};
use applications::Applications;
use dice::{Kind, id};
use events::{Offers, Schedules, Submissions};
use jobs::{Jobs, Postings};
use organisation::Organisation;
use people::Candidates;

/// An organisation with so many candidates.
pub(crate) fn world(seed: u64, candidates: u64) -> World {
    let organisation = Arc::new(Organisation::new(seed, candidates));
    let mut world = World::default();
    organisation.fill(&mut world);
    add_jobs(&organisation, &mut world);
    add_people(&organisation, &mut world);
    world.seal();
    world
}

fn add_jobs(organisation: &Arc<Organisation>, world: &mut World) {
    let jobs: Arc<dyn Maker> = Arc::new(Jobs(Arc::clone(organisation)));
    let postings: Arc<dyn Maker> = Arc::new(Postings(Arc::clone(organisation)));
    for job in 0..organisation.jobs {
        world.insert_lazy("jobs", &id(organisation.seed, Kind::Job, job), &jobs, job);
        for slot in organisation.slots(job) {
            let own = id(organisation.seed, Kind::Posting, slot.number);
            world.insert_lazy("job_postings", &own, &postings, slot.number);
        }
    }
}

fn add_people(organisation: &Arc<Organisation>, world: &mut World) {
    let seed = organisation.seed;
    let candidates: Arc<dyn Maker> = Arc::new(Candidates(Arc::clone(organisation)));
    let applications: Arc<dyn Maker> = Arc::new(Applications(Arc::clone(organisation)));
    let schedules: Arc<dyn Maker> = Arc::new(Schedules(Arc::clone(organisation)));
    let offers: Arc<dyn Maker> = Arc::new(Offers(Arc::clone(organisation)));
    let submissions: Arc<dyn Maker> = Arc::new(Submissions(Arc::clone(organisation)));
    for candidate in 0..organisation.candidates {
        let own = id(seed, Kind::Candidate, candidate);
        world.insert_lazy("candidates", &own, &candidates, candidate);
        if organisation.answered_survey(candidate).is_some() {
            let own = id(seed, Kind::SurveySubmission, candidate);
            world.insert_lazy("survey_submissions", &own, &submissions, candidate);
        }
        for place in 0..organisation.application_count(candidate) {
            let number = candidate * 4 + place;
            let own = id(seed, Kind::Application, number);
            world.insert_lazy("applications", &own, &applications, number);
            if organisation.has_schedule(number) {
                let own = id(seed, Kind::Schedule, number);
                world.insert_lazy("interview_schedules", &own, &schedules, number);
            }
            if organisation.has_offer(number) {
                world.insert_lazy("offers", &id(seed, Kind::Offer, number), &offers, number);
            }
        }
    }
}
