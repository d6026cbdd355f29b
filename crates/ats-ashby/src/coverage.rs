//! The connector's answer for every model, action and feature.
//!
//! Whatever is not named a gap here is a claim, and the conformance suite proves it field by field.

use ats_core::{Actions, AlwaysNull, Features, FieldGap, Gap, Read, Reads, Stream, Support, Write};

const APPLICATION_LIST: &str = "https://developers.ashbyhq.com/reference/applicationlist";
const CANDIDATE_CREATE: &str = "https://developers.ashbyhq.com/reference/candidatecreate";
const CANDIDATE_LIST: &str = "https://developers.ashbyhq.com/reference/candidatelist";
const CONSENT: &str = "https://developers.ashbyhq.com/reference/surveysubmissioncreate";
const JOB_LIST: &str = "https://developers.ashbyhq.com/reference/joblist";
const JOB_POSTING_INFO: &str = "https://developers.ashbyhq.com/reference/jobpostinginfo";
const STAGE_LIST: &str = "https://developers.ashbyhq.com/reference/interviewstagelist";

const NO_GAPS: &[FieldGap] = &[];

const JOB_GAPS: &[FieldGap] = &[
    gap("weekly_hours", "jobs have no weekly hours", JOB_LIST),
    gap(
        "category",
        "jobs have a department and no category",
        JOB_LIST,
    ),
    gap(
        "experience_level",
        "jobs have no level of experience",
        JOB_LIST,
    ),
    gap(
        "salary_amount",
        "pay is always a range; see salary_amount_from and salary_amount_to",
        JOB_LIST,
    ),
    gap(
        "remote_url",
        "jobs come without a link to the user interface",
        JOB_LIST,
    ),
    gap(
        "contact_id",
        "jobs name no contact; see the hiring team",
        JOB_LIST,
    ),
];

const CANDIDATE_GAPS: &[FieldGap] = &[gap(
    "confidential",
    "confidentiality belongs to jobs and projects, not to candidates",
    CANDIDATE_LIST,
)];

const APPLICATION_GAPS: &[FieldGap] = &[gap(
    "remote_url",
    "applications come without a link to the user interface",
    APPLICATION_LIST,
)];

const STAGE_GAPS: &[FieldGap] = &[
    gap(
        "status",
        "stages are not switched on and off; only their plan can be archived",
        STAGE_LIST,
    ),
    gap(
        "custom_fields",
        "custom fields cannot be defined for stages",
        STAGE_LIST,
    ),
];

/// What neither of the ways to create a candidate takes.
const CREATE_GAPS: &[FieldGap] = &[
    gap(
        "candidate.additional_email_addresses.type",
        "further addresses are taken without their type",
        CANDIDATE_CREATE,
    ),
    gap(
        "candidate.company",
        "the company is read from the résumé and cannot be written",
        CANDIDATE_CREATE,
    ),
    gap(
        "candidate.title",
        "the position is read from the résumé and cannot be written",
        CANDIDATE_CREATE,
    ),
    gap(
        "candidate.additional_phone_numbers.type",
        "a candidate is given one telephone number only",
        CANDIDATE_CREATE,
    ),
    gap(
        "candidate.additional_phone_numbers.phone_number",
        "a candidate is given one telephone number only",
        CANDIDATE_CREATE,
    ),
    gap(
        "candidate.location.street_1",
        "a candidate's place is a city, a region and a country",
        CANDIDATE_CREATE,
    ),
    gap(
        "candidate.location.zip_code",
        "a candidate's place is a city, a region and a country",
        CANDIDATE_CREATE,
    ),
    gap(
        "candidate.gender",
        "gender is only asked in equal-employment questions; answer those instead",
        CANDIDATE_CREATE,
    ),
    gap(
        "candidate.availability_date",
        "candidates have no first day",
        CANDIDATE_CREATE,
    ),
    gap(
        "candidate.salary_expectations.period",
        "candidates have no salary expectations",
        CANDIDATE_CREATE,
    ),
    gap(
        "candidate.salary_expectations.amount",
        "candidates have no salary expectations",
        CANDIDATE_CREATE,
    ),
    gap(
        "source.unified_key",
        "sources are found by their title; give source.name",
        CANDIDATE_CREATE,
    ),
    gap(
        "source.id",
        "sources are found by their title; give source.name",
        CANDIDATE_CREATE,
    ),
    gap(
        "gdpr_consent.expires_at",
        "consent is asked for by a survey of its own",
        CONSENT,
    ),
    gap(
        "gdpr_consent.given",
        "consent is asked for by a survey of its own",
        CONSENT,
    ),
];

const NO_CONDITIONS: &[AlwaysNull] = &[
    unconditional("precondition_question_id"),
    unconditional("precondition_options"),
];

