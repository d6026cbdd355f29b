//! What all parts of one pass share: the store, the connector, the time, the settings, and the right
//! to write.
//!
//! Whoever holds a session holds the right to write with it, so that no second pass can begin while
//! a thread of this one is still in the middle of something.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use ats_core::{Clock, Connector, Id, IntegrationId, ModelKind, Stream, Timestamp, Usage};
use ats_store::{Cause, Guard, Integration, PassKind, Result, Settings, Store, Tracked};
use chrono::{DateTime, Utc};

use crate::{layouts::Layouts, off::Off, related::Holdings, streams};

/// One pass, as all its threads see it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) integration: IntegrationId,
    pub(crate) settings: Settings,
    /// When the credentials were last replaced, if they ever were.
    pub(crate) credentials_replaced_at: Option<Timestamp>,
    /// All streams of the connector, in its order.
    pub(crate) places: Vec<Place>,
    /// The key of the pass.
    pub(crate) pass: i64,
    /// Full or delta.
    pub(crate) kind: PassKind,
    pub(crate) time: Time,
    pub(crate) holdings: Holdings,
    pub(crate) layouts: Layouts,
    pub(crate) tracked: Option<Tracking>,
    /// What of records is not kept.
    pub(crate) off: Off,
    /// Why what is read is written.
    pub(crate) cause: Cause,
    shows_documents: HashSet<ModelKind>,
    counted: Mutex<Usage>,
    _guard: Box<dyn Guard>,
}

/// In place of the right to write, for what need not wait for a pass.
#[derive(Debug)]
pub(crate) struct Unguarded;

impl Guard for Unguarded {}

/// A stream of the connector.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Its place among the streams of the connector.
    pub(crate) index: usize,
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether another stream of the connector looks it up.
    pub(crate) shared: bool,
    /// Whether it carries candidates or applications.
    pub(crate) people: bool,
}

/// What a session is made of.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) integration: &'a Integration,
    pub(crate) pass: i64,
    pub(crate) kind: PassKind,
    pub(crate) time: Time,
    pub(crate) guard: Box<dyn Guard>,
}

impl Session {
    /// A session of a pass that is written down.
    pub(crate) fn open(parts: Parts<'_>) -> Result<Self> {
        let Parts {
            store,
            connector,
            integration,
            pass,
            kind,
            time,
            guard,
        } = parts;
        let tracked = match integration.settings.sync_only_created {
            true => Some(Tracking::new(store.tracked(&integration.id)?)),
            false => None,
        };
        let shows_documents = ModelKind::ALL
            .iter()
            .copied()
            .filter(|kind| ats_core::fields(*kind).contains_key("remote_data"));
        Ok(Self {
            holdings: Holdings::new(store.clone(), integration.id.clone(), &*connector),
            counted: Mutex::new(connector.usage()),
            integration: integration.id.clone(),
            settings: integration.settings.clone(),
            credentials_replaced_at: Some(integration.credentials_changed_at)
                .filter(|changed| *changed > integration.created_at),
            places: streams::places(&*connector),
            pass,
            kind,
            time,
            layouts: Layouts::default(),
            cause: Cause::Fetched,
            tracked,
            off: Off::new(&integration.settings.scope),
            shows_documents: shows_documents.collect(),
            store,
            connector,
            _guard: guard,
        })
    }

    /// The place of the stream that is called so.
    pub(crate) fn place(&self, name: &str) -> Option<Place> {
        self.places.iter().copied().find(|place| place.name == name)
    }

    /// The stream at this place of the connector.
    pub(crate) fn stream(&self, place: Place) -> &dyn Stream {
        self.connector.streams()[place.index]
    }

    /// Whether records of this model show raw documents.
    pub(crate) fn shows_documents(&self, model: ModelKind) -> bool {
        self.settings.keeps_documents() && self.shows_documents.contains(&model)
    }

    /// Whether the raw documents of this stream are kept.
    pub(crate) fn keeps_documents(&self, place: Place) -> bool {
        self.settings.keeps_documents() || place.shared
    }

    /// Writes down what was asked of the vendor since the last time.
    pub(crate) fn book_usage(&self) -> Result<()> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.connector.usage();
        let more = now.since(*counted);
        if more != Usage::default() {
            self.store.add_usage(self.pass, more)?;
            *counted = now;
        }
        Ok(())
    }
}

/// The time that is written down. It never goes back, whatever the machine's clock does.
#[derive(Debug)]
pub(crate) struct Time {
    clock: Arc<dyn Clock>,
    latest: Mutex<Timestamp>,
}

impl Time {
    /// The time of an integration whose store was last written at `latest`.
    pub(crate) fn new(clock: Arc<dyn Clock>, latest: Option<Timestamp>) -> Self {
        let wall = wall(&*clock);
        Self {
            latest: Mutex::new(latest.map_or(wall, |latest| latest.max(wall))),
            clock,
        }
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = wall(&*self.clock).max(*latest);
        *latest
    }

    /// The clock itself, to wait on.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

fn wall(clock: &dyn Clock) -> Timestamp {
    DateTime::<Utc>::from(clock.wall()).into()
}

/// The candidates and applications that an integration is limited to.
#[derive(Debug)]
pub(crate) struct Tracking(RwLock<HashSet<Tracked>>);

impl Tracking {
    fn new(tracked: Vec<Tracked>) -> Self {
        Self(RwLock::new(tracked.into_iter().collect()))
    }

    /// Whether the record belongs to them.
    pub(crate) fn has(&self, model: ModelKind, remote_id: &str) -> bool {
        let tracked = self.0.read().unwrap_or_else(PoisonError::into_inner);
        tracked.contains(&Tracked {
            model,
            remote_id: remote_id.to_owned(),
        })
    }

    /// Adds one.
    pub(crate) fn add(&self, tracked: Tracked) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(tracked);
    }

    /// Adds what was tracked meanwhile.
    pub(crate) fn extend(&self, tracked: Vec<Tracked>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.extend(tracked);
    }
}

/// A new public id for a pass that begins at `started`.
pub(crate) fn pass_id(integration: &IntegrationId, started: Timestamp) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed).to_string();
    let started = started.to_string();
    let process = std::process::id().to_string();
    Id::derive(["pass", integration.as_str(), &started, &process, &count]).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant, SystemTime};

    use futures_util::future::{BoxFuture, FutureExt};

    use super::*;

    #[derive(Debug)]
    struct Jumping(Mutex<Vec<u64>>);

    impl Clock for Jumping {
        fn now(&self) -> Instant {
            Instant::now()
        }

        fn wall(&self) -> SystemTime {
            let seconds = self.0.lock().unwrap().pop().unwrap();
            SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
            async {}.boxed()
        }
    }

    #[test]
    fn time_never_goes_back_behind_what_was_written_or_said() {
        let at = |seconds| Timestamp::from(DateTime::<Utc>::from_timestamp(seconds, 0).unwrap());
        let clock = Arc::new(Jumping(Mutex::new(vec![300, 50, 200, 70, 10])));
        let time = Time::new(clock, Some(at(100)));
        let told: Vec<_> = (0..4).map(|_| time.now()).collect();
        assert_eq!(told, [at(100), at(200), at(200), at(300)]);
    }

    #[test]
    fn no_two_passes_share_an_id() {
        let integration = IntegrationId::derive("ashby", "a");
        let at = Timestamp::parse("2026-01-02").unwrap();
        let one = pass_id(&integration, at);
        assert_ne!(one, pass_id(&integration, at));
        assert!(one.parse::<Id>().is_ok());
    }
}
