//! HTTP for connectors: one [`Client`] that sends, retries, adapts its own rate, and keeps
//! secrets out of everything that a person or a log may see.
//!
//! It owns the wire: connections, timeouts, the size cap, [retries](RetryPolicy), the
//! [limiter](Limiter) and [JSON decoding](json::decode). It must not know any vendor: envelopes,
//! error codes and paging belong to the connectors, which see every answer that is not a matter of
//! rate or availability.
//!
//! Beside the [JSON call](Client::post_json) there are the [raw call](Client::raw), which hands any
//! answer back unchanged, the [upload](Client::upload) to a target that the vendor named, and the
//! [download](Downloader::download) from an address that a stranger chose.
//!
//! ```no_run
//! use ats_http::{Auth, Call, CallKind, Client, Lane};
//! use serde_json::{Value, json};
//!
//! # async fn example(key: secrecy::SecretString) -> ats_core::Result<()> {
//! # let base_url = url::Url::parse("https://api.example.com/v1").expect("a valid URL");
//! let client = Client::builder(base_url)
//!     .auth(Auth::Basic { user: key, password: "".into() })
//!     .request_id_header("x-request-id")
//!     .build()?;
//! let answer = client
//!     .post_json(Call {
//!         operation: "candidate.list",
//!         path: "candidate.list",
//!         body: &json!({ "limit": 100 }),
//!         kind: CallKind::Read,
//!         lane: Lane::Full,
//!     })
//!     .await?;
//! let page: Value = answer.json("candidate.list")?;
//! # drop(page);
//! # Ok(())
//! # }
//! ```

mod attempts;
mod auth;
mod builder;
mod call;
mod client;
mod clock;
mod deliver;
mod dial;
mod download;
mod failure;
mod form;
pub mod json;
mod limit;
mod path;
mod raw;
mod redact;
mod response;
mod retry;
mod spool;
pub mod testing;
mod upload;
mod wire;

pub use auth::Auth;
pub use builder::Builder;
pub use call::{Call, CallKind, Verdict};
pub use client::{Client, Stats};
pub use clock::{Clock, SystemClock};
pub use deliver::{Delivered, Deliverer, NotDelivered};
pub use download::{
    DownloadLimits, DownloadPolicy, Downloader, Resolver, SystemResolver, sniff_content_type,
};
pub use form::{Content, Part};
pub use limit::{Lane, Limiter, LimiterSettings, Permit, Snapshot};
pub use raw::{RawBody, RawCall, RawResponse};
pub use redact::bare_url;
pub use response::Response;
pub use retry::RetryPolicy;
pub use spool::Spooled;
pub use upload::Upload;
