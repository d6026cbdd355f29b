//! Users, roles, candidates and tags.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    common::{
        Activity, Email, HasFields, IntegrationField, JobName, Location, Outcome, Phone, RoleScope,
        RoleType, SocialMedia, TagName, all_known, known,
    },
    job::StageOfJob,
};

/// A person who works with the vendor.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct User {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// Given name.
    #[serde(default)]
    first_name: Option<String>,
    /// Family name.
    #[serde(default)]
    last_name: Option<String>,
    /// E-mail address.
    #[serde(default)]
    email: Option<String>,
    /// Whether the user may sign in.
    #[serde(default, deserialize_with = "known")]
    status: Option<Activity>,
    /// Roles in the whole account.
    #[serde(default, deserialize_with = "all_known")]
    system_roles: Vec<SystemRole>,
    /// When the record last changed here.
    changed_at: String,
    /// Since when the vendor has it no more.
    remote_deleted_at: Option<String>,
    /// Raw documents by endpoint, where the integration shows them.
    #[serde(default)]
    remote_data: Option<Value>,
}

/// A role in the whole account.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SystemRole {
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// What the vendor calls it.
    #[serde(default)]
    remote_label: Option<String>,
    /// The role that the unified API has a word for.
    #[serde(default, deserialize_with = "known")]
    unified_type: Option<RoleType>,
    /// Always the whole account.
    scope: RoleScope,
}

/// A role that users may have. No connector here reads any.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Role {
    /// Our id.
    id: String,
    /// The vendor's id.
    remote_id: Option<String>,
    /// What the vendor calls it.
    remote_label: Option<String>,
    /// Where it holds.
    scope: Option<RoleScope>,
    /// The role that the unified API has a word for.
    unified_type: Option<RoleType>,
    /// When the record last changed here.
    changed_at: String,
    /// Since when the vendor has it no more.
    remote_deleted_at: Option<String>,
}

/// A person who may be hired.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Candidate {
    /// Our id.
    pub(super) id: String,
    /// The vendor's id. Vendors that merge duplicates change it.
    #[serde(default)]
    pub(super) remote_id: String,
    /// Given name.
    #[serde(default)]
    first_name: Option<String>,
    /// Family name.
    #[serde(default)]
    last_name: Option<String>,
    /// Present employer.
    #[serde(default)]
    company: Option<String>,
    /// Present position.
    #[serde(default)]
    title: Option<String>,
    /// Whether only some users may see the candidate.
    #[serde(default)]
    confidential: Option<bool>,
    /// Where the candidate came from, in the vendor's words.
    #[serde(default)]
    source: Option<String>,
    /// Phone numbers as entered.
    #[serde(default)]
    phone_numbers: Option<Vec<Phone>>,
    /// E-mail addresses.
    #[serde(default)]
    email_addresses: Option<Vec<Email>>,
    /// Profiles and web sites.
    #[serde(default)]
    social_media: Option<Vec<SocialMedia>>,
    /// Where the candidate lives.
    #[serde(default)]
    location: Option<Location>,
    /// Custom fields by name.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
    /// Fields of the vendor.
    #[serde(default)]
    integration_fields: Vec<IntegrationField>,
    /// The candidate at the vendor.
    #[serde(default)]
    remote_url: Option<String>,
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
    /// The candidate's tags.
    #[serde(default)]
    pub(super) tags: Vec<TagName>,
}

/// A candidate with applications.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CandidateWithApplications {
    /// The candidate.
    #[serde(flatten)]
    pub(super) candidate: Candidate,
    /// The candidate's applications.
    pub(super) applications: Vec<ApplicationOfCandidate>,
}

/// An application within a candidate.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ApplicationOfCandidate {
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
    /// When it was rejected.
    #[serde(default)]
    rejected_at: Option<String>,
    /// The application at the vendor.
    #[serde(default)]
    remote_url: Option<String>,
    /// When the record last changed here.
    changed_at: String,
    /// When the vendor created it.
    #[serde(default)]
    remote_created_at: Option<String>,
    /// When the vendor last changed it.
    #[serde(default)]
    remote_updated_at: Option<String>,
    /// The stage it is in.
    #[serde(default)]
    pub(super) current_stage: Option<StageOfJob>,
    /// The job it is for.
    #[serde(default)]
    pub(super) job: Option<JobName>,
}

/// A candidate in few words.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CandidateName {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: String,
    /// Given name.
    #[serde(default)]
    first_name: Option<String>,
    /// Family name.
    #[serde(default)]
    last_name: Option<String>,
    /// E-mail addresses.
    #[serde(default)]
    email_addresses: Option<Vec<Email>>,
}

/// A candidate within an application.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CandidateOfApplication {
    /// Our id.
    pub(super) id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: String,
    /// Given name.
    #[serde(default)]
    first_name: Option<String>,
    /// Family name.
    #[serde(default)]
    last_name: Option<String>,
    /// Where the candidate came from, in the vendor's words.
    #[serde(default)]
    source: Option<String>,
    /// The candidate at the vendor.
    #[serde(default)]
    remote_url: Option<String>,
    /// E-mail addresses.
    #[serde(default)]
    email_addresses: Option<Vec<Email>>,
    /// Phone numbers as entered.
    #[serde(default)]
    phone_numbers: Option<Vec<Phone>>,
    /// Profiles and web sites.
    #[serde(default)]
    social_media: Option<Vec<SocialMedia>>,
    /// The candidate's tags.
    #[serde(default)]
    pub(super) tags: Vec<TagName>,
}

/// A label on candidates.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Tag {
    /// Our id.
    id: String,
    /// The vendor's id.
    #[serde(default)]
    remote_id: Option<String>,
    /// The label.
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

impl HasFields for Candidate {
    fn fields(&mut self) -> (&mut Vec<IntegrationField>, &mut Option<Map<String, Value>>) {
        (&mut self.integration_fields, &mut self.custom_fields)
    }
}
