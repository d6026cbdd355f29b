//! Ways to change a world.
use crate::Change;

/// Every way.
pub fn changes() -> Vec<Change> {
    Vec::new()
}
