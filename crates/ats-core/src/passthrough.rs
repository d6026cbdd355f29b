//! A call of the vendor's own API with an integration's credentials, and its answer, both unchanged.

use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;

use crate::{FileInput, Result};

/// Calls the vendor's own API.
#[async_trait]
pub trait Passthrough: Send + Sync {
    /// The names of the vendor's APIs that can be called, such as `v1`.
    fn apis(&self) -> &'static [&'static str];

    /// Makes a call, under the integration's budget and with its credentials.
    ///
    /// # Behaviour
    /// - The call never leaves the vendor's base URL, whatever its path says.
    /// - A status that is no success is an answer, not an error.
    /// - The caller's headers never replace credentials, host or framing.
    async fn call(&self, call: &PassthroughCall) -> Result<PassthroughAnswer>;
}

/// A call of the vendor's own API.
#[derive(Clone, Default)]
pub struct PassthroughCall {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Path below the vendor's base URL, with its leading slash.
    pub path: String,
    /// Query parameters.
    pub params: BTreeMap<String, String>,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// What is sent.
    pub body: PassthroughBody,
}

/// What a call sends.
#[derive(Clone, Default)]
pub enum PassthroughBody {
    /// Nothing.
    #[default]
    Empty,
    /// A JSON value.
    Json(Value),
    /// A text as it is.
    Text(String),
    /// A form of named parts.
    Multipart(Vec<(String, PassthroughPart)>),
}

/// One part of a form.
#[derive(Clone)]
pub enum PassthroughPart {
    /// A text.
    Text(String),
    /// A file.
    File(FileInput),
}

/// The vendor's answer.
#[derive(Clone)]
pub struct PassthroughAnswer {
    /// The address that was called.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers; one name may come several times.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Bytes,
}

/// Says what kind of body it is, never the body.
impl fmt::Debug for PassthroughBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Json(_) => "Json",
            Self::Text(_) => "Text",
            Self::Multipart(_) => "Multipart",
        })
    }
}

/// Says what kind of part it is, never what it holds.
impl fmt::Debug for PassthroughPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::File(_) => "File",
        })
    }
}

/// Shows neither headers nor body.
impl fmt::Debug for PassthroughCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassthroughCall")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Shows neither headers nor body.
impl fmt::Debug for PassthroughAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassthroughAnswer")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
