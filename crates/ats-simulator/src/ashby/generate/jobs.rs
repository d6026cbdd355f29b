//! Jobs in every state and their postings: listed, unlisted, on other boards, drafts.

use serde_json::{Value, json};

use super::dice::{BEGIN, DAY, Dice, HOUR, Kind, SPAN, day, id, nth, time};
use super::organisation::Organisation;
use super::words::POSITIONS;
use crate::world::Maker;

/// A posting of a job, before it is written out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// The number that its id is made of.
    pub(super) number: u64,
    /// The boards that it is on; none for a draft.
    pub(super) boards: &'static [usize],
    pub(super) listed: bool,
}

impl Organisation {
    fn job_state(&self, job: u64) -> &'static str {
        match job % 8 {
            0..=4 => "Open",
            5 => "Closed",
            6 => "Archived",
            _ => "Draft",
        }
    }

    pub(super) fn job_title(&self, job: u64) -> String {
        format!(
            "{} {job}",
            Dice::new(self.seed, Kind::Job, job).word(POSITIONS)
        )
    }

    pub(super) fn job_created(&self, job: u64) -> i64 {
        let step = SPAN / i64::try_from(self.jobs).unwrap_or(1).max(1);
        BEGIN + DAY + step / 2 * i64::try_from(job).unwrap_or(0)
    }

    pub(super) fn location_of(&self, job: u64) -> &Value {
        &self.locations[usize::try_from(job % 8).unwrap_or(0)]
    }

    pub(super) fn department_of(&self, job: u64) -> &Value {
        &self.departments[usize::try_from(job % 8).unwrap_or(0)]
    }

    /// The postings of a job.
    pub(super) fn slots(&self, job: u64) -> Vec<Slot> {
        let number = job * 2;
        let first = match job % 8 {
            0 => Slot {
                number,
                boards: &[0],
                listed: true,
            },
            1 => Slot {
                number,
                boards: &[0, 2],
                listed: true,
            },
            2 => Slot {
                number,
                boards: &[0],
                listed: false,
            },
            3 => Slot {
                number,
                boards: &[2],
                listed: true,
            },
            4 => Slot {
                number,
                boards: &[1],
                listed: true,
            },
            6 => return Vec::new(),
            _ => Slot {
                number,
                boards: &[],
                listed: false,
            },
        };
        match job % 3 {
            0 => vec![
                first,
                Slot {
                    number: number + 1,
                    boards: &[],
                    listed: false,
                },
            ],
            1 => vec![first],
            _ => vec![
                first,
                Slot {
                    number: number + 1,
                    boards: &[1],
                    listed: true,
                },
            ],
        }
    }

    /// The form of a posting.
    pub(super) fn form_of(&self, posting: u64) -> &Value {
        &self.forms[usize::try_from(posting % self.forms.len() as u64).unwrap_or(0)]
    }

    pub(super) fn job(&self, job: u64) -> Value {
        let seed = self.seed;
        let mut dice = Dice::new(seed, Kind::Job, job);
        let title = self.job_title(job);
        let created = self.job_created(job);
        let state = self.job_state(job);
        let plan = &self.plans[self.plan_of(job)].id;
        let mut plans = vec![json!(plan)];
        if job.is_multiple_of(5) {
            plans.push(json!(self.plans[1].id));
            plans.dedup();
        }
        let kinds = ["FullTime", "PartTime", "Intern", "Contract", "Temporary"];
        let roles = [
            "Hiring Manager",
            "Recruiter",
            "Recruiting Coordinator",
            "Sourcer",
            "Fan",
        ];
        let team: Vec<Value> = (0..1 + dice.place(4))
            .map(|place| self.team_member(&mut dice, roles[place]))
            .collect();
        let mut document = json!({
            "id": id(seed, Kind::Job, job),
            "title": title,
            "confidential": job % 16 == 4,
            "status": state,
            "employmentType": dice.word(&kinds),
            "locationId": self.location_of(job)["id"],
            "departmentId": self.department_of(job)["id"],
            "interviewPlanIds": plans,
            "customFields": self.field_values(&mut dice, "Job"),
            "customRequisitionId": (job.is_multiple_of(2)).then(|| format!("REQ-{job}")),
            "brandId": id(seed, Kind::Other, 2),
            "hiringTeam": team,
            "author": self.users[0],
            "createdAt": time(created),
            "updatedAt": time(created + 3 * HOUR),
            "openedAt": (state != "Draft").then(|| time(created + HOUR)),
            "closedAt": matches!(state, "Closed" | "Archived").then(|| time(created + 2 * HOUR)),
            "compensation": { "compensationTiers": [self.pay_tier(job)] },
        });
        // Some jobs have no plan at all.
        if job % 24 == 23 {
            document["interviewPlanIds"] = json!([]);
        } else {
            document["defaultInterviewPlanId"] = json!(plan);
        }
        document
    }

    /// Only the components of a tier have an id; those of the summary are the same without it.
    fn pay_tier(&self, job: u64) -> Value {
        let mut component = self.pay(job);
        component["id"] = json!(id(self.seed, Kind::Pay, job * 2 + 1));
        json!({
            "id": id(self.seed, Kind::Pay, job * 2),
            "title": null,
            "additionalInformation": null,
            "components": [component],
            "tierSummary": format!("€{}K – €{}K", 50 + job % 50, 70 + job % 50),
        })
    }

    fn pay(&self, job: u64) -> Value {
        let intervals = ["1 YEAR", "1 MONTH", "2 WEEK", "1 WEEK", "1 DAY", "1 HOUR"];
        json!({
            "compensationType": "Salary",
            "interval": nth(&intervals, job),
            "currencyCode": nth(&["EUR", "USD", "GBP"], job),
            "minValue": 50_000 + job % 50 * 1_000,
            "maxValue": 70_000 + job % 50 * 1_000,
            "summary": format!("€{}K – €{}K", 50 + job % 50, 70 + job % 50),
        })
    }

    fn posting(&self, posting: u64, whole: bool) -> Value {
        let seed = self.seed;
        let job = posting / 2;
        let slot = self
            .slots(job)
            .into_iter()
            .find(|slot| slot.number == posting);
        let slot = slot.unwrap_or(Slot {
            number: posting,
            boards: &[],
            listed: false,
        });
        let mut dice = Dice::new(seed, Kind::Posting, posting);
        let (location, department) = (self.location_of(job), self.department_of(job));
        let own = id(seed, Kind::Posting, posting);
        let at = self.job_created(job) + 2 * HOUR;
        let title = format!("{} (f/m/x)", self.job_title(job));
        let boards: Vec<&Value> = slot
            .boards
            .iter()
            .map(|place| &self.boards[*place]["id"])
            .collect();
        let mut document = json!({
            "id": own,
            "title": title,
            "jobId": id(seed, Kind::Job, job),
            "departmentName": department["name"],
            "teamName": department["name"],
            "locationName": location["name"],
            "locationIds": {
                "primaryLocationId": location["id"],
                "secondaryLocationIds": [],
            },
            "employmentType": "FullTime",
            "isListed": slot.listed,
            "publishedDate": day(at),
            "applicationDeadline": null,
            "externalLink": format!("https://jobs.ashbyhq.com/example/{own}"),
            "applyLink": format!("https://jobs.ashbyhq.com/example/{own}/application"),
            "compensation": {
                "compensationTierSummary": format!("€{}K – €{}K", 50 + job % 50, 70 + job % 50),
                "summaryComponents": [self.pay(job)],
                "compensationTiers": [self.pay_tier(job)],
                "shouldDisplayCompensationOnJobBoard": job % 4 != 3,
            },
            "updatedAt": time(at),
            "_boards": boards,
            "_locationExternalName": location["externalName"],
        });
        if posting % 5 != 4 {
            document["workplaceType"] = json!(dice.word(&["OnSite", "Hybrid", "Remote"]));
        }
        if whole {
            self.describe(&mut document, posting, &title);
        }
        document
    }

    /// Adds what only `jobPosting.info` shows.
    fn describe(&self, document: &mut Value, posting: u64, title: &str) {
        let html = format!("<h2>{title}</h2><p>Build things that last. Number {posting}.</p>");
        let plain = format!("{title}\n\nBuild things that last. Number {posting}.");
        let surveys = match posting % 4 {
            0 => vec![&self.surveys[0], &self.surveys[1]],
            1 => vec![&self.surveys[2]],
            2 => vec![&self.surveys[0], &self.surveys[2]],
            _ => vec![],
        };
        document["linkedData"] = json!({
            "@context": "https://schema.org/",
            "@type": "JobPosting",
            "title": title,
            "description": html,
            "datePosted": document["publishedDate"],
            "hiringOrganization": { "@type": "Organization", "name": "Example Co" },
            "employmentType": "FULL_TIME",
        });
        document["descriptionParts"] = json!({
            "descriptionOpening": null,
            "descriptionBody": { "html": html, "plain": plain },
            "descriptionClosing": null,
        });
        document["teamNameHierarchy"] = json!([document["departmentName"]]);
        document["descriptionHtml"] = json!(html);
        document["descriptionPlain"] = json!(plain);
        document["applicationFormDefinition"] = self.form_of(posting).clone();
        document["surveyFormDefinitions"] = json!(surveys);
    }
}

/// Makes jobs.
pub(super) struct Jobs(pub(super) std::sync::Arc<Organisation>);

impl Maker for Jobs {
    fn make(&self, index: u64) -> Value {
        self.0.job(index)
    }
}

/// Makes postings.
pub(super) struct Postings(pub(super) std::sync::Arc<Organisation>);

impl Maker for Postings {
    fn make(&self, index: u64) -> Value {
        self.0.posting(index, true)
    }

    fn make_row(&self, index: u64) -> Value {
        self.0.posting(index, false)
    }
}
