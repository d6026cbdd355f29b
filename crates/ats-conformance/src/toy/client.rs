//! How the toy connector speaks to the toy vendor: envelope, errors, retries.
//!
//! It judges the envelope before the rows. It must not know any model.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ats_core::{Error, ErrorKind, RawJson, Result, Usage};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::vendor::{Answer, CURSOR_CODES, DETAILS, LISTS, TOKEN_CODES, Vendor};

/// Requests in all before a read is given up.
const ATTEMPTS: usize = 4;

/// Speaks to the vendor with one key.
pub(crate) struct Client {
    vendor: Arc<Vendor>,
    key: String,
    requests: AtomicU64,
    retries: AtomicU64,
    throttled: AtomicU64,
}

/// The envelope of an answer.
#[derive(Debug, Deserialize)]
struct Envelope {
    success: bool,
    code: Option<String>,
    results: Option<Box<RawValue>>,
    more: Option<bool>,
    cursor: Option<String>,
    token: Option<String>,
}

/// A list's answer.
#[derive(Debug)]
pub(crate) struct Listing {
    /// The rows as they came.
    pub(crate) rows: Vec<RawJson>,
    /// The cursor to the next page.
    pub(crate) cursor: Option<String>,
    /// The token for the next pass.
    pub(crate) token: Option<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn new(vendor: Arc<Vendor>, key: impl Into<String>) -> Self {
        Self {
            vendor,
            key: key.into(),
            requests: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
        }
    }

    /// What was asked so far. Nothing waits here: there is no clock to wait by.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            requests: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
            waited: Default::default(),
        }
    }

    /// One page of a list.
    pub(crate) fn list(&self, endpoint: &'static str, body: &Value) -> Result<Listing> {
        let envelope = self.call(endpoint, body)?;
        let malformed = |path, message| Error::malformed(endpoint, path, message);
        let rows = envelope
            .results
            .as_ref()
            .map(|rows| serde_json::from_str(rows.get()));
        let rows: Vec<Box<RawValue>> = rows
            .and_then(Result::ok)
            .ok_or_else(|| malformed("/results", "`results` is no list"))?;
        let more = envelope.more.unwrap_or(false);
        if more && envelope.cursor.is_none() {
            return Err(malformed(
                "/cursor",
                "more is announced without a cursor to it",
            ));
        }
        Ok(Listing {
            rows: rows.into_iter().map(RawJson::from).collect(),
            cursor: envelope.cursor.filter(|_| more),
            token: envelope.token.filter(|_| !more),
        })
    }

    /// One thing.
    pub(crate) fn info(&self, endpoint: &'static str, body: &Value) -> Result<RawJson> {
        let envelope = self.call(endpoint, body)?;
        let missing = || Error::malformed(endpoint, "/results", "`results` is missing");
        let results = envelope.results.map(RawJson::from).ok_or_else(missing)?;
        if results.get().starts_with('{') || results.get().starts_with('[') {
            Ok(results)
        } else {
            Err(missing())
        }
    }

    /// Calls, and calls again where the trouble may pass. There is no clock to wait by.
    fn call(&self, endpoint: &'static str, body: &Value) -> Result<Envelope> {
        let mut made = 1;
        loop {
            self.requests.fetch_add(1, Ordering::Relaxed);
            let answer = read(endpoint, self.vendor.ask(endpoint, &self.key, body));
            let kind = answer.as_ref().err().map(Error::kind);
            if matches!(kind, Some(ErrorKind::RateLimited { .. })) {
                self.throttled.fetch_add(1, Ordering::Relaxed);
            }
            let passing = answer.as_ref().err().is_some_and(|error| {
                matches!(
                    error.kind(),
                    ErrorKind::Unavailable | ErrorKind::RateLimited { .. }
                )
            });
            if !passing || made == ATTEMPTS {
                return answer;
            }
            made += 1;
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Judges an answer.
fn read(endpoint: &'static str, answer: Answer) -> Result<Envelope> {
    let Answer::Reply {
        status,
        retry_after,
        body,
    } = answer
    else {
        return Err(Error::new(
            ErrorKind::Unavailable,
            endpoint,
            "the connection broke",
        ));
    };
    let envelope: Option<Envelope> = serde_json::from_str(&body).ok();
    let code = envelope.as_ref().and_then(|envelope| envelope.code.clone());
    let refused = envelope.as_ref().is_some_and(|envelope| !envelope.success);
    if status != 200 || refused {
        let retry_after = retry_after
            .and_then(|text| text.parse().ok())
            .map(Duration::from_secs);
        let kind = kind_of(endpoint, status, code.as_deref(), retry_after);
        let error = Error::new(kind, endpoint, "the vendor refused the request");
        return Err(error.with("status", status.to_string()));
    }
    envelope.ok_or_else(|| Error::malformed(endpoint, "", "the answer is no JSON of the vendor's"))
}

// doc: begin errors
fn kind_of(
    endpoint: &str,
    status: u16,
    code: Option<&str>,
    retry_after: Option<Duration>,
) -> ErrorKind {
    let list = if endpoint == DETAILS {
        "application.list"
    } else {
        endpoint
    };
    match (status, code) {
        (_, Some(code)) if TOKEN_CODES.contains(&code) => ErrorKind::CheckpointExpired,
        (_, Some(code)) if CURSOR_CODES.contains(&code) => ErrorKind::CursorExpired,
        (_, Some("missing_permission")) => {
            let list = LISTS.iter().find(|(name, _, _)| *name == list);
            let permission = list.map(|(_, _, permission)| (*permission).to_owned());
            ErrorKind::PermissionMissing { permission }
        }
        (429, _) => ErrorKind::RateLimited { retry_after },
        (500.., _) => ErrorKind::Unavailable,
        (401 | 403, _) => ErrorKind::CredentialsRejected,
        (404, _) => ErrorKind::NotFound,
        _ => ErrorKind::Unexpected,
    }
}
// doc: end
