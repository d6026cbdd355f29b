//! Applications, and what hangs on them: interviews, offers, answers, reasons.

use ats_core::model::Answer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    common::{HasFields, IntegrationField, JobName, Location, Outcome, UserName, closed, known},
    job::StageOfJob,
    person::{Candidate, CandidateName, CandidateOfApplication},
};

closed! {
    /// How far an offer has come.
    OfferStatus {
        /// The candidate has accepted it.
        Accepted = "ACCEPTED",
        /// The candidate has declined it.
        Declined = "DECLINED",
        /// The candidate has it.
        Sent = "SENT",
        /// It may be sent.
        Approved = "APPROVED",
        /// It is being written.
        Draft = "DRAFT",
        /// It was withdrawn, or has expired.
        Abandoned = "ABANDONED",
    }
}

/// An application of a candidate to a job.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Application {
    /// Our id.
    pub(super) id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// How it ended, or that it has not.
    #[serde(default, deserialize_with = "known")]
    outcome: Option<Outcome>,
    /// Why it was rejected, in the vendor's words.
    #[serde(default)]
    rejection_reason_name: Option<String>,
    /// When it was rejected.
    #[serde(default)]
    rejected_at: Option<String>,
    /// The stage it is in.
    #[serde(default)]
    pub(super) current_stage_id: Option<String>,
    /// The job it is for.
    #[serde(default)]
    pub(super) job_id: Option<String>,
    /// Who applies.
    #[serde(default)]
    pub(super) candidate_id: Option<String>,
    /// Custom fields by name.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
    /// Fields of the vendor.
    #[serde(default)]
    integration_fields: Vec<IntegrationField>,
    /// The application at the vendor.
    #[serde(default)]
    remote_url: Option<String>,
    /// When the record last changed here.
    changed_at: String,
    /// Since when the vendor has it no more.
    remote_deleted_at: Option<String>,
    /// When the vendor created it.
    #[serde(default)]
    remote_created_at: Option<String>,
    /// When the vendor last changed it.
    #[serde(default)]
    remote_updated_at: Option<String>,
    /// The applicant's answers; `null` where they are not read.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Answer>>")]
    screening_question_answers: Option<Vec<Value>>,
    /// Raw documents by endpoint, where the integration shows them.
    #[serde(default)]
    remote_data: Option<Value>,
    /// The stage it is in.
    #[serde(default)]
    pub(super) current_stage: Option<StageOfJob>,
    /// The job it is for.
    #[serde(default)]
    pub(super) job: Option<JobName>,
}

/// An application with what hangs on it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ApplicationWithRest {
    /// The application.
    #[serde(flatten)]
    pub(super) application: Application,
    /// Who applies.
    pub(super) candidate: Option<CandidateOfApplication>,
    /// Its interviews.
    pub(super) interviews: Vec<InterviewOfApplication>,
    /// Its offers.
    pub(super) offers: Vec<OfferOfApplication>,
}

/// An application that was just created.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CreatedApplication {
    /// The application.
    #[serde(flatten)]
    pub(super) application: Application,
    /// Who applies.
    pub(super) candidate: Option<Candidate>,
}

/// An interview within an application.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct InterviewOfApplication {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// What it is about.
    #[serde(default)]
    title: Option<String>,
    /// When it starts.
    #[serde(default)]
    starting_at: Option<String>,
    /// When it ends.
    #[serde(default)]
    ending_at: Option<String>,
    /// Where it takes place.
    #[serde(default)]
    location: Option<Location>,
    /// Whether it was called off; `null` if the vendor does not say.
    #[serde(default)]
    canceled: Option<bool>,
}

/// An offer within an application.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfferOfApplication {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// How far it has come.
    #[serde(default, deserialize_with = "known")]
    status: Option<OfferStatus>,
}

