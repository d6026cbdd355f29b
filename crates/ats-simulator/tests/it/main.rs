//! The simulator over real HTTP, rule by rule: one file for each group of rules.

#![expect(clippy::expect_used, reason = "helpers of tests may panic as tests do")]

mod applying;
mod candidates;
mod client;
mod faults;
mod forms;
mod hiding;
mod keys;
mod metadata;
mod paging;
mod receiver;
mod requests;
mod uploads;
mod webhooks;
mod worlds;
