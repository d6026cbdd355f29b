//! One answer as connectors see it.
//!
//! It owns status, body and the few headers worth keeping. It must not judge: whether an answer is
//! a failure is the connector's knowledge.

use std::{collections::BTreeMap, fmt};

use ats_core::Result;
use bytes::Bytes;
use serde::Deserialize;

use crate::json;

/// An answer whose body was read to its end.
#[derive(Clone)]
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<&'static str, String>,
    pub(crate) request_id: Option<String>,
    pub(crate) body: Bytes,
}

impl Response {
    /// The HTTP status; a 4xx other than 408 and 429 arrives here like any other answer.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The value of a header, by its lower-case name. Only `content-type`, `retry-after` and what
    /// [`Builder::keep_header`](crate::Builder::keep_header) names are kept.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The vendor's id of this request, if the client knows the header and the vendor sent it.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The body, decompressed.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Decodes the body; the error carries status and request id.
    ///
    /// # Errors
    ///
    /// As [`json::decode`].
    pub fn json<'de, T: Deserialize<'de>>(&'de self, operation: &str) -> Result<T> {
        json::decode(operation, &self.body).map_err(|error| self.label(error))
    }

    /// Adds what tells a person which answer an error speaks of: status and request id.
    #[must_use]
    pub fn label(&self, error: ats_core::Error) -> ats_core::Error {
        let error = error.with("status", self.status.to_string());
        match &self.request_id {
            Some(id) => error.with("request id", id.clone()),
            None => error,
        }
    }
}

/// Shows the size of the body, never the body: it holds personal data.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers.keys())
            .field("request_id", &self.request_id)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}
