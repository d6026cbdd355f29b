//! The shapes of answers, made of what the mirror holds.
//!
//! A member that the API names and the mirror lacks is `null`; nothing else is left out.

mod action;
mod shape;

pub use action::answer;

pub(crate) use serde_json::{
    Value as ApplicationAttachments, Value as CandidateAttachments, Value as CreatedApplication,
    Value as CreatedCandidate,
};
