//! API keys as they are kept.

use std::fmt;

use ats_core::Timestamp;

/// A key as it is kept: everything but its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, which is no secret.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The environment whose integrations it reaches.
    pub environment: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// About when it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is no longer good.
    pub revoked_at: Option<Timestamp>,
}

/// A key that was just made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// Its id, which is no secret.
    pub id: String,
    /// Its text, a secret. It cannot be asked for again.
    pub key: String,
    /// The environment whose integrations it reaches.
    pub environment: String,
}

impl fmt::Debug for NewApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewApiKey")
            .field("id", &self.id)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
