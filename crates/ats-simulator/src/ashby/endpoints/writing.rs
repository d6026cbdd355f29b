//! The endpoints that write, and those of webhooks.

use super::{Endpoint, Param, Work, endpoint, flag, info, optional, required, strict};
use crate::ashby::keep;
use crate::ashby::request::{Ask, Kind};
use crate::ashby::writes;

const WRITE: &str = "candidatesWrite";
const METADATA_WRITE: &str = "hiringProcessMetadataWrite";

const KEYS_WRITE: &str = "apiKeysWrite";

const WEBHOOK: Param = required("webhookId", Kind::Uuid);
const CANDIDATE: Param = required("candidateId", Kind::Uuid);
const APPLICATION: Param = required("applicationId", Kind::Uuid);
const SOURCE: Param = optional("sourceId", Kind::Uuid);
const CREDITED: Param = optional("creditedToUserId", Kind::Uuid);
const CREATED: Param = optional("createdAt", Kind::Time);
const NOTIFY: Param = flag("sendNotifications");
const PLACE: Param = optional(
    "location",
    Kind::Object(&[
        optional("city", Kind::Text),
        optional("region", Kind::Text),
        optional("country", Kind::Text),
    ]),
);
const OBJECT: Param = required(
    "objectType",
    Kind::One(&["Application", "Candidate", "Job", "Opening"]),
);
const OPTION: &[Param] = &[required("label", Kind::Text), required("value", Kind::Text)];

