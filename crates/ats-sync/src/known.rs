//! What `fetch` may look up to save requests: its own stream and those that it uses, as they are
//! stored.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use ats_core::{Bundle, Error, ErrorKind, Known, Result};

use crate::{
    related::may_see,
    session::{Place, Session},
    task,
};

/// So many bundles of its own stream are read at once.
const ROUND: usize = 128;

/// So many ids in a row are no accident.
const IN_ORDER: usize = 6;

/// The stored bundles as one stream may see them.
#[derive(Debug)]
pub(crate) struct Stored {
    session: Arc<Session>,
    place: Place,
    uses: &'static [&'static str],
    /// Whether nothing of the stream was stored when its walk began. What the walk itself has
    /// brought since is not looked for: at worst a detail is asked for twice.
    empty: bool,
    ahead: Mutex<Ahead>,
}

/// Bundles that were read together. Whoever asks for one after another in the order of their ids
/// would wait for a thread and for the store each time.
#[derive(Debug, Default)]
struct Ahead {
    /// The id that was asked for last.
    last: Option<String>,
    /// How many ids in a row came after the one before.
    in_order: usize,
    /// Everything stored behind the first of these and up to the second; to the end without one.
    between: Option<(String, Option<String>)>,
    bundles: HashMap<String, Arc<Bundle>>,
}

impl Ahead {
    /// The answer, if the bundles tell it.
    fn answer(&self, id: &str) -> Option<Option<Arc<Bundle>>> {
        let (after, until) = self.between.as_ref()?;
        let told = id > after.as_str() && until.as_deref().is_none_or(|until| id <= until);
        told.then(|| self.bundles.get(id).cloned())
    }

    /// Notes what is asked for. Gives the id before, if it pays to read on from there.
    fn note(&mut self, id: &str) -> Option<String> {
        let before = self.last.replace(id.to_owned())?;
        let follows = before.as_str() < id;
        self.in_order = if follows { self.in_order + 1 } else { 0 };
        (self.in_order >= IN_ORDER).then_some(before)
    }
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
            ahead: Mutex::default(),
        }
    }

    fn is_own(&self, stream: &'static str) -> bool {
        stream == self.place.name
    }

    fn may_see(&self, stream: &'static str) -> bool {
        self.is_own(stream) || may_see(self.uses, self.place.name, stream, "fetch")
    }

    /// A bundle of its own stream.
    async fn own(&self, id: &str) -> Result<Option<Arc<Bundle>>> {
        let before = {
            let mut ahead = self.ahead();
            let before = ahead.note(id);
            if let Some(answer) = ahead.answer(id) {
                return Ok(answer);
            }
            before
        };
        let stream = self.place.name;
        let Some(after) = before else {
            return self.alone(id).await;
        };
        let from = after.clone();
        let read = self
            .read(move |session| {
                let (store, integration) = (&session.store, &session.integration);
                let mut round = store.bundles(integration, stream, Some(&from), ROUND)?;
                let until = round.last().filter(|_| round.len() == ROUND);
                let until = until.map(|last| last.bundle.id.clone());
                let bundles = round
                    .drain(..)
                    .map(|stored| (stored.bundle.id.clone(), Arc::new(stored.bundle)));
                Ok((until, bundles.collect()))
            })
            .await?;
        let answer = {
            let mut ahead = self.ahead();
            (ahead.between, ahead.bundles) = (Some((after, read.0)), read.1);
            ahead.answer(id)
        };
        match answer {
            Some(answer) => Ok(answer),
            // It lies further on.
            None => self.alone(id).await,
        }
    }

    async fn alone(&self, id: &str) -> Result<Option<Arc<Bundle>>> {
        let (stream, id) = (self.place.name, id.to_owned());
        self.read(move |session| {
            let found = session.store.bundle(&session.integration, stream, &id)?;
            Ok(found.map(|found| Arc::new(found.bundle)))
        })
        .await
    }

    fn ahead(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
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
        match task::begin(move || read(&session)).await {
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
        if let Some(found) = self.session.holdings.at_hand(stream, id) {
            return Ok(found);
        }
        if self.is_own(stream) {
            return self.own(id).await;
        }
        let id = id.to_owned();
        self.read(move |session| session.holdings.bundle(stream, &id))
            .await
    }

    async fn bundles(&self, stream: &'static str) -> Result<Vec<Arc<Bundle>>> {
        if !self.may_see(stream) {
            return Ok(Vec::new());
        }
        self.read(move |session| session.holdings.bundles(stream))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_on_pays_only_for_who_asks_in_order() {
        let mut ahead = Ahead::default();
        let mut noted = |ids: &[&str]| {
            let noted: Vec<_> = ids.iter().map(|id| ahead.note(id)).collect();
            noted.into_iter().flatten().collect::<Vec<_>>().concat()
        };
        assert_eq!(noted(&["b", "a", "d", "c", "f", "e", "h", "g"]), "");
        assert_eq!(noted(&["h", "i", "j", "k", "l", "m", "n"]), "lm");
        assert_eq!(noted(&["a", "b"]), "");
    }

    #[test]
    fn what_was_read_together_tells_what_is_missing_between() {
        let read = |until: Option<&str>| Ahead {
            between: Some(("b".to_owned(), until.map(str::to_owned))),
            bundles: [("d".to_owned(), Arc::new(Bundle::new("d", Vec::new())))].into(),
            ..Ahead::default()
        };
        let told = |ahead: &Ahead| {
            ["b", "c", "d", "e"].map(|id| ahead.answer(id).map(|answer| answer.is_some()))
        };
        assert_eq!(told(&Ahead::default()), [None; 4]);
        let (no, yes) = (Some(false), Some(true));
        assert_eq!(told(&read(Some("d"))), [None, no, yes, None]);
        assert_eq!(told(&read(None)), [None, no, yes, no]);
    }
}
