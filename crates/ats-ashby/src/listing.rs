//! The common kind of stream: one listing, one document a bundle.
//!
//! It owns fetching; each model's file says which endpoint, which body and how to map. Listings
//! with a sync token are read in deltas; the others are small and read whole every time.

use std::fmt;

use async_trait::async_trait;
use ats_core::{
    Bundle, Document, Error, ErrorKind, Known, Mapped, ModelKind, Next, PageRequest, RawJson,
    RawPage, Reject, Related, Result, Stream,
};
use ats_http::Lane;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

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
    /// How one of its things is read alone.
    pub(crate) one: One,
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

/// How one thing of a listing is read alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum One {
    /// By an endpoint that answers with it, asked with its id under this name.
    Info(&'static str, &'static str),
    /// In the listing, which is small.
    InListing,
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

    async fn fetch_one(&self, id: &str, _: &dyn Known) -> Result<Option<Bundle>> {
        let document = match self.listing.one {
            One::Info(endpoint, param) => {
                let info = info(&self.client, endpoint, param, id, Lane::Webhook).await?;
                info.map(|info| Document::new(endpoint, "/results", info))
            }
            One::InListing => {
                let row = self.find(id).await?;
                row.map(|row| Document::new(self.listing.endpoint, ROW, row))
            }
        };
        Ok(document.map(|document| {
            let group = (self.listing.group)(&document);
            Bundle::new(id, vec![document]).in_group(group)
        }))
    }

    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped {
        let row = bundle.document(self.listing.endpoint);
        let row = row.or_else(|| match self.listing.one {
            One::Info(endpoint, _) => bundle.document(endpoint),
            One::InListing => None,
        });
        match row {
            Some(document) => (self.listing.map)(document, related),
            None => Mapped::default(),
        }
    }
}

impl ListingStream {
    /// The row with this id, from the listing.
    async fn find(&self, id: &str) -> Result<Option<RawJson>> {
        let Listing { endpoint, body, .. } = self.listing;
        let (body, lane) = (object(body()), Lane::Webhook);
        let rows = self.client.all(endpoint, body, lane).await?;
        Ok(rows
            .into_iter()
            .find(|row| wire::id_of(row).as_deref() == Some(id)))
    }
}

/// One document of an endpoint that answers by id; `None` if the vendor has no such thing.
pub(crate) async fn info(
    client: &Client,
    endpoint: &'static str,
    param: &'static str,
    id: &str,
    lane: Lane,
) -> Result<Option<RawJson>> {
    let body = object(json!({ param: id }));
    let results = match client.read(endpoint, body, lane).await {
        Ok(answer) => answer.results,
        Err(error) if *error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !results.get().starts_with('{') {
        let error = Error::malformed(endpoint, "/results", "`results` is not an object");
        return Err(error.with("id", id));
    }
    Ok(Some(results.into()))
}

/// For listings whose documents are only looked up one by one.
pub(crate) fn no_group(_: &Document) -> Option<String> {
    None
}

/// For listings that serve look-ups only.
pub(crate) fn no_records(_: &Document, _: &dyn Related) -> Mapped {
    Mapped::default()
}

/// For streams whose bundles are put together from several listings, so that none is read alone.
pub(crate) fn only_walked(stream: &'static str) -> Error {
    Error::new(
        ErrorKind::NotAvailable,
        stream,
        "the vendor does not give one of these alone; the stream is walked",
    )
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
