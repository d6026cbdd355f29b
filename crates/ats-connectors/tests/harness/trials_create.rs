//! Creating candidates and applications on the small world, input by input.

use ats_conformance::Trial;

/// The trials of both actions that create.
pub(crate) fn all() -> Vec<Trial> {
    Vec::new()
}
