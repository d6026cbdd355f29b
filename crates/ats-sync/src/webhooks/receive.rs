//! A call of the vendor: is it one, is it new, and what is it about. It is written down before
//! anybody answers, and nothing of its body is.

use ats_core::{Headers, IntegrationId, Webhooks};
use ats_store::{NewDelivery, Segment, SubscriptionState, vault::KeyRing};

use super::effects;
use crate::{Engine, Error, session::Time};

/// No body of a call is longer; nobody has to hold one in memory that is.
pub const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// A call as it arrived.
#[derive(Clone, Copy)]
pub struct IncomingCall<'a> {
    /// The end of the address that was called.
    pub segment: &'a Segment,
    /// Its headers.
    pub headers: &'a dyn Headers,
    /// Its body, byte for byte.
    pub body: &'a [u8],
}

impl std::fmt::Debug for IncomingCall<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IncomingCall")
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What became of a call, and so what it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It is in the inbox: yes.
    Accepted,
    /// It was in the inbox already: yes, or it comes again and again.
    Duplicate,
    /// It only tries the address: yes.
    Ping,
    /// It is genuine and cannot be understood: yes, since the next try would say the same.
    Unreadable,
    /// Nobody listens at this address, or no longer: it is gone for good, so that the vendor stops.
    Unknown,
    /// The vendor has not signed it: no, and nothing is told.
    Forged,
    /// Its body is longer than [`LONGEST_BODY`]: no.
    TooLong,
}

impl Engine {
    /// The integration that the address of a call belongs to, if anybody listens there. Blocks.
    ///
    /// # Errors
    ///
    /// The store.
    pub fn listener(&self, segment: &Segment) -> Result<Option<IntegrationId>, Error> {
        let found = self.store().subscription_at(segment)?;
        let found = found.filter(|found| found.state != SubscriptionState::Ending);
        Ok(found.map(|found| found.integration))
    }

    /// Takes in a call. It blocks for one write of the store, and what it names is read later, by
    /// [`Engine::work_off`].
    ///
    /// # Errors
    ///
    /// The store, or the keys that the secret is sealed with: the vendor is to try again.
    pub fn receive(
        &self,
        integration: &IntegrationId,
        webhooks: &dyn Webhooks,
        keys: &KeyRing,
        call: IncomingCall<'_>,
    ) -> Result<Received, Error> {
        if call.body.len() > LONGEST_BODY {
            return Ok(Received::TooLong);
        }
        let store = self.store();
        let subscription = store.subscription_at(call.segment)?.filter(|found| {
            found.integration == *integration && found.state != SubscriptionState::Ending
        });
        let Some(subscription) = subscription else {
            return Ok(Received::Unknown);
        };
        let now = Time::new(self.clock(), None).now();
        let secrets = subscription
            .secrets(keys, now)
            .map_err(ats_store::Error::from)?;
        let is_genuine = secrets
            .iter()
            .any(|secret| webhooks.is_genuine(call.headers, call.body, secret));
        if !is_genuine {
            let event = &subscription.event;
            tracing::warn!(%integration, event, "a call is not signed by the vendor");
            return Ok(Received::Forged);
        }
        let delivery = match webhooks.read(call.body) {
            Ok(delivery) => delivery,
            Err(error) => {
                tracing::warn!(%integration, %error, "a genuine call cannot be understood");
                return Ok(Received::Unreadable);
            }
        };
        if delivery.is_ping {
            return Ok(Received::Ping);
        }
        let new = NewDelivery {
            dedupe_key: delivery.dedupe_key,
            event: delivery.event,
            effects: effects::keep(&delivery.effects),
            at: now,
        };
        Ok(match store.accept_delivery(integration, &new)? {
            true => Received::Accepted,
            false => Received::Duplicate,
        })
    }
}
