//! Real time, behind core's clock port.
//!
//! Tests replace it. Socket timeouts are not part of it: they
//! belong to the network stack and run on real time.

use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;

pub use ats_core::Clock;

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
