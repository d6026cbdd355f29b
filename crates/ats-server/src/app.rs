//! What every request and every background task may use.

use std::{fmt, sync::Arc, time::SystemTime};

use ats_core::{Clock, Connector, Timestamp};
use ats_store::{Integration, Platform, Store, vault::KeyRing};
use ats_sync::Engine;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use tokio::task;
use url::Url;

use crate::{ApiError, Code, Registry, Runner, api, pages::Desk, runner};

/// How a server behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where people and vendors reach it, without a path.
    pub public_url: Url,
    /// Whether addresses of private networks, and plain HTTP, may be called.
    pub allow_private_network: bool,
    /// How many passes run at once.
    pub passes_at_once: usize,
    /// How many actions of one integration run at once.
    pub actions_at_once: usize,
    /// Whether passes run when they are due.
    pub scheduled: bool,
    /// Who asks customers for access, as the connect pages name them; the host where none is given.
    pub operator_name: Option<String>,
    /// What opens the operator's pages beside the link that is printed.
    pub operator_password: Option<SecretString>,
}

impl Options {
    /// The usual behaviour of a server that is reached there.
    pub fn new(public_url: Url) -> Self {
        Self {
            public_url,
            allow_private_network: false,
            passes_at_once: 4,
            actions_at_once: 30,
            scheduled: true,
            operator_name: None,
            operator_password: None,
        }
    }
}

/// What a server is made of.
pub struct Parts {
    /// Where everything is kept.
    pub platform: Arc<dyn Platform>,
    /// The connectors that are there.
    pub registry: Registry,
    /// What credentials and secrets are sealed with.
    pub keys: Arc<KeyRing>,
    /// The passing of time.
    pub clock: Arc<dyn Clock>,
    /// How it behaves.
    pub options: Options,
    /// Where figures are collected, if they are.
    pub figures: Option<PrometheusHandle>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("platform", &self.platform)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// What every request may use. Copies share it.
#[derive(Debug, Clone)]
pub struct App(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    parts: Parts,
    engine: Engine,
    runner: Runner,
    desk: Desk,
}

impl App {
    /// A server of these parts. Nothing runs until it is served.
    pub fn new(parts: Parts) -> Self {
        let store: Arc<dyn Store> = parts.platform.clone();
        let engine = Engine::new(store, Arc::clone(&parts.clock));
        let runner = Runner::new(parts.options.passes_at_once, parts.options.actions_at_once);
        let desk = Desk::new(parts.options.operator_password.as_ref());
        Self(Arc::new(Shared {
            parts,
            engine,
            runner,
            desk,
        }))
    }

    /// Where everything is kept.
    pub fn platform(&self) -> &Arc<dyn Platform> {
        &self.0.parts.platform
    }

    /// The engine, on the same store.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// What runs beside the requests.
    pub fn runner(&self) -> &Runner {
        &self.0.runner
    }

    /// What the pages remember.
    pub(crate) fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// A link for a customer of the usual environment, good for an hour: a secret.
    ///
    /// # Errors
    ///
    /// The store.
    pub async fn connect_link(&self, organization: &str, email: &str) -> Result<String, ApiError> {
        api::connect_link(self, organization, email).await
    }

    /// A link that opens the operator's pages for as long as the server runs: a secret.
    pub fn login_link(&self) -> String {
        self.public(&self.desk().login_path())
    }

    /// The connectors that are there.
    pub fn registry(&self) -> &Registry {
        &self.0.parts.registry
    }

    /// What credentials and secrets are sealed with.
    pub fn keys(&self) -> &Arc<KeyRing> {
        &self.0.parts.keys
    }

    /// The passing of time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.parts.clock
    }

    /// How it behaves.
    pub fn options(&self) -> &Options {
        &self.0.parts.options
    }

    /// Where figures are collected, if they are.
    pub(crate) fn figures(&self) -> Option<&PrometheusHandle> {
        self.0.parts.figures.as_ref()
    }

    /// The date.
    pub fn now(&self) -> Timestamp {
        timestamp(self.clock().wall())
    }

    /// An address below the public one.
    pub fn public(&self, path: &str) -> String {
        let base = self.options().public_url.as_str();
        format!("{}{path}", base.trim_end_matches('/'))
    }

    /// Asks the store on a thread that may wait.
    ///
    /// # Errors
    ///
    /// What the store says, as a client may read it.
    pub async fn stored<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Platform) -> ats_store::Result<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let platform = Arc::clone(self.platform());
        match task::spawn_blocking(move || ask(&*platform)).await {
            Ok(found) => found.map_err(ApiError::from),
            Err(failed) => {
                tracing::error!(error = %failed, "a question to the store was not answered");
                Err(ApiError::new(
                    Code::UnknownError,
                    "the store did not answer",
                ))
            }
        }
    }

    /// Does on a thread that may wait what asks the store several times.
    pub(crate) async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let app = self.clone();
        match task::spawn_blocking(move || work(&app)).await {
            Ok(done) => done,
            Err(failed) => {
                tracing::error!(error = %failed, "a request ended badly");
                Err(ApiError::new(
                    Code::UnknownError,
                    "a defect of the server; its log says more",
                ))
            }
        }
    }

    /// The connector of an integration. All requests share it, and with it one limit of requests.
    ///
    /// # Errors
    ///
    /// Credentials that cannot be opened, a connector that is not there.
    pub fn connector(&self, integration: &Integration) -> Result<Arc<dyn Connector>, ApiError> {
        let private = self.options().allow_private_network;
        self.registry().connector(integration, self.keys(), private)
    }

    /// Lets background tasks see at once what a request has changed.
    pub fn wake(&self) {
        self.runner().wake();
    }

    /// Runs what belongs beside the requests until `stop` turns true.
    pub(crate) async fn run_beside(&self, stop: tokio::sync::watch::Receiver<bool>) {
        runner::run(self.clone(), stop).await;
    }
}

pub(crate) fn timestamp(at: SystemTime) -> Timestamp {
    Timestamp::from(chrono::DateTime::from(at))
}
