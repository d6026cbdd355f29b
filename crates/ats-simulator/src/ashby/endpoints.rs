//! The table of endpoints: permission, parameters, strictness, and where the rows come from.
//!
//! One line of the API reference each, <https://developers.ashbyhq.com/reference>. Behaviour lives
//! in `request`, `keep`, `render` and `lookup`; the table only names it. Endpoints that write will
//! be further kinds of [`Work`].

use serde_json::Value;

use super::envelope::Refusal;
use super::keep::{self, Keep};
use super::lookup;
use super::render::{self, Row};
use super::request::{Ask, Kind, Paging, Param};
use super::view::View;

/// One endpoint.
pub(crate) struct Endpoint {
    pub(crate) name: &'static str,
    pub(crate) permission: &'static str,
    pub(crate) params: &'static [Param],
    /// Whether an unknown request property is refused rather than ignored.
    pub(crate) strict: bool,
    pub(crate) work: Work,
}

/// Rows of a nested list, each with the revision of its last change.
pub(crate) type Rows = fn(&View<'_>, &Ask) -> Result<Vec<(u64, Value)>, Refusal>;

/// How an endpoint comes to its answer.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// The documents of a collection.
    List {
        collection: &'static str,
        paging: Paging,
        keep: Keep,
        row: Row,
    },
    /// Rows that have no collection of their own.
    Nested { paging: Paging, rows: Rows },
    /// One document by id.
    Info {
        collection: &'static str,
        param: &'static str,
        missing: &'static str,
        keep: Keep,
        row: Row,
    },
    /// Anything else; gives the `results`.
    Answer(fn(&View<'_>, &Ask) -> Result<Value, Refusal>),
}

impl Work {
    pub(crate) fn paging(&self) -> Paging {
        match self {
            Self::List { paging, .. } | Self::Nested { paging, .. } => *paging,
            Self::Info { .. } | Self::Answer(_) => Paging::Single,
        }
    }
}

const fn optional(name: &'static str, kind: Kind) -> Param {
    Param {
        name,
        kind,
        required: false,
    }
}

const fn required(name: &'static str, kind: Kind) -> Param {
    Param {
        name,
        kind,
        required: true,
    }
}

const fn flag(name: &'static str) -> Param {
    optional(name, Kind::Bool)
}

const fn endpoint(
    name: &'static str,
    permission: &'static str,
    params: &'static [Param],
    work: Work,
) -> Endpoint {
    Endpoint {
        name,
        permission,
        params,
        strict: false,
        work,
    }
}

const fn strict(endpoint: Endpoint) -> Endpoint {
    Endpoint {
        strict: true,
        ..endpoint
    }
}

const fn list(collection: &'static str, paging: Paging, keep: Keep, row: Row) -> Work {
    Work::List {
        collection,
        paging,
        keep,
        row,
    }
}

/// An info endpoint; `keep` says what the key may see, with an empty request.
const fn info(
    collection: &'static str,
    param: &'static str,
    missing: &'static str,
    keep: Keep,
    row: Row,
) -> Work {
    Work::Info {
        collection,
        param,
        missing,
        keep,
        row,
    }
}

const JOBS: &str = "jobsRead";
const CANDIDATES: &str = "candidatesRead";
const INTERVIEWS: &str = "interviewsRead";
const METADATA: &str = "hiringProcessMetadataRead";
const ORGANIZATION: &str = "organizationRead";
const OFFERS: &str = "offersRead";

const ARCHIVED: Param = flag("includeArchived");
const DRAFT_IDS: Param = flag("includeUnpublishedJobPostingsIds");
const DRAFTS: Param = flag("includeUnpublishedJobPostings");
/// The schema's enum stops at `openings`; its text asks for `compensation` too.
const JOB_EXPAND: Param = optional(
    "expand",
    Kind::Many(&["location", "openings", "compensation"]),
);

/// Every endpoint that reads.
pub(crate) const ENDPOINTS: &[Endpoint] = &[
    endpoint(
        "apiKey.info",
        "apiKeysRead",
        &[],
        Work::Answer(lookup::api_key),
    ),
    // Users
    endpoint(
        "user.list",
        ORGANIZATION,
        &[flag("includeDeactivated")],
        list("users", Paging::Token, keep::users, render::user),
    ),
    endpoint(
        "user.info",
        ORGANIZATION,
        &[required("userId", Kind::Uuid)],
        info(
            "users",
            "userId",
            "user_not_found",
            keep::everything,
            render::user,
        ),
    ),
    endpoint(
        "user.search",
        ORGANIZATION,
        &[required("email", Kind::Text)],
        Work::Answer(lookup::user_search),
    ),
    // Jobs and postings
    endpoint(
        "job.list",
        JOBS,
        &[
            optional(
                "status",
                Kind::Many(&["Draft", "Open", "Closed", "Archived"]),
            ),
            optional("openedAfter", Kind::Millis),
            optional("openedBefore", Kind::Millis),
            optional("closedAfter", Kind::Millis),
            optional("closedBefore", Kind::Millis),
            DRAFT_IDS,
            JOB_EXPAND,
        ],
        list("jobs", Paging::TokenSince, keep::jobs, render::job),
    ),
    endpoint(
        "job.info",
        JOBS,
        &[required("id", Kind::Uuid), DRAFT_IDS, JOB_EXPAND],
        Work::Answer(lookup::job_info),
    ),
    endpoint(
        "job.search",
        JOBS,
        &[
            optional("title", Kind::Text),
            optional("requisitionId", Kind::Text),
        ],
        Work::Answer(lookup::job_search),
    ),
    endpoint(
        "jobPosting.list",
        JOBS,
        &[
            optional("location", Kind::Text),
            optional("department", Kind::Text),
            flag("listedOnly"),
            optional("jobBoardId", Kind::Uuid),
            DRAFTS,
        ],
        list(
            "job_postings",
            Paging::Single,
            keep::postings,
            render::posting_row,
        ),
    ),
    endpoint(
        "jobPosting.info",
        JOBS,
        &[
            required("jobPostingId", Kind::Uuid),
            optional("jobBoardId", Kind::Uuid),
            optional("expand", Kind::Many(&["job"])),
            DRAFTS,
        ],
        Work::Answer(lookup::posting_info),
    ),
    endpoint(
        "jobBoard.list",
        JOBS,
        &[],
        list(
            "job_boards",
            Paging::SingleSaysMore,
            keep::everything,
            render::plain,
        ),
    ),
    // Plans and stages
    endpoint(
        "jobInterviewPlan.info",
        JOBS,
        &[required("jobId", Kind::Uuid)],
        Work::Answer(lookup::job_interview_plan),
    ),
    endpoint(
        "interviewPlan.list",
        INTERVIEWS,
        &[ARCHIVED],
        list("interview_plans", Paging::Token, keep::plans, render::plain),
    ),
    endpoint(
        "interviewStage.list",
        INTERVIEWS,
        &[required("interviewPlanId", Kind::Uuid)],
        Work::Nested {
            paging: Paging::SingleSaysMore,
            rows: lookup::stages,
        },
    ),
    endpoint(
        "interviewStage.info",
        INTERVIEWS,
        &[required("interviewStageId", Kind::Uuid)],
        info(
            "interview_stages",
            "interviewStageId",
            "interview_stage_not_found",
            keep::everything,
            render::plain,
        ),
    ),
    endpoint(
        "interviewStageGroup.list",
        INTERVIEWS,
        &[],
        Work::Answer(lookup::stage_groups),
    ),
    // Candidates and tags
    endpoint(
        "candidate.list",
        CANDIDATES,
        &[],
        list(
            "candidates",
            Paging::TokenSince,
            keep::candidates,
            render::candidate,
        ),
    ),
    endpoint(
        "candidate.info",
        CANDIDATES,
        &[
            optional("id", Kind::Uuid),
            optional("externalMappingId", Kind::Text),
        ],
        Work::Answer(lookup::candidate_info),
    ),
    endpoint(
        "candidate.search",
        CANDIDATES,
        &[optional("email", Kind::Text), optional("name", Kind::Text)],
        Work::Answer(lookup::candidate_search),
    ),
    endpoint(
        "candidate.listNotes",
        CANDIDATES,
        &[required("candidateId", Kind::Uuid)],
        Work::Nested {
            paging: Paging::Token,
            rows: lookup::notes,
        },
    ),
    endpoint(
        "candidateTag.list",
        METADATA,
        &[ARCHIVED],
        list(
            "candidate_tags",
            Paging::Token,
            keep::unless_archived,
            render::plain,
        ),
    ),
    // Applications
    endpoint(
        "application.list",
        CANDIDATES,
        &[
            optional(
                "status",
                Kind::One(&["Hired", "Archived", "Active", "Lead"]),
            ),
            optional("jobId", Kind::Uuid),
            optional("expand", Kind::Many(&["openings"])),
        ],
        list(
            "applications",
            Paging::TokenSince,
            keep::applications,
            render::application_row,
        ),
    ),
    endpoint(
        "application.info",
        CANDIDATES,
        &[
            optional("applicationId", Kind::Uuid),
            optional("submittedFormInstanceId", Kind::Uuid),
            optional(
                "expand",
                Kind::Many(&["openings", "applicationFormSubmissions", "referrals"]),
            ),
        ],
        Work::Answer(lookup::application_info),
    ),
    endpoint(
        "application.listHistory",
        CANDIDATES,
        &[required("applicationId", Kind::Uuid)],
        Work::Nested {
            paging: Paging::Cursor,
            rows: lookup::history,
        },
    ),
    // Interviews and offers
    endpoint(
        "interviewSchedule.list",
        INTERVIEWS,
        &[
            optional("applicationId", Kind::Uuid),
            optional("interviewStageId", Kind::Uuid),
        ],
        list(
            "interview_schedules",
            Paging::TokenSince,
            keep::schedules,
            render::schedule,
        ),
    ),
    strict(endpoint(
        "interviewEvent.list",
        INTERVIEWS,
        &[
            required("interviewScheduleId", Kind::Uuid),
            optional("expand", Kind::Many(&["interview"])),
        ],
        Work::Nested {
            paging: Paging::TokenSince,
            rows: lookup::events,
        },
    )),
    endpoint(
        "interview.list",
        INTERVIEWS,
        &[
            ARCHIVED,
            flag("includeNonSharedInterviews"),
            flag("excludeArchivedScheduleTemplateInterviews"),
        ],
        list("interviews", Paging::Token, keep::interviews, render::plain),
    ),
    endpoint(
        "interview.info",
        INTERVIEWS,
        &[required("id", Kind::Uuid)],
        info(
            "interviews",
            "id",
            "interview_not_found",
            keep::of_visible_job,
            render::plain,
        ),
    ),
    endpoint(
        "offer.list",
        OFFERS,
        &[
            optional(
                "offerStatus",
                Kind::Some(&[
                    "WaitingOnApprovalStart",
                    "WaitingOnOfferApproval",
                    "WaitingOnApprovalDefinition",
                    "WaitingOnCandidateResponse",
                    "CandidateRejected",
                    "CandidateAccepted",
                    "OfferCancelled",
                ]),
            ),
            optional(
                "acceptanceStatus",
                Kind::Some(&[
                    "Accepted",
                    "Declined",
                    "Pending",
                    "Created",
                    "Cancelled",
                    "WaitingOnResponse",
                ]),
            ),
            optional("applicationId", Kind::Uuid),
            optional(
                "approvalStatus",
                Kind::Some(&["Approved", "WaitingOnApprovals", "Declined"]),
            ),
        ],
        list(
            "offers",
            Paging::TokenSince,
            keep::offers,
            render::offer_row,
        ),
    ),
    endpoint(
        "offer.info",
        OFFERS,
        &[
            required("offerId", Kind::Uuid),
            flag("excludeFormDefinition"),
        ],
        info(
            "offers",
            "offerId",
            "offer_not_found",
            keep::of_application,
            render::offer,
        ),
    ),
    // Reference data
    endpoint(
        "archiveReason.list",
        METADATA,
        &[ARCHIVED],
        list(
            "archive_reasons",
            Paging::Single,
            keep::unless_archived,
            render::plain,
        ),
    ),
    endpoint(
        "source.list",
        METADATA,
        &[ARCHIVED],
        list(
            "sources",
            Paging::SingleSaysMore,
            keep::unless_archived,
            render::plain,
        ),
    ),
    endpoint(
        "sourceTrackingLink.list",
        METADATA,
        &[flag("includeDisabled")],
        list(
            "source_tracking_links",
            Paging::SingleSaysMore,
            keep::tracking_links,
            render::plain,
        ),
    ),
    endpoint(
        "closeReason.list",
        METADATA,
        &[ARCHIVED],
        list(
            "close_reasons",
            Paging::SingleSaysMore,
            keep::unless_archived,
            render::plain,
        ),
    ),
    endpoint(
        "communicationTemplate.list",
        METADATA,
        &[],
        list(
            "communication_templates",
            Paging::Single,
            keep::templates,
            render::plain,
        ),
    ),
    endpoint(
        "department.list",
        ORGANIZATION,
        &[ARCHIVED],
        list(
            "departments",
            Paging::Token,
            keep::unless_archived,
            render::plain,
        ),
    ),
    endpoint(
        "department.info",
        ORGANIZATION,
        &[required("departmentId", Kind::Uuid)],
        info(
            "departments",
            "departmentId",
            "department_not_found",
            keep::everything,
            render::plain,
        ),
    ),
    strict(endpoint(
        "location.list",
        ORGANIZATION,
        &[ARCHIVED, flag("includeLocationHierarchy")],
        list("locations", Paging::Token, keep::locations, render::plain),
    )),
    endpoint(
        "location.info",
        ORGANIZATION,
        &[required("locationId", Kind::Uuid)],
        info(
            "locations",
            "locationId",
            "location_not_found",
            keep::everything,
            render::plain,
        ),
    ),
    endpoint(
        "brand.list",
        ORGANIZATION,
        &[],
        list("brands", Paging::Cursor, keep::everything, render::plain),
    ),
    endpoint(
        "customField.list",
        METADATA,
        &[ARCHIVED],
        list(
            "custom_fields",
            Paging::SingleSaysMore,
            keep::custom_fields,
            render::plain,
        ),
    ),
    endpoint(
        "customField.info",
        METADATA,
        &[optional("customFieldId", Kind::Uuid)],
        info(
            "custom_fields",
            "customFieldId",
            "custom_field_not_found",
            keep::visible_custom_field,
            render::plain,
        ),
    ),
    endpoint(
        "file.info",
        CANDIDATES,
        &[required("fileHandle", Kind::Text)],
        Work::Answer(lookup::file),
    ),
    // Surveys, feedback, openings
    endpoint(
        "surveyFormDefinition.list",
        METADATA,
        &[],
        list(
            "survey_form_definitions",
            Paging::Token,
            keep::everything,
            render::plain,
        ),
    ),
    endpoint(
        "surveyFormDefinition.info",
        METADATA,
        &[required("surveyFormDefinitionId", Kind::Uuid)],
        info(
            "survey_form_definitions",
            "surveyFormDefinitionId",
            "survey_form_definition_not_found",
            keep::everything,
            render::plain,
        ),
    ),
    endpoint(
        "surveyRequest.list",
        CANDIDATES,
        &[
            required("surveyType", Kind::One(&["CandidateExperience"])),
            optional("applicationId", Kind::Uuid),
            optional("candidateId", Kind::Uuid),
        ],
        list(
            "survey_requests",
            Paging::TokenSince,
            keep::survey_requests,
            render::plain,
        ),
    ),
    endpoint(
        "surveySubmission.list",
        CANDIDATES,
        &[required(
            "surveyType",
            Kind::One(&["CandidateExperience", "Questionnaire"]),
        )],
        list(
            "survey_submissions",
            Paging::TokenSince,
            keep::survey_submissions,
            render::plain,
        ),
    ),
    endpoint(
        "feedbackFormDefinition.list",
        METADATA,
        &[ARCHIVED],
        list(
            "feedback_form_definitions",
            Paging::Token,
            keep::unless_archived,
            render::plain,
        ),
    ),
    endpoint(
        "feedbackFormDefinition.info",
        METADATA,
        &[required("feedbackFormDefinitionId", Kind::Uuid)],
        info(
            "feedback_form_definitions",
            "feedbackFormDefinitionId",
            "feedback_form_definition_not_found",
            keep::everything,
            render::plain,
        ),
    ),
    endpoint(
        "applicationFeedback.list",
        CANDIDATES,
        &[optional("applicationId", Kind::Uuid)],
        list(
            "application_feedback",
            Paging::TokenSince,
            keep::of_application,
            render::feedback,
        ),
    ),
    endpoint(
        "opening.list",
        JOBS,
        &[],
        list(
            "openings",
            Paging::TokenSince,
            keep::everything,
            render::opening,
        ),
    ),
    endpoint(
        "opening.info",
        JOBS,
        &[required("openingId", Kind::Text)],
        info(
            "openings",
            "openingId",
            "opening_not_found",
            keep::everything,
            render::opening,
        ),
    ),
];
