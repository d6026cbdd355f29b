//! The binary `ats` from end to end, with the simulated vendor in the test's own process: what each
//! command does, the shape of its JSON, and what becomes of bad input.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod act;
mod asking;
mod commands;
mod connecting;
mod databases;
mod demo;
mod exporting;
mod interrupted;
mod keys;
mod reports;
mod served;
mod serving;
mod several;
mod subscriptions;
mod support;
mod tenancy;
#[cfg(feature = "otel")]
mod traces;
mod webhooks;
