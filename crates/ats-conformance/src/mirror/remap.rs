//! From bundles to records: what to map again, whose record wins, and what counts as a change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ats_core::{Bundle, BundleRef, Lookup, Mapped, ModelKind, Record, Recorder, Related, Stream};
use serde_json::Value;

use super::{Key, Mapping, Mirror, PassReport, Place, RelatedView, Stored};

/// A record as JSON, with references as `remote:` text.
pub fn json(record: &Record) -> Value {
    // Records hold text keys and finite numbers only, so this cannot fail; null is the honest rest.
    serde_json::to_value(record).unwrap_or_default()
}

/// The records of a mapping and the join records that stand on them.
pub fn with_joins(mapped: Mapped) -> impl Iterator<Item = Record> {
    mapped.records.into_iter().flat_map(|record| {
        let joins = record.joins();
        std::iter::once(record).chain(joins)
    })
}

impl Mirror {
    /// Puts a bundle, and marks what looked its old or new group up.
    pub(super) fn lay(&mut self, stream: &'static str, bundle: Arc<Bundle>) {
        let group = bundle.group.clone();
        let replaced = self.shelf.put(stream, bundle);
        self.touch_groups(stream, [group, replaced.and_then(|old| old.group.clone())]);
    }

    /// Takes a bundle away, and marks what looked its group up.
    pub(super) fn clear(&mut self, stream: &'static str, id: &str) {
        let removed = self.shelf.remove(stream, id);
        self.touch_groups(stream, [removed.and_then(|old| old.group.clone())]);
    }

    fn touch_groups(
        &mut self,
        stream: &'static str,
        groups: impl IntoIterator<Item = Option<String>>,
    ) {
        for group in groups.into_iter().flatten() {
            let lookup = Lookup::Group(BundleRef {
                stream: stream.into(),
                id: group,
            });
            if let Some(dependents) = self.dependents.get(&lookup) {
                self.touched.extend(dependents.iter().cloned());
            }
        }
    }

    /// Maps the changed bundles, and those whose look-ups they answer, without any request.
    pub(super) fn remap(
        &mut self,
        streams: &[&dyn Stream],
        changed: BTreeSet<Place>,
        report: &mut PassReport,
    ) {
        let mut due = std::mem::take(&mut self.touched);
        for (stream, id) in &changed {
            let lookup = Lookup::Bundle(BundleRef {
                stream: (*stream).into(),
                id: id.clone(),
            });
            due.extend(self.dependents.get(&lookup).into_iter().flatten().cloned());
        }
        due.extend(changed.iter().cloned());
        let streams: BTreeMap<&str, &dyn Stream> = streams
            .iter()
            .map(|stream| (stream.name(), *stream))
            .collect();
        let mut keys = BTreeSet::new();
        for place in due {
            if let Some(stream) = streams.get(place.0) {
                let fresh = changed.contains(&place);
                self.map_one(*stream, place, fresh, &mut keys, report);
            }
        }
        for key in keys {
            self.settle(key, report);
        }
    }

    fn map_one(
        &mut self,
        stream: &dyn Stream,
        place: Place,
        fresh: bool,
        keys: &mut BTreeSet<Key>,
        report: &mut PassReport,
    ) {
        self.forget(&place, keys);
        let Some(bundle) = self.shelf.get(place.0, &place.1) else {
            return;
        };
        let view = RelatedView::new(stream, &self.shelf);
        let recorder = Recorder::new(&view);
        let mapped = stream.map(&bundle, &recorder);
        let lookups = recorder.into_lookups();
        report.violations.append(&mut view.into_violations());
        // The stream's own outcome may not be there yet when an earlier stream remaps it.
        let outcome = report.streams.entry(place.0).or_default();
        outcome.remapped += usize::from(!fresh);
        outcome.losses.extend(mapped.losses.iter().cloned());
        let mut mapping = Mapping {
            losses: mapped.losses.clone(),
            ..Mapping::default()
        };
        for record in with_joins(mapped) {
            let key = (record.kind(), record.remote_key().into_owned());
            let givers = self.givers.entry(key.clone()).or_default();
            givers.insert(place.clone(), record);
            mapping.keys.insert(key);
        }
        keys.extend(mapping.keys.iter().cloned());
        for lookup in &lookups {
            let dependents = self.dependents.entry(lookup.clone()).or_default();
            dependents.insert(place.clone());
        }
        mapping.lookups = lookups;
        self.mappings.insert(place, mapping);
    }

    fn forget(&mut self, place: &Place, keys: &mut BTreeSet<Key>) {
        let Some(mapping) = self.mappings.remove(place) else {
            return;
        };
        for lookup in &mapping.lookups {
            if let Some(dependents) = self.dependents.get_mut(lookup) {
                dependents.remove(place);
            }
        }
        for key in mapping.keys {
            if let Some(givers) = self.givers.get_mut(&key) {
                givers.remove(place);
            }
            keys.insert(key);
        }
    }

    /// Decides what a key shows now. Of several givers the last in the order of stream and bundle
    /// id wins, always, so that the records are a function of the bundles and not of their history.
    fn settle(&mut self, key: Key, report: &mut PassReport) {
        let winner = self
            .givers
            .get(&key)
            .and_then(|givers| givers.last_key_value());
        let tick = self.tick;
        let count = |table: &mut BTreeMap<ModelKind, usize>| *table.entry(key.0).or_default() += 1;
        let Some((_, record)) = winner else {
            self.givers.remove(&key);
            if let Some(stored) = self.stored.get_mut(&key).filter(|stored| !stored.gone) {
                stored.gone = true;
                stored.changed_at = tick;
                stored.deleted_at = stored.deleted_at.or(Some(tick));
                count(&mut report.deleted);
            }
            return;
        };
        let archived = record.archived();
        let Some(stored) = self.stored.get_mut(&key) else {
            let (id, _) = record.clone().identify(&self.integration);
            let stored = Stored {
                id,
                record: record.clone(),
                changed_at: tick,
                deleted_at: archived.then_some(tick),
                gone: false,
            };
            self.stored.insert(key.clone(), stored);
            count(&mut report.created);
            return;
        };
        let deleted_at = archived.then(|| stored.deleted_at.unwrap_or(tick));
        let same = stored.record == *record || json(&stored.record) == json(record);
        if !same || stored.gone || stored.deleted_at != deleted_at {
            stored.changed_at = tick;
            count(&mut report.updated);
        }
        stored.record = record.clone();
        stored.gone = false;
        stored.deleted_at = deleted_at;
    }
}
