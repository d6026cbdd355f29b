//! Time as the client sees it: a monotonic clock, the wall clock, and sleeping.
//!
//! It owns the seam through which tests replace time. Socket timeouts are not part of it: they
//! belong to the network stack and run on real time.

use std::{
    fmt::Debug,
    time::{Duration, Instant, SystemTime},
};

use futures_util::future::BoxFuture;

/// Where waiting and the present come from.
pub trait Clock: Debug + Send + Sync + 'static {
    /// A monotonic instant; only differences mean anything.
    fn now(&self) -> Instant;

    /// The date, for comparing with dates that a vendor sends.
    fn wall(&self) -> SystemTime;

    /// Resolves when `duration` has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// Real time, on the tokio runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
