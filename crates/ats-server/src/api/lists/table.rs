//! Which lists there are, and what each can be filtered by.

use aide::transform::TransformOperation;
use ats_core::ModelKind;
use schemars::JsonSchema;
use serde::Serialize;

use super::Listing;
use crate::{
    respond::Success,
    wire::{
        ApplicationStage, ApplicationWithRest, CandidateWithApplications, Interview, Job, Note,
        Offer, RejectionReason, Role, Scorecard, SyncedAttachment, Tag, User,
    },
};

/// One list.
pub(super) struct List {
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// What its records are called in a sentence.
    pub(super) name: &'static str,
    /// The model; none for what no connector here has.
    pub(super) model: Option<ModelKind>,
    pub(super) filters: &'static [FilterOf],
    pub(super) answers: fn(TransformOperation<'_>) -> TransformOperation<'_>,
}

/// One filter of a list.
pub(super) struct FilterOf {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    /// The field that must be covered for it to mean anything.
    pub(super) field: &'static str,
    pub(super) kind: Kind,
}

impl FilterOf {
    /// Whether its text is a comma list.
    pub(super) fn takes_a_list(&self) -> bool {
        match self.kind {
            Kind::IsIgnoringCase | Kind::Contains | Kind::SinceDay => false,
            // An address of the web may hold a comma.
            Kind::Is => self.name != "post_url",
            _ => true,
        }
    }
}

/// How a filter is applied.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// The field is one of these words; no others are allowed.
    OneOf(&'static [&'static str]),
    /// The field is one of these texts.
    Is,
    /// The same whatever the case; the text may hold a comma.
    IsIgnoringCase,
    /// The field contains the text.
    Contains,
    /// The field is on this day or later.
    SinceDay,
    /// One of the addresses.
    Email,
    /// It refers to one of these records.
    RefersTo,
    /// It refers to one of these, as the vendor calls them.
    RefersToRemote(ModelKind),
    /// It has an application that refers to one of these.
    WithApplicationOf,
    /// Its application refers to one of these.
    OfApplicationOf,
}

const OUTCOMES: &[&str] = &["PENDING", "HIRED", "DECLINED"];
const JOB_STATUSES: &[&str] = &["OPEN", "CLOSED", "DRAFT", "ARCHIVED"];
const EMPLOYMENT_TYPES: &[&str] = &[
    "FULL_TIME",
    "PART_TIME",
    "CONTRACT",
    "SEASONAL",
    "INTERNSHIP",
];
const VISIBILITIES: &[&str] = &["PUBLIC", "INTERNAL", "UNLISTED", "CONFIDENTIAL"];

const fn filter(
    name: &'static str,
    field: &'static str,
    kind: Kind,
    what: &'static str,
) -> FilterOf {
    FilterOf {
        name,
        what,
        field,
        kind,
    }
}

fn answers<T: JsonSchema + Serialize>(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    operation.response::<200, Success<Listing<T>>>()
}

