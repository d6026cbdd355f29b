//! Links for customers, and the tokens with which whoever sent them learns what came of it.

use ats_core::{IntegrationId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::EndUser;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LinkKind {
    /// A new integration.
    Connect,
    /// New credentials for an integration that is there.
    Relink,
}

/// A link for a customer. The token in its address is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it is for.
    pub kind: LinkKind,
    /// The environment of the integration.
    pub environment: String,
    /// The customer.
    pub end_user: EndUser,
    /// The integration that gets new credentials.
    pub integration: Option<IntegrationId>,
    /// The connector; the customer chooses where none is named.
    pub connector: Option<String>,
    /// The language of its pages, such as `en`.
    pub language: String,
    /// The scope config of a new integration; the environment's default where none is named.
    pub scope_config: Option<String>,
    /// Whether its pages stand inside a page of whoever sent it.
    pub embedded: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// What an activation token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// The integration that was connected.
    pub integration: IntegrationId,
    /// Until when the token is good.
    pub expires_at: Timestamp,
}
