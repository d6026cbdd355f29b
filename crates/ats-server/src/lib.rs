//! The unified API over HTTP: lists from the mirror, actions, webhooks in and out, the connect flow,
//! and pages for people.
//!
//! It owns the shapes that clients of the unified API know, who may call, and what runs beside the
//! requests. It must not know any connector: those that are there are handed in, and it asks them
//! through the port of the core.

mod api;
mod app;
mod auth;
mod error;
mod extract;
mod incoming;
mod outer;
mod outgoing;
mod pages;
mod registry;
mod respond;
mod router;
mod runner;
mod serve;
mod switch;
mod token;
mod wire;

pub use api::{action_name, model_name};
pub use app::{App, Options, Parts};
pub use error::{ApiError, Code};
pub use outgoing::{integration_deleted, integration_state_changed};
pub use registry::{Matrix, Registry};
pub use router::openapi;
pub use runner::{Progress, Runner, StreamProgress};
pub use serve::{ServeError, serve};
pub use wire::answer;
