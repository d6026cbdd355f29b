//! What laws look with: walks that keep every page, and a bench with one honest reading to compare
//! with. It judges nothing that a law has not asked for.

use std::{collections::BTreeMap, fmt, sync::Arc};

use ats_core::{Bundle, Connector, Error, Next, PageRequest, RawPage, Shelf, Start, Stream, Walk};
use ats_simulator::{Fault, FaultKind};

use crate::{Failure, Harness, Remote, WorldKind, mirror::KnownView};

/// More pages than any walk of the small world needs: past this it will not end.
const MOST_PAGES: usize = 1_000;

/// One page, with what asked for it and what was known by then.
#[derive(Debug)]
pub(super) struct PageRead {
    pub(super) request: PageRequest,
    pub(super) known: Shelf,
    pub(super) page: RawPage,
}

/// One walk over one stream.
#[derive(Debug)]
pub(super) struct StreamRead {
    pub(super) pages: Vec<PageRead>,
    pub(super) calls: BTreeMap<String, usize>,
    pub(super) end: End,
}

/// How a walk ended.
#[derive(Debug)]
pub(super) enum End {
    /// At its end.
    Complete,
    /// With an error.
    Failed(Error),
    /// Not at all.
    Endless,
}

impl StreamRead {
    /// The bundles in the order in which they came.
    pub(super) fn bundles(&self) -> impl Iterator<Item = &Bundle> {
        self.pages.iter().flat_map(|read| &read.page.bundles)
    }

    /// How many rows were rejected.
    pub(super) fn rejects(&self) -> usize {
        self.pages.iter().map(|read| read.page.rejects.len()).sum()
    }

    pub(super) fn calls_of(&self, endpoint: &str) -> usize {
        self.calls.get(endpoint).copied().unwrap_or(0)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("the walk ended as a success"),
            Self::Failed(error) => write!(f, "{} ({error})", error.kind().code()),
            Self::Endless => f.write_str("the walk did not end"),
        }
    }
}

/// How often each endpoint was asked.
pub(super) fn calls(remote: &dyn Remote) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for sent in remote.requests() {
        *calls.entry(sent.endpoint).or_default() += 1;
    }
    calls
}

/// Walks a stream from `request` on. What it brings is known to its later pages.
pub(super) async fn walk(
    remote: &dyn Remote,
    stream: &dyn Stream,
    mut request: PageRequest,
    shelf: &Shelf,
) -> StreamRead {
    remote.clear_requests();
    let mut shelf = shelf.clone();
    let mut pages: Vec<PageRead> = Vec::new();
    let mut walk = Walk::resume(stream, request.clone());
    let end = loop {
        let page = {
            let known = KnownView::new(stream, &shelf);
            walk.next(&known).await
        };
        let page = match page {
            Ok(Some(page)) => page,
            Ok(None) => break End::Complete,
            Err(error) => break End::Failed(error),
        };
        let known = shelf.clone();
        for bundle in &page.bundles {
            shelf.put(stream.name(), Arc::new(bundle.clone()));
        }
        let asked = request.clone();
        if let Next::Page(cursor) = &page.next {
            request.cursor = Some(cursor.clone());
        }
        pages.push(PageRead {
            request: asked,
            known,
            page,
        });
        if pages.len() > MOST_PAGES {
            break End::Endless;
        }
    };
    StreamRead {
        pages,
        calls: calls(remote),
        end,
    }
}

/// The first page of a full walk.
pub(super) fn from_the_start() -> PageRequest {
    PageRequest {
        start: Start::Full,
        cursor: None,
    }
}

/// A vendor, a connector, and one honest reading of everything to compare with.
pub(super) struct Bench {
    pub(super) remote: Arc<dyn Remote>,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) streams: BTreeMap<&'static str, StreamRead>,
    /// What was known when the stream's turn came.
    before: BTreeMap<&'static str, Shelf>,
}

/// A place where something can go wrong: an endpoint that a stream asks.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) stream: &'static str,
    pub(super) endpoint: String,
    pub(super) calls: usize,
}

impl Spot {
    /// The first and the last request to the endpoint.
    pub(super) fn ends(&self) -> Vec<u32> {
        let last = u32::try_from(self.calls.saturating_sub(1)).unwrap_or(0);
        if last == 0 { vec![0] } else { vec![0, last] }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stream {}, endpoint {}", self.stream, self.endpoint)
    }
}

/// Starts the small world with at most `cap` rows a page.
pub(super) async fn start(harness: &dyn Harness, cap: Option<usize>) -> Arc<dyn Remote> {
    let world = WorldKind::Small { page_size_cap: cap };
    Arc::from(harness.start(world).await)
}

