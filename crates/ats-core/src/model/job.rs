//! Jobs, their postings, and what stands on a job as a list: stages, questions, hiring team.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Number;

use super::{
    CustomFields, IntegrationField, Location, Model, ModelKind, Record, RemoteData, join_key,
    visit_optional,
};
use crate::{Open, Reference, Timestamp};

/// An opening to hire for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Job {
    /// The vendor's id.
    pub remote_id: String,
    /// Title of the job.
    pub name: Option<String>,
    /// The requisition code that people use.
    pub job_code: Option<String>,
    /// Description, usually HTML.
    #[schemars(extend("x-ats" = {"kind": "html"}))]
    pub description: Option<String>,
    /// Whether only some users may see the job.
    pub confidential: Option<bool>,
    /// Working hours a week.
    pub weekly_hours: Option<Number>,
    /// Kind of employment.
    pub employment_type: Option<Open<EmploymentType>>,
    /// State of the job; judge it together with `visibility`.
    pub status: Option<Open<JobStatus>>,
    /// Who can find the job.
    pub visibility: Option<Open<JobVisibility>>,
    /// Category, in the vendor's words.
    pub category: Option<String>,
    /// Department, in the vendor's words.
    pub department: Option<String>,
    /// The vendor's own public page of the job.
    #[schemars(extend("x-ats" = {"kind": "url"}))]
    pub post_url: Option<String>,
    /// Level of experience, in the vendor's words.
    pub experience_level: Option<String>,
    /// Where the work is done.
    pub remote_work_status: Option<Open<RemoteWorkStatus>>,
    /// The salary, where it is one amount.
    pub salary_amount: Option<Number>,
    /// Lower end of the salary range, in units of the currency.
    pub salary_amount_from: Option<Number>,
    /// Upper end of the salary range, in units of the currency.
    pub salary_amount_to: Option<Number>,
    /// ISO 4217 code of the salary's currency.
    pub salary_currency: Option<String>,
    /// The period that the salary pays for.
    pub salary_period: Option<Open<SalaryPeriod>>,
    /// Where the job is.
    pub location: Option<Location>,
    /// Custom fields by title.
    pub custom_fields: Option<CustomFields>,
    /// All custom fields the vendor defines for jobs, set or not.
    pub integration_fields: Vec<IntegrationField>,
    /// The job in the vendor's user interface.
    #[schemars(extend("x-ats" = {"kind": "url"}))]
    pub remote_url: Option<String>,
    /// When the job was opened.
    pub opened_at: Option<Timestamp>,
    /// When the job was closed; may lie in the future.
    pub closed_at: Option<Timestamp>,
    /// When the vendor created it.
    pub remote_created_at: Option<Timestamp>,
    /// When the vendor last changed it.
    pub remote_updated_at: Option<Timestamp>,
    /// The person to ask, where the vendor names one.
    #[schemars(extend("x-ats" = {"ref": "users"}))]
    pub contact_id: Option<Reference>,
    /// Raw documents.
    pub remote_data: Option<RemoteData>,
    /// The stages of the job in order; becomes [`JobApplicationStage`] records.
    #[serde(skip)]
    pub stages: Vec<Reference>,
    /// The questions of the job in order; becomes [`JobScreeningQuestion`] records. The `job_id` of
    /// each is this job.
    #[serde(skip)]
    pub screening_questions: Vec<JobScreeningQuestion>,
    /// Who hires; becomes [`JobHiringTeamMember`] records.
    #[serde(skip)]
    pub hiring_team: Vec<(Reference, Vec<HiringTeamRole>)>,
}

/// Kind of employment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EmploymentType {
    /// Full time.
    FullTime,
    /// Part time.
    PartTime,
    /// By contract.
    Contract,
    /// For a season.
    Seasonal,
    /// As an intern.
    Internship,
}

/// State of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobStatus {
    /// Hiring.
    Open,
    /// No longer hiring.
    Closed,
    /// Not yet hiring.
    Draft,
    /// Put away.
    Archived,
}

/// Who can find a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobVisibility {
    /// Everybody.
    Public,
    /// Employees.
    Internal,
    /// Who has the link.
    Unlisted,
    /// Nobody outside the hiring team.
    Confidential,
}

/// Where the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RemoteWorkStatus {
    /// Anywhere.
    Remote,
    /// Partly on site.
    Hybrid,
    /// Remote for some time.
    Temporary,
    /// On site.
    OnSite,
}

/// The period that a salary pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SalaryPeriod {
    /// A year.
    Year,
    /// A month.
    Month,
    /// Two weeks.
    TwoWeeks,
    /// A week.
    Week,
    /// A day.
    Day,
    /// An hour.
    Hour,
}

/// An advertisement of a job.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JobPosting {
    /// The vendor's id.
    pub remote_id: String,
    /// Title of the advertisement; it may differ from the job's name.
    pub title: Option<String>,
    /// Description as HTML.
    #[schemars(extend("x-ats" = {"kind": "html"}))]
    pub description_html: Option<String>,
    /// Whether it is published.
    pub status: Option<Open<JobPostingStatus>>,
    /// Who can find it.
    pub visibility: Option<Open<JobPostingVisibility>>,
    /// Its page.
    #[schemars(extend("x-ats" = {"kind": "url"}))]
    pub url: Option<String>,
    /// The job it advertises.
    #[schemars(extend("x-ats" = {"ref": "jobs"}))]
    pub job_id: Option<Reference>,
    /// Raw documents.
    pub remote_data: Option<RemoteData>,
}

