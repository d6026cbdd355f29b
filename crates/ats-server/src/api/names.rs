//! What the unified API calls models and actions.

use ats_core::{ActionKind, ModelKind};

/// The name of a model on the wire, as in `ats_candidates`.
pub const fn model_name(model: ModelKind) -> &'static str {
    match model {
        ModelKind::User => "ats_users",
        ModelKind::Job => "ats_jobs",
        ModelKind::JobPosting => "ats_job_postings",
        ModelKind::Candidate => "ats_candidates",
        ModelKind::ApplicationStage => "ats_application_stages",
        ModelKind::Application => "ats_applications",
        ModelKind::ScreeningQuestion => "ats_screening_questions",
        ModelKind::Tag => "ats_tags",
        ModelKind::Interview => "ats_interviews",
        ModelKind::Offer => "ats_offers",
        ModelKind::RejectionReason => "ats_rejection_reasons",
        ModelKind::CandidateTag => "ats_join_candidates_tags",
        ModelKind::JobApplicationStage => "ats_join_jobs_application_stages",
        ModelKind::JobScreeningQuestion => "ats_join_jobs_screening_questions",
        ModelKind::JobHiringTeamMember => "ats_join_jobs_users",
        ModelKind::InterviewingTeamMember => "ats_join_interviews_users",
    }
}

/// The name of an action on the wire, as in `ats_create_candidate`.
pub const fn action_name(action: ActionKind) -> &'static str {
    match action {
        ActionKind::CreateCandidate => "ats_create_candidate",
        ActionKind::CreateApplication => "ats_create_application",
        ActionKind::AddTagToCandidate => "ats_add_candidate_tag",
        ActionKind::RemoveTagFromCandidate => "ats_remove_candidate_tag",
        ActionKind::AddAttachmentToApplication => "ats_add_application_attachment",
        ActionKind::MoveApplicationToStage => "ats_move_application_to_stage",
        ActionKind::RejectApplication => "ats_reject_application",
        ActionKind::AddResultLinkToApplication => "ats_add_application_result_link",
        ActionKind::AddNoteToApplication => "ats_add_application_note",
        ActionKind::GetApplicationAttachments => "ats_get_application_attachments",
        ActionKind::AddAttachmentToCandidate => "ats_add_candidate_attachment",
        ActionKind::AddResultLinkToCandidate => "ats_add_candidate_result_link",
        ActionKind::GetCandidateAttachments => "ats_get_candidate_attachments",
    }
}
