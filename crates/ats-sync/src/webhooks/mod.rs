//! Webhooks: taking in what a vendor tells, working it off, and the life of subscriptions.
//!
//! `receive` writes down what came before anybody answers; `work` reads again what was named; `life`
//! subscribes and unsubscribes. A lost event does no harm: the next pass brings what it told of. It
//! must not know any vendor's events or signatures, nor how a call arrives.

mod effects;
mod fold;
mod life;
mod receive;
mod work;

pub use life::{Standing, SubscribeError, Subscribed, Subscribing};
pub use receive::{IncomingCall, LONGEST_BODY, Received};
pub use work::WorkReport;
