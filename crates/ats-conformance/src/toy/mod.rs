//! An honest connector for a vendor that exists only in memory, so that laws can be tried on
//! something small that is known to keep them, and liars can be made of it.
//!
//! It owns the toy vendor, its world and its connector. It must not know a law or a lie.

mod client;
mod connector;
mod map;
mod streams;
mod trouble;
pub(crate) mod vendor;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use async_trait::async_trait;
use ats_core::{Connector, PassthroughCall};
use ats_simulator::Fault;

use crate::{
    ChangeInfo, Economy, Expected, Harness, Remote, Sent, Trial, WebhookSample, WorldKind,
};
use client::Client;
use vendor::{CURSOR_CODES, DETAILS, FULL_KEY, LISTS, TOKEN_CODES, Vendor};

/// The harness of the toy connector.
#[derive(Debug, Clone, Copy, Default)]
pub struct Toy;

/// A running toy vendor.
#[derive(Debug, Clone)]
pub(crate) struct ToyRemote {
    pub(crate) vendor: Arc<Vendor>,
}

impl ToyRemote {
    /// Starts a vendor.
    pub(crate) fn start(world: WorldKind) -> Self {
        let (WorldKind::Small { page_size_cap } | WorldKind::Generated { page_size_cap, .. }) =
            world;
        let vendor = Arc::new(Vendor::new(page_size_cap));
        world::fill(&vendor, world);
        Self { vendor }
    }

    fn connect(&self, key: impl Into<String>, details: bool) -> Arc<dyn Connector> {
        let client = Client::new(Arc::clone(&self.vendor), key);
        Arc::new(connector::Toy::new(client, details))
    }
}

// doc: begin harness
#[async_trait]
impl Harness for Toy {
    fn slug(&self) -> &'static str {
        connector::MANIFEST.slug
    }

    fn witness(&self) -> &'static str {
        "in memory"
    }

    fn expected(&self) -> Expected {
        world::expected()
    }

    fn trials(&self) -> Vec<Trial> {
        Vec::new()
    }

    fn own_call(&self) -> Option<PassthroughCall> {
        None
    }

    fn webhook_sample(&self) -> Option<WebhookSample> {
        None
    }

    fn snapshots(&self) -> Option<PathBuf> {
        None
    }

    async fn start(&self, world: WorldKind) -> Box<dyn Remote> {
        Box::new(ToyRemote::start(world))
    }
}
// doc: end

impl Remote for ToyRemote {
    fn connector(&self) -> Arc<dyn Connector> {
        self.connect(FULL_KEY, true)
    }

    fn connector_with(&self, permissions: &BTreeSet<String>) -> Arc<dyn Connector> {
        self.connect(self.vendor.add_key(permissions), true)
    }

    fn connector_with_bad_key(&self) -> Arc<dyn Connector> {
        self.connect("toy-secret-of-nobody", true)
    }

    fn connector_with_setting(&self, setting: &str, on: bool) -> Arc<dyn Connector> {
        self.connect(FULL_KEY, setting != "details" || on)
    }

    fn permissions(&self) -> Vec<String> {
        LISTS
            .iter()
            .map(|(_, _, permission)| (*permission).to_owned())
            .collect()
    }

    fn changes(&self) -> Vec<ChangeInfo> {
        world::CHANGES.to_vec()
    }

    fn apply(&self, change: &str, pick: u64) {
        world::apply(&self.vendor, change, pick);
    }

    fn inject(&self, fault: Fault) {
        self.vendor.inject(fault);
    }

    fn clear_faults(&self) {
        self.vendor.clear_faults();
    }

    fn expire_checkpoints(&self) {
        self.vendor.expire_tokens();
    }

    fn expire_cursors(&self) {
        self.vendor.expire_cursors();
    }

    fn checkpoint_codes(&self) -> Vec<&'static str> {
        TOKEN_CODES.to_vec()
    }

    fn cursor_codes(&self) -> Vec<&'static str> {
        CURSOR_CODES.to_vec()
    }

    fn requests(&self) -> Vec<Sent> {
        self.vendor.log()
    }

    fn writes(&self) -> Vec<Sent> {
        Vec::new()
    }

    fn tally(&self) -> BTreeMap<String, usize> {
        BTreeMap::new()
    }

    fn all_permissions(&self) -> Vec<String> {
        self.permissions()
    }

    fn clear_requests(&self) {
        self.vendor.clear_log();
    }

    fn economy(&self) -> Economy {
        let pages = |collection: &str| {
            self.vendor
                .documents(collection)
                .len()
                .div_ceil(self.vendor.page_size())
                .max(1)
        };
        let lists = || {
            LISTS
                .iter()
                .map(|(endpoint, collection, _)| ((*endpoint).to_owned(), *collection))
        };
        let mut full: BTreeMap<String, usize> = lists()
            .map(|(endpoint, collection)| (endpoint, pages(collection)))
            .collect();
        let applications = self.vendor.documents("applications").len();
        full.insert(DETAILS.to_owned(), applications);
        Economy {
            full,
            quiet_delta: lists().map(|(endpoint, _)| (endpoint, 1)).collect(),
        }
    }

    fn secret(&self) -> String {
        FULL_KEY.to_owned()
    }
}
