//! Lists that no connector here fills: their shapes stand in the document all the same.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::common::{FileType, UserName};

/// A note about a candidate.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Note {
    /// Our id.
    id: String,
    /// The vendor's id.
    remote_id: String,
    /// Whom it is about.
    candidate_id: String,
    /// The application it is about.
    application_id: Option<String>,
    /// Who wrote it.
    author_id: Option<String>,
    /// Its title.
    title: Option<String>,
    /// Its text.
    content_html: Option<String>,
    /// Whether only some users may see it.
    is_private: Option<bool>,
    /// When the vendor created it.
    remote_created_at: Option<String>,
    /// When the vendor last changed it.
    remote_updated_at: Option<String>,
    /// When the record last changed here.
    changed_at: String,
    /// Since when the vendor has it no more.
    remote_deleted_at: Option<String>,
    /// Who wrote it.
    author: Option<UserName>,
}

/// What an interviewer thinks of a candidate.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Scorecard {
    /// Our id.
    id: String,
    /// The vendor's id.
    remote_id: String,
    /// Whom it is about.
    candidate_id: Option<String>,
    /// The application it is about.
    application_id: Option<String>,
    /// The interview it is about.
    interview_id: Option<String>,
    /// Who wrote it.
    author_id: Option<String>,
    /// When the vendor created it.
    remote_created_at: Option<String>,
    /// When the vendor last changed it.
    remote_updated_at: Option<String>,
    /// When the record last changed here.
    changed_at: String,
    /// Since when the vendor has it no more.
    remote_deleted_at: Option<String>,
    /// Who wrote it.
    author: Option<UserName>,
    /// Questions with their answers, by type.
    responses: Option<Vec<Value>>,
}

/// A file of a candidate.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SyncedAttachment {
    /// Our id.
    id: String,
    /// The vendor's id.
    remote_id: String,
    /// Whose it is.
    candidate_id: String,
    /// The application it belongs to.
    application_id: Option<String>,
    /// What it is.
    #[serde(rename = "type")]
    kind: Option<FileType>,
    /// Its name.
    file_name: Option<String>,
    /// When the vendor created it.
    remote_created_at: Option<String>,
    /// When the vendor last changed it.
    remote_updated_at: Option<String>,
    /// When the record last changed here.
    changed_at: String,
    /// Since when the vendor has it no more.
    remote_deleted_at: Option<String>,
}
