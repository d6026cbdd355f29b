//! Each action of Ashby on the small world, and each input of it with another value.
//!
//! The places in Ashby's requests follow from its API reference, never from the connector.

use ats_conformance::{Shows, Trial, Variation};
use ats_core::{ActionKind, ModelKind};
use serde_json::{Value, json};

/// An application that stands in the third stage of its plan, and its candidate, who has a résumé.
const APPLICATION: &str = "remote:3b000000-0000-4000-8000-000000000001";
const CANDIDATE: &str = "remote:3a000000-0000-4000-8000-000000000001";
/// Another one of both.
const OTHER_APPLICATION: &str = "remote:3b000000-0000-4000-8000-000000000009";
const OTHER_CANDIDATE: &str = "remote:3a000000-0000-4000-8000-000000000003";

/// What stands for nothing to change.
fn nothing() -> Value {
    json!({})
}

fn vary(
    input: &'static str,
    change: Value,
    sent: &'static [&'static str],
    shows: Shows,
) -> Variation {
    Variation {
        input,
        with: nothing(),
        change,
        sent,
        shows,
    }
}

fn trial(action: ActionKind, input: Value, variations: Vec<Variation>) -> Trial {
    Trial {
        action,
        input,
        variations,
        gaps: Vec::new(),
    }
}

const NOTES: &str = "Ashby shows notes to people; the unified models have no place for them";
const FILES: &str = "files are no model; they are read back by the actions that get attachments";

/// Every trial.
pub(crate) fn all() -> Vec<Trial> {
    let mut all = vec![
        stage(),
        rejection(),
        add_tag(),
        remove_tag(),
        note(),
        files_of_application(),
        files_of_candidate(),
    ];
    all.extend(attachments());
    all.extend(result_links());
    all.extend(super::trials_create::all());
    all
}

fn stage() -> Trial {
    let input = json!({
        "application_id": APPLICATION,
        "stage_id": "remote:2a000000-0000-4000-8000-000000000004",
    });
    let other = "2a000000-0000-4000-8000-000000000005";
    trial(
        ActionKind::MoveApplicationToStage,
        input,
        vec![
            vary(
                "application_id",
                json!({
                    "application_id": "remote:3b000000-0000-4000-8000-000000000003",
                }),
                &["application.changeStage:/applicationId"],
                Shows::Field(
                    ModelKind::Application,
                    "current_stage_id",
                    json!("remote:2a000000-0000-4000-8000-000000000004"),
                ),
            ),
            vary(
                "stage_id",
                json!({ "stage_id": format!("remote:{other}") }),
                &["application.changeStage:/interviewStageId"],
                Shows::Field(
                    ModelKind::Application,
                    "current_stage_id",
                    json!(format!("remote:{other}")),
                ),
            ),
        ],
    )
}

fn rejection() -> Trial {
    let input = json!({
        "application_id": APPLICATION,
        "rejection_reason_id": "remote:0f000000-0000-4000-8000-000000000001",
    });
    trial(
        ActionKind::RejectApplication,
        input,
        vec![
            vary(
                "application_id",
                json!({ "application_id": OTHER_APPLICATION }),
                // Its plan has an archived stage of its own.
                &[
                    "application.changeStage:/applicationId",
                    "application.changeStage:/interviewStageId",
                ],
                Shows::Field(ModelKind::Application, "outcome", json!("DECLINED")),
            ),
            vary(
                "rejection_reason_id",
                json!({ "rejection_reason_id": "remote:0f000000-0000-4000-8000-000000000002" }),
                &["application.changeStage:/archiveReasonId"],
                Shows::Field(
                    ModelKind::Application,
                    "rejection_reason_name",
                    json!("Accepted another offer"),
                ),
            ),
            vary(
                "note",
                json!({ "note": "Call again in spring" }),
                &["candidate.createNote"],
                Shows::Nowhere(NOTES),
            ),
        ],
    )
}

