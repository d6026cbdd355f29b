//! The four streams of the toy connector. It must not know how an answer is judged or retried.

use std::sync::Arc;

use async_trait::async_trait;
use ats_core::{
    Bundle, Checkpoint, Document, Known, Mapped, ModelKind, Next, PageCursor, PageRequest, RawJson,
    RawPage, Reject, Related, Result, Shelf, Start, Stream,
};
use serde_json::{Value, json};

use super::{client::Client, map, vendor::DETAILS};

/// How the bundles of a stream become records.
type Map = fn(&Bundle, &dyn Related) -> Mapped;

/// What tells one stream from another.
#[derive(Debug)]
pub(crate) struct Kind {
    name: &'static str,
    endpoint: &'static str,
    models: &'static [ModelKind],
    uses: &'static [&'static str],
    map: Map,
}

// doc: begin streams
/// All streams, in the order in which they are read.
pub(crate) static KINDS: [Kind; 4] = [
    Kind {
        name: "sources",
        endpoint: "source.list",
        models: &[],
        uses: &[],
        map: |_, _| Mapped::default(),
    },
    Kind {
        name: "tags",
        endpoint: "tag.list",
        models: &[ModelKind::Tag],
        uses: &[],
        map: map::tag,
    },
    Kind {
        name: "candidates",
        endpoint: "candidate.list",
        models: &[ModelKind::Candidate, ModelKind::CandidateTag],
        uses: &["sources"],
        map: map::candidate,
    },
    Kind {
        name: "applications",
        endpoint: "application.list",
        models: &[ModelKind::Application],
        uses: &[],
        map: map::application,
    },
];
// doc: end

/// One stream.
#[derive(Debug)]
pub(crate) struct ToyStream {
    pub(crate) kind: &'static Kind,
    pub(crate) client: Arc<Client>,
    /// Whether the details of applications are read.
    pub(crate) details: bool,
}

#[async_trait]
impl Stream for ToyStream {
    fn name(&self) -> &'static str {
        self.kind.name
    }

    fn models(&self) -> &'static [ModelKind] {
        self.kind.models
    }

    fn uses(&self) -> &'static [&'static str] {
        self.kind.uses
    }

    // doc: begin fetch
    async fn fetch(&self, request: &PageRequest, known: &dyn Known) -> Result<RawPage> {
        let mut body = json!({});
        if let Start::Since(Checkpoint(token)) = &request.start {
            body["token"] = token.as_str().into();
        }
        if let Some(PageCursor(cursor)) = &request.cursor {
            body["cursor"] = cursor.as_str().into();
        }
        let listing = self.client.list(self.kind.endpoint, &body)?;
        let mut page = RawPage {
            bundles: Vec::new(),
            rejects: Vec::new(),
            next: match listing.cursor {
                Some(cursor) => Next::Page(PageCursor(cursor)),
                None => Next::Done {
                    checkpoint: listing.token.map(Checkpoint),
                },
            },
        };
        for row in listing.rows {
            let value = row.to_value();
            match value["id"].as_str().filter(|id| !id.is_empty()) {
                Some(id) => page.bundles.push(self.bundle(id, row, known).await?),
                None => page.rejects.push(Reject {
                    endpoint: self.kind.endpoint,
                    reason: "the row has no id".to_owned(),
                }),
            }
        }
        Ok(page)
    }
    // doc: end

    // doc: begin fetch_one
    async fn fetch_one(&self, id: &str, _: &dyn Known) -> Result<Option<Bundle>> {
        let mut body = json!({});
        loop {
            let listing = self.client.list(self.kind.endpoint, &body)?;
            for row in listing.rows {
                if row.to_value()["id"] == id {
                    // Nothing is known, so that the details are fetched again.
                    return self.bundle(id, row, &Shelf::default()).await.map(Some);
                }
            }
            match listing.cursor {
                Some(cursor) => body["cursor"] = cursor.into(),
                None => return Ok(None),
            }
        }
    }
    // doc: end

    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped {
        (self.kind.map)(bundle, related)
    }
}

impl ToyStream {
    async fn bundle(&self, id: &str, row: RawJson, known: &dyn Known) -> Result<Bundle> {
        let row = Document::new(self.kind.endpoint, "/results/*", row);
        let mut documents = vec![row];
        if self.kind.endpoint == "application.list" && self.details {
            documents.push(self.details(id, &documents[0], known).await?);
        }
        Ok(Bundle::new(id, documents))
    }

    /// The details, from what is known unless the row has changed since.
    async fn details(&self, id: &str, row: &Document, known: &dyn Known) -> Result<Document> {
        let before = known.bundle(self.kind.name, id).await?;
        let before = before.filter(|bundle| bundle.document(self.kind.endpoint) == Some(row));
        if let Some(details) = before.and_then(|bundle| bundle.document(DETAILS).cloned()) {
            return Ok(details);
        }
        let details = self.client.info(DETAILS, &Value::from_iter([("id", id)]))?;
        Ok(Document::new(DETAILS, "/results", details))
    }
}
