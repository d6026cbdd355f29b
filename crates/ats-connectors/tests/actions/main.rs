//! Actions against the simulated Ashby: what is sent, what the vendor keeps of it, and that nothing
//! happens twice.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where its world does not start"
)]

mod attachments;
mod notes;
mod passthrough;
mod result_links;
mod scopes;
mod stages;
mod tags;
mod vendor;
