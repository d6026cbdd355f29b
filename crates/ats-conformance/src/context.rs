//! What the cases of one run share: the harness, a runtime, and the passes that are run only once.

use std::{fmt, future::Future, sync::Arc};

use crate::Harness;

/// What the cases of one connector share.
pub struct Context {
    harness: Arc<dyn Harness>,
    runtime: tokio::runtime::Runtime,
}

impl Context {
    /// A context for the cases of `harness`.
    ///
    /// # Errors
    ///
    /// When the system gives no threads.
    pub fn new(harness: Arc<dyn Harness>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        Ok(Self { harness, runtime })
    }

    /// The connector under test and its vendor.
    pub fn harness(&self) -> &dyn Harness {
        &*self.harness
    }

    /// Waits for `future`. Cases run on threads of their own, so that this blocks nobody else.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("harness", &self.harness.slug())
            .finish_non_exhaustive()
    }
}
