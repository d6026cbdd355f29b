//! A clock for tests: nobody waits, and the date may jump.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use ats_core::{Clock, Timestamp};
use futures_util::future::BoxFuture;
use tokio::sync::Notify;

/// A clock that waits for nobody, but for waits that a test holds back. Clones share one time.
#[derive(Debug, Clone)]
pub(crate) struct TestClock {
    zero: Instant,
    time: Arc<Mutex<Time>>,
    held: Arc<Mutex<BTreeMap<Duration, Arc<Notify>>>>,
}

#[derive(Debug)]
struct Time {
    passed: Duration,
    wall: SystemTime,
}

impl Default for TestClock {
    fn default() -> Self {
        let time = Time {
            passed: Duration::ZERO,
            wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600),
        };
        Self {
            zero: Instant::now(),
            time: Arc::new(Mutex::new(time)),
            held: Arc::default(),
        }
    }
}

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        let mut time = self.time.lock().unwrap();
        time.passed += by;
        time.wall += by;
    }

    /// The date jumps back; nothing else does.
    pub(crate) fn jump_back(&self, by: Duration) {
        self.time.lock().unwrap().wall -= by;
    }

    /// Waits of exactly this length end only when the test says so.
    pub(crate) fn hold(&self, wait: Duration) -> Arc<Notify> {
        let notify = Arc::new(Notify::new());
        self.held.lock().unwrap().insert(wait, notify.clone());
        notify
    }

    pub(crate) fn date(&self) -> Timestamp {
        chrono::DateTime::<chrono::Utc>::from(self.wall()).into()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        self.zero + self.time.lock().unwrap().passed
    }

    fn wall(&self) -> SystemTime {
        self.time.lock().unwrap().wall
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let held = self.held.lock().unwrap().get(&duration).cloned();
        let clock = self.clone();
        Box::pin(async move {
            match held {
                Some(held) => held.notified().await,
                None => {
                    clock.advance(duration);
                    tokio::task::yield_now().await;
                }
            }
        })
    }
}
