//! What an action gives back.

use serde::{Deserialize, Serialize};

use super::AttachmentType;
use crate::{ModelKind, Timestamp};

/// What an action did.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What the caller asked for.
    pub output: Output,
    /// What was not done, or done otherwise than asked.
    pub warnings: Vec<Warning>,
    /// What changed at the vendor and has to be read again.
    pub touched: Vec<Target>,
    /// Candidates and applications that were made, by the vendor's ids.
    pub created: Vec<(ModelKind, String)>,
}

/// What a caller asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Nothing to show.
    Done,
    /// A candidate, by the vendor's id.
    Candidate(String),
    /// An application, by the vendor's id.
    Application(String),
    /// Files.
    Attachments(Vec<Attachment>),
}

/// A file that the vendor keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// The vendor's id.
    pub remote_id: String,
    /// What it is about.
    pub kind: AttachmentType,
    /// Where it can be fetched for a while.
    pub data_url: String,
    /// Its name.
    pub file_name: String,
    /// Its MIME type.
    pub content_type: String,
    /// The application it belongs to, by the vendor's id.
    pub application: Option<String>,
    /// The candidate it belongs to, by the vendor's id.
    pub candidate: Option<String>,
    /// When the vendor created it.
    pub remote_created_at: Option<Timestamp>,
    /// When the vendor last changed it.
    pub remote_updated_at: Option<Timestamp>,
}

/// Something that a caller should know and that is no failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The input it is about.
    pub input: Option<String>,
    /// What a person reads. It never quotes an answer to a question.
    pub message: String,
}

/// One thing of the vendor that has to be read again: the stream that delivers it and its id there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// Name of the stream.
    pub stream: &'static str,
    /// Id within the stream.
    pub id: String,
}

impl Target {
    /// The bundle `id` of `stream`.
    pub fn new(stream: &'static str, id: impl Into<String>) -> Self {
        Self {
            stream,
            id: id.into(),
        }
    }
}

impl Warning {
    /// A warning about an input.
    pub fn about(input: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            input: Some(input.into()),
            message: message.into(),
        }
    }

    /// A warning about the whole action.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            input: None,
            message: message.into(),
        }
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            output,
            warnings: Vec::new(),
            touched: Vec::new(),
            created: Vec::new(),
        }
    }
}
