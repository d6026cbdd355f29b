//! The shapes of answers, and how they are made of what the mirror holds.
//!
//! A member that the API names and the mirror lacks is `null`; nothing else is left out. The same
//! types make the OpenAPI document.

mod action;
mod application;
mod common;
mod job;
mod other;
mod person;
mod related;
mod render;

pub use action::answer;
pub(crate) use action::{ApplicationAttachments, CandidateAttachments};
pub(crate) use application::{
    ApplicationWithRest, CreatedApplication, Interview, Offer, RejectionReason,
};
pub(crate) use job::{ApplicationStage, Job};
pub(crate) use other::{Note, Scorecard, SyncedAttachment};
pub(crate) use person::{CandidateWithApplications, Role, Tag, User};
pub(crate) use render::answers;
