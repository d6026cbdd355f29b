//! One mapping of the bundle that gives a record: as it is stored, or with one bundle in place of
//! another.
//!
//! It knows streams and bundles only, and no store.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use ats_core::{Bundle, Id, IntegrationId, Loss, ModelKind, Related, Stream};
use serde_json::{Map, Value};

/// A document that a record is mapped from.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) stream: &'static str,
    pub(super) bundle: Arc<Bundle>,
    pub(super) index: usize,
    pub(super) own: bool,
}

/// The record to be traced, and what it is mapped from.
pub(super) struct Subject<'a> {
    pub(super) stream: &'a dyn Stream,
    pub(super) bundle: Arc<Bundle>,
    pub(super) related: &'a dyn Related,
    pub(super) integration: &'a IntegrationId,
    pub(super) model: ModelKind,
    pub(super) id: Id,
}

/// Records by id, each with its key and its fields.
pub(super) type Records = BTreeMap<Id, (String, Map<String, Value>)>;

/// The record before anything is changed.
pub(super) struct Base {
    pub(super) record: Map<String, Value>,
    pub(super) key: String,
    pub(super) losses: Vec<Loss>,
    /// Every record of the model that the bundle gives.
    pub(super) ids: BTreeSet<Id>,
}

impl Base {
    /// `None` if the bundle does not give the record.
    pub(super) fn of(subject: &Subject<'_>, view: &View<'_>) -> Option<Self> {
        let (mut records, losses) = subject.map(&subject.bundle, view);
        let ids = records.keys().copied().collect();
        let (key, record) = records.remove(&subject.id)?;
        Some(Self {
            record,
            key,
            losses,
            ids,
        })
    }
}

impl Subject<'_> {
    /// All documents that `view` handed out, after those of the record's own bundle.
    pub(super) fn documents(&self, view: &View<'_>) -> Vec<Seen> {
        let own = (self.stream.name(), Arc::clone(&self.bundle));
        let handed_out = view.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let bundles = [own].into_iter().chain(handed_out.iter().cloned());
        let documents = bundles.enumerate().flat_map(|(place, (stream, bundle))| {
            (0..bundle.documents.len()).map(move |index| Seen {
                stream,
                bundle: Arc::clone(&bundle),
                index,
                own: place == 0,
            })
        });
        documents.collect()
    }

    /// The records of the model by id, each with its key, and the losses.
    pub(super) fn map(&self, bundle: &Bundle, view: &View<'_>) -> (Records, Vec<Loss>) {
        let mapped = self.stream.map(bundle, view);
        let joins: Vec<_> = mapped
            .records
            .iter()
            .flat_map(|record| record.joins())
            .collect();
        let all = mapped.records.into_iter().chain(joins);
        let of_model = all.filter(|record| record.kind() == self.model);
        let records = of_model.filter_map(|mut record| {
            record.take_remote_data();
            let key = record.remote_key().into_owned();
            let id = Id::derive([self.integration.as_str(), self.model.name(), &key]);
            match serde_json::to_value(&record) {
                Ok(Value::Object(fields)) => Some((id, (key, fields))),
                _ => None,
            }
        });
        (records.collect(), mapped.losses)
    }
}

/// What a mapping looks up: written down, or with one bundle in place of another.
pub(super) struct View<'a> {
    inner: &'a dyn Related,
    instead: Option<(&'a Seen, Arc<Bundle>)>,
    seen: Mutex<Vec<(&'static str, Arc<Bundle>)>>,
}

impl<'a> View<'a> {
    /// What is stored.
    pub(super) fn new(inner: &'a dyn Related) -> Self {
        Self {
            inner,
            instead: None,
            seen: Mutex::default(),
        }
    }

    /// What is stored, with `bundle` in place of the one that `seen` is of.
    pub(super) fn instead(inner: &'a dyn Related, seen: &'a Seen, bundle: Arc<Bundle>) -> Self {
        Self {
            instead: Some((seen, bundle)),
            ..Self::new(inner)
        }
    }

    /// What refers to a bundle by its id goes on to do so when it gets another one.
    fn by_old_name<'b>(&'b self, name: &'b str) -> &'b str {
        match &self.instead {
            Some((seen, bundle)) if bundle.id == name => &seen.bundle.id,
            _ => name,
        }
    }

    fn hand_out(&self, stream: &'static str, bundle: Arc<Bundle>) -> Arc<Bundle> {
        if let Some((seen, instead)) = &self.instead {
            let is_it = seen.stream == stream && seen.bundle.id == bundle.id;
            return if is_it { Arc::clone(instead) } else { bundle };
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |(of, known): &(&str, Arc<Bundle>)| *of == stream && known.id == bundle.id;
        if !seen.iter().any(is_it) {
            seen.push((stream, Arc::clone(&bundle)));
        }
        bundle
    }
}

impl Related for View<'_> {
    fn get(&self, stream: &'static str, id: &str) -> Option<Arc<Bundle>> {
        let bundle = self.inner.get(stream, self.by_old_name(id))?;
        Some(self.hand_out(stream, bundle))
    }

    fn group(&self, stream: &'static str, group: &str) -> Vec<Arc<Bundle>> {
        let bundles = self
            .inner
            .group(stream, self.by_old_name(group))
            .into_iter();
        bundles
            .map(|bundle| self.hand_out(stream, bundle))
            .collect()
    }
}
