//! Creating candidates and applications at a simulated Ashby: both ways, whatever gets lost, and
//! whoever dies.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where its world does not start"
)]

mod create;
mod inputs;
mod once;
mod secrets;
mod support;
