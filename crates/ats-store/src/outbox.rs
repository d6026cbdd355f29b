//! The port for webhooks on their way out: who listens, what happened, and what is still to be
//! delivered.
//!
//! An event and its deliveries are written together, and with what they tell of: an integration that
//! is connected, switched or erased, an issue; or with the mark up to which changes and passes were
//! told. A crash neither loses nor doubles any. It must not know what events look like, nor how
//! anything is sent.

use std::collections::BTreeSet;

use ats_core::{Id, IntegrationId, ModelKind, Timestamp};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    Activation, Integration, Pass, Result,
    vault::{self, KeyRing, Sealed},
};

/// Webhooks on their way out. All methods block, as those of [`Store`](crate::Store).
pub trait Outbox {
    /// Adds an endpoint, or replaces what is kept of it.
    fn save_endpoint(&self, endpoint: &WebhookEndpoint) -> Result<()>;

    /// All endpoints, the oldest first.
    fn endpoints(&self) -> Result<Vec<WebhookEndpoint>>;

    /// Removes an endpoint with everything on its way to it. Tells whether it was there.
    fn remove_endpoint(&self, id: &str) -> Result<bool>;

    /// Puts an event on its way to all who listen, and tells to how many. One that nobody listens
    /// to is not kept.
    fn emit(&self, event: &NewEvent) -> Result<usize>;

    /// Puts an event on its way to one endpoint, whatever that listens to.
    fn emit_to(&self, endpoint: &str, event: &NewEvent) -> Result<()>;

    /// Tells of what changed in an integration since it was last asked: `make` writes the event, if
    /// that is worth one. Everything happens in one transaction. Nothing is done where nothing
    /// changed; `most` records are named at most. Tells whether there is an event.
    fn emit_changes(
        &self,
        id: &IntegrationId,
        most: usize,
        make: &mut dyn FnMut(&Changed) -> Option<NewEvent>,
    ) -> Result<bool>;

    /// Tells of passes over everything that have ended since it was last asked, each in the
    /// transaction that marks it as told. Tells of how many.
    fn emit_passes(
        &self,
        id: &IntegrationId,
        make: &mut dyn FnMut(&Pass) -> NewEvent,
    ) -> Result<usize>;

    /// Uses a link and keeps what came of it, with the event that tells of it, in one transaction.
    /// The link then names the integration, and is erased with it. Tells whether the link could be
    /// used; if not, nothing is kept.
    fn connect(&self, connecting: &Connecting<'_>) -> Result<bool>;

    /// Changes an integration with the event that tells of it, in one transaction. `change` gives
    /// the event; without one nothing is changed. The answer is the integration as it is then, if
    /// it was changed.
    fn change_integration(
        &self,
        id: &IntegrationId,
        change: &mut dyn FnMut(&mut Integration) -> Option<NewEvent>,
    ) -> Result<Option<Integration>>;

    /// Erases an integration as [`Store::erase_integration`](crate::Store::erase_integration) does,
    /// with the event that tells of it, in one transaction.
    fn erase_and_tell(&self, id: &IntegrationId, event: &NewEvent) -> Result<()>;

    /// The deliveries that are to be tried by now, the earliest first, and of each endpoint and
    /// integration no more than the first that waits.
    fn due_outgoing(&self, now: Timestamp, limit: usize) -> Result<Vec<OutgoingDelivery>>;

    /// When the next delivery is to be tried that is not due by now, if any waits.
    fn next_outgoing(&self, now: Timestamp) -> Result<Option<Timestamp>>;

    /// How many deliveries wait or were given up.
    fn outgoing_depth(&self) -> Result<OutgoingDepth>;

    /// Writes down how far a delivery has come.
    fn settle_outgoing(&self, key: i64, progress: &OutgoingProgress) -> Result<()>;

    /// Deliveries, the latest first.
    fn outgoing(&self, query: &OutgoingQuery) -> Result<Vec<OutgoingDelivery>>;

    /// Puts events on their way again, to all who listen now and all who had them, and tells how
    /// many deliveries that is.
    fn replay(&self, replay: &Replay, now: Timestamp) -> Result<u64>;

    /// Forgets events that nobody waits for any more, from before a moment.
    fn prune_outbox(&self, before: Timestamp) -> Result<u64>;

    /// Notes that an issue of an integration is open, or no longer. If that is a change, `make`
    /// writes the event that tells of it, in the same transaction. Tells whether it is.
    fn note_issue(
        &self,
        id: &IntegrationId,
        kind: &str,
        is_open: bool,
        now: Timestamp,
        make: &mut dyn FnMut(&Issue) -> NewEvent,
    ) -> Result<bool>;
}

/// Somebody who listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: String,
    /// The environment whose events it hears.
    pub environment: String,
    /// Where events are sent.
    pub url: String,
    /// The kinds of events it hears; `None` for all.
    pub events: Option<BTreeSet<String>>,
    /// What events are signed with, sealed.
    pub secret: Sealed,
    /// What they were signed with before, and until when they are signed with it too.
    pub previous: Option<(Sealed, Timestamp)>,
    /// When it was added.
    pub created_at: Timestamp,
}

