//! The client: one call is one or more attempts, each under a permit of the limiter.
//!
//! It owns the order of things: permit, send, read, judge, retry. It must not know any vendor: an
//! answer with a 4xx status is an answer, and what 200 means is the connector's to judge.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ats_core::{Error, ErrorKind, Result};
use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, LOCATION};
use serde::Serialize;
use url::Url;

use crate::{
    Builder, Clock, Lane, Limiter, Response, RetryPolicy,
    failure::{Cause, Failure, Transport},
    limit::Permit,
    redact::{Redactor, bare_url},
    retry::{Jitter, Tries, parse_retry_after},
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
    pub(crate) http: reqwest::Client,
    pub(crate) base_url: Url,
    pub(crate) redactor: Redactor,
    pub(crate) kept: Vec<&'static str>,
    pub(crate) request_id: Option<&'static str>,
    pub(crate) response_cap: usize,
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

    async fn run(
        &self,
        outgoing: &Outgoing<'_>,
        judge: &(dyn Fn(&Response) -> Verdict + Send + Sync),
    ) -> Result<Response> {
        let parts = &self.inner.parts;
        let mut tries = Tries::new(&parts.retry, &parts.jitter);
        loop {
            let permit = parts.limiter.acquire(outgoing.lane).await;
            let started = parts.clock.now();
            self.inner.sent.fetch_add(1, Ordering::Relaxed);
            let outcome = self.attempt(outgoing, judge).await;
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

    async fn attempt(
        &self,
        outgoing: &Outgoing<'_>,
        judge: &(dyn Fn(&Response) -> Verdict + Send + Sync),
    ) -> Result<Response, Failure> {
        let parts = &self.inner.parts;
        let request = parts
            .http
            .post(outgoing.url.clone())
            .body(outgoing.body.clone());
        let answer = request
            .send()
            .await
            .map_err(|error| self.not_answered(outgoing, error))?;
        let mut failure = refused(answer.status().as_u16(), answer.headers());
        let mut response = Response {
            status: answer.status().as_u16(),
            headers: self.kept(answer.headers()),
            request_id: self.request_id(answer.headers()),
            body: Bytes::new(),
        };
        // The body of a refusal is read too, to keep the connection, but nothing hangs on it.
        match self.read_body(answer).await {
            Ok(body) => response.body = body,
            Err(broken) => failure = failure.or(Some(broken)),
        }
        let asked = response.header("retry-after");
        let asked = asked.and_then(|value| parse_retry_after(value, parts.clock.wall()));
        let failure = failure.or_else(|| judged(judge(&response), asked));
        let Some(mut failure) = failure else {
            return Ok(response);
        };
        failure.status = Some(response.status);
        failure.request_id = response.request_id;
        failure.retry_after = failure.retry_after.or(asked);
        Err(failure)
    }

    /// The body, never more of it than the cap, measured after decompression.
    async fn read_body(&self, mut answer: reqwest::Response) -> Result<Bytes, Failure> {
        let cap = self.inner.parts.response_cap;
        let mut body = BytesMut::new();
        loop {
            let chunk = answer.chunk().await.map_err(|error| {
                let message = if error.is_timeout() {
                    "the answer did not arrive in full in time"
                } else {
                    "the answer was cut off"
                };
                self.transport(Failure::new(Cause::Lost, message), error)
            })?;
            let Some(chunk) = chunk else {
                return Ok(body.freeze());
            };
            if body.len() + chunk.len() > cap {
                let message = format!("the answer is larger than the cap of {cap} bytes");
                return Err(Failure::new(Cause::TooLarge, message));
            }
            body.extend_from_slice(&chunk);
        }
    }

    fn not_answered(&self, outgoing: &Outgoing<'_>, error: reqwest::Error) -> Failure {
        let host = outgoing.url.origin().ascii_serialization();
        let failure = if error.is_connect() {
            Failure::new(Cause::NotSent, format!("could not connect to {host}"))
        } else if error.is_timeout() {
            Failure::new(Cause::Lost, format!("{host} did not answer in time"))
        } else {
            Failure::new(Cause::Lost, format!("{host} gave no answer"))
        };
        self.transport(failure, error)
    }

    fn transport(&self, mut failure: Failure, error: reqwest::Error) -> Failure {
        failure.source = Some(Transport::new(error, &self.inner.parts.redactor));
        failure
    }

    fn kept(&self, headers: &HeaderMap) -> BTreeMap<&'static str, String> {
        let value = |name: &&'static str| {
            let value = headers.get(*name)?.to_str().ok()?;
            Some((*name, value.to_owned()))
        };
        self.inner.parts.kept.iter().filter_map(value).collect()
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        let value = headers.get(self.inner.parts.request_id?)?.to_str().ok()?;
        Some(self.inner.parts.redactor.id(value))
    }
}

/// What the status alone says, before anyone looks into the body.
fn refused(status: u16, headers: &HeaderMap) -> Option<Failure> {
    match status {
        429 => Some(throttled()),
        408 | 500..=599 => Some(Failure::new(Cause::Lost, "the vendor's server failed")),
        300..=399 => Some(redirected(status, headers)),
        _ => None,
    }
}

/// What the connector says about the answer.
fn judged(verdict: Verdict, asked: Option<Duration>) -> Option<Failure> {
    let mut failure = match verdict {
        Verdict::Done => return None,
        Verdict::RetryUnavailable => Failure::new(Cause::Lost, "the vendor's server failed"),
        Verdict::RetryRateLimited { after } => Failure {
            retry_after: after,
            ..throttled()
        },
    };
    failure.retry_after = failure.retry_after.or(asked);
    Some(failure)
}

fn throttled() -> Failure {
    Failure::new(Cause::Throttled, "the vendor asks for fewer requests")
}

/// 307 and 308 ask to repeat the request elsewhere, so nothing was done. After the others a POST may
/// have been carried out: "see other" is how some servers answer one.
fn redirected(status: u16, headers: &HeaderMap) -> Failure {
    let cause = if matches!(status, 307 | 308) {
        Cause::Redirected
    } else {
        Cause::SeeOther
    };
    let target = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let target = target.and_then(|value| Url::parse(value).ok());
    let target = target.map(|url| format!(" to {}", url.origin().ascii_serialization()));
    let target = target.unwrap_or_default();
    Failure::new(
        cause,
        format!("the vendor redirects{target}; check the base URL"),
    )
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
