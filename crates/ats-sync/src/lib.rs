//! The sync engine: passes over a connector's streams into a store.
//!
//! It owns what is read next, what becomes of a page, when something is swept, and when the next
//! pass is due. It must not know any connector, nor an HTTP status.
//!
//! `walk` and `pass` decide, and are pure; `driver` carries out. `map` turns a page into what is
//! stored of it, and `writer` stores it.

mod act;
mod again;
mod api;
mod content;
mod documents;
mod driver;
mod engine;
mod error;
mod explain;
mod finish;
mod freshness;
mod known;
mod lane;
mod layouts;
mod map;
mod named;
mod off;
mod pass;
mod plan;
mod problem;
mod record;
mod related;
mod schedule;
mod session;
mod streams;
mod sweep;
mod task;
mod walk;
mod walks;
mod webhooks;
mod writer;

pub use act::{ActError, ActRequest, Acted, Render};
pub use api::{Event, Observer, PassOptions, Unobserved};
pub use engine::{Engine, Remapped};
pub use error::Error;
pub use explain::{
    Brought, DocumentName, FieldExplanation, Found, Looked, Origin, Place, Usual, explain,
};
pub use freshness::freshness;
pub use named::{NamedReport, Unread};
pub use schedule::{History, NextPass, next_pass};
pub use webhooks::{
    IncomingCall, LONGEST_BODY, Received, Standing, SubscribeError, Subscribed, Subscribing,
    WorkReport,
};
