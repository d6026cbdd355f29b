//! Users and their account-wide roles.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::{ActivityStatus, Model, ModelKind, RemoteData};
use crate::{Open, Reference};

/// A member of the customer's own organisation: recruiter, hiring manager, interviewer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct User {
    /// The vendor's id.
    pub remote_id: String,
    /// Given name.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub first_name: Option<String>,
    /// Family name.
    #[schemars(extend("x-ats" = {"pii": true}))]
    pub last_name: Option<String>,
    /// E-mail address; `null` if the vendor's value is no address.
    #[schemars(extend("x-ats" = {"pii": true, "kind": "email"}))]
    pub email: Option<String>,
    /// Whether the user may still sign in.
    pub status: Option<Open<ActivityStatus>>,
    /// Account-wide roles.
    pub system_roles: Vec<SystemRole>,
    /// Raw documents.
    pub remote_data: Option<RemoteData>,
}

/// A role that holds for the whole account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SystemRole {
    /// The vendor's id of the role, if roles have one.
    pub remote_id: Option<String>,
    /// The vendor's name of the role.
    pub remote_label: Option<String>,
    /// The unified role, where the vendor's has an equal.
    pub unified_type: Option<RoleType>,
    /// Always `SYSTEM`.
    pub scope: RoleScope,
}

/// Where a role holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RoleScope {
    /// In the whole account.
    System,
}

/// A unified role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RoleType {
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
    /// Administers the account.
    Admin,
}

impl Model for User {
    const KIND: ModelKind = ModelKind::User;

    fn remote_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.remote_id)
    }

    fn references(&mut self, _: &mut dyn FnMut(&mut Reference, &'static str)) {}

    fn remote_data(&mut self) -> Option<&mut Option<RemoteData>> {
        Some(&mut self.remote_data)
    }
}
