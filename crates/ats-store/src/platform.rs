//! Everything that a server needs of a store: the mirror, and what is kept beside it.

use crate::{Store, Tenancy};

/// A store that a server can stand on.
pub trait Platform: Store + Tenancy {}

impl<T: Store + Tenancy> Platform for T {}
