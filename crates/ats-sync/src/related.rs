//! What mappings look up: the stored bundles of the streams that others use, kept in memory as far
//! as that pays.
//!
//! A stream is looked up only after it was walked in this pass, so what is kept stays true for the
//! rest of the pass. Reading a whole stream costs as much as a number of single readings, so it is
//! done once that many were made: a delta pass that maps three bundles reads three.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use ats_core::{Bundle, Connector, IntegrationId, Lookup, Related, Shelf, Stream};
use ats_store::{Error, Result, Store};

/// Streams with more text than this are not held in memory, so that it does not grow with the
/// organisation.
const MOST_HELD: usize = 8 * 1024 * 1024;

/// So many single readings cost about as much as reading eight times as many at once.
const PAYS_AFTER: u64 = 8;

/// So much text of a large stream is remembered.
const MOST_REMEMBERED: usize = 4 * 1024 * 1024;

/// What an answer takes beside its text.
const PER_ANSWER: usize = 256;

/// So many bundles are read at once.
const ROUND: usize = 500;

/// The bundles of all streams that others use.
#[derive(Debug)]
pub(crate) struct Holdings {
    store: Arc<dyn Store>,
    integration: IntegrationId,
    shelves: HashMap<&'static str, RwLock<State>>,
}

#[derive(Debug)]
enum State {
    /// Answers that were asked for one by one.
    Apart(Apart),
    /// Everything.
    Whole(Shelf),
}

#[derive(Debug, Default)]
struct Apart {
    count: Option<u64>,
    readings: u64,
    bundles: HashMap<String, Option<Arc<Bundle>>>,
    groups: HashMap<String, Vec<Arc<Bundle>>>,
    /// About how much memory the answers take.
    size: usize,
    /// The hashes of all groups of a stream that is too large to be held, so that a miss costs
    /// nothing.
    known_groups: Option<HashSet<u64>>,
}

/// A stream that was read from its beginning to its end.
enum Read {
    Whole(Shelf),
    /// It is too large; these are the hashes of its groups.
    TooLarge(HashSet<u64>),
}

