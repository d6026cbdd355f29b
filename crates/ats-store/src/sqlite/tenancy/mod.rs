//! What a server keeps beside the mirror, in SQLite.

mod custom;
mod keys;
mod links;
mod log;
mod scopes;

use ats_core::{IntegrationId, Timestamp};
use rusqlite::Transaction;
use sha2::{Digest, Sha256};

use super::SqliteStore;
use crate::{
    Activation, ApiKey, CustomField, CustomMapping, Link, LogEntry, LogQuery, NewApiKey,
    NewLogEntry, Result, ScopeConfig, Tenancy,
};

/// What is kept of a secret.
fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Uses a link for an integration that is kept with it, if that can still be done.
pub(super) fn use_for(
    tx: &Transaction<'_>,
    token: &str,
    activation_token: &str,
    activation: &Activation,
    now: Timestamp,
) -> Result<bool> {
    let link = hash(token);
    if !links::take(tx, &link, now)? {
        return Ok(false);
    }
    links::note_made(tx, &link, &activation.integration)?;
    links::add_activation(tx, &hash(activation_token), activation)?;
    Ok(true)
}

impl Tenancy for SqliteStore {
    fn create_api_key(&self, name: &str, environment: &str, now: Timestamp) -> Result<NewApiKey> {
        self.write(|tx| keys::create(tx, name, environment, now))
    }

    fn api_keys(&self) -> Result<Vec<ApiKey>> {
        self.read(keys::all)
    }

    fn revoke_api_key(&self, id: &str, now: Timestamp) -> Result<bool> {
        self.write(|tx| keys::revoke(tx, id, now))
    }

    fn authenticate(&self, key: &str, now: Timestamp) -> Result<Option<ApiKey>> {
        let found = self.read(|db| keys::of_hash(db, &hash(key)))?;
        if let Some(found) = &found
            && keys::is_worth_noting(found, now)
        {
            self.write(|tx| keys::note_use(tx, &found.id, now))?;
        }
        Ok(found)
    }

    fn save_scope_config(&self, config: &ScopeConfig) -> Result<()> {
        self.write(|tx| scopes::save(tx, config))
    }

    fn scope_configs(&self, environment: &str) -> Result<Vec<ScopeConfig>> {
        self.read(|db| scopes::of(db, environment))
    }

    fn remove_scope_config(&self, id: &str) -> Result<()> {
        self.write(|tx| scopes::remove(tx, id))
    }

    fn add_link(&self, token: &str, link: &Link) -> Result<()> {
        self.write(|tx| links::add(tx, &hash(token), link))
    }

    fn link(&self, token: &str) -> Result<Option<Link>> {
        self.read(|db| links::one(db, &hash(token)))
    }

    fn add_activation(&self, token: &str, activation: &Activation) -> Result<()> {
        self.write(|tx| links::add_activation(tx, &hash(token), activation))
    }

    fn activation(&self, token: &str, now: Timestamp) -> Result<Option<Activation>> {
        self.read(|db| links::activation(db, &hash(token), now))
    }

    fn save_custom_field(&self, field: &CustomField) -> Result<()> {
        self.write(|tx| custom::save(tx, field))
    }

    fn custom_fields(&self, environment: &str) -> Result<Vec<CustomField>> {
        self.read(|db| custom::of(db, environment))
    }

    fn remove_custom_field(&self, id: &str) -> Result<()> {
        self.write(|tx| custom::remove(tx, id))
    }

    fn map_custom_field(
        &self,
        integration: &IntegrationId,
        custom_field: &str,
        integration_field: Option<&str>,
    ) -> Result<()> {
        self.write(|tx| custom::map(tx, integration, custom_field, integration_field))
    }

    fn custom_mappings(&self, integration: &IntegrationId) -> Result<Vec<CustomMapping>> {
        self.read(|db| custom::mappings(db, integration))
    }

    fn set_passthrough(
        &self,
        integration: &IntegrationId,
        integration_field: &str,
        enabled: bool,
    ) -> Result<()> {
        self.write(|tx| custom::set_passthrough(tx, integration, integration_field, enabled))
    }

    fn passthrough_fields(&self, integration: &IntegrationId) -> Result<Vec<String>> {
        self.read(|db| custom::passthrough(db, integration))
    }

    fn add_session(&self, token: &str, expires_at: Timestamp) -> Result<()> {
        self.write(|tx| links::add_session(tx, &hash(token), expires_at))
    }

    fn has_session(&self, token: &str, now: Timestamp) -> Result<bool> {
        self.read(|db| links::has_session(db, &hash(token), now))
    }

    fn end_session(&self, token: &str) -> Result<()> {
        self.write(|tx| links::end_session(tx, &hash(token)))
    }

    fn log_requests(&self, entries: &[NewLogEntry]) -> Result<()> {
        self.write(|tx| log::write(tx, entries))
    }

    fn log_entries(&self, query: &LogQuery) -> Result<Vec<LogEntry>> {
        self.read(|db| log::find(db, query))
    }

    fn log_entry(&self, id: &str) -> Result<Option<LogEntry>> {
        self.read(|db| log::one(db, id))
    }

    fn prune(&self, before: Timestamp) -> Result<u64> {
        self.write(|tx| {
            links::prune(tx, before)?;
            log::prune(tx, before)
        })
    }
}
