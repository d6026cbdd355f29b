//! What was asked and answered, for assertions about the client. Never holds a credential.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::HeaderMap;
use serde_json::Value;

/// The request headers that the log keeps. `authorization` is not among them.
const KEPT: [&str; 4] = ["accept", "ashby-version", "content-type", "user-agent"];

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The path without its leading slash, for example `candidate.list`.
    pub endpoint: String,
    /// The name of the key that asked; empty when the key was not known.
    pub key_name: String,
    /// `accept`, `ashby-version`, `content-type` and `user-agent`, as far as they were sent.
    pub request_headers: BTreeMap<String, String>,
    /// The request body; of a form with parts an array of `name`, `filename`, `contentType` and
    /// `length`, never the bytes; null when it could not be read.
    pub request: Value,
    /// The HTTP status; 0 when the connection was dropped without an answer.
    pub status: u16,
    /// The whole body that was meant to be sent, only with `Options::record_responses`.
    pub response: Option<Bytes>,
}

pub(crate) fn kept_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    KEPT.iter()
        .filter_map(|name| {
            let text = headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), text.to_owned()))
        })
        .collect()
}
