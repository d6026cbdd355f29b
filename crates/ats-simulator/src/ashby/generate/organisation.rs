//! What an organisation has few of: users, departments, places, sources, reasons, tags, custom
//! fields, boards, plans with stages, interview templates. Everything else refers to these.

use serde_json::{Value, json};

use super::dice::{BEGIN, DAY, Dice, Kind, id, nth, time};
use super::forms;
use super::words::{FIRST_NAMES, LAST_NAMES, PLACES, TEAMS};
use crate::world::World;

/// One interview plan and its stages in order.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) id: String,
    pub(super) stages: Vec<Value>,
}

/// The shared documents, and the numbers that everything else is derived from.
#[derive(Debug)]
pub(super) struct Organisation {
    pub(super) seed: u64,
    pub(super) candidates: u64,
    pub(super) jobs: u64,
    pub(super) users: Vec<Value>,
    pub(super) departments: Vec<Value>,
    pub(super) locations: Vec<Value>,
    pub(super) sources: Vec<Value>,
    pub(super) reasons: Vec<Value>,
    pub(super) tags: Vec<Value>,
    pub(super) custom_fields: Vec<Value>,
    pub(super) boards: Vec<Value>,
    pub(super) plans: Vec<Plan>,
    pub(super) interviews: Vec<Value>,
    pub(super) surveys: Vec<Value>,
    pub(super) forms: Vec<Value>,
}

/// The types of custom field, in the order of their definitions.
const FIELD_TYPES: [&str; 10] = [
    "String",
    "LongText",
    "Number",
    "Boolean",
    "Date",
    "ValueSelect",
    "MultiValueSelect",
    "Currency",
    "NumberRange",
    "CompensationRange",
];

pub(super) const STAGES: [(&str, &str); 8] = [
    ("New Lead", "Lead"),
    ("Application Review", "PreInterviewScreen"),
    ("Recruiter Screen", "Active"),
    ("Technical Interview", "Active"),
    ("Onsite", "Active"),
    ("Offer", "Offer"),
    ("Hired", "Hired"),
    ("Archived", "Archived"),
];

/// The plans that are not private to a job: the first two are in use, the third is archived.
const SHARED_PLANS: [&str; 3] = ["Standard", "Engineering", "Old process"];

impl Organisation {
    pub(super) fn new(seed: u64, candidates: u64) -> Self {
        let jobs = (candidates / 40).max(8);
        let users = 12 + (candidates / 50).min(288);
        Self {
            seed,
            candidates,
            jobs,
            users: (0..users).map(|index| user(seed, index)).collect(),
            departments: departments(seed),
            locations: locations(seed),
            sources: sources(seed),
            reasons: reasons(seed),
            tags: tags(seed),
            custom_fields: custom_fields(seed),
            boards: boards(seed),
            plans: (0..SHARED_PLANS.len() as u64 + jobs.div_ceil(10))
                .map(|index| plan(seed, index))
                .collect(),
            interviews: interviews(seed, jobs),
            surveys: forms::surveys(seed),
            forms: (0..forms::FORMS)
                .map(|form| forms::application_form(seed, form))
                .collect(),
        }
    }

    /// Puts the shared documents into a world.
    pub(super) fn fill(&self, world: &mut World) {
        for (collection, documents) in [
            ("users", &self.users),
            ("departments", &self.departments),
            ("locations", &self.locations),
            ("sources", &self.sources),
            ("archive_reasons", &self.reasons),
            ("candidate_tags", &self.tags),
            ("custom_fields", &self.custom_fields),
            ("job_boards", &self.boards),
            ("survey_form_definitions", &self.surveys),
            ("interviews", &self.interviews),
        ] {
            for document in documents {
                world.insert(collection, document.clone());
            }
        }
        for (index, plan) in (0..).zip(&self.plans) {
            world.insert("interview_plans", self.plan_document(index, plan));
            for stage in &plan.stages {
                world.insert("interview_stages", stage.clone());
            }
        }
        for index in 0..4 {
            world.insert("openings", self.opening(index));
        }
    }

    /// The plan that a job's applications are in: its own one for every tenth job.
    pub(super) fn plan_of(&self, job: u64) -> usize {
        let place = match job % 10 {
            6 => SHARED_PLANS.len() as u64 + job / 10,
            even if even.is_multiple_of(2) => 0,
            _ => 1,
        };
        usize::try_from(place).unwrap_or(0)
    }

    /// A member of the hiring team.
    pub(super) fn team_member(&self, dice: &mut Dice, role: &str) -> Value {
        let user = dice.document(&self.users);
        json!({
            "email": user["email"],
            "firstName": user["firstName"],
            "lastName": user["lastName"],
            "role": role,
            "userId": user["id"],
        })
    }

    /// Values for some of the custom fields of one type of object.
    pub(super) fn field_values(&self, dice: &mut Dice, object: &str) -> Vec<Value> {
        let fields = self
            .custom_fields
            .iter()
            .filter(|field| field["objectType"] == object);
        fields
            .flat_map(|field| dice.chance(40).then(|| field_value(field, dice)))
            .collect()
    }

