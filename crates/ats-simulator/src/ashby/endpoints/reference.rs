//! The endpoints of reference data, forms and openings.

use super::{
    ARCHIVED, CANDIDATES, Endpoint, JOBS, METADATA, ORGANIZATION, Work, endpoint, flag, info, list,
    optional, required, strict,
};
use crate::ashby::keep;
use crate::ashby::lookup;
use crate::ashby::render;
use crate::ashby::request::{Kind, Paging};

pub(super) const ENDPOINTS: &[Endpoint] = &[
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