type Write = fn(&mut super::Desk<'_>, &Ask) -> Result<super::Value, super::Refusal>;

const fn writes(
    name: &'static str,
    permission: &'static str,
    params: &'static [Param],
    write: Write,
) -> Endpoint {
    endpoint(name, permission, params, Work::Write(write))
}

const fn multipart(endpoint: Endpoint) -> Endpoint {
    Endpoint {
        multipart: true,
        ..endpoint
    }
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    // Candidates
    writes(
        "candidate.create",
        WRITE,
        &[
            required("name", Kind::Filled),
            optional("email", Kind::Mail),
            optional("phoneNumber", Kind::Filled),
            optional("linkedInUrl", Kind::Url),
            optional("githubUrl", Kind::Url),
            optional("website", Kind::Url),
            optional("alternateEmailAddresses", Kind::Mails),
            SOURCE,
            CREDITED,
            PLACE,
            CREATED,
        ],
        writes::create_candidate,
    ),
    writes(
        "candidate.update",
        WRITE,
        &[
            CANDIDATE,
            optional("name", Kind::Filled),
            optional("email", Kind::Mail),
            optional("phoneNumber", Kind::Filled),
            optional("linkedInUrl", Kind::Url),
            optional("githubUrl", Kind::Url),
            optional("websiteUrl", Kind::Url),
            optional("alternateEmail", Kind::Mail),
            optional(
                "socialLinks",
                Kind::Objects(&[
                    required(
                        "type",
                        Kind::One(&[
                            "LinkedIn",
                            "GitHub",
                            "Twitter",
                            "Medium",
                            "StackOverflow",
                            "YouTube",
                            "CodePen",
                            "Website",
                        ]),
                    ),
                    required("url", Kind::Text),
                ]),
            ),
            SOURCE,
            CREDITED,
            PLACE,
            CREATED,
            NOTIFY,
        ],
        writes::update_candidate,
    ),
    multipart(writes(
        "candidate.uploadFile",
        WRITE,
        &[CANDIDATE, optional("fileHandle", Kind::Text)],
        writes::upload_file,
    )),
    multipart(writes(
        "candidate.uploadResume",
        WRITE,
        &[CANDIDATE, optional("resumeHandle", Kind::Text)],
        writes::upload_resume,
    )),
    writes(
        "candidate.addTag",
        WRITE,
        &[
            required("candidateId", Kind::Text),
            required("tagId", Kind::Text),
        ],
        writes::add_tag,
    ),
    strict(writes(
        "candidate.removeTag",
        WRITE,
        &[CANDIDATE, required("tagId", Kind::Uuid)],
        writes::remove_tag,
    )),
    writes(
        "candidate.createNote",
        WRITE,
        &[
            CANDIDATE,
            required("note", Kind::Any),
            NOTIFY,
            flag("isPrivate"),
            CREATED,
        ],
        writes::create_note,
    ),
    writes(
        "candidateTag.create",
        METADATA_WRITE,
        &[required("title", Kind::Filled)],
        writes::create_tag,
    ),
    strict(writes(
        "candidateTag.archive",
        METADATA_WRITE,
        &[required("tagId", Kind::Uuid)],
        writes::archive_tag,
    )),
    // Applications
    writes(
        "application.create",
        WRITE,
        &[
            CANDIDATE,
            required("jobId", Kind::Uuid),
            optional("interviewPlanId", Kind::Uuid),
            optional("interviewStageId", Kind::StageId),
            SOURCE,
            CREDITED,
            CREATED,
            optional(
                "applicationHistory",
                Kind::Objects(&[
                    required("stageId", Kind::Uuid),
                    required("stageNumber", Kind::Whole),
                    required("enteredStageAt", Kind::Time),
                    optional("archiveReasonId", Kind::Uuid),
                ]),
            ),
        ],
        writes::create_application,
    ),
    writes(
        "application.update",
        WRITE,
        &[APPLICATION, SOURCE, CREDITED, CREATED, NOTIFY],
        writes::update_application,
    ),
    writes(
        "application.changeSource",
        WRITE,
        &[APPLICATION, required("sourceId", Kind::UuidOrNull)],
        writes::change_source,
    ),
    writes(
        "application.changeStage",
        WRITE,
        &[
            APPLICATION,
            required("interviewStageId", Kind::Uuid),
            optional("archiveReasonId", Kind::Uuid),
            optional(
                "archiveEmail",
                Kind::Object(&[
                    required("communicationTemplateId", Kind::Uuid),
                    optional("sendAt", Kind::Time),
                ]),
            ),
        ],
        writes::change_stage,
    ),
    multipart(writes(
        "applicationForm.submit",
        WRITE,
        &[
            required("jobPostingId", Kind::Uuid),
            required(
                "applicationForm",
                Kind::Object(&[required(
                    "fieldSubmissions",
                    Kind::Objects(&[required("path", Kind::Text), required("value", Kind::Any)]),
                )]),
            ),
            optional(
                "utmData",
                Kind::Object(&[
                    optional("utm_source", Kind::Text),
                    optional("utm_campaign", Kind::Text),
                    optional("utm_medium", Kind::Text),
                    optional("utm_term", Kind::Text),
                    optional("utm_content", Kind::Text),
                ]),
            ),
            optional("tagIds", Kind::Uuids),
            flag("allowSubmissionForUnpublishedJobPosting"),
        ],
        writes::submit_form,
    )),
    writes(
        "surveySubmission.create",
        WRITE,
        &[
            CANDIDATE,
            APPLICATION,
            required("surveyFormDefinitionId", Kind::Uuid),
            required("submittedValues", Kind::Map),
        ],
        writes::submit_survey,
    ),
    // Custom fields
    writes(
        "customField.create",
        METADATA_WRITE,
        &[
            required(
                "fieldType",
                Kind::One(&[
                    "Boolean",
                    "CompensationRange",
                    "Currency",
                    "Date",
                    "LongText",
                    "MultiValueSelect",
                    "Number",
                    "NumberRange",
                    "String",
                    "ValueSelect",
                    "Url",
                    "UUID",
                ]),
            ),
            required(
                "objectType",
                Kind::One(&[
                    "Application",
                    "Candidate",
                    "Job",
                    "Employee",
                    "Talent_Project",
                    "Opening_Version",
                    "Offer_Version",
                ]),
            ),
            required("title", Kind::Filled),
            optional("description", Kind::Text),
            optional("selectableValues", Kind::Objects(OPTION)),
            flag("isDateOnlyField"),
            flag("isExposableToCandidate"),
        ],
        writes::create_field,
    ),
    writes(
        "customField.setValue",
        WRITE,
        &[
            required("objectId", Kind::Uuid),
            OBJECT,
            required("fieldId", Kind::Uuid),
            required("fieldValue", Kind::Any),
        ],
        writes::set_value,
    ),
    writes(
        "customField.setValues",
        WRITE,
        &[
            required("objectId", Kind::Uuid),
            OBJECT,
            required(
                "values",
                Kind::Objects(&[
                    required("fieldId", Kind::Uuid),
                    required("fieldValue", Kind::Any),
                ]),
            ),
        ],
        writes::set_values,
    ),
    // Files
    writes(
        "file.createFileUploadHandle",
        WRITE,
        &[
            required(
                "fileUploadContext",
                Kind::One(&["CandidateResume", "CandidateFiles", "ApplicationForm"]),
            ),
            required("filename", Kind::Filled),
            required("contentType", Kind::Filled),
            required("contentLength", Kind::Whole),
        ],
        writes::announce_upload,
    ),
    // Webhooks
    writes(
        "webhook.create",
        KEYS_WRITE,
        &[
            required("webhookType", Kind::Text),
            required("requestUrl", Kind::Url),
            required("secretToken", Kind::Filled),
        ],
        writes::create_webhook,
    ),
    endpoint(
        "webhook.info",
        "apiKeysRead",
        &[WEBHOOK],
        info(
            "webhooks",
            "webhookId",
            "webhook_not_found",
            keep::everything,
            writes::shown_webhook,
        ),
    ),
    writes(
        "webhook.update",
        KEYS_WRITE,
        &[
            WEBHOOK,
            flag("enabled"),
            optional("requestUrl", Kind::Url),
            optional("secretToken", Kind::Filled),
        ],
        writes::update_webhook,
    ),
    writes(
        "webhook.delete",
        KEYS_WRITE,
        &[WEBHOOK],
        writes::delete_webhook,
    ),
];
