//! The request log: who asked for what, and how it ended. Never a body, and no value that may tell of
//! a person.

use ats_core::{IntegrationId, Timestamp};
use serde::{Deserialize, Serialize};

/// What kind of request it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogKind {
    /// A list, or another question about what is here.
    Api,
    /// An action.
    Action,
    /// A call of the vendor's own API.
    Passthrough,
    /// A call of the vendor.
    IncomingWebhook,
    /// A page for a customer.
    ConnectionFlow,
}

/// An entry that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLogEntry {
    /// Its id, which the answer named.
    pub id: String,
    /// When the request came.
    pub at: Timestamp,
    /// The environment of the caller.
    pub environment: Option<String>,
    /// The id of the API key.
    pub api_key: Option<String>,
    /// The integration it was about.
    pub integration: Option<IntegrationId>,
    /// What kind of request it was.
    pub kind: LogKind,
    /// The HTTP method.
    pub method: String,
    /// The path of the route, without the ids in it.
    pub path: String,
    /// The query, without values that may tell of a person.
    pub query: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The code of the error.
    pub code: Option<String>,
    /// What the caller was told.
    pub message: Option<String>,
    /// How long it took.
    pub duration_ms: u64,
}

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place; later entries have higher ones.
    pub key: i64,
    /// What it says.
    pub entry: NewLogEntry,
}

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only of this environment.
    pub environment: Option<String>,
    /// Only about this integration.
    pub integration: Option<IntegrationId>,
    /// Only of this kind.
    pub kind: Option<LogKind>,
    /// Only those that ended in an error.
    pub only_errors: bool,
    /// Only from this moment on.
    pub since: Option<Timestamp>,
    /// Only before this place.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
}
