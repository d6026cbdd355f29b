//! The server from outside: real HTTP in front, a simulated vendor behind.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod actions;
mod bad_input;
mod connect_pages;
mod events;
mod general;
mod incoming;
mod integrations;
mod lists;
mod operator_pages;
mod outgoing;
mod receivers;
mod support;
