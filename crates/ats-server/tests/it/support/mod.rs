//! A server on a free port, with a simulated vendor behind it and a mirror of the vendor's small world.

pub(crate) mod browser;
pub(crate) mod receiver;
mod schema;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Once},
    time::Duration,
};

use ats_core::{Clock, Timestamp};
use ats_http::SystemClock;
use ats_server::{App, Matrix, Options, Parts, Registry};
use ats_simulator::{Options as SimulatorOptions, Simulator, World, ashby};
use ats_store::{
    EndUser, Integration, IntegrationState, PassKind, PassState, Settings, sqlite::SqliteStore,
    vault::KeyRing,
};
use ats_sync::{PassOptions, Unobserved};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub(crate) use schema::{assert_schema, assert_webhook};

/// The environment of the first key.
pub(crate) const PRODUCTION: &str = "production";

/// A server with everything behind it.
pub(crate) struct Bench {
    pub(crate) app: App,
    pub(crate) base: String,
    pub(crate) key: String,
    pub(crate) integration: Integration,
    pub(crate) simulator: Simulator,
    pub(crate) client: reqwest::Client,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    /// The member `data` of an answer that went well.
    pub(crate) fn data(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["data"].take()
    }

    /// The code of an answer that is an error.
    pub(crate) fn code(&self) -> String {
        assert!(!self.status.is_success(), "{}", self.text);
        let body = self.json();
        let code = &body["error"]["code"];
        code.as_str().unwrap_or("null").to_owned()
    }
}

/// How a bench is set up.
pub(crate) struct Setup {
    pub(crate) world: World,
    pub(crate) simulator: SimulatorOptions,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) scheduled: bool,
    /// Whether everything was read once.
    pub(crate) mirrored: bool,
    pub(crate) actions_at_once: usize,
    pub(crate) operator_password: Option<secrecy::SecretString>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            world: ashby::small_world(),
            simulator: SimulatorOptions::default(),
            settings: Settings::default(),
            clock: Arc::new(SystemClock),
            scheduled: false,
            mirrored: true,
            actions_at_once: 30,
            operator_password: None,
        }
    }
}

impl Bench {
    /// The usual one.
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        crypto();
        let folder = tempfile::tempdir().unwrap();
        let simulator = Simulator::start(setup.world, setup.simulator)
            .await
            .unwrap();
        let store = Arc::new(SqliteStore::open(&folder.path().join("ats.db")).unwrap());
        let keys = Arc::new(KeyRing::generate().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = base(listener.local_addr().unwrap());
        let mut options = Options::new(base.parse().unwrap());
        options.allow_private_network = true;
        options.scheduled = setup.scheduled;
        options.actions_at_once = setup.actions_at_once;
        options.operator_password = setup.operator_password;
        let app = App::new(Parts {
            platform: store,
            registry: Registry::new(ats_connectors::all(), proven),
            keys,
            clock: setup.clock,
            options,
            figures: None,
        });
        let integration = connect(&app, &simulator, "acme", PRODUCTION, setup.settings);
        let key = api_key(&app, PRODUCTION);
        let (stop, stopping) = watch::channel(false);
        let serving = app.clone();
        let served = tokio::spawn(async move {
            ats_server::serve(serving, listener, stopping)
                .await
                .unwrap();
        });
        let bench = Self {
            app,
            base,
            key,
            integration,
            simulator,
            client: reqwest::Client::new(),
            stop,
            served,
            _folder: folder,
        };
        if setup.mirrored {
            bench.sync(PassKind::Full).await;
        }
        bench
    }

    /// Runs a pass to its end, without the runner.
    pub(crate) async fn sync(&self, kind: PassKind) {
        let connector = self.app.connector(&self.integration).unwrap();
        let options = PassOptions {
            kind: Some(kind),
            ..PassOptions::default()
        };
        let (_ask, asked) = watch::channel(false);
        let pass = self
            .app
            .engine()
            .run(
                &self.integration,
                connector,
                &options,
                Arc::new(Unobserved),
                asked,
            )
            .await
            .unwrap();
        assert_eq!(pass.state, PassState::Succeeded, "{:?}", pass.problem);
    }