/// One look-up.
#[derive(Debug, Clone, Copy)]
enum Wanted<'a> {
    Bundle(&'a str),
    Group(&'a str),
}

impl Holdings {
    /// The holdings of a connector, with nothing in memory.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        integration: IntegrationId,
        connector: &dyn Connector,
    ) -> Self {
        let streams = connector.streams();
        let used = streams
            .iter()
            .flat_map(|stream| stream.uses().iter().copied());
        Self {
            shelves: used
                .map(|name| (name, RwLock::new(State::Apart(Apart::default()))))
                .collect(),
            store,
            integration,
        }
    }

    /// A bundle, if that can be told without reading the store.
    pub(crate) fn at_hand(&self, stream: &'static str, id: &str) -> Option<Option<Arc<Bundle>>> {
        let state = self.shelves.get(stream)?;
        let state = state.read().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Whole(shelf) => Some(shelf.get(stream, id)),
            State::Apart(apart) => apart.bundles.get(id).cloned(),
        }
    }

    /// A bundle.
    pub(crate) fn bundle(&self, stream: &'static str, id: &str) -> Result<Option<Arc<Bundle>>> {
        if let Some(found) = self.at_hand(stream, id) {
            return Ok(found);
        }
        let found = self.look_up(stream, Wanted::Bundle(id))?;
        Ok(found.into_iter().next())
    }

    /// The bundles of a group, in the order of their ids.
    pub(crate) fn group(&self, stream: &'static str, group: &str) -> Result<Vec<Arc<Bundle>>> {
        self.look_up(stream, Wanted::Group(group))
    }

    /// All bundles of a stream, in the order of their ids.
    pub(crate) fn bundles(&self, stream: &'static str) -> Result<Vec<Arc<Bundle>>> {
        if let Some(state) = self.shelves.get(stream)
            && let State::Whole(shelf) = &*state.read().unwrap_or_else(PoisonError::into_inner)
        {
            return Ok(shelf.stream(stream).cloned().collect());
        }
        let mut bundles = Vec::new();
        self.each(stream, |bundle| bundles.push(bundle))?;
        Ok(bundles)
    }

    fn look_up(&self, stream: &'static str, wanted: Wanted<'_>) -> Result<Vec<Arc<Bundle>>> {
        let Some(state) = self.shelves.get(stream) else {
            return Ok(Vec::new());
        };
        {
            let state = state.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = state.known(stream, wanted) {
                return Ok(found);
            }
        }
        let mut state = state.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if let Some(found) = state.known(stream, wanted) {
            return Ok(found);
        }
        let State::Apart(apart) = &mut *state else {
            return Ok(Vec::new());
        };
        let count = match apart.count {
            Some(count) => count,
            None => *apart
                .count
                .insert(self.store.count_bundles(&self.integration, stream)?),
        };
        apart.readings += 1;
        if apart.readings * PAYS_AFTER >= count && apart.known_groups.is_none() {
            match self.read_whole(stream)? {
                Read::Whole(shelf) => {
                    *state = State::Whole(shelf);
                    return Ok(state.known(stream, wanted).unwrap_or_default());
                }
                Read::TooLarge(groups) => apart.known_groups = Some(groups),
            }
        }
        self.read(stream, wanted, apart)
    }

    fn read_whole(&self, stream: &'static str) -> Result<Read> {
        let mut shelf = Shelf::default();
        let mut groups = HashSet::new();
        let mut size = 0;
        self.each(stream, |bundle| {
            groups.extend(bundle.group.as_deref().map(hash));
            size += size_of(&bundle);
            if size <= MOST_HELD {
                shelf.put(stream, bundle);
            } else {
                shelf = Shelf::default();
            }
        })?;
        Ok(if size <= MOST_HELD {
            Read::Whole(shelf)
        } else {
            Read::TooLarge(groups)
        })
    }

    /// Reads one answer and remembers it.
    fn read(
        &self,
        stream: &'static str,
        wanted: Wanted<'_>,
        apart: &mut Apart,
    ) -> Result<Vec<Arc<Bundle>>> {
        match wanted {
            Wanted::Bundle(id) => {
                let found = self.store.bundle(&self.integration, stream, id)?;
                let found = found.map(|found| Arc::new(found.bundle));
                apart.make_room(found.iter().map(|bundle| size_of(bundle)).sum());
                apart.bundles.insert(id.to_owned(), found.clone());
                Ok(found.into_iter().collect())
            }
            Wanted::Group(group) => {
                let known = apart.known_groups.as_ref();
                if known.is_some_and(|known| !known.contains(&hash(group))) {
                    return Ok(Vec::new());
                }
                let found = self.store.group(&self.integration, stream, group)?;
                let found: Vec<_> = found
                    .into_iter()
                    .map(|found| Arc::new(found.bundle))
                    .collect();
                apart.make_room(found.iter().map(|bundle| size_of(bundle)).sum());
                apart.groups.insert(group.to_owned(), found.clone());
                Ok(found)
            }
        }
    }

    fn each(&self, stream: &str, mut each: impl FnMut(Arc<Bundle>)) -> Result<()> {
        let mut after: Option<String> = None;
        loop {
            let round = self
                .store
                .bundles(&self.integration, stream, after.as_deref(), ROUND)?;
            let last = round.len() < ROUND;
            after = round.last().map(|stored| stored.bundle.id.clone());
            for stored in round {
                each(Arc::new(stored.bundle));
            }
            if last {
                return Ok(());
            }
        }
    }
}

impl Apart {
    /// Makes sure that an answer of this size may be remembered.
    fn make_room(&mut self, size: usize) {
        if self.size > MOST_REMEMBERED {
            self.bundles.clear();
            self.groups.clear();
            self.size = 0;
        }
        self.size += size + PER_ANSWER;
    }
}