    fn plan_document(&self, index: u64, plan: &Plan) -> Value {
        let at = time(BEGIN + DAY);
        let shared = SHARED_PLANS.len() as u64;
        let title = usize::try_from(index)
            .ok()
            .and_then(|index| SHARED_PLANS.get(index));
        let mut document = json!({
            "id": plan.id,
            "title": title.map_or_else(|| format!("Only for one job {index}"), |t| (*t).to_owned()),
            "isArchived": index == shared - 1,
            "createdAt": at,
            "updatedAt": at,
        });
        if index >= shared {
            document["_jobId"] = json!(id(self.seed, Kind::Job, (index - shared) * 10 + 6));
        }
        document
    }

    fn opening(&self, index: u64) -> Value {
        let seed = self.seed;
        let mut dice = Dice::new(seed, Kind::Opening, index);
        json!({
            "id": id(seed, Kind::Opening, index),
            "openedAt": time(BEGIN + 10 * DAY),
            "isArchived": index == 3,
            "openingState": nth(&["Open", "Approved", "Filled", "Closed"], index),
            "latestVersion": {
                "id": id(seed, Kind::OpeningVersion, index),
                "identifier": format!("OP-{index}"),
                "description": "One more seat",
                "authorId": self.users[0]["id"],
                "createdAt": time(BEGIN + 9 * DAY),
                "jobIds": [id(seed, Kind::Job, index)],
                "isBackfill": index.is_multiple_of(2),
                "employmentType": "FullTime",
                "locationIds": [self.locations[0]["id"]],
                "hiringTeam": [self.team_member(&mut dice, "Hiring Manager")],
                "customFields": [],
            },
        })
    }
}

fn user(seed: u64, index: u64) -> Value {
    let mut dice = Dice::new(seed, Kind::User, index);
    let roles = [
        "Organization Admin",
        "Elevated Access",
        "Limited Access",
        "External Recruiter",
    ];
    json!({
        "id": id(seed, Kind::User, index),
        "firstName": dice.word(FIRST_NAMES),
        "lastName": dice.word(LAST_NAMES),
        "email": format!("user{index}@example.com"),
        "globalRole": if index == 0 { roles[0] } else { dice.word(&roles) },
        "isEnabled": index % 9 != 8,
        "updatedAt": time(BEGIN + DAY),
    })
}

fn departments(seed: u64) -> Vec<Value> {
    (0..)
        .zip(TEAMS)
        .map(|(index, name)| {
            json!({
                "id": id(seed, Kind::Department, index),
                "name": name,
                "externalName": (index % 4 == 2).then(|| format!("{name} (public)")),
                "isArchived": index == 7,
                "parentId": (index % 2 == 1).then(|| id(seed, Kind::Department, index - 1)),
                "createdAt": time(BEGIN),
                "updatedAt": time(BEGIN),
                "extraData": null,
            })
        })
        .collect()
}

fn locations(seed: u64) -> Vec<Value> {
    let offices = (0..)
        .zip(PLACES)
        .map(|(index, (city, region, country, _))| {
            let mut location = json!({
                "id": id(seed, Kind::Location, index),
                "name": format!("{city} office"),
                "isArchived": index == 7,
                "isRemote": index == 6,
                "workplaceType": nth(&["OnSite", "Hybrid", "Remote"], index),
                "parentLocationId": id(seed, Kind::Location, 100),
                "type": "Location",
            });
            if index % 4 != 3 {
                location["externalName"] = json!(format!("{city}, {country}"));
                location["address"] = json!({ "postalAddress": {
                    "addressCountry": country,
                    "addressRegion": region,
                    "addressLocality": city,
                    "postalCode": format!("{:05}", 10_000 + index),
                    "streetAddress": format!("{} Example Street", index + 1),
                }});
            }
            location
        });
    let region = json!({
        "id": id(seed, Kind::Location, 100),
        "name": "Everywhere",
        "isArchived": false,
        "type": "LocationHierarchy",
    });
    offices.chain([region]).collect()
}

fn sources(seed: u64) -> Vec<Value> {
    let kinds = ["Inbound", "Sourced", "Referral", "Agencies"];
    let titles = [
        "LinkedIn",
        "Careers page",
        "Referral",
        "Example Agency",
        "LinkedIn",
        "Meetup",
    ];
    (0..)
        .zip(titles)
        .map(|(index, title)| {
            let kind = index % kinds.len() as u64;
            json!({
                "id": id(seed, Kind::Source, index),
                "title": title,
                "isArchived": index == 5,
                "sourceType": {
                    "id": id(seed, Kind::SourceType, kind),
                    "title": nth(&kinds, kind),
                    "isArchived": false,
                },
            })
        })
        .collect()
}

fn reasons(seed: u64) -> Vec<Value> {
    let reasons = [
        ("Too inexperienced", "RejectedByOrg"),
        ("Position closed", "RejectedByOrg"),
        ("Withdrew", "RejectedByCandidate"),
        ("Salary too low", "RejectedByCandidate"),
        ("Duplicate", "Other"),
        ("Out of date", "Other"),
    ];
    (0..)
        .zip(reasons)
        .map(|(index, (text, kind))| {
            json!({
                "id": id(seed, Kind::ArchiveReason, index),
                "text": text,
                "reasonType": kind,
                "isArchived": index == 5,
            })
        })
        .collect()
}

