//! Applications, the stages they stand in, the reasons to reject them, and applicants' answers.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Number, Value};

use super::{
    ActivityStatus, CustomFields, IntegrationField, Model, ModelKind, RemoteData, visit_optional,
};
use crate::{Open, Reference, Timestamp};

/// A candidate's try for one job.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Application {
    /// The vendor's id.
    pub remote_id: String,
    /// How it ended, or `PENDING`.
    pub outcome: Option<Open<Outcome>>,
    /// The reason of the rejection, in the vendor's words.
    pub rejection_reason_name: Option<String>,
    /// When it was rejected.
    pub rejected_at: Option<Timestamp>,
    /// The stage it stands in.
    #[schemars(extend("x-ats" = {"ref": "application_stages"}))]
    pub current_stage_id: Option<Reference>,
    /// The job it is for.
    #[schemars(extend("x-ats" = {"ref": "jobs"}))]
    pub job_id: Option<Reference>,
    /// Who applied.
    #[schemars(extend("x-ats" = {"ref": "candidates"}))]
    pub candidate_id: Option<Reference>,
    /// The applicant's answers; `null` where none were read.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub screening_question_answers: Option<Vec<Answer>>,
    /// Custom fields by title.
    pub custom_fields: Option<CustomFields>,
    /// All custom fields the vendor defines for applications, set or not.
    pub integration_fields: Vec<IntegrationField>,
    /// The application in the vendor's user interface.
    #[schemars(extend("x-ats" = {"kind": "url"}))]
    pub remote_url: Option<String>,
    /// When the vendor created it.
    pub remote_created_at: Option<Timestamp>,
    /// When the vendor last changed it.
    pub remote_updated_at: Option<Timestamp>,
    /// Raw documents.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub remote_data: Option<RemoteData>,
}

/// How an application ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// Not decided.
    Pending,
    /// The candidate was hired.
    Hired,
    /// The application ended without a hire.
    Declined,
}

/// One answered question. The kind of the question decides the shape of `answer`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Answer {
    /// The answer, under the one key that belongs to the question's type.
    pub answer: AnswerValue,
    /// The question as it stood when it was answered.
    pub question: AnsweredQuestion,
}

/// What an answer says about its question.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AnsweredQuestion {
    /// The vendor's id of the question.
    pub remote_id: Option<String>,
    /// The question.
    pub title: String,
    /// The type of the question.
    #[serde(rename = "type")]
    pub kind: AnswerType,
}

macro_rules! answers {
    ($($(#[$doc:meta])* $variant:ident { $field:ident: $type:ty };)*) => {
        /// An answer by type, as the key that the unified API uses for it.
        #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
        #[serde(untagged)]
        pub enum AnswerValue {
            $($(#[$doc])* $variant {
                #[doc = "The value."]
                $field: $type
            },)*
        }

        /// The type of an answered question.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum AnswerType {
            $($(#[$doc])* $variant,)*
        }

        impl AnswerValue {
            /// The type of question this answers.
            pub fn kind(&self) -> AnswerType {
                match self { $(Self::$variant { .. } => AnswerType::$variant,)* }
            }
        }
    };
}

answers! {
    /// Free text.
    Text { content: Option<String> };
    /// The label of the chosen option.
    SingleSelect { choice: Option<String> };
    /// The labels of the chosen options.
    MultiSelect { choices: Vec<String> };
    /// Yes or no.
    Boolean { checked: Option<bool> };
    /// A number.
    Number { number: Option<Number> };
    /// A day, as midnight UTC.
    Date { date: Option<Timestamp> };
    /// Anything else, as the vendor sends it.
    Unknown { raw: Value };
}

impl Answer {
    /// An answer to the question `remote_id`; the type follows from the value.
    pub fn new(remote_id: Option<String>, title: String, answer: AnswerValue) -> Self {
        let kind = answer.kind();
        Self {
            answer,
            question: AnsweredQuestion {
                remote_id,
                title,
                kind,
            },
        }
    }
}

/// A step that an application can stand in.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ApplicationStage {
    /// The vendor's id.
    pub remote_id: String,
    /// Name of the step.
    pub name: Option<String>,
    /// Whether the step is in use.
    pub status: Option<Open<ActivityStatus>>,
    /// Custom fields by title.
    pub custom_fields: Option<CustomFields>,
    /// Raw documents.
    pub remote_data: Option<RemoteData>,
}

/// A reason to reject an application.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RejectionReason {
    /// The vendor's id.
    pub remote_id: String,
    /// The reason.
    pub name: Option<String>,
    /// Raw documents.
    pub remote_data: Option<RemoteData>,
    /// Whether the vendor has archived it, which sets `remote_deleted_at`.
    #[serde(skip)]
    pub archived: bool,
}

impl Model for Application {
    const KIND: ModelKind = ModelKind::Application;

    fn remote_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.remote_id)
    }

    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
        visit_optional(
            &mut self.current_stage_id,
            ModelKind::ApplicationStage,
            visit,
        );
        visit_optional(&mut self.job_id, ModelKind::Job, visit);
        visit_optional(&mut self.candidate_id, ModelKind::Candidate, visit);
    }

    fn remote_data(&mut self) -> Option<&mut Option<RemoteData>> {
        Some(&mut self.remote_data)
    }

    fn integration_fields(&mut self) -> Option<&mut Vec<IntegrationField>> {
        Some(&mut self.integration_fields)
    }
}

impl Model for ApplicationStage {
    const KIND: ModelKind = ModelKind::ApplicationStage;

    fn remote_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.remote_id)
    }

    fn references(&mut self, _: &mut dyn FnMut(&mut Reference, &'static str)) {}

    fn remote_data(&mut self) -> Option<&mut Option<RemoteData>> {
        Some(&mut self.remote_data)
    }
}

impl Model for RejectionReason {
    const KIND: ModelKind = ModelKind::RejectionReason;

    fn remote_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.remote_id)
    }

    fn references(&mut self, _: &mut dyn FnMut(&mut Reference, &'static str)) {}

    fn archived(&self) -> bool {
        self.archived
    }

    fn remote_data(&mut self) -> Option<&mut Option<RemoteData>> {
        Some(&mut self.remote_data)
    }
}
