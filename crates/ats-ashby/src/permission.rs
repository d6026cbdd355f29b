//! Which permission each endpoint needs, as Ashby's API reference states it endpoint by endpoint, and
//! what a person ticks in Ashby to give it.

use ats_core::{KeyBox, KeyOption, ModelKind};

/// The permission that `endpoint` needs.
pub(crate) fn of(endpoint: &str) -> Option<&'static str> {
    let permission = match endpoint {
        "apiKey.info" | "webhook.info" => "apiKeysRead",
        "webhook.create" | "webhook.delete" | "webhook.update" => "apiKeysWrite",
        "job.info" | "job.list" | "jobBoard.list" | "jobPosting.info" | "jobPosting.list" => {
            "jobsRead"
        }
        "application.info"
        | "application.list"
        | "candidate.info"
        | "candidate.list"
        | "candidate.listNotes"
        | "candidate.search"
        | "file.info"
        | "surveySubmission.list" => "candidatesRead",
        "application.changeSource"
        | "application.changeStage"
        | "application.create"
        | "application.update"
        | "applicationForm.submit"
        | "candidate.addTag"
        | "candidate.create"
        | "candidate.createNote"
        | "candidate.removeTag"
        | "candidate.update"
        | "candidate.uploadFile"
        | "candidate.uploadResume"
        | "customField.setValue"
        | "customField.setValues"
        | "file.createFileUploadHandle"
        | "surveySubmission.create" => "candidatesWrite",
        "interview.info"
        | "interview.list"
        | "interviewPlan.list"
        | "interviewSchedule.list"
        | "interviewStage.info"
        | "interviewStage.list" => "interviewsRead",
        "archiveReason.list"
        | "candidateTag.list"
        | "customField.list"
        | "source.list"
        | "sourceTrackingLink.list" => "hiringProcessMetadataRead",
        "candidateTag.archive" | "candidateTag.create" | "customField.create" => {
            "hiringProcessMetadataWrite"
        }
        "department.list" | "location.list" | "user.info" | "user.list" => "organizationRead",
        "offer.info" | "offer.list" => "offersRead",
        _ => return None,
    };
    Some(permission)
}

/// All permissions that a complete read needs.
pub(crate) const ALL: &[&str] = &[
    "candidatesRead",
    "hiringProcessMetadataRead",
    "interviewsRead",
    "jobsRead",
    "offersRead",
    "organizationRead",
];

/// The boxes of Ashby's page "API keys" in its order of modules. Reading needs none of those to write.
///
/// All actions that write need "Candidates: Write". "Hiring Process Metadata: Write" makes tags, and
/// custom fields for the figures of result links. "API Keys: Read" lets a key look at itself, so that
/// its permissions need no guessing, and "API Keys: Write" subscribes to webhooks.
pub(crate) const BOXES: &[KeyBox] = &[
    tick("jobsRead", "Jobs: Read"),
    tick("candidatesRead", "Candidates: Read"),
    tick("candidatesWrite", "Candidates: Write"),
    tick("interviewsRead", "Interviews: Read"),
    KeyBox {
        also: Some("finding a source by its name, for what is created with one"),
        ..tick("hiringProcessMetadataRead", "Hiring Process Metadata: Read")
    },
    KeyBox {
        also: Some("custom fields for the figures of result links, which become a note without it"),
        ..tick(
            "hiringProcessMetadataWrite",
            "Hiring Process Metadata: Write",
        )
    },
    tick("organizationRead", "Organization: Read"),
    tick("offersRead", "Offers: Read"),
    KeyBox {
        also: Some(
            "the key can be asked what it may do; without it, each box is tried. How webhooks stand",
        ),
        ..tick("apiKeysRead", "API Keys: Read")
    },
    tick("apiKeysWrite", "API Keys: Write"),
];

const fn tick(permission: &'static str, label: &'static str) -> KeyBox {
    KeyBox {
        permission,
        label,
        also: None,
    }
}

/// The switches beside them. `apiKey.info` does not report how they stand.
pub(crate) const KEY_OPTIONS: &[KeyOption] = &[
    KeyOption {
        label: "Allow access to confidential jobs and projects",
        decides: "whether confidential jobs are seen, with all that belongs to them",
        records: &[
            ModelKind::Job,
            ModelKind::JobPosting,
            ModelKind::ScreeningQuestion,
            ModelKind::Candidate,
            ModelKind::Application,
            ModelKind::Interview,
            ModelKind::Offer,
            ModelKind::CandidateTag,
            ModelKind::JobApplicationStage,
            ModelKind::JobScreeningQuestion,
            ModelKind::JobHiringTeamMember,
            ModelKind::InterviewingTeamMember,
        ],
        fields: &[],
    },
    KeyOption {
        label: "Allow access to non-offer private fields",
        decides: "whether private custom fields are seen, those of offers aside",
        records: &[],
        fields: &[
            (ModelKind::Job, "custom_fields"),
            (ModelKind::Job, "integration_fields"),
            (ModelKind::Candidate, "custom_fields"),
            (ModelKind::Candidate, "integration_fields"),
            (ModelKind::Application, "custom_fields"),
            (ModelKind::Application, "integration_fields"),
        ],
    },
    KeyOption {
        label: "Allow access to offer private fields",
        decides: "whether private custom fields of offers are seen",
        records: &[],
        fields: &[
            (ModelKind::Offer, "custom_fields"),
            (ModelKind::Offer, "integration_fields"),
        ],
    },
];
