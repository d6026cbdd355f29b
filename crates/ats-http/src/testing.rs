//! For the tests of connectors: a clock that never makes anyone wait.
//!
//! It is compiled always, so that other crates' tests can use it without a feature flag. Nothing
//! that ships should.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use futures_util::future::BoxFuture;

use crate::Clock;

/// 2023-11-14T22:13:20Z, so that every run of a test sees the same date.
const START: Duration = Duration::from_secs(1_700_000_000);

/// A [`Clock`] whose `sleep` returns at once, moves time forward and writes the wait down.
///
/// Clones share one time.
#[derive(Debug, Clone)]
pub struct FakeClock {
    zero: Instant,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    passed: Duration,
    waits: Vec<Duration>,
}

impl FakeClock {
    /// A clock that stands at 2023-11-14T22:13:20Z.
    pub fn new() -> Self {
        Self {
            zero: Instant::now(),
            state: Arc::default(),
        }
    }

    /// Lets time pass without anyone having waited.
    pub fn advance(&self, by: Duration) {
        self.state().passed += by;
    }

    /// Every wait so far, in the order in which they began.
    pub fn waits(&self) -> Vec<Duration> {
        self.state().waits.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Instant {
        self.zero + self.state().passed
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + START + self.state().passed
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(async move {
            {
                let mut state = clock.state();
                state.waits.push(duration);
                state.passed += duration;
            }
            // Others get a turn, as they would in a real wait.
            tokio::task::yield_now().await;
        })
    }
}