fn tags(seed: u64) -> Vec<Value> {
    let titles = [
        "Silver medalist",
        "Relocation ok ✈️",
        "Alumni",
        "Boomerang",
        "Keep warm",
        "Old tag",
    ];
    (0..)
        .zip(titles)
        .map(|(index, title)| {
            json!({ "id": id(seed, Kind::Tag, index), "title": title, "isArchived": index == 5 })
        })
        .collect()
}

fn custom_fields(seed: u64) -> Vec<Value> {
    let mut fields = Vec::new();
    for (object, name) in (0..).zip(["Job", "Candidate", "Application", "Offer"]) {
        for (place, kind) in (0..).zip(FIELD_TYPES) {
            let mut field = json!({
                "id": id(seed, Kind::CustomField, object * 100 + place),
                "isPrivate": false,
                "title": format!("{name} {kind}"),
                "objectType": name,
                "isArchived": place == 4 && object == 0,
                "fieldType": kind,
                "isRequired": false,
            });
            if kind.ends_with("ValueSelect") {
                field["selectableValues"] = json!([
                    { "label": "The first", "value": "first", "isArchived": false },
                    { "label": "The second", "value": "second", "isArchived": false },
                    { "label": "Gone", "value": "gone", "isArchived": true },
                ]);
            }
            fields.push(field);
        }
        fields.push(json!({
            "id": id(seed, Kind::CustomField, object * 100 + 99),
            "isPrivate": true,
            "title": format!("{name} secret"),
            "objectType": name,
            "isArchived": false,
            "fieldType": "String",
            "isRequired": false,
        }));
    }
    fields
}

fn field_value(field: &Value, dice: &mut Dice) -> Value {
    let number = dice.below(50);
    let mut value = json!({
        "id": field["id"],
        "isPrivate": field["isPrivate"],
        "title": field["title"],
    });
    value["value"] = match field["fieldType"].as_str().unwrap_or_default() {
        "Number" => json!(number),
        "Boolean" => json!(number.is_multiple_of(2)),
        "Date" => json!(format!("2025-03-{:02}", 1 + number % 28)),
        "ValueSelect" => {
            value["valueLabel"] = json!("The second");
            json!("second")
        }
        "MultiValueSelect" => {
            value["valueLabel"] = json!(["The first", "The second"]);
            json!(["first", "second"])
        }
        "Currency" => json!({ "value": number * 100, "currencyCode": "EUR" }),
        "NumberRange" => {
            json!({ "type": "number-range", "minValue": number, "maxValue": number + 10 })
        }
        "CompensationRange" => json!({
            "type": "compensation-range",
            "minValue": number * 1_000,
            "maxValue": number * 2_000,
            "currencyCode": "USD",
            "interval": "1 YEAR",
        }),
        _ => json!(format!("Value {number}")),
    };
    value
}

fn boards(seed: u64) -> Vec<Value> {
    vec![
        json!({
            "id": id(seed, Kind::Board, 0),
            "title": "Careers",
            "isInternal": false,
            "_primary": true,
        }),
        json!({ "id": id(seed, Kind::Board, 1), "title": "Campus", "isInternal": false }),
        json!({ "id": id(seed, Kind::Board, 2), "title": "Internal", "isInternal": true }),
    ]
}

fn plan(seed: u64, index: u64) -> Plan {
    let plan = id(seed, Kind::Plan, index);
    let stages = (0..)
        .zip(STAGES)
        .map(|(order, (title, kind))| {
            json!({
                "id": id(seed, Kind::Stage, index * 16 + order),
                "title": title,
                "type": kind,
                "orderInInterviewPlan": order,
                "interviewStageGroupId": null,
                "interviewPlanId": plan,
            })
        })
        .collect();
    Plan { id: plan, stages }
}

fn interviews(seed: u64, jobs: u64) -> Vec<Value> {
    let shared = [
        "Phone screen",
        "Technical screen",
        "System design",
        "Values",
        "Debrief",
        "Old",
    ];
    let shared = (0..)
        .zip(shared)
        .map(|(index, title)| interview(seed, index, title, None));
    let own = (0..jobs.min(40) / 4).map(|index| {
        let job = id(seed, Kind::Job, index * 4);
        interview(seed, 100 + index, "Pairing for this job", Some(job))
    });
    shared.chain(own).collect()
}

fn interview(seed: u64, index: u64, title: &str, job: Option<String>) -> Value {
    let mut interview = json!({
        "id": id(seed, Kind::Interview, index),
        "title": title,
        "externalTitle": format!("{title} with us"),
        "isArchived": index == 5,
        "isDebrief": index == 4,
        "isFeedbackRequired": index != 4,
        "isFeedbackRequested": true,
        "instructionsHtml": null,
        "instructionsPlain": null,
        "feedbackFormDefinitionId": id(seed, Kind::Other, 1),
    });
    if let Some(job) = job {
        interview["jobId"] = json!(job);
    }
    interview
}