    /// A request with the usual key and integration.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let integration = self.integration.id.to_string();
        self.send_as(method, path, body, Some(&self.key), Some(&integration))
            .await
    }

    /// A request of anybody.
    pub(crate) async fn send_as(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
        integration: Option<&str>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if let Some(integration) = integration {
            request = request.header("X-Integration-Id", integration);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// All records of a list, page by page.
    pub(crate) async fn walk(&self, list: &str, page_size: usize, query: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/ats/{list}?page_size={page_size}{query}{cursor}");
            let mut data = self.get(&path).await.data();
            let results = data["results"].take();
            all.extend(results.as_array().unwrap().iter().cloned());
            match data["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }

    /// Waits until every record of the lists has its answer.
    pub(crate) async fn filled(&self) {
        use ats_core::ModelKind::{
            Application, ApplicationStage, Candidate, Interview, Job, Offer, RejectionReason, Tag,
            User,
        };
        let models = [
            User,
            Job,
            ApplicationStage,
            Tag,
            RejectionReason,
            Application,
            Candidate,
            Interview,
            Offer,
        ];
        let id = &self.integration.id;
        let missing = |model| {
            let found = self.app.platform().without_answer(id, model, 0, 1).unwrap();
            !found.is_empty()
        };
        for _ in 0..2_000 {
            // Whoever misses an answer lets it be made.
            self.get("/v1/ats/offers?page_size=1").await;
            if !models.into_iter().any(missing) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("some answers are never made");
    }

    /// A moment that lies after everything so far, whatever a list allows for clocks.
    pub(crate) async fn pause(&self) -> String {
        tokio::time::sleep(Duration::from_millis(2100)).await;
        self.app.now().to_string()
    }

    /// Ends the server as Ctrl-C does, and waits for it.
    pub(crate) async fn end(self) {
        self.stop.send_replace(true);
        self.served.await.unwrap();
    }
}

/// The answer with its body.
pub(crate) async fn answer(response: reqwest::Response) -> Answer {
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

/// Keeps an integration of the simulated vendor.
pub(crate) fn connect(
    app: &App,
    simulator: &Simulator,
    name: &str,
    environment: &str,
    settings: Settings,
) -> Integration {
    let factory = app.registry().find("ashby").unwrap();
    let fields = factory.manifest.credentials.iter();
    let credentials: BTreeMap<_, _> = fields
        .map(|field| (field.name.to_owned(), simulator.key().into()))
        .collect();
    let id = ats_core::IntegrationId::derive("ashby", name);
    let now: Timestamp = app.now();
    let integration = Integration {
        credentials: app.keys().seal_credentials(&credentials, &id).unwrap(),
        id,
        connector: "ashby".to_owned(),
        name: name.to_owned(),
        base_url: Some(simulator.base_url()),
        state: IntegrationState::Active,
        environment: environment.to_owned(),
        end_user: EndUser::named(name),
        settings,
        created_at: now,
        credentials_changed_at: now,
    };
    app.platform().save_integration(&integration).unwrap();
    integration
}

/// A new API key.
pub(crate) fn api_key(app: &App, environment: &str) -> String {
    let made = app
        .platform()
        .create_api_key("test", environment, app.now())
        .unwrap();
    made.key
}

fn base(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// The program installs the provider of cryptography; so does a test.
fn crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let provider = rustls::crypto::ring::default_provider();
        // Another test of this process may have been first.
        let _ = provider.install_default();
    });
}

/// What was proven of the connector.
fn proven(slug: &str) -> Option<Matrix> {
    (slug == "ashby").then_some(Matrix {
        json: include_str!("../../../../../docs/support/ashby.json"),
        markdown: "",
    })
}
