//! Jobs with what belongs to them, and stages.

use ats_core::model::QuestionFormat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::common::{
    Activity, HasFields, HiringTeamRole, IntegrationField, Location, RoleScope, RoleType, UserName,
    all_known, closed, known,
};

closed! {
    /// Whether a posting is published.
    PostingStatus {
        /// It is.
        Active = "ACTIVE",
        /// It no longer is.
        Inactive = "INACTIVE",
        /// It is not yet.
        Draft = "DRAFT",
    }
    /// Who can find a posting.
    PostingVisibility {
        /// Everybody.
        Public = "PUBLIC",
        /// Employees.
        Internal = "INTERNAL",
        /// Whoever has the link.
        Unlisted = "UNLISTED",
    }
    /// Why a question is asked.
    QuestionCategory {
        /// Equal-employment data.
        Eeo = "EEO",
        /// Other diversity data.
        Demographic = "DEMOGRAPHIC",
    }
}

/// A job.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Job {
    /// Our id.
    pub(super) id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: String,
    /// What it is called.
    #[serde(default)]
    name: Option<String>,
    /// The requisition code that people use.
    #[serde(default)]
    job_code: Option<String>,
    /// The description, usually HTML.
    #[serde(default)]
    description: Option<String>,
    /// Whether only some users may see it.
    #[serde(default)]
    confidential: Option<bool>,
    /// Working hours a week.
    #[serde(default)]
    weekly_hours: Option<f64>,
    /// `FULL_TIME`, `PART_TIME`, `CONTRACT`, `SEASONAL`, `INTERNSHIP`, or the vendor's word.
    #[serde(default)]
    employment_type: Option<String>,
    /// `OPEN`, `CLOSED`, `DRAFT`, `ARCHIVED`, or the vendor's word; judge it together with
    /// `visibility`.
    #[serde(default)]
    status: Option<String>,
    /// `PUBLIC`, `INTERNAL`, `UNLISTED`, `CONFIDENTIAL`, or the vendor's word.
    #[serde(default)]
    visibility: Option<String>,
    /// Category, in the vendor's words.
    #[serde(default)]
    category: Option<String>,
    /// Department, in the vendor's words.
    #[serde(default)]
    department: Option<String>,
    /// The vendor's public posting.
    #[serde(default)]
    post_url: Option<String>,
    /// Level of experience, in the vendor's words.
    #[serde(default)]
    experience_level: Option<String>,
    /// `REMOTE`, `HYBRID`, `TEMPORARY`, `ON_SITE`, or the vendor's word.
    #[serde(default)]
    remote_work_status: Option<String>,
    /// The salary, where it is one amount.
    #[serde(default)]
    salary_amount: Option<f64>,
    /// Lower end of the salary range.
    #[serde(default)]
    salary_amount_from: Option<f64>,
    /// Upper end of the salary range.
    #[serde(default)]
    salary_amount_to: Option<f64>,
    /// ISO 4217 code of the salary's currency.
    #[serde(default)]
    salary_currency: Option<String>,
    /// `YEAR`, `MONTH`, `TWO_WEEKS`, `WEEK`, `DAY`, `HOUR`, or the vendor's word.
    #[serde(default)]
    salary_period: Option<String>,
    /// Where the job is.
    #[serde(default)]
    location: Option<Location>,
    /// Custom fields by name.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
    /// Fields of the vendor.
    #[serde(default)]
    integration_fields: Vec<IntegrationField>,
    /// The job at the vendor.
    #[serde(default)]
    remote_url: Option<String>,
    /// When it was opened.
    #[serde(default)]
    opened_at: Option<String>,
    /// When it was or will be closed.
    #[serde(default)]
    closed_at: Option<String>,
    /// When the vendor created it.
    #[serde(default)]
    remote_created_at: Option<String>,
    /// When the vendor last changed it.
    #[serde(default)]
    remote_updated_at: Option<String>,
    /// The person to ask.
    #[serde(default)]
    contact_id: Option<String>,
    /// When the record last changed here.
    changed_at: String,
    /// Since when the vendor has it no more.
    remote_deleted_at: Option<String>,
    /// Raw documents by endpoint, where the integration shows them.
    #[serde(default)]
    remote_data: Option<Value>,
    /// Its stages in their order.
    #[serde(default)]
    pub(super) stages: Vec<StageOfJob>,
    /// What applicants are asked, in this order.
    #[serde(default)]
    pub(super) screening_questions: Vec<QuestionOfJob>,
    /// Its postings.
    #[serde(default)]
    pub(super) job_postings: Vec<JobPosting>,
    /// Who works on it.
    #[serde(skip_deserializing)]
    pub(super) hiring_team: Vec<HiringTeamMember>,
}