impl WebhookEndpoint {
    /// A new endpoint, and its secret, which is shown once.
    ///
    /// # Errors
    ///
    /// The vault.
    pub fn generate(
        keys: &KeyRing,
        environment: &str,
        url: &str,
        events: Option<BTreeSet<String>>,
        now: Timestamp,
    ) -> vault::Result<(Self, SecretString)> {
        let id = Id::derive(["webhook endpoint", &random()?]).to_string();
        let secret = new_secret()?;
        let endpoint = Self {
            secret: keys.seal(&secret, &context(&id))?,
            id,
            environment: environment.to_owned(),
            url: url.to_owned(),
            events,
            previous: None,
            created_at: now,
        };
        Ok((endpoint, secret))
    }

    /// Gives it another secret. Until `until`, messages carry a signature with the old one too.
    ///
    /// # Errors
    ///
    /// The vault.
    pub fn rotate(&mut self, keys: &KeyRing, until: Timestamp) -> vault::Result<SecretString> {
        let secret = new_secret()?;
        let sealed = keys.seal(&secret, &context(&self.id))?;
        let old = std::mem::replace(&mut self.secret, sealed);
        self.previous = Some((old, until));
        Ok(secret)
    }

    /// Whether it hears of events of this kind.
    pub fn hears(&self, kind: &str) -> bool {
        let events = self.events.as_ref();
        events.is_none_or(|events| events.contains(kind))
    }

    /// The secrets that a message is signed with at this moment, the current one first.
    ///
    /// # Errors
    ///
    /// The vault, if the current one does not open.
    pub fn secrets(&self, keys: &KeyRing, now: Timestamp) -> vault::Result<Vec<SecretString>> {
        let context = context(&self.id);
        let mut secrets = vec![keys.open(&self.secret, &context)?];
        if let Some((previous, until)) = &self.previous
            && now < *until
        {
            secrets.extend(keys.open(previous, &context));
        }
        Ok(secrets)
    }

    /// Whether another key than the highest one sealed any secret of it.
    pub fn needs_reseal(&self, keys: &KeyRing) -> bool {
        let previous = self.previous.as_ref();
        keys.needs_reseal(&self.secret)
            || previous.is_some_and(|(previous, _)| keys.needs_reseal(previous))
    }

    /// Seals its secrets with the highest key.
    ///
    /// # Errors
    ///
    /// The vault.
    pub fn reseal(&mut self, keys: &KeyRing) -> vault::Result<()> {
        let context = context(&self.id);
        let again = |sealed: &Sealed| keys.seal(&keys.open(sealed, &context)?, &context);
        self.secret = again(&self.secret)?;
        if let Some((previous, _)) = &mut self.previous {
            *previous = again(previous)?;
        }
        Ok(())
    }
}

fn context(id: &str) -> Vec<u8> {
    format!("webhook endpoint {id}").into_bytes()
}

fn new_secret() -> vault::Result<SecretString> {
    Ok(SecretString::from(format!("whsec_{}", random()?)))
}

fn random() -> vault::Result<String> {
    let mut bytes = [0_u8; 32];
    vault::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id, by which receivers know a repetition.
    pub id: String,
    /// The environment that hears of it.
    pub environment: String,
    /// The integration that it is about; deliveries about one keep their order.
    pub integration: Option<IntegrationId>,
    /// Its kind, such as `data-changed`.
    pub kind: String,
    /// What is sent, byte for byte.
    pub body: String,
    /// When it happened.
    pub at: Timestamp,
}

/// A customer could not connect.
pub const CONNECTION_FLOW_FAILED: &str = "connection-flow-failed";
/// Records changed.
pub const DATA_CHANGED: &str = "data-changed";
/// A customer connected.
pub const INTEGRATION_CREATED: &str = "integration-created";
/// An integration is erased: the kind of the one event that outlives its integration.
pub const INTEGRATION_DELETED: &str = "integration-deleted";
/// An integration was switched, connected again, or its credentials are dead.
pub const INTEGRATION_STATE_CHANGED: &str = "integration-state-changed";
/// An issue was raised or resolved.
pub const ISSUE_STATUS_CHANGED: &str = "issue-status-changed";
/// A pass ended.
pub const SYNC_FINISHED: &str = "sync-finished";

/// All kinds of events, in the order of their names.
pub const EVENT_KINDS: [&str; 7] = [
    CONNECTION_FLOW_FAILED,
    DATA_CHANGED,
    INTEGRATION_CREATED,
    INTEGRATION_DELETED,
    INTEGRATION_STATE_CHANGED,
    ISSUE_STATUS_CHANGED,
    SYNC_FINISHED,
];

