//! What the unified API calls models.

use ats_core::ModelKind;

/// The name of a model on the wire, as in `ats_candidates`.
pub(crate) const fn model_name(model: ModelKind) -> &'static str {
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
