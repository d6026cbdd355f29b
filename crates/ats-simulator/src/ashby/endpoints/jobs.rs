//! The endpoints of users, jobs, postings, plans and stages.

use super::{
    ARCHIVED, Endpoint, INTERVIEWS, JOBS, ORGANIZATION, Work, endpoint, flag, info, list, optional,
    required,
};
use crate::ashby::keep;
use crate::ashby::lookup;
use crate::ashby::render;
use crate::ashby::request::{Kind, Paging, Param};

const DRAFT_IDS: Param = flag("includeUnpublishedJobPostingsIds");
const DRAFTS: Param = flag("includeUnpublishedJobPostings");
/// The schema's enum stops at `openings`; its text asks for `compensation` too.
const JOB_EXPAND: Param = optional(
    "expand",
    Kind::Many(&["location", "openings", "compensation"]),
);

pub(super) const ENDPOINTS: &[Endpoint] = &[
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
];
