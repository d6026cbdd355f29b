//! The port for what a server keeps beside the mirror: who may call, what of an integration is on,
//! links for customers, and the request log.
//!
//! Keys, tokens and sessions are secrets of their holders; only their hashes are kept. It must not
//! know how any of this looks on the wire.

mod custom;
mod key;
mod link;
mod log;
mod scope_config;

use ats_core::{IntegrationId, Timestamp};

use crate::Result;

pub use custom::{CustomField, CustomMapping};
pub use key::{ApiKey, NewApiKey};
pub use link::{Activation, Link, LinkKind};
pub use log::{LogEntry, LogKind, LogQuery, NewLogEntry};
pub use scope_config::{ScopeConfig, ScopeSetting, ScopeSettings};

/// What a server keeps beside the mirror. All methods block, as those of [`Store`](crate::Store).
pub trait Tenancy {
    // API keys

    /// Makes an API key. Its text is given once; only its hash is kept.
    fn create_api_key(&self, name: &str, environment: &str, now: Timestamp) -> Result<NewApiKey>;

    /// All API keys, the oldest first.
    fn api_keys(&self) -> Result<Vec<ApiKey>>;

    /// Revokes a key from this moment on. Tells whether there was one that was not revoked.
    fn revoke_api_key(&self, id: &str, now: Timestamp) -> Result<bool>;

    /// The key of this text, unless it was revoked. When it was last used is noted now and then.
    fn authenticate(&self, key: &str, now: Timestamp) -> Result<Option<ApiKey>>;

    // Scope configs

    /// Adds a scope config, or replaces the one of its id.
    fn save_scope_config(&self, config: &ScopeConfig) -> Result<()>;

    /// The scope configs of an environment, by name.
    fn scope_configs(&self, environment: &str) -> Result<Vec<ScopeConfig>>;

    /// Removes a scope config. Integrations that use it keep what it said.
    fn remove_scope_config(&self, id: &str) -> Result<()>;

    // Links

    /// Keeps a link; `token` is what stands in its address. It is used once, by
    /// [`Outbox::connect`](crate::Outbox::connect).
    fn add_link(&self, token: &str, link: &Link) -> Result<()>;

    /// The link of this token, used or expired ones too.
    fn link(&self, token: &str) -> Result<Option<Link>>;

    /// Keeps what an activation token stands for.
    fn add_activation(&self, token: &str, activation: &Activation) -> Result<()>;

    /// What an activation token stands for, unless it has expired.
    fn activation(&self, token: &str, now: Timestamp) -> Result<Option<Activation>>;

    // Custom fields

    /// Adds a custom field, or replaces the one of its id.
    fn save_custom_field(&self, field: &CustomField) -> Result<()>;

    /// The custom fields of an environment, by model and key.
    fn custom_fields(&self, environment: &str) -> Result<Vec<CustomField>>;

    /// Removes a custom field and what is mapped to it.
    fn remove_custom_field(&self, id: &str) -> Result<()>;

    /// Maps a custom field to a field of the vendor, or to none.
    fn map_custom_field(
        &self,
        integration: &IntegrationId,
        custom_field: &str,
        integration_field: Option<&str>,
    ) -> Result<()>;

    /// What is mapped for an integration.
    fn custom_mappings(&self, integration: &IntegrationId) -> Result<Vec<CustomMapping>>;

    /// Shows a field of the vendor in the records of an integration, or no longer.
    fn set_passthrough(
        &self,
        integration: &IntegrationId,
        integration_field: &str,
        enabled: bool,
    ) -> Result<()>;

    /// The fields of the vendor that are shown, by their ids.
    fn passthrough_fields(&self, integration: &IntegrationId) -> Result<Vec<String>>;

    // Sessions

    /// Keeps the session of a person who logged in.
    fn add_session(&self, token: &str, expires_at: Timestamp) -> Result<()>;

    /// Whether there is a session of this token that has not expired.
    fn has_session(&self, token: &str, now: Timestamp) -> Result<bool>;

    /// Ends a session.
    fn end_session(&self, token: &str) -> Result<()>;

    // Request log

    /// Writes entries of the request log, all in one transaction.
    fn log_requests(&self, entries: &[NewLogEntry]) -> Result<()>;

    /// Entries of the request log, the latest first.
    fn log_entries(&self, query: &LogQuery) -> Result<Vec<LogEntry>>;

    /// One entry by its id.
    fn log_entry(&self, id: &str) -> Result<Option<LogEntry>>;

    /// Takes away entries, links, tokens and sessions that are older, and tells how many entries.
    fn prune(&self, before: Timestamp) -> Result<u64>;
}
