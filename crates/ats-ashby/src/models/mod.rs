//! One file for each of the vendor's things: wire types, mapping, and the stream where it is not a
//! plain listing.

pub(crate) mod answers;
pub(crate) mod application;
pub(crate) mod applications;
pub(crate) mod candidates;
pub(crate) mod custom_fields;
pub(crate) mod form;
pub(crate) mod interview;
pub(crate) mod interviews;
pub(crate) mod job;
pub(crate) mod jobs;
pub(crate) mod offers;
pub(crate) mod office;
pub(crate) mod place;
pub(crate) mod plans;
pub(crate) mod posting;
pub(crate) mod postings;
pub(crate) mod questions;
pub(crate) mod reference;
pub(crate) mod salary;
pub(crate) mod stages;
pub(crate) mod surveys;
pub(crate) mod team;
pub(crate) mod users;
pub(crate) mod workplace;
