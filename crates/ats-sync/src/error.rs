//! What keeps a pass from running at all.

/// Why the engine could not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] ats_store::Error),
    /// Not written yet.
    #[error("unfinished")]
    Unfinished,
}
