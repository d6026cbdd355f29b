//! What `fetch` may look up to save requests: its own stream and those that it uses, as they are
//! stored.

use std::sync::Arc;

use async_trait::async_trait;
use ats_core::{Bundle, Error, ErrorKind, Known, Result};

use crate::{
    related::may_see,
    session::{Place, Session},
};

/// The stored bundles as one stream may see them.
#[derive(Debug)]
pub(crate) struct Stored {
    session: Arc<Session>,
    place: Place,
    uses: &'static [&'static str],
    /// Whether nothing of the stream was stored when its walk began. What the walk itself has
    /// brought since is not looked for: at worst a detail is asked for twice.
    empty: bool,
}

impl Stored {
    /// What `fetch` of the stream at `place` may see.
    pub(crate) fn new(session: Arc<Session>, place: Place, empty: bool) -> Self {
        let uses = session.stream(place).uses();
        Self {
            session,
            place,
            uses,
            empty,
        }
    }

    fn is_own(&self, stream: &'static str) -> bool {
        stream == self.place.name
    }

    fn may_see(&self, stream: &'static str) -> bool {
        self.is_own(stream) || may_see(self.uses, self.place.name, stream, "fetch")
    }

    /// Reads the store on a thread that may wait.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Session) -> ats_store::Result<T> + Send + 'static,
    ) -> Result<T> {
        let session = Arc::clone(&self.session);
        let name = self.place.name;
        let failed = || {
            Error::new(
                ErrorKind::Unexpected,
                name,
                "what is stored already could not be read",
            )
        };
        match tokio::task::spawn_blocking(move || read(&session)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(failed().because(error)),
            Err(error) => Err(failed().because(error)),
        }
    }
}

#[async_trait]
impl Known for Stored {
    async fn bundle(&self, stream: &'static str, id: &str) -> Result<Option<Arc<Bundle>>> {
        if !self.may_see(stream) || (self.empty && self.is_own(stream)) {
            return Ok(None);
        }
        if let Some(found) = self.session.library.at_hand(stream, id) {
            return Ok(found);
        }
        let own = self.is_own(stream);
        let id = id.to_owned();
        self.read(move |session| {
            if own {
                let found = session.store.bundle(&session.integration, stream, &id)?;
                Ok(found.map(|found| Arc::new(found.bundle)))
            } else {
                session.library.bundle(stream, &id)
            }
        })
        .await
    }

    async fn bundles(&self, stream: &'static str) -> Result<Vec<Arc<Bundle>>> {
        if !self.may_see(stream) {
            return Ok(Vec::new());
        }
        self.read(move |session| session.library.bundles(stream))
            .await
    }
}