fn add_tag() -> Trial {
    let input = json!({ "candidate_id": CANDIDATE, "tag": { "name": "Speaks Dutch" } });
    trial(
        ActionKind::AddTagToCandidate,
        input,
        vec![
            vary(
                "candidate_id",
                json!({ "candidate_id": OTHER_CANDIDATE }),
                &["candidate.addTag:/candidateId"],
                Shows::Field(
                    ModelKind::CandidateTag,
                    "candidate_id",
                    json!(OTHER_CANDIDATE),
                ),
            ),
            vary(
                "tag.name",
                json!({ "tag": { "name": "Speaks Danish" } }),
                &["candidateTag.create:/title"],
                Shows::Field(ModelKind::Tag, "name", json!("Speaks Danish")),
            ),
        ],
    )
}

fn remove_tag() -> Trial {
    let input = json!({ "candidate_id": CANDIDATE, "tag": { "name": "Silver medalist" } });
    trial(
        ActionKind::RemoveTagFromCandidate,
        input,
        vec![
            vary(
                "candidate_id",
                json!({ "candidate_id": "remote:3a000000-0000-4000-8000-000000000004" }),
                &["candidate.removeTag:/candidateId"],
                Shows::Nowhere("a tag that is gone shows in no record"),
            ),
            vary(
                "tag.name",
                json!({ "tag": { "name": "Relocation ok ✈️" } }),
                &["candidate.removeTag:/tagId"],
                Shows::Nowhere("a tag that is gone shows in no record"),
            ),
        ],
    )
}

// doc: begin trial
fn note() -> Trial {
    let input = json!({ "application_id": APPLICATION, "content": "Passed the first test" });
    trial(
        ActionKind::AddNoteToApplication,
        input,
        vec![
            vary(
                "application_id",
                json!({ "application_id": OTHER_APPLICATION }),
                // A note names the job in front, since it stands on the candidate.
                &[
                    "candidate.createNote:/candidateId",
                    "candidate.createNote:/note/value",
                ],
                Shows::Nowhere(NOTES),
            ),
            vary(
                "content",
                json!({ "content": "Passed the second test" }),
                &["candidate.createNote:/note/value"],
                Shows::Nowhere(NOTES),
            ),
        ],
    )
}
// doc: end

fn files_of_application() -> Trial {
    trial(
        ActionKind::GetApplicationAttachments,
        json!({ "application_id": APPLICATION }),
        vec![vary(
            "application_id",
            json!({ "application_id": "remote:3b000000-0000-4000-8000-000000000003" }),
            // Files lie with the candidate, and each has an address of its own.
            &[
                "application.info:/applicationId",
                "candidate.info:/id",
                "file.info:/fileHandle",
            ],
            Shows::Nowhere("the answer shows it"),
        )],
    )
}

fn files_of_candidate() -> Trial {
    trial(
        ActionKind::GetCandidateAttachments,
        json!({ "candidate_id": CANDIDATE }),
        vec![vary(
            "candidate_id",
            json!({ "candidate_id": OTHER_CANDIDATE }),
            &["candidate.info:/id", "file.info:/fileHandle"],
            Shows::Nowhere("the answer shows it"),
        )],
    )
}

/// `hello` as base64.
const HELLO: &str = "aGVsbG8=";

