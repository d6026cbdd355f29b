//! The unified API on the wire: what its answers and errors look like.
//!
//! It owns the shapes that clients of the unified API know. It must not know any connector, nor how
//! an action is performed.

mod error;
mod wire;

pub use error::{ApiError, Code};
pub use wire::answer;
