//! What a connector may look up of the mirror while it performs an action.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use ats_core::{Bundle, Error, ErrorKind, IntegrationId, Known, Mirror, Result};
use ats_store::Store;

/// So many bundles are read at once.
const ROUND: usize = 500;

/// The stored bundles of an integration.
pub(super) struct StoredMirror {
    store: Arc<dyn Store>,
    integration: IntegrationId,
}

impl fmt::Debug for StoredMirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredMirror")
            .field("integration", &self.integration)
            .finish_non_exhaustive()
    }
}

impl StoredMirror {
    pub(super) fn new(store: Arc<dyn Store>, integration: IntegrationId) -> Self {
        Self { store, integration }
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Store, &IntegrationId) -> ats_store::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (store, id) = (Arc::clone(&self.store), self.integration.clone());
        let failed = || Error::new(ErrorKind::Unexpected, "mirror", "it could not be read");
        match tokio::task::spawn_blocking(move || read(&*store, &id)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(failed().because(error)),
            Err(error) => Err(failed().because(error)),
        }
    }
}

#[async_trait]
impl Known for StoredMirror {
    async fn bundle(&self, stream: &'static str, id: &str) -> Result<Option<Arc<Bundle>>> {
        let bundle = id.to_owned();
        self.read(move |store, id| {
            let found = store.bundle(id, stream, &bundle)?;
            Ok(found.map(|found| Arc::new(found.bundle)))
        })
        .await
    }

    async fn bundles(&self, stream: &'static str) -> Result<Vec<Arc<Bundle>>> {
        self.read(move |store, id| {
            let mut all = Vec::new();
            let mut after: Option<String> = None;
            loop {
                let round = store.bundles(id, stream, after.as_deref(), ROUND)?;
                let is_last = round.len() < ROUND;
                after = round.last().map(|stored| stored.bundle.id.clone());
                all.extend(round.into_iter().map(|stored| Arc::new(stored.bundle)));
                if is_last {
                    return Ok(all);
                }
            }
        })
        .await
    }
}

#[async_trait]
impl Mirror for StoredMirror {
    async fn group(&self, stream: &'static str, group: &str) -> Result<Vec<Arc<Bundle>>> {
        let group = group.to_owned();
        self.read(move |store, id| {
            let found = store.group(id, stream, &group)?;
            Ok(found
                .into_iter()
                .map(|stored| Arc::new(stored.bundle))
                .collect())
        })
        .await
    }

    async fn candidates_with_email(&self, email: &str) -> Result<Vec<String>> {
        let email = email.to_owned();
        self.read(move |store, id| store.candidates_with_email(id, &email))
            .await
    }
}
