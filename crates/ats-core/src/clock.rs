//! Time as a port. Core has none of its own: who needs it is handed one.

use std::{
    fmt::Debug,
    time::{Duration, Instant, SystemTime},
};

use futures_util::future::BoxFuture;

/// The passing of time: the machine's in production, one that never waits in tests.
pub trait Clock: Debug + Send + Sync + 'static {
    /// A monotonic instant; only differences mean anything.
    fn now(&self) -> Instant;

    /// The date, for comparing with dates that a vendor sends.
    fn wall(&self) -> SystemTime;

    /// Resolves when `duration` has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}
