//! Laws, the field prover, evidence and the support matrix for any connector.
//!
//! It knows the port and nothing behind it: a connector comes in through a [`Harness`], which also
//! brings a vendor to read from and expectations that no mapper made. It must know no connector.

#![expect(
    clippy::result_large_err,
    reason = "a failure ends its case, so that its size is paid once"
)]

pub mod act;
pub mod case;
mod context;
pub mod evidence;
pub mod expected;
mod features;
pub mod laws;
pub mod liars;
pub mod live;
pub mod matrix;
pub mod mirror;
mod plan;
pub mod prove;
pub mod remote;
pub mod render;
pub mod runner;
mod snapshot;
pub mod toy;
pub mod verify;

pub use act::{GapTrial, Shows, Trial, Variation};
pub use case::{Case, Claim, Evidence, Fact, Failure};
pub use context::Context;
pub use expected::{Dangling, Expected, ExpectedLoss};
pub use features::WebhookSample;
pub use laws::{Law, LawEvidence, laws};
pub use mirror::{Key, Mirror, Outcome, PassReport, Stored};
pub use plan::plan;
pub use remote::{ChangeInfo, ChangeKind, Economy, Harness, Remote, Sent, WorldKind};
