//! One call is one or more attempts, each under a permit of the limiter.
//!
//! It owns the order of things: permit, attempt, learn, retry. It must not know what is sent.

use std::{future::Future, sync::atomic::Ordering, time::Duration};

use ats_core::{Error, ErrorKind, Result};
use reqwest::RequestBuilder;

use crate::{
    CallKind, Client, Lane,
    failure::{Cause, Failure},
    limit::{Limiter, Permit},
    retry::Tries,
    wire::{Reply, Setback},
};

/// After which failures a call is sent again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Repeat {
    /// After none.
    Never,
    /// When it was certainly not carried out.
    IfNotDone,
    /// When another attempt may end better.
    Always,
}

impl Repeat {
    pub(crate) fn of(kind: CallKind) -> Self {
        match kind {
            CallKind::Read => Self::Always,
            CallKind::Write => Self::IfNotDone,
        }
    }

    fn allows(self, cause: Cause) -> bool {
        match self {
            Self::Never => false,
            Self::IfNotDone => cause.is_not_done(),
            Self::Always => cause.is_passing(),
        }
    }
}

/// What the attempts of one call have in common.
pub(crate) struct Errand<'a> {
    pub(crate) operation: &'a str,
    pub(crate) kind: CallKind,
    pub(crate) repeat: Repeat,
    /// Without one, the request needs no permit: it does not go to the vendor's API.
    pub(crate) lane: Option<Lane>,
}

/// Who performs an action is told of a longer wait, rather than made to wait.
const LONGEST_FOR_SOMEONE: Duration = Duration::from_secs(30);

impl Errand<'_> {
    /// Whether whoever waits for this would rather hear of so long a wait.
    fn is_too_long(&self, wait: Duration) -> bool {
        self.lane == Some(Lane::Write) && wait > LONGEST_FOR_SOMEONE
    }

    /// For how long the vendor wants to be left alone, if that is too long for whoever waits.
    fn pause_too_long(&self, limiter: &Limiter) -> Option<Duration> {
        limiter.paused_for().filter(|left| self.is_too_long(*left))
    }
}

fn told_to_wait(errand: &Errand<'_>, left: Duration) -> Error {
    let kind = ErrorKind::RateLimited {
        retry_after: Some(left),
    };
    let message = format!(
        "the vendor asked for fewer requests; nothing was sent, try again in {} s",
        left.as_secs().max(1)
    );
    Error::new(kind, errand.operation, message)
}

impl Client {
    /// Makes a request and attempts it, until it is answered or there is no more to try.
    pub(crate) async fn run<M, A, F>(
        &self,
        errand: &Errand<'_>,
        request: M,
        attempt: A,
    ) -> Result<Reply>
    where
        M: Fn() -> Result<RequestBuilder> + Send,
        A: Fn(RequestBuilder) -> F + Send,
        F: Future<Output = Result<Reply, Setback>> + Send,
    {
        let parts = self.parts();
        let mut tries = Tries::new(&parts.retry, &parts.jitter);
        loop {
            let request = request()?;
            if let Some(left) = errand.pause_too_long(&parts.limiter) {
                return Err(told_to_wait(errand, left));
            }
            let permit = match errand.lane {
                Some(lane) => Some(parts.limiter.acquire(lane).await),
                None => None,
            };
            if let Some(permit) = &permit {
                self.counters().note_wait(permit.waited());
            }
            let started = parts.clock.now();
            self.counters().sent.fetch_add(1, Ordering::Relaxed);
            let outcome = attempt(request).await;
            let elapsed = parts.clock.now().saturating_duration_since(started);
            tries.book(elapsed);
            log_attempt(errand, tries.made(), &outcome, elapsed);
            let Setback { failure, reply } = match outcome {
                Ok(reply) => {
                    if let Some(permit) = permit {
                        permit.answered();
                    }
                    return Ok(reply);
                }
                Err(setback) => setback,
            };
            let wait = if errand.repeat.allows(failure.cause) {
                tries.next_wait(failure.retry_after)
            } else {
                None
            };
            let wait = wait.filter(|wait| !errand.is_too_long(*wait));
            self.settle(permit, &failure, wait);
            match (wait, reply) {
                (Some(wait), _) => {
                    self.counters().retried.fetch_add(1, Ordering::Relaxed);
                    parts.clock.sleep(wait).await;
                    if failure.cause == Cause::Throttled {
                        self.counters().note_wait(wait);
                    }
                }
                (None, Some(reply)) => return Ok(*reply),
                (None, None) => {
                    return Err(failure.into_error(errand.operation, errand.kind, tries.made()));
                }
            }
        }
    }

    /// Tells the counters and the limiter about a failed attempt.
    fn settle(&self, permit: Option<Permit>, failure: &Failure, wait: Option<Duration>) {
        if failure.cause != Cause::Throttled {
            // Neither a lost connection nor a failing server says anything about the rate.
            drop(permit);
            return;
        }
        self.counters().throttled.fetch_add(1, Ordering::Relaxed);
        let Some(permit) = permit else {
            return;
        };
        // Without a wish of the vendor the others wait as long as this call does: they would only
        // be throttled too. An absurd wish holds up nobody; each call then fails on its own.
        let longest = self.parts().retry.longest_wait;
        permit.throttled(wait.or(failure.retry_after.filter(|asked| *asked <= longest)));
    }
}

/// One event per attempt. Everything in it is ours or scrubbed.
fn log_attempt(
    errand: &Errand<'_>,
    attempt: u32,
    outcome: &Result<Reply, Setback>,
    elapsed: Duration,
) {
    let operation = errand.operation;
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok(Reply { response, .. }) => tracing::debug!(
            operation,
            attempt,
            status = response.status,
            elapsed_ms,
            request_id = response.request_id,
            "answered"
        ),
        Err(Setback { failure, .. }) => tracing::warn!(
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