/// A meeting with a candidate.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Interview {
    /// Our id.
    pub(super) id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// What it is about.
    #[serde(default)]
    title: Option<String>,
    /// When it starts.
    #[serde(default)]
    starting_at: Option<String>,
    /// When it ends.
    #[serde(default)]
    ending_at: Option<String>,
    /// Where it takes place.
    #[serde(default)]
    location: Option<Location>,
    /// Where it takes place, as a link.
    #[serde(default)]
    video_conferencing_url: Option<String>,
    /// The application it belongs to.
    #[serde(default)]
    pub(super) application_id: Option<String>,
    /// The stage it belongs to.
    #[serde(default)]
    stage_id: Option<String>,
    /// Whether it was called off; `null` if the vendor does not say.
    #[serde(default)]
    canceled: Option<bool>,
    /// When the vendor created it.
    #[serde(default)]
    remote_created_at: Option<String>,
    /// When the vendor last changed it.
    #[serde(default)]
    remote_updated_at: Option<String>,
    /// When the record last changed here.
    changed_at: String,
    /// Since when the vendor has it no more.
    remote_deleted_at: Option<String>,
    /// Raw documents by endpoint, where the integration shows them.
    #[serde(default)]
    remote_data: Option<Value>,
    /// Who talks to the candidate.
    #[serde(default)]
    pub(super) users: Vec<UserName>,
    /// The application it belongs to.
    #[serde(default)]
    pub(super) application: Option<ApplicationOfInterview>,
}

/// An application within an interview.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ApplicationOfInterview {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// How it ended, or that it has not.
    #[serde(default, deserialize_with = "known")]
    outcome: Option<Outcome>,
    /// Why it was rejected, in the vendor's words.
    #[serde(default)]
    rejection_reason_name: Option<String>,
    /// Who applies.
    #[serde(default)]
    pub(super) candidate: Option<CandidateName>,
    /// The job it is for.
    #[serde(default)]
    pub(super) job: Option<JobName>,
}

/// An offer to a candidate.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Offer {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// How far it has come.
    #[serde(default, deserialize_with = "known")]
    status: Option<OfferStatus>,
    /// The first day of work.
    #[serde(default)]
    employment_start_date: Option<String>,
    /// The application it belongs to.
    #[serde(default)]
    pub(super) application_id: Option<String>,
    /// Custom fields by name.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
    /// Fields of the vendor.
    #[serde(default)]
    integration_fields: Vec<IntegrationField>,
    /// When the record last changed here.
    changed_at: String,
    /// Since when the vendor has it no more.
    remote_deleted_at: Option<String>,
    /// When the vendor created it.
    #[serde(default)]
    remote_created_at: Option<String>,
    /// When the vendor last changed it.
    #[serde(default)]
    remote_updated_at: Option<String>,
    /// Raw documents by endpoint, where the integration shows them.
    #[serde(default)]
    remote_data: Option<Value>,
    /// The application it belongs to.
    #[serde(default)]
    pub(super) application: Option<ApplicationOfOffer>,
}

/// An application within an offer.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ApplicationOfOffer {
    /// Who applies.
    #[serde(default)]
    pub(super) candidate: Option<CandidateName>,
    /// The job it is for.
    #[serde(default)]
    pub(super) job: Option<JobName>,
}

/// Why an application may be rejected.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct RejectionReason {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: String,
    /// The reason.
    #[serde(default)]
    name: Option<String>,
    /// When the record last changed here.
    changed_at: String,
    /// Since when the vendor has it no more.
    remote_deleted_at: Option<String>,
    /// Raw documents by endpoint, where the integration shows them.
    #[serde(default)]
    remote_data: Option<Value>,
}

impl HasFields for Application {
    fn fields(&mut self) -> (&mut Vec<IntegrationField>, &mut Option<Map<String, Value>>) {
        (&mut self.integration_fields, &mut self.custom_fields)
    }
}

impl HasFields for Offer {
    fn fields(&mut self) -> (&mut Vec<IntegrationField>, &mut Option<Map<String, Value>>) {
        (&mut self.integration_fields, &mut self.custom_fields)
    }
}