/// A stage of a job.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct StageOfJob {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// What it is called.
    #[serde(default)]
    name: Option<String>,
    /// Whether it is in use.
    #[serde(default, deserialize_with = "known")]
    status: Option<Activity>,
    /// Custom fields by name.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
    /// Its place among the stages of the job, from 0.
    #[serde(default)]
    pub(super) index: Option<u32>,
}

/// A question that applicants for a job are asked.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct QuestionOfJob {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// The question.
    #[serde(default)]
    title: Option<String>,
    /// Explanation, text or HTML.
    #[serde(default)]
    description: Option<String>,
    /// Whether it serves equal-employment or other diversity statistics.
    #[serde(default, deserialize_with = "known")]
    category: Option<QuestionCategory>,
    /// The form of the answer.
    #[serde(default)]
    #[schemars(with = "Option<QuestionFormat>")]
    format: Option<Value>,
    /// Whether an answer is demanded.
    #[serde(default)]
    pub(super) required: Option<bool>,
    /// Its place among the questions of the job, from 0.
    #[serde(default)]
    pub(super) index: Option<u32>,
    /// It is asked only after certain answers to this question.
    #[serde(default)]
    pub(super) precondition_question_id: Option<String>,
    /// Those answers: ids of options, or booleans.
    #[serde(default)]
    #[schemars(with = "Option<ats_core::model::PreconditionOptions>")]
    pub(super) precondition_options: Option<Value>,
}

/// An advertisement of a job.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct JobPosting {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// Its title; it may differ from the job's name.
    #[serde(default)]
    title: Option<String>,
    /// Its text.
    #[serde(default)]
    description_html: Option<String>,
    /// Whether it is published.
    #[serde(default, deserialize_with = "known")]
    status: Option<PostingStatus>,
    /// Who can find it.
    #[serde(default, deserialize_with = "known")]
    visibility: Option<PostingVisibility>,
    /// Its address.
    #[serde(default)]
    url: Option<String>,
}

/// Somebody who works on a job.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HiringTeamMember {
    /// The user.
    #[serde(flatten)]
    pub(super) user: UserName,
    /// The user's roles that the unified API has a word for.
    pub(super) hiring_team_roles: Vec<HiringTeamRole>,
    /// The user's roles in the job.
    pub(super) job_roles: Vec<JobRole>,
}

/// A role in a job.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JobRole {
    /// The vendor's id.
    pub(super) remote_id: Option<String>,
    /// What the vendor calls it.
    pub(super) remote_label: Option<String>,
    /// The role that the unified API has a word for.
    pub(super) unified_type: Option<RoleType>,
    /// Always the job.
    pub(super) scope: RoleScope,
}

/// The roles of a member as they are stored.
#[derive(Debug, Deserialize)]
pub(super) struct Roles {
    #[serde(default, deserialize_with = "all_known")]
    pub(super) roles: Vec<HiringTeamRole>,
}

/// A stage that applications may be in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ApplicationStage {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// What it is called.
    #[serde(default)]
    name: Option<String>,
    /// Whether it is in use.
    #[serde(default, deserialize_with = "known")]
    status: Option<Activity>,
    /// Custom fields by name.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
    /// When the record last changed here.
    changed_at: String,
    /// Since when the vendor has it no more.
    remote_deleted_at: Option<String>,
    /// Raw documents by endpoint, where the integration shows them.
    #[serde(default)]
    remote_data: Option<Value>,
}

impl HasFields for Job {
    fn fields(&mut self) -> (&mut Vec<IntegrationField>, &mut Option<Map<String, Value>>) {
        (&mut self.integration_fields, &mut self.custom_fields)
    }
}
