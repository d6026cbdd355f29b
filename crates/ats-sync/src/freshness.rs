//! How fresh a mirror is, read off the history of its passes.

use std::collections::BTreeMap;

use ats_core::{Connector, ModelKind, Timestamp};
use ats_store::{Pass, WalkState};

/// When the last complete walk began that read each model: what the vendor changed before is in the
/// mirror. A model that was never read to the end is left out. `passes` come the latest first.
pub fn freshness(connector: &dyn Connector, passes: &[Pass]) -> BTreeMap<ModelKind, Timestamp> {
    let of_streams = of_streams(passes);
    let reads = connector.reads();
    let slots = reads.slots().into_iter();
    slots
        .filter_map(|(kind, slot)| {
            let stream = slot.yes()?.stream.name();
            Some((kind, *of_streams.get(stream)?))
        })
        .collect()
}

/// The same by stream.
fn of_streams(passes: &[Pass]) -> BTreeMap<&str, Timestamp> {
    let mut fresh = BTreeMap::new();
    let walks = passes.iter().flat_map(|pass| &pass.walks);
    for walk in walks.filter(|walk| walk.state == WalkState::Complete) {
        // A walk may have read its first pages as early as this.
        fresh.entry(walk.stream.as_str()).or_insert(walk.started_at);
    }
    fresh
}
