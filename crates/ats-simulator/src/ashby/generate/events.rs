//! What happens to applications: interview schedules with events, offers, answered surveys.

use std::sync::Arc;

use serde_json::{Value, json};

use super::dice::{DAY, Dice, HOUR, Kind, day, id, time};
use super::forms;
use super::organisation::Organisation;
use crate::world::Maker;

impl Organisation {
    /// Whether an application has an interview schedule.
    pub(super) fn has_schedule(&self, application: u64) -> bool {
        self.facts(application).path.len() > 1
            && Dice::new(self.seed, Kind::Schedule, application).chance(50)
    }

    fn schedule(&self, application: u64) -> Value {
        let seed = self.seed;
        let facts = self.facts(application);
        let mut dice = Dice::new(seed, Kind::Schedule, application ^ (1 << 40));
        let stages = &self.plans[self.plan_of(facts.job)].stages;
        let at = facts.created + 4 * DAY;
        let status = dice.word(&[
            "Scheduled",
            "Complete",
            "WaitingOnFeedback",
            "Cancelled",
            "NeedsScheduling",
            "WaitingOnCandidateBooking",
            "OnHold",
        ]);
        let events = match status {
            "NeedsScheduling" | "WaitingOnCandidateBooking" => 0,
            _ => 1 + dice.below(3),
        };
        let events: Vec<Value> = (0..events)
            .map(|place| self.event(application, place, at, &mut dice))
            .collect();
        json!({
            "id": id(seed, Kind::Schedule, application),
            "status": status,
            "applicationId": id(seed, Kind::Application, application),
            "interviewStageId": stages[facts.path[1]]["id"],
            "scheduledBy": dice.document(&self.users),
            "createdAt": time(at),
            "updatedAt": time(at + HOUR),
            "interviewEvents": events,
        })
    }

    fn event(&self, application: u64, place: u64, at: i64, dice: &mut Dice) -> Value {
        let seed = self.seed;
        let own = id(seed, Kind::Event, application * 4 + place);
        let begin = at + 2 * DAY + i64::try_from(place).unwrap_or(0) * HOUR;
        let first = dice.place(self.users.len());
        let interviewers: Vec<Value> = (first..)
            .take(1 + dice.place(2))
            .map(|number| {
                let mut user = self.users[number % self.users.len()].clone();
                user["trainingRole"] = json!(dice.chance(15).then_some("Shadow"));
                user["interviewerPool"] = Value::Null;
                user["isFeedbackRequired"] = json!(dice.chance(80));
                user
            })
            .collect();
        let ids: Vec<&Value> = interviewers.iter().map(|user| &user["id"]).collect();
        json!({
            "id": own,
            "interviewId": self.interviews[dice.place(5)]["id"],
            "interviewScheduleId": id(seed, Kind::Schedule, application),
            "interviewerUserIds": ids,
            "interviewers": interviewers,
            "createdAt": time(at),
            "updatedAt": time(at + HOUR),
            "startTime": time(begin),
            "endTime": time(begin + HOUR),
            "feedbackLink": format!("https://app.ashbyhq.com/interview-briefings/{own}/feedback"),
            "location": dice.chance(30).then_some("Room 4"),
            "meetingLink": dice.chance(60).then(|| format!("https://meet.example.com/{place}")),
            "interviewerCalendarEventId": null,
            "hasSubmittedFeedback": dice.chance(50),
            "notetakerTranscriptId": null,
            "extraData": {},
        })
    }

    /// Whether an application has an offer: every hired one, and some that wait.
    pub(super) fn has_offer(&self, application: u64) -> bool {
        let facts = self.facts(application);
        facts.status == "Hired"
            || facts.stage() == 5
            || facts.path.len() > 4 && Dice::new(self.seed, Kind::Offer, application).chance(50)
    }

