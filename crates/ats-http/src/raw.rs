//! Calls of the vendor's own API as a caller words them, and answers as the vendor gives them.
//!
//! It owns what a caller may not say: another host, and headers that belong to the client. It must
//! not judge an answer: whatever the status, it is handed back.

use std::fmt;

use ats_core::{Error, ErrorKind, Result};
use bytes::Bytes;
use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;
use url::Url;

use crate::{
    CallKind, Client, Lane, Part,
    attempts::{Errand, Repeat},
    client::json_body,
    form::form,
    path,
    wire::{Reply, Setback, passing},
};

/// Headers that are the client's: credentials, the host, and how the body is framed.
const OURS: &[&str] = &[
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request in the caller's own words.
#[derive(Clone, Copy)]
pub struct RawCall<'a> {
    /// What errors and logs call it.
    pub operation: &'a str,
    /// Any method but `CONNECT` and `TRACE`, in upper case.
    pub method: &'a str,
    /// Path below the base URL, with its leading slash. It may hold a query.
    pub path: &'a str,
    /// Added to the query.
    pub query: &'a [(String, String)],
    /// They replace those that the client sends with every request, where those are not
    /// credentials; a name may come several times.
    pub headers: &'a [(String, String)],
    /// What is sent.
    pub body: RawBody<'a>,
    /// A [`CallKind::Read`] is retried; a [`CallKind::Write`] is sent once, whatever happens.
    pub kind: CallKind,
    /// Its priority when permits are short.
    pub lane: Lane,
}

/// What a [`RawCall`] sends. All but [`RawBody::Parts`] go out with the client's own content type,
/// JSON, if the call names no other.
#[derive(Clone, Copy, Default)]
pub enum RawBody<'a> {
    /// Nothing.
    #[default]
    Empty,
    /// A value, as JSON.
    Json(&'a Value),
    /// A text as it is.
    Text(&'a str),
    /// A form.
    Parts(&'a [Part]),
}

/// An answer, unchanged but for its decompression.
#[derive(Clone)]
pub struct RawResponse {
    /// What was asked, with its query.
    pub url: Url,
    /// The HTTP status.
    pub status: u16,
    /// All headers. A name that came several times stands here as often.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Client {
    /// Sends a call and hands the answer back, whatever it says: a refusal is an answer, and so is a
    /// redirect, which is not followed. It goes through the same limiter, counters and log as every
    /// other call.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InputInvalid`]: the call cannot be sent, or would leave the base URL or
    ///   replace what is the client's. Nothing was sent.
    /// - [`ErrorKind::Unavailable`]: a read got no answer, or a write could not be sent at all.
    /// - [`ErrorKind::OutcomeUnknown`]: a write was sent and its answer is lost or too large.
    /// - [`ErrorKind::Malformed`]: the answer to a read is larger than the cap.
    pub async fn raw(&self, call: RawCall<'_>) -> Result<RawResponse> {
        let parts = self.parts();
        let wire = &parts.wire;
        let method = method(&call)?;
        let url = self.raw_url(&call)?;
        let headers = headers(&call)?;
        let host = url.origin().ascii_serialization();
        let body = match call.body {
            RawBody::Json(value) => Some(Bytes::from(json_body(call.operation, value)?)),
            RawBody::Text(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
            RawBody::Empty | RawBody::Parts(_) => None,
        };
        let request = || {
            let request = wire.http.request(method.clone(), url.clone());
            let request = match (call.body, &body) {
                (RawBody::Parts(parts), _) => request.multipart(form(call.operation, parts)?),
                (_, Some(body)) => request.body(body.clone()),
                (_, None) => request,
            };
            Ok(request.headers(headers.clone()))
        };
        let attempt = async |request| {
            let (reply, broken) = wire.exchange(request, &host).await?;
            let failure = passing(reply.response.status);
            let whole = broken.is_none();
            let Some(failure) = failure.or(broken) else {
                return Ok(reply);
            };
            Err(Setback {
                failure: reply.explain(failure, parts.clock.wall()),
                reply: whole.then(|| Box::new(reply)),
            })
        };
        let errand = Errand {
            operation: call.operation,
            kind: call.kind,
            repeat: match call.kind {
                CallKind::Read => Repeat::Always,
                CallKind::Write => Repeat::Never,
            },
            lane: Some(call.lane),
        };
        let reply = self.run(&errand, request, attempt).await?;
        Ok(RawResponse::new(url, reply))
    }

    fn raw_url(&self, call: &RawCall<'_>) -> Result<Url> {
        let url = path::below(&self.parts().base_url, call.path);
        let mut url = url.map_err(|wrong| {
            let message = format!("the path {wrong}; give one such as /candidate.info");
            invalid(call, "path", message)
        })?;
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        Ok(url)
    }
}

impl RawResponse {
    fn new(url: Url, Reply { response, headers }: Reply) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = headers.iter();
        Self {
            url,
            status: response.status,
            headers: headers
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body: response.body,
        }
    }
}

fn method(call: &RawCall<'_>) -> Result<Method> {
    // One would open a tunnel, the other would show the credentials in the answer.
    let method = match call.method {
        "CONNECT" | "TRACE" => None,
        name if name.bytes().all(|byte| byte.is_ascii_uppercase()) => name.parse().ok(),
        _ => None,
    };
    method.ok_or_else(|| {
        let message = "the method cannot be used; give GET, POST, PUT, PATCH or DELETE";
        invalid(call, "method", message)
    })
}

fn headers(call: &RawCall<'_>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in call.headers {
        let label = name.escape_default();
        let wrong = |what: &str| {
            let message = format!("the header `{label}` {what}; leave it out");
            invalid(call, "headers", message)
        };
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| wrong("has a name that cannot be sent"))?;
        if OURS.contains(&header.as_str()) {
            return Err(wrong("is set by the client"));
        }
        if header == CONTENT_TYPE && matches!(call.body, RawBody::Parts(_)) {
            return Err(wrong("is set by the form"));
        }
        let value =
            HeaderValue::from_str(value).map_err(|_| wrong("has a value that cannot be sent"))?;
        headers.append(header, value);
    }
    Ok(headers)
}

fn invalid(call: &RawCall<'_>, field: &str, message: impl Into<String>) -> Error {
    let field = Some(field.to_owned());
    Error::new(ErrorKind::InputInvalid { field }, call.operation, message)
}

/// Leaves out what may be personal or secret: query, headers and body.
impl fmt::Debug for RawCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCall")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("body", &self.body)
            .field("kind", &self.kind)
            .field("lane", &self.lane)
            .finish_non_exhaustive()
    }
}

/// Says what kind of body it is, never the body.
impl fmt::Debug for RawBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Json(_) => "Json",
            Self::Text(_) => "Text",
            Self::Parts(_) => "Parts",
        })
    }
}

/// Shows status and size.
impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}