impl Bench {
    /// Starts the small world with at most `cap` rows a page, and reads it.
    pub(super) async fn start(harness: &dyn Harness, cap: usize) -> Result<Self, Failure> {
        let remote = start(harness, Some(cap)).await;
        let connector = remote.connector();
        Self::read(remote, connector).await
    }

    /// Reads everything.
    pub(super) async fn read(
        remote: Arc<dyn Remote>,
        connector: Arc<dyn Connector>,
    ) -> Result<Self, Failure> {
        let mut bench = Self {
            remote,
            connector: Arc::clone(&connector),
            streams: BTreeMap::new(),
            before: BTreeMap::new(),
        };
        let mut shelf = Shelf::default();
        for stream in connector.streams() {
            let read = walk(&*bench.remote, stream, from_the_start(), &shelf).await;
            if !matches!(read.end, End::Complete) {
                return Err(Failure::default()
                    .expected(
                        format!("stream {} reads the small world to its end", stream.name()),
                        "",
                    )
                    .came(&read.end));
            }
            bench.before.insert(stream.name(), shelf.clone());
            for bundle in read.bundles() {
                shelf.put(stream.name(), Arc::new(bundle.clone()));
            }
            bench.streams.insert(stream.name(), read);
        }
        Ok(bench)
    }

    /// Every endpoint that each stream asks in a full walk.
    pub(super) fn spots(&self) -> Vec<Spot> {
        let mut spots = Vec::new();
        for (stream, read) in &self.streams {
            spots.extend(read.calls.iter().map(|(endpoint, calls)| Spot {
                stream,
                endpoint: endpoint.clone(),
                calls: *calls,
            }));
        }
        spots
    }

    /// What was known when the stream's turn came.
    pub(super) fn before(&self, stream: &str) -> Shelf {
        self.before.get(stream).cloned().unwrap_or_default()
    }

    /// Walks a stream again from `request`, knowing what was known when its turn came.
    pub(super) async fn again(&self, stream: &str, request: PageRequest) -> Option<StreamRead> {
        let streams = self.connector.streams();
        let stream = streams.into_iter().find(|known| known.name() == stream)?;
        Some(walk(&*self.remote, stream, request, &self.before(stream.name())).await)
    }

    /// Walks a stream from its beginning while `kind` hits `times` requests after `skip` to the
    /// spot's endpoint.
    pub(super) async fn harmed(
        &self,
        spot: &Spot,
        skip: u32,
        times: u32,
        kind: FaultKind,
    ) -> Result<StreamRead, Failure> {
        let endpoint = Some(spot.endpoint.clone());
        self.remote.inject(Fault {
            endpoint,
            skip,
            times,
            kind,
        });
        let read = self.again(spot.stream, from_the_start()).await;
        self.remote.clear_faults();
        read.ok_or_else(|| {
            Failure::default()
                .expected(format!("stream {} is there each time", spot.stream), "")
                .came("it is gone")
        })
    }

    /// The first difference between what a walk brought and what the honest one brought.
    pub(super) fn difference(&self, stream: &str, read: &StreamRead) -> Option<String> {
        let honest = self.streams.get(stream)?;
        let bundles = |read: &StreamRead| read.bundles().cloned().collect::<Vec<_>>();
        difference_of_bundles(&bundles(honest), &bundles(read))
    }
}

/// The first difference between two lists of bundles, their order aside.
pub(super) fn difference_of_bundles(expected: &[Bundle], came: &[Bundle]) -> Option<String> {
    let by_id = |bundles: &[Bundle]| -> BTreeMap<String, Bundle> {
        bundles
            .iter()
            .map(|bundle| (bundle.id.clone(), bundle.clone()))
            .collect()
    };
    let (left, right) = (by_id(expected), by_id(came));
    if right.len() != came.len() {
        let twice = came
            .iter()
            .find(|one| came.iter().filter(|other| other.id == one.id).count() > 1);
        return Some(format!(
            "the bundle {} came twice",
            twice.map_or("", |bundle| &bundle.id)
        ));
    }
    let missing = left.keys().find(|id| !right.contains_key(*id));
    let extra = right.keys().find(|id| !left.contains_key(*id));
    let other = left
        .iter()
        .find(|(id, bundle)| right.get(*id).is_some_and(|came| came != *bundle));
    missing
        .map(|id| {
            format!(
                "the bundle {id} did not come ({} of {} did)",
                right.len(),
                left.len()
            )
        })
        .or_else(|| extra.map(|id| format!("the bundle {id} came, which nobody expected")))
        .or_else(|| other.map(|(id, _)| format!("the bundle {id} came with other documents")))
}
