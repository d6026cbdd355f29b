//! The client, and the call that connectors make most: JSON to a path below the base URL.
//!
//! It owns what clones share: connections, limiter, counters. It must not know any vendor: an
//! answer with a 4xx status is an answer, and what 200 means is the connector's to judge.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ats_core::{Error, ErrorKind, Result};
use bytes::Bytes;
use serde::Serialize;
use url::Url;

use crate::{
    Builder, Call, Clock, Limiter, Response, RetryPolicy, Verdict,
    attempts::{Errand, Repeat},
    redact::bare_url,
    retry::Jitter,
    wire::Wire,
};

/// Requests of a client and its clones so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Every request that was tried, retries included.
    pub sent: u64,
    /// Those that repeated an earlier one.
    pub retried: u64,
    /// Those that the vendor throttled.
    pub throttled: u64,
    /// The time that all of them together waited for a permit, and after they were throttled.
    pub waited: Duration,
}

/// Sends requests of one integration. Clones share connections, limiter and counters.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

/// What a checked [`Builder`] hands over.
pub(crate) struct Parts {
    pub(crate) wire: Wire,
    pub(crate) base_url: Url,
    pub(crate) user_agent: String,
    pub(crate) connect_timeout: Duration,
    pub(crate) upload_timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) jitter: Jitter,
    pub(crate) limiter: Limiter,
    pub(crate) clock: Arc<dyn Clock>,
}

struct Inner {
    parts: Parts,
    counters: Counters,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) sent: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) throttled: AtomicU64,
    pub(crate) waited_us: AtomicU64,
}

impl Counters {
    /// A call waited for the vendor's limit.
    pub(crate) fn note_wait(&self, wait: Duration) {
        let micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
        self.waited_us.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Client {
    /// Starts the settings of a client for the API below `base_url`.
    pub fn builder(base_url: Url) -> Builder {
        Builder::new(base_url)
    }

    pub(crate) fn from_parts(parts: Parts) -> Self {
        let inner = Inner {
            parts,
            counters: Counters::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Sends a call and returns the answer, whatever it says. See [`Client::post_json_judged`].
    ///
    /// # Errors
    ///
    /// As [`Client::post_json_judged`].
    pub async fn post_json<B>(&self, call: Call<'_, B>) -> Result<Response>
    where
        B: Serialize + Sync + ?Sized,
    {
        self.post_json_judged(call, |_| Verdict::Done).await
    }

    /// Sends a call and asks `judge` about the answer, so that a vendor which says "too many
    /// requests" with status 200 is retried like any other. Answers with a 4xx status other than
    /// 408 and 429 are returned, because connectors read the vendor's error out of them.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::RateLimited`]: throttled, and still so after the last retry.
    /// - [`ErrorKind::Unavailable`]: a read got no answer, or a write could not be sent at all, even
    ///   after retries.
    /// - [`ErrorKind::OutcomeUnknown`]: a write was sent and its answer is lost, or is a 5xx.
    /// - [`ErrorKind::Malformed`]: the answer to a read is larger than the cap.
    /// - [`ErrorKind::ConfigInvalid`]: the vendor redirects, so the base URL is wrong.
    /// - [`ErrorKind::Unexpected`]: the body cannot be written as JSON.
    pub async fn post_json_judged<B, J>(&self, call: Call<'_, B>, judge: J) -> Result<Response>
    where
        B: Serialize + Sync + ?Sized,
        J: Fn(&Response) -> Verdict + Send + Sync,
    {
        let Parts { wire, clock, .. } = self.parts();
        let url = self.below_base(call.path);
        let host = url.origin().ascii_serialization();
        let body = Bytes::from(json_body(call.operation, call.body)?);
        let errand = Errand {
            operation: call.operation,
            kind: call.kind,
            repeat: Repeat::of(call.kind),
            lane: Some(call.lane),
        };
        let request = || Ok(wire.http.post(url.clone()).body(body.clone()));
        let attempt = |request| wire.attempt(request, &host, &judge, clock.wall());
        Ok(self.run(&errand, request, attempt).await?.response)
    }

    /// The limiter, for progress displays and for sharing it with another client.
    pub fn limiter(&self) -> &Limiter {
        &self.inner.parts.limiter
    }

    /// Requests so far.
    pub fn stats(&self) -> Stats {
        let counters = self.counters();
        Stats {
            sent: counters.sent.load(Ordering::Relaxed),
            retried: counters.retried.load(Ordering::Relaxed),
            throttled: counters.throttled.load(Ordering::Relaxed),
            waited: Duration::from_micros(counters.waited_us.load(Ordering::Relaxed)),
        }
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.inner.parts
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.inner.counters
    }

    /// The URL of a path below the base URL. It is added segment by segment, so that no path can
    /// lead to another host.
    fn below_base(&self, path: &str) -> Url {
        let mut url = self.inner.parts.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        url
    }
}

/// A value as the body of a request.
pub(crate) fn json_body<B: Serialize + ?Sized>(operation: &str, body: &B) -> Result<Vec<u8>> {
    serde_json::to_vec(body).map_err(|_| {
        // The cause may quote values, so it is not kept.
        Error::new(
            ErrorKind::Unexpected,
            operation,
            "the request is not valid JSON",
        )
    })
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &bare_url(&self.inner.parts.base_url))
            .field("limiter", &self.inner.parts.limiter)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