    fn offer(&self, application: u64, whole: bool) -> Value {
        const OPEN: [(&str, &str); 7] = [
            ("Created", "WaitingOnApprovalStart"),
            ("Created", "WaitingOnApprovalDefinition"),
            ("Created", "WaitingOnOfferApproval"),
            ("WaitingOnResponse", "WaitingOnCandidateResponse"),
            ("Pending", "WaitingOnCandidateResponse"),
            ("Declined", "CandidateRejected"),
            ("Cancelled", "OfferCancelled"),
        ];
        let facts = self.facts(application);
        let mut dice = Dice::new(self.seed, Kind::Offer, application ^ (1 << 40));
        let (acceptance, status) = match facts.status {
            "Hired" => ("Accepted", "CandidateAccepted"),
            _ => OPEN[dice.place(OPEN.len())],
        };
        let at = facts.last() - DAY;
        let latest = self.offer_version(application * 2, at, &mut dice);
        let mut offer = json!({
            "id": id(self.seed, Kind::Offer, application),
            "applicationId": id(self.seed, Kind::Application, application),
            "acceptanceStatus": acceptance,
            "offerStatus": status,
            "latestVersion": latest,
        });
        if whole {
            let mut versions = vec![latest];
            if dice.chance(30) {
                versions.push(self.offer_version(application * 2 + 1, at - DAY, &mut dice));
            }
            offer["versions"] = json!(versions);
            offer["formDefinition"] = json!({ "sections": [{ "fields": [
                forms::field(self.seed, 3_000, None, "Date", "Start date", true),
                forms::field(self.seed, 3_001, None, "Currency", "Salary", true),
            ] }] });
        }
        if matches!(acceptance, "Accepted" | "Declined") {
            offer["decidedAt"] = json!(time(at + 12 * HOUR));
        }
        offer
    }

    fn offer_version(&self, number: u64, at: i64, dice: &mut Dice) -> Value {
        let salary = 60_000 + dice.below(40) * 1_000;
        let approval = dice.word(&["Approved", "WaitingOnApprovals", "Declined"]);
        let mut version = json!({
            "id": id(self.seed, Kind::OfferVersion, number),
            "salary": { "currencyCode": "EUR", "value": salary },
            "createdAt": time(at),
            "customFields": self.field_values(dice, "Offer"),
            "fileHandles": [],
            "author": dice.document(&self.users),
            "approvalStatus": dice.chance(80).then_some(approval),
        });
        if dice.chance(90) {
            version["startDate"] = json!(day(at + 60 * DAY));
        }
        version
    }

    /// The survey that a candidate answered: the questionnaire, or the one about the experience.
    pub(super) fn answered_survey(&self, candidate: u64) -> Option<usize> {
        let place = match Dice::new(self.seed, Kind::Survey, candidate).below(40) {
            0..4 => 2,
            4 => 3,
            _ => return None,
        };
        (self.application_count(candidate) > 0).then_some(place)
    }

    fn survey_submission(&self, candidate: u64) -> Value {
        let survey = &self.surveys[self.answered_survey(candidate).unwrap_or(2)];
        let mut dice = Dice::new(self.seed, Kind::SurveySubmission, candidate);
        let at = self.candidate_created(candidate) + 2 * HOUR;
        let mut document = forms::submission(self.seed, survey, candidate, at, &mut dice);
        document["candidateId"] = json!(id(self.seed, Kind::Candidate, candidate));
        document["applicationId"] = json!(id(self.seed, Kind::Application, candidate * 4));
        document
    }
}

/// Makes interview schedules.
pub(super) struct Schedules(pub(super) Arc<Organisation>);

impl Maker for Schedules {
    fn make(&self, index: u64) -> Value {
        self.0.schedule(index)
    }
}

/// Makes offers.
pub(super) struct Offers(pub(super) Arc<Organisation>);

impl Maker for Offers {
    fn make(&self, index: u64) -> Value {
        self.0.offer(index, true)
    }

    fn make_row(&self, index: u64) -> Value {
        self.0.offer(index, false)
    }
}

/// Makes survey submissions.
pub(super) struct Submissions(pub(super) Arc<Organisation>);

impl Maker for Submissions {
    fn make(&self, index: u64) -> Value {
        self.0.survey_submission(index)
    }
}
