//! The handle that tests and commands hold: starts the server, changes its world, reads its log.
//! Knows the server's parts, and nothing about HTTP.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::ashby::Ashby;
use crate::fault::{DeliveryFault, Fault};
use crate::keys::KeySpec;
use crate::lock;
use crate::log::Exchange;
use crate::post::Delivery;
use crate::server::{Running, Shared};
use crate::world::World;

/// The key that [`Simulator::key`] returns unless [`Options::key`] names another.
const DEFAULT_KEY: &str = "simulated-key-with-every-permission";

/// How a server behaves where the vendor's documents leave a choice, and what it records.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The secret of the key with every permission; none takes a fixed one.
    pub key: Option<String>,
    /// At most so many rows a page although the request asks for more, so that small worlds have
    /// many pages.
    pub page_size_cap: Option<usize>,
    /// Every answer comes so much later. Requests wait side by side.
    pub latency: Duration,
    /// The log keeps at most so many of the latest exchanges; none keeps all of them.
    pub log_limit: Option<usize>,
    /// Whether the log keeps response bodies.
    pub record_responses: bool,
    /// Refuse `compensation` in `expand`, as the enum of the vendor's schema has it. The text of
    /// the same schema asks for it, so that it is accepted by default.
    pub refuse_compensation_expand: bool,
    /// Refuse `includeUnpublishedJobPostings`, as an older vendor version would.
    pub refuse_unpublished_flag: bool,
    /// Serve the copies that documents embed (a candidate's source, an application's stage) as
    /// they were stored, instead of refreshing them from the document they copy.
    pub stale_copies: bool,
    /// A candidate that was just created is missing from so many `candidate.search` answers.
    pub search_lag: u32,
    /// After a form was submitted, so many `application.info` requests by its instance id find no
    /// application yet.
    pub form_lag: u32,
    /// A form submitted with one of these e-mail addresses is blocked: no application comes of it.
    pub blocked_emails: Vec<String>,
    /// Take every event that is documented anywhere for `webhook.create`, not only those that its
    /// schema lists.
    pub more_webhook_types: bool,
    /// What a webhook that failed is multiplied with until it is tried again: 1, 3, 7, 15 and so
    /// on. The vendor's unit is ten seconds; none tries again at once.
    pub webhook_retry_unit: Duration,
    /// How long a webhook may take to answer; none takes a fixed time.
    pub webhook_timeout: Duration,
    /// By what `surveySubmission.create` takes the answers.
    pub survey_keys: SurveyKeys,
}

/// By what the answers to a survey may be keyed. The vendor's documents say ids in one place and
/// paths in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SurveyKeys {
    /// A field's id or its path.
    #[default]
    Either,
    /// A field's id only.
    Ids,
    /// A field's path only.
    Paths,
}

/// A running server. It stops when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
    running: Running,
    key: String,
}

impl Simulator {
    /// Starts a server for Ashby on 127.0.0.1 that answers from `world`.
    ///
    /// The server runs on its own thread, so that it outlives the runtime of the caller.
    ///
    /// # Errors
    ///
    /// When the port is taken or the thread cannot start.
    pub async fn start(world: World, options: Options) -> std::io::Result<Simulator> {
        let key = options
            .key
            .clone()
            .unwrap_or_else(|| DEFAULT_KEY.to_owned());
        let port = options.port;
        let shared = Arc::new(Shared::new(world, options, Ashby::default()));
        let every = KeySpec::new("Every permission", Self::all_permissions());
        lock(&shared.keys).insert(key.clone(), every);
        let running = Running::start(Arc::clone(&shared), port)?;
        Ok(Simulator {
            shared,
            running,
            key,
        })
    }

    /// The address to send requests to, for example `http://127.0.0.1:49152`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// The secret of the key with every permission and every key option.
    pub fn key(&self) -> String {
        self.key.clone()
    }

    /// Adds a key and returns its secret.
    pub fn add_key(&self, key: KeySpec) -> String {
        lock(&self.shared.keys).mint(key)
    }

    /// Every permission of the vendor that an endpoint of ours may need, reading and writing.
    pub fn all_permissions() -> Vec<&'static str> {
        let reading = crate::ashby::read_permissions();
        let all: BTreeSet<&str> = reading
            .into_iter()
            .chain(crate::ashby::WRITE_PERMISSIONS)
            .collect();
        all.into_iter().collect()
    }

    /// Takes a permission from a key.
    pub fn revoke(&self, key: &str, permission: &str) {
        lock(&self.shared.keys).revoke(key, permission);
    }

    /// Lets a key work no longer.
    pub fn deactivate(&self, key: &str) {
        lock(&self.shared.keys).deactivate(key);
    }

    /// Changes the world while the server runs, and tells the webhooks. No request is answered
    /// meanwhile.
    pub fn edit<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        let mut world = self.shared.world_mut();
        self.shared.ashby.watch(&mut world);
        let result = change(&mut world);
        self.shared.ashby.announce(&self.shared, &mut world);
        result
    }

    /// Reads the world.
    pub fn read<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        look(&self.shared.world())
    }

    /// Adds a fault to the script.
    pub fn inject(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// Drops every fault that still waits.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Makes every sync token handed out so far an expired one.
    pub fn expire_sync_tokens(&self) {
        self.shared.ashby.expire_tokens();
    }

    /// Makes every page cursor handed out so far an expired one.
    pub fn expire_cursors(&self) {
        self.shared.ashby.expire_cursors();
    }

    /// Makes every upload that was announced and not yet made too late.
    pub fn expire_uploads(&self) {
        self.shared.ashby.expire_uploads();
    }

    /// Makes every link to a file handed out so far an expired one.
    pub fn expire_file_links(&self) {
        self.shared.ashby.expire_links();
    }

    /// Tells the webhooks of an event that nothing in the world causes.
    pub fn emit(&self, action: &str, data: serde_json::Value) {
        self.shared.ashby.emit(&self.shared, action, data);
    }

    /// Every message to a webhook so far, pings too, in the order they were sent off.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.post.deliveries()
    }

    /// Forgets the messages to webhooks, unless one still waits.
    pub fn clear_deliveries(&self) {
        self.shared.post.forget();
    }

    /// Waits until every message to a webhook was taken or given up.
    pub async fn deliveries_settled(&self) {
        self.shared.post.settled().await;
    }

    /// Adds a fault to the script of deliveries.
    pub fn inject_delivery(&self, fault: DeliveryFault) {
        lock(&self.shared.delivery_faults).push(fault);
    }

    /// Drops every delivery fault that still waits.
    pub fn clear_delivery_faults(&self) {
        lock(&self.shared.delivery_faults).clear();
    }

    /// What was asked and answered since the start or the last [`Simulator::clear_log`], as far
    /// as [`Options::log_limit`] keeps it.
    pub fn log(&self) -> Vec<Exchange> {
        lock(&self.shared.log).iter().cloned().collect()
    }

    /// Forgets the log.
    pub fn clear_log(&self) {
        lock(&self.shared.log).clear();
    }
}