const fn gap(field: &'static str, reason: &'static str, vendor: &'static str) -> FieldGap {
    FieldGap {
        field,
        gap: Gap::unsupported(reason, vendor),
    }
}

const fn unconditional(field: &'static str) -> AlwaysNull {
    let reason = "form definitions carry no conditions: every question is asked";
    AlwaysNull {
        field,
        reason,
        vendor: JOB_POSTING_INFO,
    }
}

fn find<'a>(streams: &'a [Box<dyn Stream>], name: &str) -> Option<&'a dyn Stream> {
    streams
        .iter()
        .map(AsRef::as_ref)
        .find(|stream| stream.name() == name)
}

/// The answer for each model.
pub(crate) fn reads(streams: &[Box<dyn Stream>]) -> Reads<'_> {
    let read = |stream: &str, permissions, gaps| match find(streams, stream) {
        Some(stream) => Support::Yes(Read {
            stream,
            permissions,
            gaps,
            always_null: &[],
        }),
        None => Support::No(Gap::unknown("the connector has no stream for this model")),
    };
    let questions_of_jobs = match read("jobs", &["jobsRead"], NO_GAPS) {
        Support::Yes(read) => Support::Yes(Read {
            always_null: NO_CONDITIONS,
            ..read
        }),
        no @ Support::No(_) => no,
    };
    Reads {
        users: read("users", &["organizationRead"], NO_GAPS),
        tags: read("tags", &["hiringProcessMetadataRead"], NO_GAPS),
        rejection_reasons: read("rejection_reasons", &["hiringProcessMetadataRead"], NO_GAPS),
        application_stages: read("stages", &["interviewsRead"], STAGE_GAPS),
        jobs: read("jobs", &["jobsRead"], JOB_GAPS),
        job_postings: read("postings", &["jobsRead"], NO_GAPS),
        screening_questions: read("postings", &["jobsRead"], NO_GAPS),
        candidates: read("candidates", &["candidatesRead"], CANDIDATE_GAPS),
        applications: read("applications", &["candidatesRead"], APPLICATION_GAPS),
        interviews: read("interviews", &["interviewsRead"], NO_GAPS),
        offers: read("offers", &["offersRead"], NO_GAPS),
        candidate_tags: read("candidates", &["candidatesRead"], NO_GAPS),
        job_application_stages: read("jobs", &["interviewsRead", "jobsRead"], NO_GAPS),
        job_screening_questions: questions_of_jobs,
        job_hiring_team_members: read("jobs", &["jobsRead"], NO_GAPS),
        interviewing_team_members: read("interviews", &["interviewsRead"], NO_GAPS),
    }
}

/// What every write to a candidate or an application needs.
const WRITE: &[&str] = &["candidatesRead", "candidatesWrite"];

/// The answer for each action. Result links need more for custom fields and become notes without it.
pub(crate) fn actions() -> Actions {
    let yes = |permissions| {
        Support::Yes(Write {
            permissions,
            gaps: NO_GAPS,
        })
    };
    let create = Support::Yes(Write {
        permissions: &["candidatesRead", "candidatesWrite", "jobsRead"],
        gaps: CREATE_GAPS,
    });
    Actions {
        create_candidate: create,
        create_application: create,
        add_tag_to_candidate: yes(&[
            "candidatesRead",
            "candidatesWrite",
            "hiringProcessMetadataWrite",
        ]),
        remove_tag_from_candidate: yes(WRITE),
        add_attachment_to_application: yes(WRITE),
        move_application_to_stage: yes(&["candidatesRead", "candidatesWrite", "interviewsRead"]),
        reject_application: yes(&[
            "candidatesRead",
            "candidatesWrite",
            "hiringProcessMetadataRead",
            "interviewsRead",
        ]),
        add_result_link_to_application: yes(WRITE),
        add_note_to_application: yes(WRITE),
        get_application_attachments: yes(&["candidatesRead"]),
        add_attachment_to_candidate: yes(WRITE),
        add_result_link_to_candidate: yes(WRITE),
        get_candidate_attachments: yes(&["candidatesRead"]),
    }
}

/// The answer for each feature.
pub(crate) fn features() -> Features {
    Features {
        source_writing: Support::Yes(()),
        sync_only_created_applications: Support::Yes(()),
        connection_guide: Support::Yes(()),
        prerequisites: Support::Yes(()),
        create_credentials: Support::Yes(()),
        candidate_source_tracking: Support::Yes(()),
        api_passthrough: Support::Yes(()),
        webhook_subscriptions: Support::Yes(()),
        scope_testing: Support::Yes(()),
        per_model_tests: Support::Yes(()),
        per_field_tests: Support::Yes(()),
        delta_syncs: Support::Yes(()),
        eeo_questions: Support::Yes(()),
    }
}
