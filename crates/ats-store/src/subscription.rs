//! Subscriptions to a vendor's events, and the inbox of what came by them, as they are kept.
//!
//! It owns how a subscription's secret is sealed. It must not know any vendor's events, nor what is
//! done about them.

use std::fmt;

use ats_core::{IntegrationId, Timestamp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    Problem,
    vault::{self, KeyRing, Sealed},
};

/// A subscription that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubscription {
    /// The vendor's name of the event.
    pub event: String,
    /// The end of the address that the vendor calls: random, and of this attempt alone.
    pub segment: Segment,
    /// The whole address.
    pub url: String,
    /// What the vendor signs with, sealed.
    pub secret: Sealed,
    /// When it is made.
    pub at: Timestamp,
}

/// A subscription as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSubscription {
    /// Its key in the store.
    pub key: i64,
    /// Whose it is.
    pub integration: IntegrationId,
    /// The vendor's name of the event.
    pub event: String,
    /// The vendor's id, once the vendor has answered.
    pub vendor_id: Option<String>,
    /// The end of the address that the vendor calls.
    pub segment: Segment,
    /// The whole address.
    pub url: String,
    /// What the vendor signs with, sealed.
    pub secret: Sealed,
    /// What it signed with before.
    pub previous: Option<PreviousSecret>,
    /// How it stands.
    pub state: SubscriptionState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it got another secret.
    pub renewed_at: Option<Timestamp>,
}

/// A secret that was replaced and still opens what was signed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousSecret {
    /// The secret, sealed.
    pub secret: Sealed,
    /// Until when it is good; without an end while nobody knows which one the vendor uses.
    pub until: Option<Timestamp>,
}

/// How a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubscriptionState {
    /// The vendor was asked and has not answered. It may call already.
    Pending,
    /// The vendor calls.
    Active,
    /// It is to end, and the vendor has not confirmed it. Its address is unknown from now on.
    Ending,
}

/// The end of an address that nobody can guess.
#[derive(Clone, PartialEq, Eq)]
pub struct Segment(pub String);

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever knows it can call, though not sign.
        f.write_str("Segment(..)")
    }
}

impl StoredSubscription {
    /// The secrets that a call may be signed with at this moment, the current one first.
    ///
    /// # Errors
    ///
    /// The vault, if the current one does not open.
    pub fn secrets(&self, keys: &KeyRing, now: Timestamp) -> vault::Result<Vec<SecretString>> {
        let context = context(&self.integration, &self.segment);
        let mut secrets = vec![keys.open(&self.secret, &context)?];
        if let Some(previous) = &self.previous
            && previous.until.is_none_or(|until| now < until)
        {
            secrets.extend(keys.open(&previous.secret, &context));
        }
        Ok(secrets)
    }

    /// Whether another key than the highest one sealed any secret of it.
    pub fn needs_reseal(&self, keys: &KeyRing) -> bool {
        let previous = self.previous.as_ref();
        keys.needs_reseal(&self.secret)
            || previous.is_some_and(|previous| keys.needs_reseal(&previous.secret))
    }

    /// Seals its secrets with the highest key.
    ///
    /// # Errors
    ///
    /// The vault.
    pub fn reseal(&mut self, keys: &KeyRing) -> vault::Result<()> {
        let context = context(&self.integration, &self.segment);
        let again = |sealed: &Sealed| keys.seal(&keys.open(sealed, &context)?, &context);
        self.secret = again(&self.secret)?;
        if let Some(previous) = &mut self.previous {
            previous.secret = again(&previous.secret)?;
        }
        Ok(())
    }
}

/// Seals the secret of a subscription. It opens for this integration and segment only.
///
/// # Errors
///
/// The vault.
pub fn seal_webhook_secret(
    keys: &KeyRing,
    integration: &IntegrationId,
    segment: &Segment,
    secret: &SecretString,
) -> vault::Result<Sealed> {
    keys.seal(secret, &context(integration, segment))
}

fn context(integration: &IntegrationId, segment: &Segment) -> Vec<u8> {
    format!("webhook {integration} {}", segment.0).into_bytes()
}

