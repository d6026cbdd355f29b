//! The inputs of the actions, as the unified API takes them: the request body and the ids of the
//! path. Every id is ours, or `remote:` and the vendor's.
//!
//! Everything that the API knows is here, whether or not a connector can take it: what it cannot take
//! is its gap and comes back as a warning.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Input, NewAnswer, NewAttachment, validate};
use crate::{ModelKind, Reference, Result, Timestamp};

type Visit<'a> = &'a mut dyn FnMut(&'static str, ModelKind, &mut Reference);

/// A candidate, with an application to a job.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct CreateCandidate {
    /// Who.
    pub candidate: NewCandidate,
    /// For which job.
    pub application: NewApplication,
    /// Answers to the job's questions.
    #[serde(default)]
    pub screening_question_answers: Vec<NewAnswer>,
    /// Files; the first CV is the résumé.
    #[serde(default)]
    pub attachments: Vec<NewAttachment>,
    /// Where the candidate comes from.
    pub source: Option<NewSource>,
    /// Who is credited.
    pub sourced_by: Option<SourcedBy>,
    /// The consent to keep the data.
    pub gdpr_consent: Option<GdprConsent>,
    /// Extras of one vendor.
    #[schemars(extend("x-ats" = {"ignored": true}))]
    pub remote_fields: Option<Map<String, Value>>,
}

/// An application of a candidate to a job. The candidate is created unless the vendor has one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct CreateApplication {
    /// The job.
    pub job_id: Reference,
    /// The first stage; the vendor's own first one without it.
    pub stage_id: Option<Reference>,
    /// Who.
    pub candidate: NewCandidate,
    /// Answers to the job's questions.
    #[serde(default)]
    pub screening_question_answers: Vec<NewAnswer>,
    /// Files; the first CV is the résumé.
    #[serde(default)]
    pub attachments: Vec<NewAttachment>,
    /// Where the candidate comes from.
    pub source: Option<NewSource>,
    /// Who is credited.
    pub sourced_by: Option<SourcedBy>,
    /// The consent to keep the data.
    pub gdpr_consent: Option<GdprConsent>,
    /// Extras of one vendor.
    #[schemars(extend("x-ats" = {"ignored": true}))]
    pub remote_fields: Option<Map<String, Value>>,
}

/// Who applies.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct NewCandidate {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The address by which the vendor's candidate is found.
    #[schemars(extend("format" = "email"))]
    pub email_address: String,
    /// Further addresses.
    #[serde(default)]
    pub additional_email_addresses: Vec<NewEmail>,
    /// Present employer.
    pub company: Option<String>,
    /// Present position.
    pub title: Option<String>,
    /// Telephone number.
    pub phone_number: Option<String>,
    /// Further telephone numbers.
    #[serde(default)]
    pub additional_phone_numbers: Vec<NewPhone>,
    /// Where the candidate lives.
    pub location: Option<NewLocation>,
    /// Gender.
    pub gender: Option<Gender>,
    /// The earliest first day.
    pub availability_date: Option<Timestamp>,
    /// What the candidate wants to earn.
    pub salary_expectations: Option<SalaryExpectations>,
    /// Profiles and pages.
    #[serde(default)]
    pub social_links: Vec<SocialLinkInput>,
}

/// A further e-mail address.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct NewEmail {
    /// What it is used for.
    #[serde(rename = "type")]
    pub kind: ContactType,
    /// The address.
    #[schemars(extend("format" = "email"))]
    pub email_address: String,
}

/// A further telephone number.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct NewPhone {
    /// What it is used for.
    #[serde(rename = "type")]
    pub kind: ContactType,
    /// The number.
    pub phone_number: String,
}

/// What an address or a number is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContactType {
    /// Private.
    Personal,
    /// At work.
    Work,
    /// Neither.
    Other,
}

/// Where a candidate lives.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct NewLocation {
    /// ISO 3166 alpha-2 code.
    #[schemars(regex(pattern = "^[A-Z]{2}$"))]
    pub country: String,
    /// City or town.
    pub city: Option<String>,
    /// State, region or county.
    pub state: Option<String>,
    /// First line of the street address.
    pub street_1: Option<String>,
    /// Postal code.
    pub zip_code: Option<String>,
}

/// Gender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
    /// Neither.
    Other,
}

/// What a candidate wants to earn.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct SalaryExpectations {
    /// For which time.
    pub period: SalaryPeriodInput,
    /// How much.
    pub amount: f64,
}

/// The time that a salary is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SalaryPeriodInput {
    /// A month.
    Month,
    /// A year.
    Year,
}

/// A profile or page.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct SocialLinkInput {
    /// Its address.
    #[schemars(extend("format" = "uri"))]
    pub url: String,
}

/// For which job, and where it begins.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct NewApplication {
    /// The job.
    pub job_id: Reference,
    /// The first stage; the vendor's own first one without it.
    pub stage_id: Option<Reference>,
}

