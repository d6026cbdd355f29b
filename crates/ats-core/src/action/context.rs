//! What a connector is given beside an action's input: the journal of steps, the mirror, and whether
//! anything may be sent at all.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use crate::{Bundle, Clock, Known, Result};

/// What surrounds one performance of an action.
#[derive(Clone, Copy)]
pub struct ActionContext<'a> {
    /// Says what would be sent, and sends nothing at all, not even a read.
    pub dry_run: bool,
    /// What earlier attempts of this very action have done.
    pub journal: &'a dyn Journal,
    /// What is known of the vendor without asking it. A dry run knows nothing else.
    pub mirror: &'a dyn Mirror,
    /// The source of what is created when the caller names none.
    pub default_source: Option<&'a str>,
    /// The time to wait on between two looks.
    pub clock: &'a dyn Clock,
}

impl fmt::Debug for ActionContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActionContext")
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

/// What a connector may look up in the mirror: every stream's bundles as they are stored.
#[async_trait]
pub trait Mirror: Known {
    /// The bundles of `stream` that carry `group`, in the order of their ids.
    async fn group(&self, stream: &'static str, group: &str) -> Result<Vec<Arc<Bundle>>>;

    /// The vendor's ids of the candidates with this e-mail address, whatever its case.
    async fn candidates_with_email(&self, email: &str) -> Result<Vec<String>>;
}

/// The memory of one action's steps. What it was told survives the process.
#[async_trait]
pub trait Journal: Send + Sync {
    /// How far an earlier attempt came with a step.
    async fn recall(&self, step: &str) -> Result<Option<StepState>>;

    /// Writes down that a step is about to be sent, with what there was before it: ids only, never
    /// an input.
    async fn sending(&self, step: &str, before: &Value) -> Result<()>;

    /// Writes down that a step was done and what it gave: ids only.
    async fn confirmed(&self, step: &str, result: &Value) -> Result<()>;

    /// Writes down that a step was refused, so that the next attempt may send it anew.
    async fn refused(&self, step: &str) -> Result<()>;

    /// Waits until no other action of the integration holds `name`, and holds it until the guard is
    /// dropped.
    async fn hold(&self, name: &str) -> Result<Box<dyn Send + Sync>>;

    /// In a dry run: a call that would be made.
    fn plan(&self, call: PlannedCall);
}

/// How far a step has come.
#[derive(Debug, Clone, PartialEq)]
pub enum StepState {
    /// It was sent, or was about to be; nobody knows whether it arrived.
    Sent {
        /// What there was before it.
        before: Value,
    },
    /// It was done.
    Confirmed {
        /// What it gave.
        result: Value,
    },
}

/// A call that a dry run does not make.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedCall {
    /// The vendor's endpoint.
    pub endpoint: String,
    /// The body, without bytes of files. What only an earlier call of the plan would tell stands as
    /// a text in angle brackets.
    pub body: Value,
}

/// A journal without memory, for what is performed once and in one process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unjournaled;

#[async_trait]
impl Journal for Unjournaled {
    async fn recall(&self, _: &str) -> Result<Option<StepState>> {
        Ok(None)
    }

    async fn sending(&self, _: &str, _: &Value) -> Result<()> {
        Ok(())
    }

    async fn confirmed(&self, _: &str, _: &Value) -> Result<()> {
        Ok(())
    }

    async fn refused(&self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn hold(&self, _: &str) -> Result<Box<dyn Send + Sync>> {
        Ok(Box::new(()))
    }

    fn plan(&self, _: PlannedCall) {}
}
