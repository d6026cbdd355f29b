//! The engine over the real connector, the simulated vendor and the embedded store.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod actions;
mod bench;
mod changes;
mod clock;
mod explain;
mod faults;
mod interruptions;
mod mirror;
mod property;
mod scope;
mod scripted;
mod settings;
mod sweeping;
mod webhooks;