/// A call of the vendor that was found genuine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// The same for every repetition of the call.
    pub dedupe_key: String,
    /// The vendor's name of the event.
    pub event: String,
    /// What follows from it, as JSON text: streams and ids, nothing else.
    pub effects: String,
    /// When it came.
    pub at: Timestamp,
}

/// A delivery in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDelivery {
    /// Its key in the store; later ones have higher keys.
    pub key: i64,
    /// The vendor's name of the event.
    pub event: String,
    /// What follows from it, as JSON text.
    pub effects: String,
    /// When it came.
    pub received_at: Timestamp,
    /// How it stands.
    pub progress: DeliveryProgress,
}

/// How far a delivery has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryProgress {
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// It is not tried again before this moment.
    pub not_before: Timestamp,
    /// What went wrong at the last try.
    pub problem: Option<Problem>,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeliveryState {
    /// It is to be worked off.
    Waiting,
    /// What it names was read.
    Done,
    /// It was tried too often. The next pass brings what it named.
    Failed,
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use secrecy::ExposeSecret;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        DateTime::from_timestamp(seconds, 0).unwrap().into()
    }

    fn sealed(keys: &KeyRing, segment: &str, secret: &str) -> Sealed {
        let segment = Segment(segment.to_owned());
        let id = IntegrationId::derive("ashby", "a");
        seal_webhook_secret(keys, &id, &segment, &SecretString::from(secret)).unwrap()
    }

    fn subscription(keys: &KeyRing, until: Option<Timestamp>) -> StoredSubscription {
        StoredSubscription {
            key: 1,
            integration: IntegrationId::derive("ashby", "a"),
            event: "offerDelete".to_owned(),
            vendor_id: None,
            segment: Segment("canary".to_owned()),
            url: String::new(),
            secret: sealed(keys, "canary", "new"),
            previous: Some(PreviousSecret {
                secret: sealed(keys, "canary", "old"),
                until,
            }),
            state: SubscriptionState::Active,
            created_at: at(1),
            renewed_at: None,
        }
    }

    fn opened(subscription: &StoredSubscription, keys: &KeyRing, now: i64) -> Vec<String> {
        let secrets = subscription.secrets(keys, at(now)).unwrap();
        let secrets = secrets.iter();
        secrets
            .map(|secret| secret.expose_secret().to_owned())
            .collect()
    }

    #[test]
    fn a_previous_secret_is_good_for_a_while() {
        let keys = KeyRing::generate().unwrap();
        let renewed = subscription(&keys, Some(at(10)));
        assert_eq!(opened(&renewed, &keys, 9), ["new", "old"]);
        assert_eq!(opened(&renewed, &keys, 10), ["new"]);
        let unsure = subscription(&keys, None);
        assert_eq!(opened(&unsure, &keys, 99), ["new", "old"]);
    }

    #[test]
    fn a_secret_opens_for_its_own_segment_and_integration_only() {
        let keys = KeyRing::generate().unwrap();
        let mut moved = subscription(&keys, None);
        moved.secret = sealed(&keys, "another", "new");
        assert!(moved.secrets(&keys, at(1)).is_err());
        let mut moved = subscription(&keys, None);
        moved.integration = IntegrationId::derive("ashby", "b");
        assert!(moved.secrets(&keys, at(1)).is_err());
        assert!(!format!("{moved:?}").contains("canary"));
    }

    #[test]
    fn both_secrets_are_sealed_anew_with_a_new_key() {
        let keys = KeyRing::generate().unwrap();
        let mut kept = subscription(&keys, None);
        assert!(!kept.needs_reseal(&keys));
        let rotated = keys.rotated().unwrap();
        assert!(kept.needs_reseal(&rotated));
        kept.secret = rotated
            .seal(
                &SecretString::from("new"),
                &context(&kept.integration, &kept.segment),
            )
            .unwrap();
        assert!(kept.needs_reseal(&rotated), "the previous one needs it too");
        kept.reseal(&rotated).unwrap();
        assert!(!kept.needs_reseal(&rotated));
        assert_eq!(opened(&kept, &rotated.without_old(), 1), ["new", "old"]);
    }
}
