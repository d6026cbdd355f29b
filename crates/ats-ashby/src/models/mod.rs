//! One file for each of the vendor's things: wire types, mapping, and the stream where it is not a
//! plain listing.

pub(crate) mod form;
pub(crate) mod reference;
pub(crate) mod users;
