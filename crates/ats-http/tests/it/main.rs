//! The client against real sockets on loopback, with time replaced: nothing here sleeps.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may panic as tests do"
)]

mod limiting;
mod raw;
mod reading;
mod secrets;
mod support;
mod upload;
mod wire;
mod writing;
