//! Stateful, strict fakes of vendors over real HTTP on loopback, written from the vendors' documents.
//!
//! The crate owns a [`World`] of vendor documents, the server that answers for it, keys with
//! permissions, a script of faults and a log of every exchange. It must not know the client that it
//! is there to test: a fake that shares types with its client shares the client's mistakes.
//!
//! `server`, `world`, `fault`, `keys`, `log`, `payload` and `post` know no vendor; everything under [`ashby`] is Ashby.

pub mod ashby;

mod fault;
mod keys;
mod log;
mod payload;
mod post;
mod server;
mod simulator;
mod world;

pub use fault::{DeliveryFault, DeliveryFaultKind, Fault, FaultKind};
pub use keys::KeySpec;
pub use log::Exchange;
pub use post::{Delivery, DeliveryState};
pub use simulator::{Options, Simulator, SurveyKeys};
pub use world::{Collection, Document, World};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// One way to change a world, so that a delta pass has something to see.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// What happens, in words: "rename a source".
    pub name: &'static str,
    /// What sort of change it is.
    pub kind: ChangeKind,
    /// The collection whose document changes first.
    pub collection: &'static str,
    /// Applies the change to the document that `pick` chooses (`pick` modulo the number of
    /// candidates for it). Does nothing where the world holds no such document.
    pub apply: fn(&mut World, u64),
}

/// The sort of a [`Change`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// A document appears.
    Create,
    /// A document's own content changes.
    Edit,
    /// A document goes without a trace; what hung on it goes too, or moves to another document.
    Delete,
    /// A document that others only refer to changes its name.
    Rename,
    /// A document is archived or deactivated, but stays.
    Archive,
}

/// Locks a mutex; a thread that panicked while it held the lock does not stop the others.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
