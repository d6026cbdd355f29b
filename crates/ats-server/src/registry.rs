//! The connectors that are there, and one shared instance for each integration.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use ats_core::{Connection, Connector, Factory, Manifest, Usage};
use ats_store::{Integration, vault::KeyRing};

use crate::{ApiError, Code};

/// The connectors that are there.
#[derive(Debug)]
pub struct Registry {
    factories: &'static [Factory],
    matrix: fn(&str) -> Option<Matrix>,
    made: Mutex<HashMap<String, Made>>,
}

/// The support matrix of a connector, as it was proven.
#[derive(Debug, Clone, Copy)]
pub struct Matrix {
    /// For programs.
    pub json: &'static str,
    /// For people.
    pub markdown: &'static str,
}

/// A connector that was made, and of what: another base makes another one.
#[derive(Debug)]
struct Made {
    of: Integration,
    connector: Arc<dyn Connector>,
    /// What was told of its requests.
    told: Usage,
}

impl Registry {
    /// These connectors; `matrix` finds what was proven of one.
    pub fn new(factories: &'static [Factory], matrix: fn(&str) -> Option<Matrix>) -> Self {
        Self {
            factories,
            matrix,
            made: Mutex::default(),
        }
    }

    /// Who is there.
    pub fn manifests(&self) -> impl Iterator<Item = &'static Manifest> {
        self.factories.iter().map(|factory| factory.manifest)
    }

    /// The connector of this short name.
    pub fn find(&self, slug: &str) -> Option<&'static Factory> {
        let mut all = self.factories.iter();
        all.find(|factory| factory.manifest.slug == slug)
    }

    /// What was proven of the connector of this short name.
    pub fn matrix(&self, slug: &str) -> Option<Matrix> {
        (self.matrix)(slug)
    }

    /// The connector of an integration. It is made once and shared until the integration's
    /// credentials or settings change, because it keeps the limit of requests.
    ///
    /// # Errors
    ///
    /// Credentials that cannot be opened, a connector that is not there, settings it cannot use.
    pub fn connector(
        &self,
        integration: &Integration,
        keys: &KeyRing,
        allow_private_network: bool,
    ) -> Result<Arc<dyn Connector>, ApiError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = made.get(integration.id.as_str())
            && found.serves(integration)
        {
            return Ok(Arc::clone(&found.connector));
        }
        let factory = self.find(&integration.connector).ok_or_else(|| {
            let message = format!("there is no connector `{}` here", integration.connector);
            ApiError::new(Code::SetupIncomplete, message)
        })?;
        let credentials = keys
            .open_credentials(&integration.credentials, &integration.id)
            .map_err(|error| {
                tracing::error!(integration = %integration.id, %error, "credentials do not open");
                let message = "the stored credentials cannot be opened; connect it again";
                ApiError::new(Code::SetupIncomplete, message)
            })?;
        let connection = Connection {
            credentials,
            base_url: integration.base_url.clone(),
            settings: integration.settings.switches.clone(),
            clock: None,
            allow_private_network,
            read_only: false,
        };
        let connector: Arc<dyn Connector> = (factory.connect)(&connection)
            .map_err(|error| ApiError::from(&error))?
            .into();
        let kept = Made {
            of: integration.clone(),
            connector: Arc::clone(&connector),
            told: Usage::default(),
        };
        made.insert(integration.id.to_string(), kept);
        Ok(connector)
    }

    /// What was asked of vendors since this was last called, for each integration.
    pub(crate) fn more_usage(&self) -> Vec<(String, Usage)> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let all = made.iter_mut();
        all.map(|(id, one)| {
            let now = one.connector.usage();
            let told = std::mem::replace(&mut one.told, now);
            (id.clone(), now.since(told))
        })
        .collect()
    }
}

impl Made {
    fn serves(&self, integration: &Integration) -> bool {
        self.of.credentials == integration.credentials
            && self.of.base_url == integration.base_url
            && self.of.settings.switches == integration.settings.switches
    }
}