/// Every list.
pub(super) const LISTS: &[List] = &[
    List {
        path: "/ats/users",
        id: "getUsers",
        summary: "Get users",
        name: "users",
        model: Some(ModelKind::User),
        filters: &[filter(
            "emails",
            "email",
            Kind::Email,
            "Comma list: only users with one of these e-mail addresses, whatever the case.",
        )],
        answers: answers::<User>,
    },
    List {
        path: "/ats/roles",
        id: "getRoles",
        summary: "Get roles",
        name: "roles",
        model: None,
        filters: &[filter(
            "scopes",
            "scope",
            Kind::OneOf(&["SYSTEM", "JOB"]),
            "Comma list: only roles that hold there.",
        )],
        answers: answers::<Role>,
    },
    List {
        path: "/ats/jobs",
        id: "getJobs",
        summary: "Get jobs",
        name: "jobs",
        model: Some(ModelKind::Job),
        filters: &[
            filter(
                "job_codes",
                "job_code",
                Kind::Is,
                "Comma list: only jobs with one of these codes.",
            ),
            filter(
                "post_url",
                "post_url",
                Kind::Is,
                "Only the job with this public posting.",
            ),
            filter(
                "statuses",
                "status",
                Kind::OneOf(JOB_STATUSES),
                "Comma list: only jobs in one of these states.",
            ),
            filter(
                "status",
                "status",
                Kind::OneOf(JOB_STATUSES),
                "The older form of `statuses`.",
            ),
            filter(
                "employment_types",
                "employment_type",
                Kind::OneOf(EMPLOYMENT_TYPES),
                "Comma list: only jobs of one of these kinds.",
            ),
            filter(
                "visibilities",
                "visibility",
                Kind::OneOf(VISIBILITIES),
                "Comma list: only jobs that can be found so.",
            ),
            filter(
                "remote_created_after",
                "remote_created_at",
                Kind::SinceDay,
                "Only jobs created on this day or later.",
            ),
            filter(
                "name_contains",
                "name",
                Kind::Contains,
                "Only jobs with this in their name, whatever the case.",
            ),
        ],
        answers: answers::<Job>,
    },
    List {
        path: "/ats/candidates",
        id: "getCandidates",
        summary: "Get candidates",
        name: "candidates",
        model: Some(ModelKind::Candidate),
        filters: &[
            filter(
                "email",
                "email_addresses",
                Kind::Email,
                "Only candidates with this e-mail address, whatever the case.",
            ),
            filter(
                "job_ids",
                "",
                Kind::WithApplicationOf,
                "Comma list: only candidates with an application to one of these jobs.",
            ),
            filter(
                "first_name",
                "first_name",
                Kind::IsIgnoringCase,
                "Only candidates with this given name, whatever the case.",
            ),
            filter(
                "last_name",
                "last_name",
                Kind::IsIgnoringCase,
                "Only candidates with this family name, whatever the case.",
            ),
        ],
        answers: answers::<CandidateWithApplications>,
    },
    List {
        path: "/ats/applications",
        id: "getApplications",
        summary: "Get applications",
        name: "applications",
        model: Some(ModelKind::Application),
        filters: &[
            filter(
                "outcomes",
                "outcome",
                Kind::OneOf(OUTCOMES),
                "Comma list: only applications that ended so.",
            ),
            filter(
                "outcome",
                "outcome",
                Kind::OneOf(OUTCOMES),
                "The older form of `outcomes`.",
            ),
            filter(
                "job_ids",
                "job_id",
                Kind::RefersTo,
                "Comma list: only applications to one of these jobs.",
            ),
            filter(
                "job_remote_ids",
                "job_id",
                Kind::RefersToRemote(ModelKind::Job),
                "Comma list: the same by the vendor's ids.",
            ),
            filter(
                "current_stage_ids",
                "current_stage_id",
                Kind::RefersTo,
                "Comma list: only applications in one of these stages.",
            ),
            filter(
                "remote_created_after",
                "remote_created_at",
                Kind::SinceDay,
                "Only applications created on this day or later.",
            ),
        ],
        answers: answers::<ApplicationWithRest>,
    },
    List {
        path: "/ats/application-stages",
        id: "getApplicationStages",
        summary: "Get application stages",
        name: "application stages",
        model: Some(ModelKind::ApplicationStage),
        filters: &[],
        answers: answers::<ApplicationStage>,
    },
    List {
        path: "/ats/tags",
        id: "getTags",
        summary: "Get tags",
        name: "tags",
        model: Some(ModelKind::Tag),
        filters: &[],
        answers: answers::<Tag>,
    },
    List {
        path: "/ats/interviews",
        id: "getInterviews",
        summary: "Get interviews",
        name: "interviews",
        model: Some(ModelKind::Interview),
        filters: &[filter(
            "job_ids",
            "application_id",
            Kind::OfApplicationOf,
            "Comma list: only interviews about one of these jobs.",
        )],
        answers: answers::<Interview>,
    },
    List {
        path: "/ats/offers",
        id: "getOffers",
        summary: "Get offers",
        name: "offers",
        model: Some(ModelKind::Offer),
        filters: &[],
        answers: answers::<Offer>,
    },
    List {
        path: "/ats/rejection-reasons",
        id: "getRejectionReasons",
        summary: "Get rejection reasons",
        name: "rejection reasons",
        model: Some(ModelKind::RejectionReason),
        filters: &[],
        answers: answers::<RejectionReason>,
    },
    List {
        path: "/ats/notes",
        id: "getNotes",
        summary: "Get notes",
        name: "notes",
        model: None,
        filters: OF_CANDIDATES,
        answers: answers::<Note>,
    },
    List {
        path: "/ats/scorecards",
        id: "getScorecards",
        summary: "Get scorecards",
        name: "scorecards",
        model: None,
        filters: OF_CANDIDATES,
        answers: answers::<Scorecard>,
    },
    List {
        path: "/ats/attachments",
        id: "getAttachments",
        summary: "Get attachments",
        name: "attachments",
        model: None,
        filters: OF_CANDIDATES,
        answers: answers::<SyncedAttachment>,
    },
];

const OF_CANDIDATES: &[FilterOf] = &[
    filter(
        "candidate_ids",
        "candidate_id",
        Kind::RefersTo,
        "Comma list: only of these candidates.",
    ),
    filter(
        "application_ids",
        "application_id",
        Kind::RefersTo,
        "Comma list: only of these applications.",
    ),
];
