//! Applications in every state, their history and the answers to the posting's form.

use std::sync::Arc;

use serde_json::{Value, json};

use super::dice::{DAY, Dice, HOUR, Kind, id, time};
use super::forms;
use super::organisation::{Organisation, STAGES};
use crate::world::Maker;

/// What is decided about an application before it is written out.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) candidate: u64,
    pub(super) job: u64,
    pub(super) status: &'static str,
    pub(super) created: i64,
    /// The stages that it went through, by place in the plan.
    pub(super) path: Vec<usize>,
    /// The posting that it came through.
    pub(super) posting: Option<u64>,
}

impl Facts {
    /// The place of the current stage in the plan.
    pub(super) fn stage(&self) -> usize {
        self.path.last().copied().unwrap_or(0)
    }

    /// When it entered the `place`-th stage of its path.
    fn entered(&self, place: usize) -> i64 {
        self.created + 3 * DAY * i64::try_from(place).unwrap_or(0)
    }

    /// When it entered its current stage.
    pub(super) fn last(&self) -> i64 {
        self.entered(self.path.len().saturating_sub(1))
    }
}

impl Organisation {
    /// The facts of an application by its number: four times the candidate plus its place.
    pub(super) fn facts(&self, application: u64) -> Facts {
        let candidate = application / 4;
        let mut dice = Dice::new(self.seed, Kind::Application, application);
        dice.below(100);
        let job = self.applied_job(candidate, application % 4);
        let (status, path) = match dice.below(100) {
            0..8 => ("Lead", vec![0]),
            8..55 => ("Active", (1..=1 + dice.place(5)).collect()),
            55..63 => ("Hired", (1..=6).collect()),
            _ => (
                "Archived",
                (1..=1 + dice.place(4)).chain([STAGES.len() - 1]).collect(),
            ),
        };
        let open = self
            .slots(job)
            .into_iter()
            .find(|slot| !slot.boards.is_empty());
        let posting = open
            .filter(|_| status != "Lead" && dice.chance(75))
            .map(|slot| slot.number);
        let created = self.candidate_created(candidate) + HOUR;
        Facts {
            candidate,
            job,
            status,
            created,
            path,
            posting,
        }
    }

    /// The job of a candidate's `place`-th application; never a draft.
    fn applied_job(&self, candidate: u64, place: u64) -> u64 {
        let first = Dice::new(self.seed, Kind::Candidate, candidate ^ (1 << 41)).below(self.jobs);
        let job = (first + place * 3) % self.jobs;
        if job % 8 == 7 { job - 1 } else { job }
    }

    fn application(&self, application: u64, whole: bool) -> Value {
        let seed = self.seed;
        let facts = self.facts(application);
        let mut dice = Dice::new(seed, Kind::Application, application ^ (1 << 40));
        let candidate = facts.candidate;
        let archived = facts.status == "Archived";
        let mut person = json!({
            "id": id(seed, Kind::Candidate, candidate),
            "name": self.candidate_name(candidate),
            "primaryEmailAddress": self.candidate_contact(candidate),
        });
        if let Some(phone) = self.candidate_phone(candidate) {
            person["primaryPhoneNumber"] = phone;
        }
        let plan = &self.plans[self.plan_of(facts.job)];
        let roles = ["Recruiter", "Hiring Manager"];
        let team: Vec<Value> = (0..dice.place(3))
            .map(|place| self.team_member(&mut dice, roles[place]))
            .collect();
        let mut document = json!({
            "id": id(seed, Kind::Application, application),
            "createdAt": time(facts.created),
            "updatedAt": time(facts.last() + 1_400),
            "status": facts.status,
            "customFields": self.field_values(&mut dice, "Application"),
            "candidate": person,
            "currentInterviewStage": plan.stages[facts.stage()],
            "source": dice.chance(90).then(|| dice.document(&self.sources)),
            "archiveReason": null,
            "job": {
                "id": id(seed, Kind::Job, facts.job),
                "title": self.job_title(facts.job),
                "locationId": self.location_of(facts.job)["id"],
                "departmentId": self.department_of(facts.job)["id"],
                "brandId": id(seed, Kind::Other, 2),
            },
            "creditedToUser": null,
            "hiringTeam": team,
            "appliedViaJobPostingId": facts.posting.map(|number| id(seed, Kind::Posting, number)),
            "submitterClientIp": null,
            "submitterUserAgent": null,
        });
        if archived {
            let mut reason = dice.document(&self.reasons);
            reason["customFields"] = json!([]);
            document["archiveReason"] = reason;
            document["archivedAt"] = json!(time(facts.last()));
        }
        if whole {
            document["applicationHistory"] = self.history(&facts, application);
            document["resumeFileHandle"] = self.resume(candidate);
            document["applicationFormSubmissions"] = self.submissions(&facts, application);
            document["referrals"] = json!([]);
            document["openings"] = json!([]);
        }
        document
    }

    fn history(&self, facts: &Facts, application: u64) -> Value {
        let stages = &self.plans[self.plan_of(facts.job)].stages;
        let event = |(number, place): (usize, &usize)| {
            let stage = &stages[*place];
            let mut event = json!({
                "id": id(self.seed, Kind::History, application * 16 + number as u64),
                "stageId": stage["id"],
                "title": stage["title"],
                "enteredStageAt": time(facts.entered(number)),
                "stageNumber": number,
                "allowedActions": ["none"],
                "actorId": null,
            });
            if number + 1 < facts.path.len() {
                event["leftStageAt"] = json!(time(facts.entered(number + 1)));
            }
            event
        };
        facts.path.iter().enumerate().map(event).collect()
    }

    fn submissions(&self, facts: &Facts, application: u64) -> Value {
        let Some(posting) = facts.posting else {
            return json!([]);
        };
        let form = self.form_of(posting);
        let mut dice = Dice::new(self.seed, Kind::Submission, application);
        let name = self.candidate_name(facts.candidate);
        let mail = self.candidate_mail(facts.candidate);
        json!([{
            "id": id(self.seed, Kind::Submission, application),
            "formDefinition": form,
            "submittedValues": forms::answers(form, &mut dice, self.seed, &name, &mail),
        }])
    }
}

/// Makes applications.
pub(super) struct Applications(pub(super) Arc<Organisation>);

impl Maker for Applications {
    fn make(&self, index: u64) -> Value {
        self.0.application(index, true)
    }

    fn make_row(&self, index: u64) -> Value {
        self.0.application(index, false)
    }
}
