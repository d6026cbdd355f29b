//! What a mapping looks up, read from a store one by one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use ats_core::{Bundle, IntegrationId, Related};
use ats_store::{Error, Result, Store};

type Found = Vec<Arc<Bundle>>;

/// Answers by name, of each stream; apart for bundles and for groups.
type Known = HashMap<(&'static str, bool), HashMap<String, Found>>;

/// The bundles of one integration. What was found once is remembered, since the same mapping is
/// made a thousand times.
pub(super) struct Reading<'a> {
    store: &'a dyn Store,
    integration: &'a IntegrationId,
    known: Mutex<Known>,
    /// `map` cannot fail, so an error waits here until it is over.
    error: Mutex<Option<Error>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(store: &'a dyn Store, integration: &'a IntegrationId) -> Self {
        Self {
            store,
            integration,
            known: Mutex::default(),
            error: Mutex::default(),
        }
    }

    /// Whether every look-up could be made.
    pub(super) fn check(self) -> Result<()> {
        let error = self
            .error
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        error.map_or(Ok(()), Err)
    }

    fn find(&self, stream: &'static str, is_group: bool, name: &str) -> Found {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry((stream, is_group)).or_default();
        if let Some(found) = known.get(name) {
            return found.clone();
        }
        let read = if is_group {
            self.store.group(self.integration, stream, name)
        } else {
            let found = self.store.bundle(self.integration, stream, name);
            found.map(|found| found.into_iter().collect())
        };
        let found: Found = match read {
            Ok(found) => found
                .into_iter()
                .map(|stored| Arc::new(stored.bundle))
                .collect(),
            Err(failed) => {
                let mut error = self.error.lock().unwrap_or_else(PoisonError::into_inner);
                error.get_or_insert(failed);
                Found::default()
            }
        };
        known.insert(name.to_owned(), found.clone());
        found
    }
}

impl Related for Reading<'_> {
    fn get(&self, stream: &'static str, id: &str) -> Option<Arc<Bundle>> {
        self.find(stream, false, id).into_iter().next()
    }

    fn group(&self, stream: &'static str, group: &str) -> Vec<Arc<Bundle>> {
        self.find(stream, true, group)
    }
}
