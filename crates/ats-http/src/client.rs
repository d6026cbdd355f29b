//! The client: one call is one or more attempts, each under a permit of the limiter.
//!
//! It owns the order of things: permit, attempt, learn, retry. It must not know any vendor: an
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
    Builder, Clock, Lane, Limiter, Response, RetryPolicy,
    failure::{Cause, Failure},
    limit::Permit,
    redact::bare_url,
    retry::{Jitter, Tries},
    wire::{Judge, Wire},
};

/// Whether sending twice is harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// Changes nothing at the vendor; retried.
    Read,
    /// May change something; sent once, whatever happens.
    Write,
}

/// One request to the vendor.
#[derive(Clone, Copy)]
pub struct Call<'a, B: ?Sized> {
    /// What errors and logs call it, usually the vendor's name of the endpoint.
    pub operation: &'a str,
    /// Path below the base URL, without a leading slash.
    pub path: &'a str,
    /// Sent as JSON.
    pub body: &'a B,
    /// Whether it may be retried.
    pub kind: CallKind,
    /// Its priority when permits are short.
    pub lane: Lane,
}

/// Leaves the body out: it holds personal data.
impl<B: ?Sized> fmt::Debug for Call<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.operation)
            .field("path", &self.path)
            .field("kind", &self.kind)
            .field("lane", &self.lane)
            .finish_non_exhaustive()
    }
}

/// What a connector says about an answer that it has looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The answer is for the caller, whether good or bad.
    Done,
    /// It means "too many requests" although the status does not say so.
    RetryRateLimited {
        /// The wait it asks for; without one, the `Retry-After` header counts.
        after: Option<Duration>,
    },
    /// It means that the server failed although the status does not say so.
    RetryUnavailable,
}

/// Requests of a client and its clones so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Every request that was tried, retries included.
    pub sent: u64,
    /// Those that repeated an earlier one.
    pub retried: u64,
    /// Those that the vendor throttled.
    pub throttled: u64,
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
    pub(crate) retry: RetryPolicy,
    pub(crate) jitter: Jitter,
    pub(crate) limiter: Limiter,
    pub(crate) clock: Arc<dyn Clock>,
}

struct Inner {
    parts: Parts,
    sent: AtomicU64,
    retried: AtomicU64,
    throttled: AtomicU64,
}

/// A call made ready to be sent any number of times.
struct Outgoing<'a> {
    operation: &'a str,
    url: Url,
    body: Bytes,
    kind: CallKind,
    lane: Lane,
}

impl Client {
    /// Starts the settings of a client for the API below `base_url`.
    pub fn builder(base_url: Url) -> Builder {
        Builder::new(base_url)
    }

    pub(crate) fn from_parts(parts: Parts) -> Self {
        let inner = Inner {
            parts,
            sent: AtomicU64::new(0),
            retried: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
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
    /// - [`ErrorKind::RateLimited`]: throttled, and (for a read) still so after the last retry.
    /// - [`ErrorKind::Unavailable`]: a read got no answer, or a write could not be sent at all.
    /// - [`ErrorKind::OutcomeUnknown`]: a write was sent and its answer is lost, or is a 5xx.
    /// - [`ErrorKind::Malformed`]: the answer to a read is larger than the cap.
    /// - [`ErrorKind::ConfigInvalid`]: the vendor redirects, so the base URL is wrong.
    /// - [`ErrorKind::Unexpected`]: the body cannot be written as JSON.
    pub async fn post_json_judged<B, J>(&self, call: Call<'_, B>, judge: J) -> Result<Response>
    where
        B: Serialize + Sync + ?Sized,
        J: Fn(&Response) -> Verdict + Send + Sync,
    {
        let outgoing = self.prepare(&call)?;
        self.run(&outgoing, &judge).await
    }

    /// The limiter, for progress displays and for sharing it with another client.
    pub fn limiter(&self) -> &Limiter {
        &self.inner.parts.limiter
    }

    /// Requests so far.
    pub fn stats(&self) -> Stats {
        Stats {
            sent: self.inner.sent.load(Ordering::Relaxed),
            retried: self.inner.retried.load(Ordering::Relaxed),
            throttled: self.inner.throttled.load(Ordering::Relaxed),
        }
    }

    fn prepare<'a, B: Serialize + ?Sized>(&self, call: &Call<'a, B>) -> Result<Outgoing<'a>> {
        let mut url = self.inner.parts.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            // Segment by segment, so that no path can lead to another host.
            segments.pop_if_empty().extend(call.path.split('/'));
        }
        let body = serde_json::to_vec(call.body).map_err(|_| {
            // The cause may quote values, so it is not kept.
            Error::new(
                ErrorKind::Unexpected,
                call.operation,
                "the request is not valid JSON",
            )
        })?;
        let (operation, kind, lane) = (call.operation, call.kind, call.lane);
        Ok(Outgoing {
            operation,
            url,
            body: body.into(),
            kind,
            lane,
        })
    }

    async fn run(&self, outgoing: &Outgoing<'_>, judge: Judge<'_>) -> Result<Response> {
        let parts = &self.inner.parts;
        let mut tries = Tries::new(&parts.retry, &parts.jitter);
        loop {
            let permit = parts.limiter.acquire(outgoing.lane).await;
            let started = parts.clock.now();
            self.inner.sent.fetch_add(1, Ordering::Relaxed);
            let (url, body) = (&outgoing.url, outgoing.body.clone());
            let outcome = parts
                .wire
                .attempt(url, body, judge, parts.clock.wall())
                .await;
            let elapsed = parts.clock.now().saturating_duration_since(started);
            tries.book(elapsed);
            log_attempt(outgoing, tries.made(), &outcome, elapsed);
            let failure = match outcome {
                Ok(response) => {
                    permit.answered();
                    return Ok(response);
                }
                Err(failure) => failure,
            };
            let may_retry = outgoing.kind == CallKind::Read && failure.cause.is_passing();
            let wait = if may_retry {
                tries.next_wait(failure.retry_after)
            } else {
                None
            };
            self.settle(permit, &failure, wait);
            let Some(wait) = wait else {
                return Err(failure.into_error(outgoing.operation, outgoing.kind, tries.made()));
            };
            self.inner.retried.fetch_add(1, Ordering::Relaxed);
            parts.clock.sleep(wait).await;
        }
    }

    /// Tells the limiter about a failed attempt.
    fn settle(&self, permit: Permit, failure: &Failure, wait: Option<Duration>) {
        if failure.cause != Cause::Throttled {
            // Neither a lost connection nor a failing server says anything about the rate.
            drop(permit);
            return;
        }
        self.inner.throttled.fetch_add(1, Ordering::Relaxed);
        // Without a wish of the vendor the others wait as long as this call does: they would only
        // be throttled too. An absurd wish holds up nobody; each call then fails on its own.
        let longest = self.inner.parts.retry.longest_wait;
        permit.throttled(wait.or(failure.retry_after.filter(|asked| *asked <= longest)));
    }
}

/// One event per attempt. Everything in it is ours or scrubbed.
fn log_attempt(
    outgoing: &Outgoing<'_>,
    attempt: u32,
    outcome: &Result<Response, Failure>,
    elapsed: Duration,
) {
    let operation = outgoing.operation;
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok(response) => tracing::debug!(
            operation,
            attempt,
            status = response.status,
            elapsed_ms,
            request_id = response.request_id,
            "answered"
        ),
        Err(failure) => tracing::warn!(
            operation,
            attempt,
            status = failure.status,
            elapsed_ms,
            request_id = failure.request_id,
            cause = ?failure.cause,
            "attempt failed"
        ),
    }
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
