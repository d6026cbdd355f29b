//! The endpoints of candidates, applications, interviews and offers.

use super::{
    ARCHIVED, CANDIDATES, Endpoint, INTERVIEWS, METADATA, Work, endpoint, flag, info, list,
    optional, required, strict,
};
use crate::ashby::keep;
use crate::ashby::lookup;
use crate::ashby::render;
use crate::ashby::request::{Kind, Paging};

const OFFERS: &str = "offersRead";

pub(super) const ENDPOINTS: &[Endpoint] = &[
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
];