/// What comes of a link that is used.
#[derive(Debug, Clone, Copy)]
pub struct Connecting<'a> {
    /// The token of the link.
    pub link: &'a str,
    /// The integration, new or with new credentials.
    pub integration: &'a Integration,
    /// The activation token, by which whoever made the link asks what came of it.
    pub activation_token: &'a str,
    /// What it stands for.
    pub activation: &'a Activation,
    /// What is told.
    pub event: &'a NewEvent,
    /// When it happens.
    pub now: Timestamp,
}

/// What changed since the last event about changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The models of which a record changed.
    pub models: BTreeSet<ModelKind>,
    /// The records, as many as were asked for.
    pub records: Vec<(ModelKind, Id)>,
    /// Whether there are more.
    pub has_more: bool,
    /// The place in the change log after which this tells.
    pub since: i64,
    /// The place in the change log up to which this tells.
    pub position: i64,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutgoingState {
    /// It is to be sent.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It was tried for days.
    Dead,
}

/// How full the outbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutgoingDepth {
    /// Deliveries that are to be sent, also those that are not due yet.
    pub waiting: u64,
    /// Deliveries that were given up.
    pub dead: u64,
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingDelivery {
    /// Its key in the store; later ones have higher keys.
    pub key: i64,
    /// Where it goes.
    pub endpoint: String,
    /// The event.
    pub event: NewEvent,
    /// How far it has come.
    pub progress: OutgoingProgress,
}

/// How far a delivery has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingProgress {
    /// How it stands.
    pub state: OutgoingState,
    /// How often it was tried since it was put on its way, or again.
    pub attempts: u32,
    /// It is not tried before this moment.
    pub not_before: Timestamp,
    /// Since when it is on its way.
    pub since: Timestamp,
    /// What the receiver answered last, or why nobody was reached.
    pub outcome: Option<String>,
    /// When that was.
    pub tried_at: Option<Timestamp>,
}

/// Which deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutgoingQuery {
    /// Only to this endpoint.
    pub endpoint: Option<String>,
    /// Only in this environment.
    pub environment: Option<String>,
    /// Only about this integration.
    pub integration: Option<IntegrationId>,
    /// Only in this state.
    pub state: Option<OutgoingState>,
    /// Only before this key.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// What to send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// One event.
    Event(String),
    /// Everything that happened in an environment from a moment on.
    Since {
        /// The environment.
        environment: String,
        /// The moment.
        moment: Timestamp,
    },
}

/// Something that is or was wrong with an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its id.
    pub id: String,
    /// What kind of thing is wrong.
    pub kind: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when; `None` while it is.
    pub resolved_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn generated(keys: &KeyRing) -> (WebhookEndpoint, String) {
        let now = at("2026-01-01");
        let made = WebhookEndpoint::generate(keys, "production", "https://x", None, now);
        let (endpoint, secret) = made.unwrap();
        (endpoint, secret.expose_secret().to_owned())
    }

    #[test]
    fn a_rotated_endpoint_signs_with_both_secrets_for_a_while() {
        let keys = KeyRing::generate().unwrap();
        let (mut endpoint, first) = generated(&keys);
        let opened = |endpoint: &WebhookEndpoint, now: &str| -> Vec<String> {
            let secrets = endpoint.secrets(&keys, at(now)).unwrap();
            let secrets = secrets.iter();
            secrets.map(|one| one.expose_secret().to_owned()).collect()
        };
        assert!(first.starts_with("whsec_") && first.len() > 40);
        assert_eq!(
            opened(&endpoint, "2026-01-01"),
            std::slice::from_ref(&first)
        );
        let second = endpoint.rotate(&keys, at("2026-01-03")).unwrap();
        let second = second.expose_secret().to_owned();
        assert_ne!(first, second);
        assert_eq!(opened(&endpoint, "2026-01-02"), [second.clone(), first]);
        assert_eq!(opened(&endpoint, "2026-01-03"), [second]);
        assert!(!format!("{endpoint:?}").contains("whsec_"));
    }

    #[test]
    fn secrets_of_endpoints_are_sealed_anew_with_a_new_key() {
        let keys = KeyRing::generate().unwrap();
        let now = at("2026-01-01");
        let (mut endpoint, _) = generated(&keys);
        endpoint.rotate(&keys, now).unwrap();
        let rotated = keys.rotated().unwrap();
        assert!(endpoint.needs_reseal(&rotated));
        endpoint.reseal(&rotated).unwrap();
        assert!(!endpoint.needs_reseal(&rotated));
        assert!(endpoint.secrets(&rotated.without_old(), now).is_ok());
    }
}
