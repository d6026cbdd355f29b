//! The engine: runs one pass at a time for an integration.

use std::sync::Arc;

use ats_core::{Clock, Connector};
use ats_store::{Integration, Pass, Store};
use tokio::sync::watch;

use crate::{Error, Observer, PassOptions};

/// Runs passes into a store.
#[derive(Debug, Clone)]
pub struct Engine {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

/// What mapping stored bundles again did.
#[derive(Debug, Clone, PartialEq)]
pub struct Remapped {
    /// The pass under which it stands in the history and the change log.
    pub pass: Pass,
    /// Bundles that were mapped again.
    pub bundles: u64,
    /// Streams whose raw documents are not kept; the next pass reads them from the beginning.
    pub streams_to_read_again: Vec<String>,
}

impl Engine {
    /// An engine that writes into `store`.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Runs a pass, or takes up the one that was interrupted. When `stop` turns true it ends soon,
    /// with everything that was read stored, and the next pass takes it up.
    ///
    /// # Errors
    ///
    /// Only what keeps the pass from being written down: the store, or another pass that runs. What
    /// goes wrong at the vendor is in the report.
    pub async fn run(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        options: &PassOptions,
        observer: Arc<dyn Observer>,
        stop: watch::Receiver<bool>,
    ) -> Result<Pass, Error> {
        let _ = (integration, connector, options, observer, stop, &self.clock);
        Err(Error::Unfinished)
    }

    /// Maps every stored bundle again, without a request to the vendor.
    pub async fn remap(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        observer: Arc<dyn Observer>,
        stop: watch::Receiver<bool>,
    ) -> Result<Remapped, Error> {
        let _ = (integration, connector, observer, stop, &self.store);
        Err(Error::Unfinished)
    }
}
