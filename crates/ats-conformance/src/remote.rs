//! What the suite asks for: a connector, and a vendor for it that can be changed and broken.
//!
//! It owns the two traits that a connector's tests implement. It knows no vendor.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use async_trait::async_trait;
use ats_core::{Connector, PassthroughCall};
use ats_simulator::Fault;
use serde_json::Value;

pub use ats_simulator::ChangeKind;

use crate::{Expected, Trial, WebhookSample};

/// One connector under test, and how to start a vendor for it.
#[async_trait]
pub trait Harness: Send + Sync {
    /// The connector's short name, as in `ashby`.
    fn slug(&self) -> &'static str;

    /// Who stands in for the vendor, as the matrix shows it: `simulated`.
    fn witness(&self) -> &'static str;

    /// What the small world must become, worked out without a mapper.
    fn expected(&self) -> Expected;

    /// Where the golden records and the golden matrix are kept; `None` keeps none.
    fn snapshots(&self) -> Option<PathBuf>;

    /// One trial for each action that the connector claims.
    fn trials(&self) -> Vec<Trial>;

    /// A harmless call of the vendor's own API, for a connector that hands such calls on.
    fn own_call(&self) -> Option<PassthroughCall>;

    /// A genuine call of one of the vendor's webhooks, for a connector that takes them.
    fn webhook_sample(&self) -> Option<WebhookSample>;

    /// Starts a vendor that serves `world`.
    async fn start(&self, world: WorldKind) -> Box<dyn Remote>;
}

/// Which organisation the vendor serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorldKind {
    /// The small, hand-checked one that [`Harness::expected`] speaks of.
    Small {
        /// At most so many rows a page, so that a small world has many pages.
        page_size_cap: Option<usize>,
    },
    /// A generated one.
    Generated {
        /// The same seed gives the same world.
        seed: u64,
        /// How many candidates; everything else follows from it.
        candidates: usize,
        /// At most so many rows a page.
        page_size_cap: Option<usize>,
    },
}

impl WorldKind {
    /// The small world with the vendor's own page size.
    pub const SMALL: Self = Self::Small {
        page_size_cap: None,
    };
}

/// A running vendor and keys to it. It stops when it is dropped.
pub trait Remote: Send + Sync {
    /// A connector whose key has every permission, and whose clock never makes anyone wait.
    fn connector(&self) -> Arc<dyn Connector>;

    /// A connector whose key has these permissions and no other.
    fn connector_with(&self, permissions: &BTreeSet<String>) -> Arc<dyn Connector>;

    /// A connector whose key the vendor does not know.
    fn connector_with_bad_key(&self) -> Arc<dyn Connector>;

    /// A connector with every permission and one of its settings switched.
    fn connector_with_setting(&self, setting: &str, on: bool) -> Arc<dyn Connector>;

    /// Every permission that the reads of this vendor's world need, as the vendor calls them.
    fn permissions(&self) -> Vec<String>;

    /// The ways in which the vendor's world can change.
    fn changes(&self) -> Vec<ChangeInfo>;

    /// Applies the change of this name to the document that `pick` chooses.
    fn apply(&self, change: &str, pick: u64);

    /// Adds a fault to the vendor's script.
    fn inject(&self, fault: Fault);

    /// Drops every fault that still waits.
    fn clear_faults(&self);

    /// Makes every checkpoint handed out so far an expired one.
    fn expire_checkpoints(&self);

    /// Makes every page cursor handed out so far an expired one.
    fn expire_cursors(&self);

    /// The error codes with which the vendor refuses a checkpoint.
    fn checkpoint_codes(&self) -> Vec<&'static str>;

    /// The error codes with which the vendor refuses a page cursor.
    fn cursor_codes(&self) -> Vec<&'static str>;

    /// Every request since the start or the last [`Remote::clear_requests`].
    fn requests(&self) -> Vec<Sent>;

    /// Every write since the start, with `<new>` in place of what the vendor made up meanwhile: ids,
    /// handles, addresses.
    fn writes(&self) -> Vec<Sent>;

    /// How many things of each kind the vendor's world holds.
    fn tally(&self) -> BTreeMap<String, usize>;

    /// Every permission that reading and writing need, as the vendor calls them.
    fn all_permissions(&self) -> Vec<String>;

    /// Forgets the requests.
    fn clear_requests(&self);

    /// What reading the world as it is now costs at least.
    fn economy(&self) -> Economy;

    /// The text of the key of [`Remote::connector`], to be looked for where it must not stand.
    fn secret(&self) -> String;
}

/// One way in which a vendor's world can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeInfo {
    /// What happens, in words.
    pub name: &'static str,
    /// What sort of change it is.
    pub kind: ChangeKind,
}

/// A request as the vendor saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The vendor's name of the endpoint, as in `candidate.list`.
    pub endpoint: String,
    /// What was asked.
    pub body: Value,
    /// The HTTP status of the answer; 0 when there was none.
    pub status: u16,
}

/// The least number of requests, by endpoint. An endpoint that is not named must not be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Economy {
    /// For a full pass with nothing known yet.
    pub full: BTreeMap<String, usize>,
    /// For a delta pass when nothing has changed.
    pub quiet_delta: BTreeMap<String, usize>,
}
