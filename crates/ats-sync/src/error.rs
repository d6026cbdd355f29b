//! What keeps a pass from running at all, or from being written down.

use ats_core::ModelKind;

/// Why the engine could not do it. What goes wrong at the vendor is in the report of the pass.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] ats_store::Error),
    /// A connector made a record that has no JSON form.
    #[error("a record of `{model}` cannot be written as JSON, which is a defect of its connector")]
    Content {
        /// The model.
        model: ModelKind,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// What everything inside of the engine gives.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;
