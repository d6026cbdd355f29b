//! The sync engine: passes over a connector's streams into a store.
//!
//! It owns what is read next, what becomes of a page, when something is swept, and when the next
//! pass is due. It must not know any connector, nor an HTTP status.

mod api;
mod engine;
mod error;
mod schedule;

pub use api::{Event, Observer, PassOptions, Unobserved};
pub use engine::{Engine, Remapped};
pub use error::Error;
pub use schedule::{History, NextPass, next_pass};
