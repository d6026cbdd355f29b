//! Streams: how a connector reads one listing of the vendor, and how an engine walks it.
//!
//! `fetch` does the input and output and nothing else; `map` is pure. [`Walk`] owns the guards that
//! every author of a paging loop forgets.

use std::{collections::HashSet, fmt};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Bundle, Error, Known, ModelKind, Record, Related, Result};

/// One walk over one vendor listing. It may carry several models, or none and serve look-ups only.
#[async_trait]
pub trait Stream: fmt::Debug + Send + Sync {
    /// Name of the stream, unique within the connector.
    fn name(&self) -> &'static str;

    /// The models whose records its bundles are mapped to.
    fn models(&self) -> &'static [ModelKind];

    /// The streams whose bundles `fetch` or `map` look up. They are read first, and kept.
    fn uses(&self) -> &'static [&'static str] {
        &[]
    }

    /// Fetches one page.
    ///
    /// # Behaviour
    /// - Stateless: the same request against an unchanged vendor gives the same page.
    /// - An answer that cannot be understood as a whole is an error, never an empty page.
    /// - A checkpoint is given only with the last page.
    /// - A refused checkpoint is [`ErrorKind::CheckpointExpired`](crate::ErrorKind::CheckpointExpired);
    ///   the stream never restarts on its own.
    /// - Details that cost a request each are fetched only for what `known` does not hold already.
    async fn fetch(&self, request: &PageRequest, known: &dyn Known) -> Result<RawPage>;

    /// Fetches one bundle as [`Stream::fetch`] would bring it now; `None` if the vendor has no such
    /// thing. It serves what changed just now, so it takes no detail from `known`.
    ///
    /// Documents may come from another endpoint of the vendor than those of the listing, and are
    /// mapped to the same records.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotAvailable`](crate::ErrorKind::NotAvailable) where the vendor cannot be asked
    /// for one thing alone: then the stream is walked.
    async fn fetch_one(&self, id: &str, known: &dyn Known) -> Result<Option<Bundle>>;

    /// Maps a bundle to records and losses.
    ///
    /// # Behaviour
    /// - Pure: no IO, no clock, no randomness; the same input gives the same output.
    /// - A field that cannot be read is empty and reported as a loss; its siblings are untouched.
    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped;
}

/// Which page to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Where the pass started.
    pub start: Start,
    /// The page within the pass; `None` for the first.
    pub cursor: Option<PageCursor>,
}

/// Where a pass starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A full pass: everything.
    Full,
    /// A delta pass: what changed since the checkpoint.
    Since(Checkpoint),
}

/// The token to the next page of the same pass. Opaque to everyone but the connector.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PageCursor(pub String);

/// The token from one pass to the next. Opaque to everyone but the connector.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checkpoint(pub String);

/// One reply of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct RawPage {
    /// The bundles, in the vendor's order.
    pub bundles: Vec<Bundle>,
    /// Rows that could not be kept, because they name no id.
    pub rejects: Vec<Reject>,
    /// What comes next.
    pub next: Next,
}

/// What comes after a page. "More, but no cursor" cannot be said: it is a malformed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Another page.
    Page(PageCursor),
    /// The end of the pass.
    Done {
        /// Where the next delta pass may start; `None` if the vendor offers no delta.
        checkpoint: Option<Checkpoint>,
    },
}

/// A row that could not be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// The vendor's endpoint that sent it.
    pub endpoint: &'static str,
    /// Why, for a person to read. It never holds a value of the row.
    pub reason: String,
}

/// A field value that could not be mapped. The record was kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Loss {
    /// The vendor's endpoint that sent it.
    pub endpoint: &'static str,
    /// Where the value stands in the document, as a JSON pointer. It never holds the value.
    pub path: String,
    /// What was expected there, such as `a string` or `an ISO 8601 date`.
    pub expected: &'static str,
}

/// What a bundle was mapped to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mapped {
    /// The records.
    pub records: Vec<Record>,
    /// What could not be mapped.
    pub losses: Vec<Loss>,
}

/// Walks one pass of a stream, page by page.
///
/// An empty page goes on. A cursor that comes twice ends the pass with an error, whether at once or
/// in a cycle: going on would never end, and stopping quietly would pass for a complete read.
#[derive(Debug)]
pub struct Walk<'a> {
    stream: &'a dyn Stream,
    next: Option<PageRequest>,
    seen: HashSet<PageCursor>,
}

impl<'a> Walk<'a> {
    /// A pass over `stream` from `start`.
    pub fn new(stream: &'a dyn Stream, start: Start) -> Self {
        Self::resume(
            stream,
            PageRequest {
                start,
                cursor: None,
            },
        )
    }

    /// The rest of a pass, from a page that an earlier walk did not reach.
    pub fn resume(stream: &'a dyn Stream, request: PageRequest) -> Self {
        let seen = request.cursor.iter().cloned().collect();
        Self {
            stream,
            next: Some(request),
            seen,
        }
    }

    /// The next page, or `None` once the pass is complete.
    ///
    /// After an error the same page is asked for again, so that a caller may retry or resume.
    pub async fn next(&mut self, known: &dyn Known) -> Result<Option<RawPage>> {
        let Some(request) = &self.next else {
            return Ok(None);
        };
        let page = self.stream.fetch(request, known).await?;
        match &page.next {
            Next::Done { .. } => self.next = None,
            Next::Page(cursor) => {
                if !self.seen.insert(cursor.clone()) {
                    return Err(Error::malformed(
                        self.stream.name(),
                        "",
                        "the vendor sent a page cursor that it had sent before; the pass would never end",
                    ));
                }
                let request = PageRequest {
                    start: request.start.clone(),
                    cursor: Some(cursor.clone()),
                };
                self.next = Some(request);
            }
        }
        Ok(Some(page))
    }
}
