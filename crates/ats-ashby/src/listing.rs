//! The common kind of stream: one listing, one document a bundle.
//!
//! It owns fetching; each model's file says which endpoint, which body and how to map. Listings
//! with a sync token are read in deltas; the others are small and read whole every time.

use std::fmt;

use async_trait::async_trait;
use ats_core::{
    Bundle, Document, Known, Mapped, ModelKind, Next, PageRequest, RawJson, RawPage, Reject,
    Related, Result, Stream,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use crate::{
    client::{Body, Client, Page, lane},
    wire,
};

/// Where a row stands in the answer of a listing.
pub(crate) const ROW: &str = "/results/*";

/// What a stream over one listing is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listing {
    /// Name of the stream.
    pub(crate) name: &'static str,
    /// The vendor's endpoint.
    pub(crate) endpoint: &'static str,
    /// How it is paged.
    pub(crate) paging: Paging,
    /// The request body, without paging.
    pub(crate) body: fn() -> Value,
    /// The models of its records.
    pub(crate) models: &'static [ModelKind],
    /// The streams that `map` looks up.
    pub(crate) uses: &'static [&'static str],
    /// What a document can be looked up by together with others.
    pub(crate) group: fn(&Document) -> Option<String>,
    /// Maps one document.
    pub(crate) map: fn(&Document, &dyn Related) -> Mapped,
}

/// How the vendor pages a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    /// Pages with a cursor, and a sync token at the end.
    Token,
    /// Everything at once.
    Whole,
}

/// A [`Listing`] bound to a client.
pub(crate) struct ListingStream {
    listing: Listing,
    client: Client,
}

impl ListingStream {
    /// The stream for `listing`.
    pub(crate) fn boxed(listing: Listing, client: &Client) -> Box<dyn Stream> {
        Box::new(Self {
            listing,
            client: client.clone(),
        })
    }
}

impl fmt::Debug for ListingStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ListingStream")
            .field(&self.listing.name)
            .finish()
    }
}

#[async_trait]
impl Stream for ListingStream {
    fn name(&self) -> &'static str {
        self.listing.name
    }

    fn models(&self) -> &'static [ModelKind] {
        self.listing.models
    }

    fn uses(&self) -> &'static [&'static str] {
        self.listing.uses
    }

    async fn fetch(&self, request: &PageRequest, _: &dyn Known) -> Result<RawPage> {
        let Listing {
            endpoint, group, ..
        } = self.listing;
        let body = object((self.listing.body)());
        let page = match self.listing.paging {
            Paging::Token => self.client.page(endpoint, body, request).await?,
            Paging::Whole => {
                let rows = self.client.whole(endpoint, body, lane(request)).await?;
                Page {
                    rows,
                    next: Next::Done { checkpoint: None },
                }
            }
        };
        let (rows, rejects) = with_ids(endpoint, page.rows);
        let bundles = rows.into_iter().map(|(id, row)| {
            let document = Document::new(endpoint, ROW, row);
            let group = group(&document);
            Bundle::new(id, vec![document]).in_group(group)
        });
        Ok(RawPage {
            bundles: bundles.collect(),
            rejects,
            next: page.next,
        })
    }

    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped {
        match bundle.document(self.listing.endpoint) {
            Some(document) => (self.listing.map)(document, related),
            None => Mapped::default(),
        }
    }
}

/// For listings whose documents are only looked up one by one.
pub(crate) fn no_group(_: &Document) -> Option<String> {
    None
}

/// For listings that serve look-ups only.
pub(crate) fn no_records(_: &Document, _: &dyn Related) -> Mapped {
    Mapped::default()
}

/// The members of a JSON object; empty for anything else.
pub(crate) fn object(value: Value) -> Body {
    match value {
        Value::Object(members) => members,
        _ => Body::new(),
    }
}

/// Makes the calls of a page side by side, a bounded number at once, and gives the answers in order.
///
/// The integration's budget may allow fewer.
pub(crate) async fn side_by_side<T>(calls: Vec<impl Future<Output = Result<T>>>) -> Result<Vec<T>> {
    const AT_ONCE: usize = 16;
    stream::iter(calls).buffered(AT_ONCE).try_collect().await
}

/// Pairs each row with its id; rows without one become rejects.
pub(crate) fn with_ids(
    endpoint: &'static str,
    rows: Vec<RawJson>,
) -> (Vec<(String, RawJson)>, Vec<Reject>) {
    let mut kept = Vec::with_capacity(rows.len());
    let mut rejects = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        match wire::id_of(&row) {
            Some(id) => kept.push((id, row)),
            None => {
                let reason = format!("row {index} of the page has no usable `id`");
                rejects.push(Reject { endpoint, reason });
            }
        }
    }
    (kept, rejects)
}
