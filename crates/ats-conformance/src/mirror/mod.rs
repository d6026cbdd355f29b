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
    /// So many pages of a stream are read; more than any has unless only a sample is wanted.
    most_pages: usize,
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
            most_pages: usize::MAX,
        }
    }

    /// Reads every stream from its beginning. What a complete stream did not bring is gone.
    pub async fn full_pass(&mut self, connector: &dyn Connector) -> PassReport {
        self.pass(connector, false).await
    }

    /// Reads the first `pages` pages of every stream.
    pub async fn sample(&mut self, connector: &dyn Connector, pages: usize) -> PassReport {
        self.most_pages = pages;
        let report = self.pass(connector, false).await;
        self.most_pages = usize::MAX;
        report
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

#[cfg(test)]
mod tests {
    use ats_simulator::{Fault, FaultKind};

    use super::*;
    use crate::{Harness, Remote, WorldKind, toy::Toy};

    async fn read() -> (Box<dyn Remote>, Mirror) {
        let remote = Toy.start(WorldKind::SMALL).await;
        let mut mirror = Mirror::new("toy");
        assert!(mirror.full_pass(&*remote.connector()).await.complete());
        (remote, mirror)
    }

    #[tokio::test]
    async fn a_full_pass_that_ends_early_sweeps_nothing_and_keeps_the_checkpoint() {
        let (remote, mut mirror) = read().await;
        let (before, checkpoints) = (mirror.records(), mirror.checkpoints().clone());
        remote.apply("delete a candidate", 0);
        let endpoint = Some("candidate.list".to_owned());
        let kind = FaultKind::Html;
        remote.inject(Fault {
            endpoint,
            skip: 0,
            times: 99,
            kind,
        });
        let report = mirror.full_pass(&*remote.connector()).await;
        assert!(!report.streams["candidates"].complete && report.streams["tags"].complete);
        assert_eq!(
            mirror.records()[&ModelKind::Candidate],
            before[&ModelKind::Candidate]
        );
        assert_eq!(
            mirror.checkpoints()["candidates"],
            checkpoints["candidates"]
        );
        remote.clear_faults();
        mirror.full_pass(&*remote.connector()).await;
        let gone = mirror.stored().iter().filter(|(_, stored)| stored.gone);
        let gone: Vec<_> = gone
            .map(|(key, stored)| (key.0, stored.deleted_at))
            .collect();
        assert!(gone.contains(&(ModelKind::Candidate, Some(3))), "{gone:?}");
    }

    #[tokio::test]
    async fn a_rename_reaches_its_records_without_their_being_read_again() {
        let (remote, mut mirror) = read().await;
        remote.apply("rename a source", 0);
        let report = mirror.delta_pass(&*remote.connector()).await;
        assert_eq!(report.updated[&ModelKind::Candidate], 2);
        assert_eq!(report.streams["candidates"].bundles, 0);
        assert_eq!(report.streams["candidates"].remapped, 2);
        let records = mirror.records();
        assert_eq!(
            records[&ModelKind::Candidate]["c00000"]["source"],
            "Source 0"
        );
    }

    #[tokio::test]
    async fn what_is_gone_keeps_its_id_and_comes_back_alive() {
        let (remote, mut mirror) = read().await;
        let key = (ModelKind::Application, "a00000".to_owned());
        let before = mirror.stored()[&key].clone();
        remote.apply("delete an application", 0);
        mirror.full_pass(&*remote.connector()).await;
        assert_eq!(
            (mirror.stored()[&key].gone, mirror.stored()[&key].deleted_at),
            (true, Some(2))
        );
        let again = Toy.start(WorldKind::SMALL).await;
        mirror.full_pass(&*again.connector()).await;
        let after = &mirror.stored()[&key];
        assert_eq!(
            (after.id, after.deleted_at, after.changed_at),
            (before.id, None, 3)
        );
    }
}
