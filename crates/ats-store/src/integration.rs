//! Integrations as they are kept: which connector, which settings, which sealed credentials.
//!
//! Credentials are sealed before they come here and opened by whoever connects; the store never
//! sees them.

use std::{collections::BTreeMap, time::Duration};

use ats_core::{IntegrationId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Scope, ScopeConfig, ScopeSettings, vault::Sealed};

/// One customer's credentials and settings for one connector.
#[derive(Debug, Clone, PartialEq)]
pub struct Integration {
    /// Its id; derived from the connector and the name.
    pub id: IntegrationId,
    /// The connector's short name, such as `ashby`.
    pub connector: String,
    /// What its owner calls it.
    pub name: String,
    /// Another address than the vendor's usual one.
    pub base_url: Option<String>,
    /// Whether passes may run.
    pub state: IntegrationState,
    /// The environment whose API keys reach it.
    pub environment: String,
    /// Whose credentials they are.
    pub end_user: EndUser,
    /// The credentials, sealed.
    pub credentials: Sealed,
    /// What can be set.
    pub settings: Settings,
    /// When it was connected first.
    pub created_at: Timestamp,
    /// When its credentials were last replaced: what a pass misses after that may only be hidden
    /// from the new ones.
    pub credentials_changed_at: Timestamp,
}

/// The environment that is meant where none is named.
pub const PRODUCTION: &str = "production";

/// The customer whose credentials an integration uses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndUser {
    /// What the customer's organisation is called.
    pub organization_name: String,
    /// Who connected it.
    pub creator_email: Option<String>,
    /// What whoever asked for the connection calls the customer.
    pub origin_id: Option<String>,
}

impl EndUser {
    /// A customer of whom only the name is known.
    pub fn named(organization_name: impl Into<String>) -> Self {
        Self {
            organization_name: organization_name.into(),
            ..Self::default()
        }
    }
}

/// Whether passes of an integration may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IntegrationState {
    /// They may.
    Active,
    /// They may not, until a person enables it again.
    Disabled,
    /// They may not: the vendor has refused the credentials for days. New ones make it active again.
    Invalid,
}

/// What can be set for an integration. Missing members of an older database take their defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Whether raw documents are shown as `remote_data`.
    pub remote_data: bool,
    /// Whether the lists of the API show them too. They make answers several times as long.
    pub api_remote_data: bool,
    /// Whether candidates and applications are limited to those created or imported through us.
    pub sync_only_created: bool,
    /// Time between two delta passes.
    #[serde(with = "seconds")]
    pub delta_interval: Duration,
    /// Time between two full passes.
    #[serde(with = "seconds")]
    pub full_interval: Duration,
    /// The source that created candidates get when the caller names none.
    pub default_source: Option<String>,
    /// The connector's own switches that differ from their default.
    pub switches: BTreeMap<String, bool>,
    /// What is neither stored nor shown nor done.
    pub scope: Scope,
    /// The id of the scope config that this follows from.
    pub scope_config: Option<String>,
    /// When it last became another one.
    pub scope_changed_at: Option<Timestamp>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            remote_data: true,
            api_remote_data: false,
            sync_only_created: false,
            delta_interval: Duration::from_secs(15 * 60),
            full_interval: Duration::from_secs(24 * 60 * 60),
            default_source: None,
            switches: BTreeMap::new(),
            scope: Scope::default(),
            scope_config: None,
            scope_changed_at: None,
        }
    }
}

impl Settings {
    /// Whether raw documents are kept for records to show. They hold everything that the vendor
    /// says, so not where any of it is off.
    pub fn keeps_documents(&self) -> bool {
        self.remote_data && self.scope.keeps_all()
    }

    /// Takes what is off from a scope config, or from none: then all is on. `before` is what the
    /// integration followed until `now`: what its customer opted out of then stays off, as far as
    /// it is still optional.
    pub fn follow(
        &mut self,
        before: Option<&ScopeSettings>,
        config: Option<&ScopeConfig>,
        now: Timestamp,
    ) {
        let opted_out = before.map(|before| before.opted_out(&self.scope));
        let scope = config.map(|config| config.settings.scope(&opted_out.unwrap_or_default()));
        let scope = scope.unwrap_or_default();
        if scope != self.scope {
            self.scope = scope;
            self.scope_changed_at = Some(now);
        }
        self.scope_config = config.map(|config| config.id.clone());
    }
}

/// A candidate or an application that was created or imported through us.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tracked {
    /// Which model.
    pub model: ats_core::ModelKind,
    /// The vendor's id.
    pub remote_id: String,
}

mod seconds {
    //! Durations as whole seconds.

    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(duration.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}
