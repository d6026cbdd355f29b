//! API keys and what each may do. Knows permission names only as text.

use std::collections::{BTreeMap, BTreeSet};

/// What one API key may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySpec {
    /// The key's title, as an administrator sees it.
    pub name: String,
    /// Permissions in the vendor's spelling, for example `jobsRead`.
    pub permissions: BTreeSet<String>,
    /// Whether confidential jobs, and what hangs on them, are visible.
    pub confidential: bool,
    /// Whether private custom fields and private notes are visible.
    pub private_fields: bool,
    /// Whether the key still works.
    pub active: bool,
}

impl KeySpec {
    /// An active key with these permissions and every key option.
    pub fn new<P: Into<String>>(
        name: impl Into<String>,
        permissions: impl IntoIterator<Item = P>,
    ) -> Self {
        Self {
            name: name.into(),
            permissions: permissions.into_iter().map(Into::into).collect(),
            confidential: true,
            private_fields: true,
            active: true,
        }
    }

    /// Whether the key holds this permission.
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.contains(permission)
    }
}

/// Every key of one server, by its secret.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    by_secret: BTreeMap<String, KeySpec>,
}

impl Keys {
    pub(crate) fn insert(&mut self, secret: String, spec: KeySpec) {
        self.by_secret.insert(secret, spec);
    }

    /// Adds a key under a new secret, which it returns.
    pub(crate) fn mint(&mut self, spec: KeySpec) -> String {
        let secret = format!("simulated-key-{:04}", self.by_secret.len() + 1);
        self.insert(secret.clone(), spec);
        secret
    }

    pub(crate) fn find(&self, secret: &str) -> Option<&KeySpec> {
        self.by_secret.get(secret)
    }

    pub(crate) fn deactivate(&mut self, secret: &str) {
        if let Some(spec) = self.by_secret.get_mut(secret) {
            spec.active = false;
        }
    }

    pub(crate) fn revoke(&mut self, secret: &str, permission: &str) {
        if let Some(spec) = self.by_secret.get_mut(secret) {
            spec.permissions.remove(permission);
        }
    }
}
