//! Everything that a server needs of a store: the mirror, and what is kept beside it.

use crate::{Outbox, Store, Tenancy};

/// A store that a server can stand on.
pub trait Platform: Store + Tenancy + Outbox {}

impl<T: Store + Tenancy + Outbox> Platform for T {}
