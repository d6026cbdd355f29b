//! What a record must say, read from the vendor's raw rows.
//!
//! It owns the table of what is compared, and must not know the mapping that is measured: the rules
//! here are a second, simpler reading of the same rows.
//!
//! Not compared: `screening_questions`, `job_screening_questions` and `job_application_stages`,
//! which no single row decides.

use ats_core::{Id, IntegrationId, Timestamp};
use serde_json::Value;

use crate::ats::NAME;

/// A model that one listing decides.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) model: &'static str,
    /// Where a row of it comes from.
    pub(crate) endpoint: &'static str,
    /// The raw documents that its records show, by their path in `remote_data`.
    pub(crate) raw: &'static [&'static str],
    /// What a record says, and where that stands in the row.
    pub(crate) fields: &'static [(&'static str, Form)],
    /// Whether what the vendor calls archived carries a tombstone.
    pub(crate) archived: bool,
    /// The list in the raw document that holds the thing itself, alone, and is compared in place of
    /// the document.
    pub(crate) alone_in: Option<&'static str>,
}

/// How a value of the row becomes the record's.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    /// The text at this pointer.
    Text(&'static str),
    /// The instant at this pointer.
    Time(&'static str),
    /// Our id of the thing of this model whose vendor's id stands at this pointer.
    Link(&'static str, &'static str),
}

use Form::{Link, Text, Time};

const CREATED: (&str, Form) = ("remote_created_at", Time("/createdAt"));
const UPDATED: (&str, Form) = ("remote_updated_at", Time("/updatedAt"));

/// The models that are compared record by record.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        model: "users",
        endpoint: "user.list",
        raw: &["/user.list"],
        fields: &[
            ("first_name", Text("/firstName")),
            ("last_name", Text("/lastName")),
            ("email", Text("/email")),
        ],
        archived: false,
        alone_in: None,
    },
    Rule {
        model: "tags",
        endpoint: "candidateTag.list",
        raw: &["/candidateTag.list"],
        fields: &[("name", Text("/title"))],
        archived: true,
        alone_in: None,
    },
    Rule {
        model: "rejection_reasons",
        endpoint: "archiveReason.list",
        raw: &["/archiveReason.list"],
        fields: &[("name", Text("/text"))],
        archived: true,
        alone_in: None,
    },
    Rule {
        model: "application_stages",
        endpoint: "interviewStage.list",
        raw: &["/interviewStage.list"],
        fields: &[("name", Text("/title"))],
        archived: false,
        alone_in: None,
    },
    Rule {
        model: "jobs",
        endpoint: "job.list",
        raw: &["/job.list"],
        fields: &[("name", Text("/title")), CREATED, UPDATED],
        archived: false,
        alone_in: None,
    },
    Rule {
        model: "job_postings",
        endpoint: "jobPosting.info",
        raw: &["/jobPosting.info"],
        fields: &[
            ("title", Text("/title")),
            ("job_id", Link("jobs", "/jobId")),
        ],
        archived: false,
        alone_in: None,
    },
    Rule {
        model: "candidates",
        endpoint: "candidate.list",
        raw: &["/candidate.list"],
        fields: &[
            ("company", Text("/company")),
            ("title", Text("/position")),
            ("remote_url", Text("/profileUrl")),
            CREATED,
            UPDATED,
        ],
        archived: false,
        alone_in: None,
    },
    Rule {
        model: "applications",
        endpoint: "application.list",
        raw: &["/application.list", "/application.info"],
        fields: &[
            ("candidate_id", Link("candidates", "/candidate/id")),
            ("job_id", Link("jobs", "/job/id")),
            (
                "current_stage_id",
                Link("application_stages", "/currentInterviewStage/id"),
            ),
            CREATED,
            UPDATED,
        ],
        archived: false,
        alone_in: None,
    },
    Rule {
        model: "interviews",
        endpoint: "interviewSchedule.list",
        raw: &["/interviewSchedule.list"],
        fields: &[
            ("starting_at", Time("/startTime")),
            ("ending_at", Time("/endTime")),
            ("application_id", Link("applications", "/applicationId")),
            ("stage_id", Link("application_stages", "/interviewStageId")),
            CREATED,
            UPDATED,
        ],
        archived: false,
        alone_in: Some("interviewEvents"),
    },
    Rule {
        model: "offers",
        endpoint: "offer.list",
        raw: &["/offer.list"],
        fields: &[
            ("application_id", Link("applications", "/applicationId")),
            ("remote_created_at", Time("/latestVersion/createdAt")),
        ],
        archived: false,
        alone_in: None,
    },
];

/// The models that join two others, with the fields that name their ends.
pub(crate) const JOINS: &[(&str, [&str; 2])] = &[
    ("candidate_tags", ["candidate_id", "tag_id"]),
    ("job_hiring_team_members", ["job_id", "user_id"]),
    ("interviewing_team_members", ["interview_id", "user_id"]),
];

impl Form {
    /// The value, as a record shows it.
    pub(crate) fn of(self, row: &Value) -> Value {
        let at = |pointer| row.pointer(pointer).and_then(text);
        match self {
            Self::Text(pointer) => at(pointer).into(),
            Self::Time(pointer) => {
                let time = at(pointer).and_then(|text| Timestamp::parse(&text));
                time.map(|time| time.to_string()).into()
            }
            Self::Link(model, pointer) => at(pointer).map(|id| our_id(model, &id)).into(),
        }
    }
}

/// A text that says something.
pub(crate) fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Our id of what the vendor calls `remote`.
pub(crate) fn our_id(model: &str, remote: &str) -> String {
    let integration = IntegrationId::derive("ashby", NAME);
    Id::derive([integration.as_str(), model, remote]).to_string()
}