/// Whether a posting is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobPostingStatus {
    /// Published.
    Active,
    /// Published before.
    Inactive,
    /// Never published.
    Draft,
}

/// Who can find a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobPostingVisibility {
    /// Everybody.
    Public,
    /// Employees.
    Internal,
    /// Who has the link.
    Unlisted,
}

/// One stage of one job.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JobApplicationStage {
    /// The job.
    #[schemars(extend("x-ats" = {"ref": "jobs"}))]
    pub job_id: Reference,
    /// The stage.
    #[schemars(extend("x-ats" = {"ref": "application_stages"}))]
    pub stage_id: Reference,
    /// Position within the job, from 0.
    pub index: u32,
}

/// One question of one job.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JobScreeningQuestion {
    /// The job.
    #[schemars(extend("x-ats" = {"ref": "jobs"}))]
    pub job_id: Reference,
    /// The question.
    #[schemars(extend("x-ats" = {"ref": "screening_questions"}))]
    pub question_id: Reference,
    /// Position within the job, from 0.
    pub index: u32,
    /// Whether an answer is demanded.
    pub required: Option<bool>,
    /// Another question that decides whether this one is asked.
    #[schemars(extend("x-ats" = {"ref": "screening_questions"}))]
    pub precondition_question_id: Option<Reference>,
    /// The answers to that question for which this one is asked.
    pub precondition_options: Option<PreconditionOptions>,
}

/// Answers that make a question appear.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum PreconditionOptions {
    /// Options of a select question.
    Options(Vec<Reference>),
    /// Answers of a yes-or-no question.
    Booleans(Vec<bool>),
}

/// One member of a job's hiring team.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JobHiringTeamMember {
    /// The job.
    #[schemars(extend("x-ats" = {"ref": "jobs"}))]
    pub job_id: Reference,
    /// The member.
    #[schemars(extend("x-ats" = {"ref": "users"}))]
    pub user_id: Reference,
    /// The member's unified roles. Empty if the vendor's roles have no equal.
    pub roles: Vec<HiringTeamRole>,
}

/// A role in a hiring team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HiringTeamRole {
    /// Decides whom to hire.
    HiringManager,
    /// Runs the hiring.
    Recruiter,
    /// Plans interviews.
    Coordinator,
    /// Finds candidates.
    Sourcer,
    /// Interviews.
    Interviewer,
}

impl Model for Job {
    const KIND: ModelKind = ModelKind::Job;

    fn remote_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.remote_id)
    }

    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
        visit_optional(&mut self.contact_id, ModelKind::User, visit);
    }

    fn joins(&self) -> Vec<Record> {
        let job_id = || Reference::remote(self.remote_id.clone());
        let stages = self.stages.iter().zip(0..).map(|(stage_id, index)| {
            JobApplicationStage {
                job_id: job_id(),
                stage_id: stage_id.clone(),
                index,
            }
            .into()
        });
        let questions = self.screening_questions.iter().cloned().map(Record::from);
        let team = self.hiring_team.iter().map(|(user_id, roles)| {
            let (user_id, roles) = (user_id.clone(), roles.clone());
            JobHiringTeamMember {
                job_id: job_id(),
                user_id,
                roles,
            }
            .into()
        });
        stages.chain(questions).chain(team).collect()
    }

    fn remote_data(&mut self) -> Option<&mut Option<RemoteData>> {
        Some(&mut self.remote_data)
    }

    fn integration_fields(&mut self) -> Option<&mut Vec<IntegrationField>> {
        Some(&mut self.integration_fields)
    }
}

impl Model for JobPosting {
    const KIND: ModelKind = ModelKind::JobPosting;

    fn remote_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.remote_id)
    }

    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
        visit_optional(&mut self.job_id, ModelKind::Job, visit);
    }

    fn remote_data(&mut self) -> Option<&mut Option<RemoteData>> {
        Some(&mut self.remote_data)
    }
}

impl Model for JobApplicationStage {
    const KIND: ModelKind = ModelKind::JobApplicationStage;

    fn remote_key(&self) -> Cow<'_, str> {
        join_key(&self.job_id, &self.stage_id)
    }

    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
        visit(&mut self.job_id, ModelKind::Job.name());
        visit(&mut self.stage_id, ModelKind::ApplicationStage.name());
    }
}

impl Model for JobScreeningQuestion {
    const KIND: ModelKind = ModelKind::JobScreeningQuestion;

    fn remote_key(&self) -> Cow<'_, str> {
        join_key(&self.job_id, &self.question_id)
    }

    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
        visit(&mut self.job_id, ModelKind::Job.name());
        visit(&mut self.question_id, ModelKind::ScreeningQuestion.name());
        visit_optional(
            &mut self.precondition_question_id,
            ModelKind::ScreeningQuestion,
            visit,
        );
        if let Some(PreconditionOptions::Options(options)) = &mut self.precondition_options {
            for option in options {
                visit(option, super::question::OPTION);
            }
        }
    }
}

impl Model for JobHiringTeamMember {
    const KIND: ModelKind = ModelKind::JobHiringTeamMember;

    fn remote_key(&self) -> Cow<'_, str> {
        join_key(&self.job_id, &self.user_id)
    }

    fn references(&mut self, visit: &mut dyn FnMut(&mut Reference, &'static str)) {
        visit(&mut self.job_id, ModelKind::Job.name());
        visit(&mut self.user_id, ModelKind::User.name());
    }
}
