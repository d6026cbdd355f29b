//! Interviews and who takes part in them.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Location, Model, ModelKind, Record, RemoteData, join_key, visit_optional};
use crate::{Reference, Timestamp};

/// One meeting with a candidate.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Interview {
    /// The vendor's id.
    pub remote_id: String,
    /// What the meeting is about.
    pub title: Option<String>,
    /// When it starts.
    pub starting_at: Option<Timestamp>,
    /// When it ends.
    pub ending_at: Option<Timestamp>,
    /// Where it takes place.
    pub location: Option<Location>,
    /// The video conference.
    #[schemars(extend("x-ats" = {"kind": "url"}))]
    pub video_conferencing_url: Option<String>,
    /// Whether it was called off; `null` if the vendor does not say.
    pub canceled: Option<bool>,
    /// The application it belongs to.
    #[schemars(extend("x-ats" = {"ref": "applications"}))]
    pub application_id: Option<Reference>,
    /// The stage it belongs to.
    #[schemars(extend("x-ats" = {"ref": "application_stages"}))]
    pub stage_id: Option<Reference>,
    /// When the vendor created it.
    pub remote_created_at: Option<Timestamp>,
    /// When the vendor last changed it.
    pub remote_updated_at: Option<Timestamp>,
    /// Raw documents.
    pub remote_data: Option<RemoteData>,
    /// Who interviews; becomes [`InterviewingTeamMember`] records.
    #[serde(skip)]
    pub interviewers: Vec<Reference>,
}

/// One interviewer of one interview.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct InterviewingTeamMember {
    /// The interview.
    #[schemars(extend("x-ats" = {"ref": "interviews"}))]
    pub interview_id: Reference,
    /// The interviewer.
    #[schemars(extend("x-ats" = {"ref": "users"}))]
    pub user_id: Reference,
}

impl Model for Interview {
    const KIND: ModelKind = ModelKind::Interview;

    fn remote_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.remote_id)
    }

    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
        visit_optional(&mut self.application_id, ModelKind::Application, visit);
        visit_optional(&mut self.stage_id, ModelKind::ApplicationStage, visit);
    }

    fn joins(&self) -> Vec<Record> {
        let interview_id = || Reference::remote(self.remote_id.clone());
        let join = |user_id| InterviewingTeamMember {
            interview_id: interview_id(),
            user_id,
        };
        self.interviewers
            .iter()
            .cloned()
            .map(|user_id| join(user_id).into())
            .collect()
    }

    fn remote_data(&mut self) -> Option<&mut Option<RemoteData>> {
        Some(&mut self.remote_data)
    }
}

impl Model for InterviewingTeamMember {
    const KIND: ModelKind = ModelKind::InterviewingTeamMember;

    fn remote_key(&self) -> Cow<'_, str> {
        join_key(&self.interview_id, &self.user_id)
    }

    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
        visit(&mut self.interview_id, ModelKind::Interview.name());
        visit(&mut self.user_id, ModelKind::User.name());
    }
}
