//! One write of an action: a call of one endpoint, and how to tell whether it arrived.

use std::fmt;

use async_trait::async_trait;
use ats_core::{Once, PlannedCall, Result, Settled};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::{actions::desk::Desk, client::Client, listing::object};

/// Gives the ids of everything at the vendor that the step could have made.
pub(super) type Look<'a> = Box<dyn Fn() -> BoxFuture<'a, Result<Vec<String>>> + Send + Sync + 'a>;

/// How a step is settled whose answer is lost.
pub(super) enum Settling<'a> {
    /// Sending it again changes nothing.
    Harmless,
    /// Among these ids, one that was not there before is its work.
    New(Look<'a>),
    /// The vendor does not show it.
    Hidden,
}

/// One write.
pub(super) struct Step<'a> {
    client: &'a Client,
    name: String,
    endpoint: &'static str,
    body: Value,
    settling: Settling<'a>,
    /// What a dry run shows for it.
    assumed: &'static str,
    /// What a dry run shows of a body that nobody may see.
    shown: Option<Value>,
}

impl fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("name", &self.name)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl<'a> Step<'a> {
    /// A step called `name` that sends `body` to `endpoint`.
    pub(super) fn new(
        desk: &Desk<'a>,
        name: impl Into<String>,
        endpoint: &'static str,
        body: Value,
        settling: Settling<'a>,
    ) -> Self {
        Self {
            client: desk.client,
            name: name.into(),
            endpoint,
            body,
            settling,
            assumed: "<new>",
            shown: None,
        }
    }

    /// What a dry run shows for the id of what would be made.
    #[must_use]
    pub(super) fn assumed(mut self, text: &'static str) -> Self {
        self.assumed = text;
        self
    }

    /// What a dry run shows in place of the body.
    #[must_use]
    pub(super) fn shown(mut self, body: Value) -> Self {
        self.shown = Some(body);
        self
    }

    /// Does it once, and gives the id of what it made, if it made anything with an id.
    pub(super) async fn run(&self, desk: &Desk<'_>) -> Result<String> {
        let result = desk.context.once(self).await?;
        Ok(result.as_str().unwrap_or_default().to_owned())
    }
}

// doc: begin once
#[async_trait]
impl Once for Step<'_> {
    fn step(&self) -> &str {
        &self.name
    }

    fn call(&self) -> PlannedCall {
        PlannedCall {
            endpoint: self.endpoint.to_owned(),
            body: self.shown.as_ref().unwrap_or(&self.body).clone(),
        }
    }

    fn assumed(&self) -> Value {
        json!(self.assumed)
    }

    async fn before(&self) -> Result<Value> {
        match &self.settling {
            Settling::New(look) => Ok(json!(look().await?)),
            Settling::Harmless | Settling::Hidden => Ok(Value::Null),
        }
    }

    async fn send(&self) -> Result<Value> {
        let body = object(self.body.clone());
        let answer = self.client.write(self.endpoint, body).await?;
        let results: Value = serde_json::from_str(answer.results.get()).unwrap_or_default();
        Ok(results.get("id").cloned().unwrap_or_default())
    }

    async fn settle(&self, before: &Value) -> Result<Settled> {
        match &self.settling {
            Settling::Harmless => Ok(Settled::Harmless),
            Settling::Hidden => Ok(Settled::CannotTell),
            Settling::New(look) => {
                let before = before.as_array().map(Vec::as_slice).unwrap_or_default();
                let now = look().await?;
                let new = now
                    .into_iter()
                    .find(|id| !before.iter().any(|old| old == id.as_str()));
                Ok(new.map_or(Settled::Missing, |id| Settled::Done(json!(id))))
            }
        }
    }
}
// doc: end