fn attachments() -> [Trial; 2] {
    let file = json!({
        "name": "letter.txt",
        "content_type": "text/plain",
        "data": HELLO,
        "type": "COVER_LETTER",
    });
    let of_file = || {
        vec![
            vary(
                "attachment.name",
                json!({ "attachment": { "name": "another.txt" } }),
                &[
                    "file.createFileUploadHandle:/filename",
                    "upload/candidate-files",
                ],
                Shows::Nowhere(FILES),
            ),
            vary(
                "attachment.content_type",
                json!({ "attachment": { "content_type": "text/markdown" } }),
                &[
                    "file.createFileUploadHandle:/contentType",
                    "upload/candidate-files",
                ],
                Shows::Nowhere(FILES),
            ),
            vary(
                "attachment.data",
                // `hello!`
                json!({ "attachment": { "data": "aGVsbG8h" } }),
                &[
                    "file.createFileUploadHandle:/contentLength",
                    "upload/candidate-files",
                ],
                Shows::Nowhere(FILES),
            ),
            vary(
                "attachment.type",
                json!({ "attachment": { "type": "CV" } }),
                &[
                    "candidate.uploadFile",
                    "candidate.uploadResume",
                    "file.createFileUploadHandle:/fileUploadContext",
                ],
                Shows::Nowhere(FILES),
            ),
            vary(
                "attachment.data_url",
                json!({
                    "attachment": {
                        "content_type": null,
                        "data": null,
                        "data_url": super::files::url("/longer.txt"),
                    },
                }),
                &[
                    "file.createFileUploadHandle:/contentLength",
                    "upload/candidate-files",
                ],
                Shows::Nowhere(FILES),
            ),
        ]
    };
    let mut application = of_file();
    application.push(vary(
        "application_id",
        json!({ "application_id": "remote:3b000000-0000-4000-8000-000000000008" }),
        &["candidate.uploadFile:/candidateId"],
        Shows::Nowhere(FILES),
    ));
    let mut candidate = of_file();
    candidate.push(vary(
        "candidate_id",
        json!({ "candidate_id": "remote:3a000000-0000-4000-8000-000000000006" }),
        &["candidate.uploadFile:/candidateId"],
        Shows::Nowhere(FILES),
    ));
    [
        trial(
            ActionKind::AddAttachmentToApplication,
            json!({ "application_id": OTHER_APPLICATION, "attachment": file }),
            application,
        ),
        trial(
            ActionKind::AddAttachmentToCandidate,
            json!({ "candidate_id": "remote:3a000000-0000-4000-8000-000000000004", "attachment": file }),
            candidate,
        ),
    ]
}

fn result_links() -> [Trial; 2] {
    let link = || {
        json!({
            "label": "Coding test",
            "url": "https://example.com/results/1",
            "details": {
                "custom_field_name_prefix": "Acme:",
                "attributes": [{ "key": "Score", "value": "87" }],
            },
        })
    };
    let attributes = |key: &str, value: &str| json!({ "details": { "attributes": [{ "key": key, "value": value }] } });
    let of_link = |model: ModelKind| {
        vec![
            vary(
                "label",
                json!({ "label": "Design test" }),
                &["customField.create:/title"],
                Shows::Field(model, "integration_fields", json!("Design test")),
            ),
            vary(
                "url",
                json!({ "url": "https://example.com/results/2" }),
                &["customField.setValues:/values/*/fieldValue"],
                Shows::Field(
                    model,
                    "integration_fields",
                    json!("https://example.com/results/2"),
                ),
            ),
            vary(
                "details.custom_field_name_prefix",
                json!({ "details": { "custom_field_name_prefix": "Beta:" } }),
                &["customField.create:/title"],
                Shows::Field(model, "integration_fields", json!("Beta: Score")),
            ),
            vary(
                "details.attributes.key",
                attributes("Grade", "87"),
                &["customField.create:/title"],
                Shows::Field(model, "integration_fields", json!("Acme: Grade")),
            ),
            vary(
                "details.attributes.value",
                attributes("Score", "91"),
                &["customField.setValues:/values/*/fieldValue"],
                Shows::Field(model, "integration_fields", json!("91")),
            ),
        ]
    };
    let of = |name: &str, id: &str| {
        let mut input = link();
        input[name] = json!(id);
        input
    };
    let mut application = of_link(ModelKind::Application);
    application.push(vary(
        "application_id",
        json!({ "application_id": OTHER_APPLICATION }),
        &["customField.setValues:/objectId"],
        Shows::Field(
            ModelKind::Application,
            "integration_fields",
            json!("https://example.com/results/1"),
        ),
    ));
    let mut candidate = of_link(ModelKind::Candidate);
    candidate.push(vary(
        "candidate_id",
        json!({ "candidate_id": OTHER_CANDIDATE }),
        &["customField.setValues:/objectId"],
        Shows::Field(
            ModelKind::Candidate,
            "integration_fields",
            json!("https://example.com/results/1"),
        ),
    ));
    [
        trial(
            ActionKind::AddResultLinkToApplication,
            of("application_id", APPLICATION),
            application,
        ),
        trial(
            ActionKind::AddResultLinkToCandidate,
            of("candidate_id", CANDIDATE),
            candidate,
        ),
    ]
}