/// Where a candidate comes from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct NewSource {
    /// The source as the vendor calls it.
    pub name: Option<String>,
    /// A key of the unified API.
    pub unified_key: Option<String>,
    /// The vendor's id.
    pub id: Option<String>,
}

/// Who is credited.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct SourcedBy {
    /// A user of the vendor.
    pub user_id: Reference,
}

/// The consent to keep the data.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct GdprConsent {
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Whether it was given.
    pub given: Option<bool>,
}

/// A tag on a candidate. The tag is made where there is none of this name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct AddTagToCandidate {
    /// The candidate.
    pub candidate_id: Reference,
    /// The tag.
    pub tag: TagInput,
    /// Extras of one vendor.
    #[schemars(extend("x-ats" = {"ignored": true}))]
    pub remote_fields: Option<Map<String, Value>>,
}

/// One tag less on a candidate. A tag that is not there is no error.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct RemoveTagFromCandidate {
    /// The candidate.
    pub candidate_id: Reference,
    /// The tag.
    pub tag: TagInput,
    /// Extras of one vendor.
    #[schemars(extend("x-ats" = {"ignored": true}))]
    pub remote_fields: Option<Map<String, Value>>,
}

/// A tag by its name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct TagInput {
    /// The name.
    #[schemars(length(min = 1))]
    pub name: String,
}

/// A file on an application.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct AddAttachmentToApplication {
    /// The application.
    pub application_id: Reference,
    /// The file.
    pub attachment: NewAttachment,
    /// Extras of one vendor.
    #[schemars(extend("x-ats" = {"ignored": true}))]
    pub remote_fields: Option<Map<String, Value>>,
}

/// A file on a candidate.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct AddAttachmentToCandidate {
    /// The candidate.
    pub candidate_id: Reference,
    /// The file.
    pub attachment: NewAttachment,
    /// Extras of one vendor.
    #[schemars(extend("x-ats" = {"ignored": true}))]
    pub remote_fields: Option<Map<String, Value>>,
}

/// Another stage for an application.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct MoveApplicationToStage {
    /// The application.
    pub application_id: Reference,
    /// A stage of its job.
    pub stage_id: Reference,
    /// Extras of one vendor.
    #[schemars(extend("x-ats" = {"ignored": true}))]
    pub remote_fields: Option<Map<String, Value>>,
}

/// The end of an application.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct RejectApplication {
    /// The application.
    pub application_id: Reference,
    /// Why.
    pub rejection_reason_id: Reference,
    /// What else there is to say.
    pub note: Option<String>,
    /// Extras of one vendor.
    #[schemars(extend("x-ats" = {"ignored": true}))]
    pub remote_fields: Option<Map<String, Value>>,
}

/// A link to a result, on an application.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct AddResultLinkToApplication {
    /// The application.
    pub application_id: Reference,
    /// What people read.
    pub label: String,
    /// Where it leads.
    #[schemars(extend("format" = "uri"))]
    pub url: String,
    /// The result in figures.
    pub details: Option<ResultDetails>,
    /// Extras of one vendor.
    #[schemars(extend("x-ats" = {"ignored": true}))]
    pub remote_fields: Option<Map<String, Value>>,
}

/// A link to a result, on a candidate.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct AddResultLinkToCandidate {
    /// The candidate.
    pub candidate_id: Reference,
    /// What people read.
    pub label: String,
    /// Where it leads.
    #[schemars(extend("format" = "uri"))]
    pub url: String,
    /// The result in figures.
    pub details: Option<ResultDetails>,
    /// Extras of one vendor.
    #[schemars(extend("x-ats" = {"ignored": true}))]
    pub remote_fields: Option<Map<String, Value>>,
}

/// A result in figures.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ResultDetails {
    /// What the names of custom fields begin with, such as `Acme:`.
    pub custom_field_name_prefix: String,
    /// The figures.
    pub attributes: Vec<AttributeInput>,
}

/// One figure of a result.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct AttributeInput {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A note on an application.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct AddNoteToApplication {
    /// The application.
    pub application_id: Reference,
    /// The note.
    pub content: String,
    /// Its form; there is only one.
    #[serde(default)]
    pub content_type: NoteType,
    /// Extras of one vendor.
    #[schemars(extend("x-ats" = {"ignored": true}))]
    pub remote_fields: Option<Map<String, Value>>,
}

/// The form of a note.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(extend("x-ats" = {"ignored": true}))]
pub enum NoteType {
    /// Plain text.
    #[default]
    PlainText,
}

/// The files of an application.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct GetApplicationAttachments {
    /// The application.
    pub application_id: Reference,
}

/// The files of a candidate.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct GetCandidateAttachments {
    /// The candidate.
    pub candidate_id: Reference,
}