/// About how much memory a bundle takes.
fn size_of(bundle: &Bundle) -> usize {
    let documents = bundle.documents.iter();
    documents
        .map(|document| document.body.get().len())
        .sum::<usize>()
        + PER_ANSWER
}

impl State {
    /// The answer, if it needs no reading.
    fn known(&self, stream: &'static str, wanted: Wanted<'_>) -> Option<Vec<Arc<Bundle>>> {
        match (self, wanted) {
            (Self::Whole(shelf), Wanted::Bundle(id)) => {
                Some(shelf.get(stream, id).into_iter().collect())
            }
            (Self::Whole(shelf), Wanted::Group(group)) => Some(shelf.group(stream, group)),
            (Self::Apart(apart), Wanted::Bundle(id)) => {
                Some(apart.bundles.get(id)?.iter().cloned().collect())
            }
            (Self::Apart(apart), Wanted::Group(group)) => match apart.groups.get(group) {
                Some(found) => Some(found.clone()),
                None => {
                    let known = apart.known_groups.as_ref()?;
                    (!known.contains(&hash(group))).then(Vec::new)
                }
            },
        }
    }
}

fn hash(group: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(group)
}

/// The holdings as one mapping may see them: the streams that its own stream says it uses.
///
/// `map` cannot fail, so an error of the store waits here until it is over.
#[derive(Debug)]
pub(crate) struct View<'a> {
    holdings: &'a Holdings,
    stream: &'static str,
    uses: &'static [&'static str],
    error: Mutex<Option<Error>>,
}

impl<'a> View<'a> {
    /// What `map` of `stream` may see.
    pub(crate) fn new(holdings: &'a Holdings, stream: &dyn Stream) -> Self {
        Self {
            holdings,
            stream: stream.name(),
            uses: stream.uses(),
            error: Mutex::default(),
        }
    }

    /// Whether every look-up so far could be made.
    pub(crate) fn check(&self) -> Result<()> {
        let mut error = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        error.take().map_or(Ok(()), Err)
    }

    /// The bundles that a look-up finds.
    pub(crate) fn found_by(&self, lookup: &Lookup) -> Vec<Arc<Bundle>> {
        let (Lookup::Bundle(place) | Lookup::Group(place)) = lookup;
        // Look-ups are written down with the names that streams gave, which are all static.
        let Cow::Borrowed(stream) = place.stream else {
            return Vec::new();
        };
        match lookup {
            Lookup::Bundle(_) => self.get(stream, &place.id).into_iter().collect(),
            Lookup::Group(_) => self.group(stream, &place.id),
        }
    }

    fn find<T: Default>(&self, stream: &'static str, find: impl FnOnce() -> Result<T>) -> T {
        if !may_see(self.uses, self.stream, stream, "map") {
            return T::default();
        }
        find().unwrap_or_else(|failed| {
            let mut error = self.error.lock().unwrap_or_else(PoisonError::into_inner);
            error.get_or_insert(failed);
            T::default()
        })
    }
}

impl Related for View<'_> {
    fn get(&self, stream: &'static str, id: &str) -> Option<Arc<Bundle>> {
        self.find(stream, || self.holdings.bundle(stream, id))
    }

    fn group(&self, stream: &'static str, group: &str) -> Vec<Arc<Bundle>> {
        self.find(stream, || self.holdings.group(stream, group))
    }
}

/// Whether a stream names the one that it looks up. If not, it is a defect of the connector: the
/// engine would not know what to map again.
pub(crate) fn may_see(
    uses: &[&'static str],
    stream: &'static str,
    asked: &'static str,
    by: &'static str,
) -> bool {
    let named = uses.contains(&asked);
    if !named {
        tracing::error!(
            stream,
            asked,
            by,
            "a look-up in a stream that `uses` does not name"
        );
    }
    named
}
