//! The simulator over real HTTP, rule by rule: one file for each group of rules.

#![expect(clippy::expect_used, reason = "helpers of tests may panic as tests do")]

mod client;
mod faults;
mod hiding;
mod keys;
mod paging;
mod requests;
mod worlds;