impl NewCandidate {
    fn validate(&self) -> Result<()> {
        validate::not_empty("candidate.first_name", &self.first_name)?;
        validate::not_empty("candidate.last_name", &self.last_name)?;
        validate::email("candidate.email_address", &self.email_address)?;
        for (index, email) in self.additional_email_addresses.iter().enumerate() {
            let path = format!("candidate.additional_email_addresses[{index}].email_address");
            validate::email(&path, &email.email_address)?;
        }
        for (index, link) in self.social_links.iter().enumerate() {
            validate::web_url(&format!("candidate.social_links[{index}].url"), &link.url)?;
        }
        match &self.location {
            Some(location) => validate::country("candidate.location.country", &location.country),
            None => Ok(()),
        }
    }
}

fn validate_files(answers: &[NewAnswer], attachments: &[NewAttachment]) -> Result<()> {
    for (index, answer) in answers.iter().enumerate() {
        if let super::AnswerInput::File(file) = &answer.answer {
            file.validate(&format!("screening_question_answers[{index}].answer"))?;
        }
    }
    for (index, attachment) in attachments.iter().enumerate() {
        attachment
            .file()
            .validate(&format!("attachments[{index}]"))?;
    }
    Ok(())
}

fn validate_link(label: &str, url: &str, details: Option<&ResultDetails>) -> Result<()> {
    validate::not_empty("label", label)?;
    validate::web_url("url", url)?;
    let attributes = details.into_iter().flat_map(|details| &details.attributes);
    for (index, attribute) in attributes.enumerate() {
        validate::not_empty(&format!("details.attributes[{index}].key"), &attribute.key)?;
    }
    Ok(())
}

impl Input for CreateCandidate {
    fn references(&mut self, visit: Visit<'_>) {
        visit(
            "application.job_id",
            ModelKind::Job,
            &mut self.application.job_id,
        );
        if let Some(stage) = &mut self.application.stage_id {
            visit("application.stage_id", ModelKind::ApplicationStage, stage);
        }
        if let Some(credited) = &mut self.sourced_by {
            visit("sourced_by.user_id", ModelKind::User, &mut credited.user_id);
        }
    }

    fn answers(&mut self) -> Option<&mut Vec<NewAnswer>> {
        Some(&mut self.screening_question_answers)
    }

    fn validate(&self) -> Result<()> {
        self.candidate.validate()?;
        validate_files(&self.screening_question_answers, &self.attachments)
    }
}

impl Input for CreateApplication {
    fn references(&mut self, visit: Visit<'_>) {
        visit("job_id", ModelKind::Job, &mut self.job_id);
        if let Some(stage) = &mut self.stage_id {
            visit("stage_id", ModelKind::ApplicationStage, stage);
        }
        if let Some(credited) = &mut self.sourced_by {
            visit("sourced_by.user_id", ModelKind::User, &mut credited.user_id);
        }
    }

    fn answers(&mut self) -> Option<&mut Vec<NewAnswer>> {
        Some(&mut self.screening_question_answers)
    }

    fn validate(&self) -> Result<()> {
        self.candidate.validate()?;
        validate_files(&self.screening_question_answers, &self.attachments)
    }
}

/// Implements [`Input`] for an action on one candidate or application.
macro_rules! on {
    ($model:ident, $id:ident: $($input:ident $(=> $validate:expr)?;)*) => {$(
        impl Input for $input {
            fn references(&mut self, visit: Visit<'_>) {
                visit(stringify!($id), ModelKind::$model, &mut self.$id);
            }

            $(fn validate(&self) -> Result<()> {
                let check: fn(&Self) -> Result<()> = $validate;
                check(self)
            })?
        }
    )*};
}

on! { Candidate, candidate_id:
    AddTagToCandidate => |input| validate::not_empty("tag.name", &input.tag.name);
    RemoveTagFromCandidate => |input| validate::not_empty("tag.name", &input.tag.name);
    AddAttachmentToCandidate => |input| input.attachment.file().validate("attachment");
    AddResultLinkToCandidate => |input| {
        validate_link(&input.label, &input.url, input.details.as_ref())
    };
    GetCandidateAttachments;
}

on! { Application, application_id:
    AddAttachmentToApplication => |input| input.attachment.file().validate("attachment");
    AddResultLinkToApplication => |input| {
        validate_link(&input.label, &input.url, input.details.as_ref())
    };
    AddNoteToApplication => |input| validate::not_empty("content", &input.content);
    GetApplicationAttachments;
}

impl Input for MoveApplicationToStage {
    fn references(&mut self, visit: Visit<'_>) {
        visit(
            "application_id",
            ModelKind::Application,
            &mut self.application_id,
        );
        visit("stage_id", ModelKind::ApplicationStage, &mut self.stage_id);
    }
}

impl Input for RejectApplication {
    fn references(&mut self, visit: Visit<'_>) {
        visit(
            "application_id",
            ModelKind::Application,
            &mut self.application_id,
        );
        visit(
            "rejection_reason_id",
            ModelKind::RejectionReason,
            &mut self.rejection_reason_id,
        );
    }
}
