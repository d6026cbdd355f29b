//! Webhooks of a vendor: subscribing to them, and understanding what they bring.
//!
//! An event is a hint. What it names is read again; only what is gone is believed at once.

use std::fmt;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{Result, Target};

/// How a vendor tells of changes.
#[async_trait]
pub trait Webhooks: fmt::Debug + Send + Sync {
    /// The events worth subscribing to.
    fn events(&self) -> &'static [WebhookEvent];

    /// The permissions that subscribing needs, as the vendor calls them.
    fn permissions(&self) -> &'static [&'static str];

    /// Subscribes to one event. The vendor may call `url` before this returns.
    async fn subscribe(
        &self,
        event: &str,
        url: &str,
        secret: &SecretString,
    ) -> Result<Subscription>;

    /// How a subscription stands at the vendor; `None` if it is gone.
    async fn subscription(&self, id: &str) -> Result<Option<Subscription>>;

    /// Gives a subscription another secret and address, and enables it again.
    async fn renew(&self, id: &str, url: &str, secret: &SecretString) -> Result<Subscription>;

    /// Ends a subscription. One that is gone already is no error.
    async fn unsubscribe(&self, id: &str) -> Result<()>;

    /// Whether a call comes from the vendor: checked over the raw bytes, in constant time.
    fn is_genuine(&self, headers: &dyn Headers, body: &[u8], secret: &SecretString) -> bool;

    /// Understands the body of a genuine call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) if it is no event at all. An event of a
    /// kind that nobody knows is [`Delivery::effects`] without an effect.
    fn read(&self, body: &[u8]) -> Result<Delivery>;
}

/// The headers of a call.
pub trait Headers {
    /// The value of a header, whatever the case of its name.
    fn get(&self, name: &str) -> Option<&str>;
}

/// An event of the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookEvent {
    /// The vendor's name of it.
    pub name: &'static str,
    /// Whether the vendor's document leaves open if it can be subscribed to: a refusal is no
    /// failure then.
    pub optional: bool,
}

/// A subscription as the vendor shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The vendor's id.
    pub id: String,
    /// The event.
    pub event: String,
    /// Where it calls.
    pub url: String,
    /// Whether it calls at all.
    pub enabled: bool,
}

/// What one call of a webhook says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The vendor's name of the event.
    pub event: String,
    /// The same for every repetition of the call.
    pub dedupe_key: String,
    /// Whether it only tries the address.
    pub is_ping: bool,
    /// What follows from it.
    pub effects: Vec<Effect>,
}

/// What follows from an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Something is new or has changed: read it again.
    Read(Target),
    /// Something is gone.
    Gone(Target),
    /// One thing was merged into another, which is read again.
    Merged {
        /// What is gone.
        from: Target,
        /// What it is part of now.
        into: Target,
    },
    /// Something of a stream has changed that cannot be read alone: walk it from its checkpoint.
    Walk(&'static str),
}
