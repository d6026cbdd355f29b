//! The reference engine: a mirror of a vendor in memory, as simple as it can be and still be right.
//!
//! Every rule that an engine must follow stands here once, so that laws can compare any history of
//! passes with one fresh full pass. It knows no vendor and keeps nothing on disk.

mod pass;
mod remap;
mod report;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Checkpoint, Connector, Id, IntegrationId, Lookup, Loss, ModelKind, Record, Shelf};
use serde_json::Value;

pub use remap::{json, with_joins};
pub use report::{Outcome, PassReport};
pub use view::{KnownView, RelatedView};

/// A record's model and remote key.
pub type Key = (ModelKind, String);

/// The stream and the id of a bundle.
pub type Place = (&'static str, String);

/// A mirror of one integration.
#[derive(Debug, Clone)]
pub struct Mirror {
    integration: IntegrationId,
    shelf: Shelf,
    checkpoints: BTreeMap<&'static str, Checkpoint>,
    mappings: BTreeMap<Place, Mapping>,
    dependents: BTreeMap<Lookup, BTreeSet<Place>>,
    givers: BTreeMap<Key, BTreeMap<Place, Record>>,
    stored: BTreeMap<Key, Stored>,
    touched: BTreeSet<Place>,
    tick: u64,
}

/// What the mirror keeps of a record.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Our id.
    pub id: Id,
    /// The record as it was last delivered, with its remote references.
    pub record: Record,
    /// The pass in which what the API shows of it last changed.
    pub changed_at: u64,
    /// The pass that found it gone or archived; `None` while it lives.
    pub deleted_at: Option<u64>,
    /// Whether no bundle gives it any more.
    pub gone: bool,
}

/// What one bundle became, and what was looked up for it.
#[derive(Debug, Clone, Default)]
struct Mapping {
    lookups: BTreeSet<Lookup>,
    keys: BTreeSet<Key>,
    losses: Vec<Loss>,
}

impl Mirror {
    /// An empty mirror for the connector `slug`.
    pub fn new(slug: &str) -> Self {
        Self {
            integration: IntegrationId::derive(slug, "conformance"),
            shelf: Shelf::default(),
            checkpoints: BTreeMap::new(),
            mappings: BTreeMap::new(),
            dependents: BTreeMap::new(),
            givers: BTreeMap::new(),
            stored: BTreeMap::new(),
            touched: BTreeSet::new(),
            tick: 0,
        }
    }

    /// Reads every stream from its beginning. What a complete stream did not bring is gone.
    pub async fn full_pass(&mut self, connector: &dyn Connector) -> PassReport {
        self.pass(connector, false).await
    }

    /// Reads every stream from its checkpoint, or from its beginning where it has none.
    pub async fn delta_pass(&mut self, connector: &dyn Connector) -> PassReport {
        self.pass(connector, true).await
    }

    /// The records that a bundle gives, archived ones too, as JSON by model and remote key: with
    /// references as `remote:` text and without the engine's fields.
    pub fn records(&self) -> BTreeMap<ModelKind, BTreeMap<String, Value>> {
        let mut records: BTreeMap<ModelKind, BTreeMap<String, Value>> = BTreeMap::new();
        for ((model, key), stored) in &self.stored {
            if !stored.gone {
                let of_model = records.entry(*model).or_default();
                of_model.insert(key.clone(), remap::json(&stored.record));
            }
        }
        records
    }

    /// Every record that was ever delivered, with what the engine knows about it.
    pub fn stored(&self) -> &BTreeMap<Key, Stored> {
        &self.stored
    }

    /// The bundles.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// The integration that ids are derived for.
    pub fn integration(&self) -> &IntegrationId {
        &self.integration
    }

    /// Where the next delta pass of each stream starts.
    pub fn checkpoints(&self) -> &BTreeMap<&'static str, Checkpoint> {
        &self.checkpoints
    }

    /// The number of the last pass.
    pub fn tick(&self) -> u64 {
        self.tick
    }

    /// Every loss of the bundles as they are mapped now.
    pub fn losses(&self) -> Vec<(Place, Loss)> {
        let mappings = self.mappings.iter();
        mappings
            .flat_map(|(place, mapping)| {
                let losses = mapping.losses.iter().cloned();
                losses.map(|loss| (place.clone(), loss))
            })
            .collect()
    }

    /// Whether the vendor itself calls the record archived.
    pub fn archived(&self, model: ModelKind, key: &str) -> bool {
        let stored = self.stored.get(&(model, key.to_owned()));
        stored.is_some_and(|stored| stored.record.archived())
    }
}
