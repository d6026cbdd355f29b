//! What a connector says about a request and about its answer.
//!
//! It owns the words. It must not know how a request is sent.

use std::{fmt, time::Duration};

use crate::Lane;

/// Whether sending twice is harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// Changes nothing at the vendor, or nothing that matters if it happens twice; retried.
    Read,
    /// May change something. It is sent again only when it was certainly not carried out: no
    /// connection could be opened, or the vendor said "too many requests". Anything else that goes
    /// wrong once it was sent is [`OutcomeUnknown`](ats_core::ErrorKind::OutcomeUnknown).
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
