//! Integrations as they are kept: which connector, which settings, which sealed credentials.
//!
//! Credentials are sealed before they come here and opened by whoever connects; the store never
//! sees them.

use std::{collections::BTreeMap, time::Duration};

use ats_core::{IntegrationId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::vault::Sealed;

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

/// Whether passes of an integration may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IntegrationState {
    /// They may.
    Active,
    /// They may not, until a person enables it again.
    Disabled,
}

/// What can be set for an integration. Missing members of an older database take their defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Whether raw documents are shown as `remote_data`.
    pub remote_data: bool,
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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            remote_data: true,
            sync_only_created: false,
            delta_interval: Duration::from_secs(15 * 60),
            full_interval: Duration::from_secs(24 * 60 * 60),
            default_source: None,
            switches: BTreeMap::new(),
        }
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
