//! What a caller of the two creating actions wants, whichever of them it called.

use ats_core::{
    Result,
    action::{
        CreateApplication, CreateCandidate, NewAnswer, NewAttachment, NewCandidate, NewSource,
        SourcedBy,
    },
};

use super::desk::remote;

/// What a caller wants, whichever of the two actions it called.
pub(super) struct Wish<'a> {
    /// The vendor's id of the job, and the input that names it.
    pub(super) job: &'a str,
    pub(super) job_path: &'static str,
    /// The same for the stage.
    pub(super) stage: Option<&'a str>,
    pub(super) stage_path: &'static str,
    /// Who.
    pub(super) candidate: &'a NewCandidate,
    /// Answers to the job's questions.
    pub(super) answers: &'a [NewAnswer],
    /// Files.
    pub(super) attachments: &'a [NewAttachment],
    /// Title of the source.
    pub(super) source: Option<&'a str>,
    /// The vendor's id of the user who is credited.
    pub(super) credited: Option<&'a str>,
}

impl<'a> Wish<'a> {
    /// What a caller of the older action wants.
    pub(super) fn of_candidate(input: &'a CreateCandidate) -> Result<Self> {
        const STAGE: &str = "application.stage_id";
        let stage = input.application.stage_id.as_ref();
        Ok(Self {
            job: remote("application.job_id", &input.application.job_id)?,
            job_path: "application.job_id",
            stage: stage.map(|stage| remote(STAGE, stage)).transpose()?,
            stage_path: STAGE,
            candidate: &input.candidate,
            answers: &input.screening_question_answers,
            attachments: &input.attachments,
            source: source_name(input.source.as_ref()),
            credited: credited(input.sourced_by.as_ref())?,
        })
    }

    /// What a caller of the newer action wants.
    pub(super) fn of_application(input: &'a CreateApplication) -> Result<Self> {
        const STAGE: &str = "stage_id";
        let stage = input.stage_id.as_ref();
        Ok(Self {
            job: remote("job_id", &input.job_id)?,
            job_path: "job_id",
            stage: stage.map(|stage| remote(STAGE, stage)).transpose()?,
            stage_path: STAGE,
            candidate: &input.candidate,
            answers: &input.screening_question_answers,
            attachments: &input.attachments,
            source: source_name(input.source.as_ref()),
            credited: credited(input.sourced_by.as_ref())?,
        })
    }

    /// The name in one text, as the vendor has it.
    pub(super) fn name(&self) -> String {
        let NewCandidate {
            first_name,
            last_name,
            ..
        } = self.candidate;
        format!("{} {}", first_name.trim(), last_name.trim())
    }
}

fn source_name(source: Option<&NewSource>) -> Option<&str> {
    source?.name.as_deref()
}

fn credited(by: Option<&SourcedBy>) -> Result<Option<&str>> {
    by.map(|by| remote("sourced_by.user_id", &by.user_id))
        .transpose()
}
