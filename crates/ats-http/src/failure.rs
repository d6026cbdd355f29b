//! What went wrong with one attempt, and the error that a caller gets once retrying is over.
//!
//! It owns the rule what a failure means for a read and what for a write. It must not decide
//! whether to retry.

use std::{error::Error as StdError, time::Duration};

use ats_core::{Error, ErrorKind};

use crate::{CallKind, redact::Redactor};

/// Text of a network error, flattened and scrubbed. The library's own error is not kept as the
/// cause, because it may print URLs.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Transport(String);

impl Transport {
    pub(crate) fn new(error: reqwest::Error, redactor: &Redactor) -> Self {
        let error = error.without_url();
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Self(redactor.scrub(&text))
    }
}

/// Why an attempt gave no answer that a connector could read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The vendor asks for fewer requests, and has not done what was asked.
    Throttled,
    /// No connection: nothing was sent.
    NotSent,
    /// Sent, but the answer is missing, cut off, or says that the server failed.
    Lost,
    /// The answer is longer than the cap.
    TooLarge,
    /// Redirected, and certainly not carried out.
    Redirected,
    /// Redirected, and perhaps carried out before.
    SeeOther,
}

impl Cause {
    /// Whether the same read may succeed when it is sent again.
    pub(crate) fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::NotSent | Self::Lost)
    }

    /// Whether the vendor has certainly not done what was asked, so that even a write may be sent
    /// again.
    pub(crate) fn is_not_done(self) -> bool {
        matches!(self, Self::Throttled | Self::NotSent)
    }
}

/// One failed attempt.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    pub(crate) message: String,
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) source: Option<Transport>,
}

impl Failure {
    pub(crate) fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self {
            cause,
            message: message.into(),
            status: None,
            request_id: None,
            retry_after: None,
            source: None,
        }
    }

    /// The error for the caller, after `attempts` attempts.
    pub(crate) fn into_error(self, operation: &str, kind: CallKind, attempts: u32) -> Error {
        let (kind, message) = match (self.cause, kind) {
            (Cause::Throttled, _) => (
                ErrorKind::RateLimited {
                    retry_after: self.retry_after,
                },
                self.message + &wish(self.retry_after),
            ),
            (Cause::NotSent, _) | (Cause::Lost, CallKind::Read) => {
                (ErrorKind::Unavailable, self.message + "; try again later")
            }
            (Cause::Redirected, _) | (Cause::SeeOther, CallKind::Read) => {
                (ErrorKind::ConfigInvalid, self.message)
            }
            (Cause::TooLarge, CallKind::Read) => (
                ErrorKind::Malformed {
                    path: String::new(),
                },
                self.message,
            ),
            (Cause::Lost | Cause::TooLarge | Cause::SeeOther, CallKind::Write) => (
                ErrorKind::OutcomeUnknown,
                self.message + "; it may have been carried out: read back before sending it again",
            ),
        };
        let mut error = Error::new(kind, operation, message);
        if attempts > 1 {
            error = error.with("attempts", attempts.to_string());
        }
        if let Some(status) = self.status {
            error = error.with("status", status.to_string());
        }
        if let Some(id) = self.request_id {
            error = error.with("request id", id);
        }
        match self.source {
            Some(source) => error.because(source),
            None => error,
        }
    }
}

/// What to tell a person about the vendor's wish.
fn wish(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("; try again in {} s", wait.as_secs()),
        None => "; try again later".to_owned(),
    }
}
