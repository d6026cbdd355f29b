//! The life of subscriptions: made, looked at, renewed, ended.
//!
//! Making one is not repeatable at the vendor, and it may call before it answers. So each attempt has
//! an address and a secret of its own, written down before the vendor is asked; an attempt whose
//! answer is lost is forgotten, and whoever calls its address is told that nobody listens there.

use std::{sync::Arc, time::Duration};

use ats_core::{Connector, ErrorKind, IntegrationId, Timestamp, Webhooks};
use ats_store::{
    Guard, Integration, NewSubscription, PreviousSecret, Segment, Store, StoredSubscription,
    SubscriptionState, seal_webhook_secret,
    vault::{self, KeyRing, Sealed},
};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use crate::{Engine, engine::blocking, session::Time};

/// So often the vendor is asked again after an answer that was lost.
const ATTEMPTS: u32 = 3;

/// The wait in between.
const PAUSE: Duration = Duration::from_secs(2);

/// How long calls are still taken that were signed with the secret before: longer than a vendor
/// tries a call again.
const OVERLAP_HOURS: i64 = 24;

/// Why nothing could be done about any subscription.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The connector has no webhooks.
    #[error("this connector does not receive events of the vendor")]
    NotAvailable,
    /// The store, or its keys.
    #[error(transparent)]
    Engine(#[from] crate::Error),
}

impl From<ats_store::Error> for SubscribeError {
    fn from(error: ats_store::Error) -> Self {
        Self::Engine(error.into())
    }
}

type Result<T, E = SubscribeError> = std::result::Result<T, E>;

/// What became of the subscription to one event.
#[derive(Debug)]
pub struct Subscribed {
    /// The vendor's name of the event.
    pub event: String,
    /// How it stands now.
    pub standing: Standing,
}

/// How a subscription stands.
#[derive(Debug)]
pub enum Standing {
    /// The vendor calls.
    Active,
    /// It was there already, and is left as it is.
    Unchanged,
    /// The vendor keeps it and does not call: renewing it switches it on.
    Off,
    /// The vendor does not offer this event here. Passes bring what it would have told.
    NotOffered,
    /// It has ended.
    Ended,
    /// The vendor has it no more; renewing makes a new one.
    Gone,
    /// It could not be done, or not be found out.
    Failed(ats_core::Error),
}

/// Where subscriptions of one integration are made and ended.
#[derive(Debug)]
pub struct Subscribing {
    engine: Engine,
    integration: IntegrationId,
    connector: Arc<dyn Connector>,
    keys: Arc<KeyRing>,
}

impl Subscribing {
    /// Subscriptions of an integration, with secrets that are sealed with `keys`.
    pub fn new(
        engine: &Engine,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        keys: Arc<KeyRing>,
    ) -> Self {
        Self {
            engine: engine.clone(),
            integration: integration.id.clone(),
            connector,
            keys,
        }
    }

    /// What is kept of the subscriptions, without a question to the vendor.
    ///
    /// # Errors
    ///
    /// The store.
    pub async fn list(&self) -> Result<Vec<StoredSubscription>> {
        self.stored(|store, id| store.subscriptions(id)).await
    }

    /// Subscribes to every event that is worth it and is not subscribed to. The vendor is to call
    /// `address`, such as `https://ats.example.com/webhooks`, and a segment behind it.
    ///
    /// # Errors
    ///
    /// The store, or somebody else who is at it; what the vendor says is in the answer.
    pub async fn create(&self, address: &str) -> Result<Vec<Subscribed>> {
        let webhooks = self.webhooks()?;
        let _guard = self.guard().await?;
        let mut active = Vec::new();
        for kept in self.list().await? {
            match kept.state {
                // Whoever made it died before the vendor answered.
                SubscriptionState::Pending => self.forget(&kept).await?,
                SubscriptionState::Active => active.push(kept.event),
                SubscriptionState::Ending => {}
            }
        }
        let mut all = Vec::new();
        for event in webhooks.events() {
            let standing = if active.iter().any(|active| active == event.name) {
                Standing::Unchanged
            } else {
                let optional = event.optional;
                self.make(webhooks, event.name, optional, address).await?
            };
            if push(&mut all, event.name, standing) {
                break;
            }
        }
        Ok(all)
    }

    /// Asks the vendor how each subscription stands.
    ///
    /// # Errors
    ///
    /// The store; what the vendor says is in the answer.
    pub async fn look(&self) -> Result<Vec<Subscribed>> {
        let webhooks = self.webhooks()?;
        let mut all = Vec::new();
        for kept in self.list().await? {
            let standing = match (kept.state, &kept.vendor_id) {
                (SubscriptionState::Active, Some(id)) => match webhooks.subscription(id).await {
                    Ok(Some(found)) if found.enabled => Standing::Active,
                    Ok(Some(_)) => Standing::Off,
                    Ok(None) => Standing::Gone,
                    Err(error) => Standing::Failed(error),
                },
                (SubscriptionState::Ending, _) => Standing::Ended,
                _ => Standing::Gone,
            };
            push(&mut all, &kept.event, standing);
        }
        Ok(all)
    }

    /// Gives every subscription a new secret and this address, and switches it on. What was signed
    /// before is taken for a while. Those that the vendor has no more are made anew.
    ///
    /// # Errors
    ///
    /// As [`Subscribing::create`].
    pub async fn renew(&self, address: &str) -> Result<Vec<Subscribed>> {
        let webhooks = self.webhooks()?;
        let _guard = self.guard().await?;
        let mut all = Vec::new();
        for kept in self.list().await? {
            if kept.state != SubscriptionState::Active {
                continue;
            }
            let event = kept.event.clone();
            let mut standing = self.replace_secret(webhooks, kept, address).await?;
            if matches!(standing, Standing::Gone) {
                standing = self.make(webhooks, &event, false, address).await?;
            }
            if push(&mut all, &event, standing) {
                break;
            }
        }
        Ok(all)
    }

    /// Ends every subscription. From now on nobody listens at their addresses, whatever the vendor
    /// answers; those that it has not confirmed are tried again next time.
    ///
    /// # Errors
    ///
    /// As [`Subscribing::create`].
    pub async fn remove(&self) -> Result<Vec<Subscribed>> {
        let webhooks = self.webhooks()?;
        let _guard = self.guard().await?;
        let mut ending = self.list().await?;
        for kept in &mut ending {
            kept.state = SubscriptionState::Ending;
            self.save(kept).await?;
        }
        let mut all = Vec::new();
        for kept in ending {
            let ended = match &kept.vendor_id {
                Some(id) => {
                    self.patiently(async || webhooks.unsubscribe(id).await)
                        .await
                }
                None => Ok(()),
            };
            let standing = match ended {
                Ok(()) => {
                    self.forget(&kept).await?;
                    Standing::Ended
                }
                Err(error) => Standing::Failed(error),
            };
            push(&mut all, &kept.event, standing);
        }
        Ok(all)
    }

    /// Subscribes to one event.
    async fn make(
        &self,
        webhooks: &dyn Webhooks,
        event: &str,
        optional: bool,
        address: &str,
    ) -> Result<Standing> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (mut kept, secret) = self.write_down(event, address).await?;
            let error = match webhooks.subscribe(event, &kept.url, &secret).await {
                Ok(made) => {
                    kept.vendor_id = Some(made.id);
                    kept.state = SubscriptionState::Active;
                    self.save(&kept).await?;
                    return Ok(Standing::Active);
                }
                Err(error) => error,
            };
            self.forget(&kept).await?;
            match error.kind() {
                ErrorKind::OutcomeUnknown if attempt < ATTEMPTS => self.pause().await,
                ErrorKind::InputRejected { .. } if optional => return Ok(Standing::NotOffered),
                _ => return Ok(Standing::Failed(error)),
            }
        }
    }

    /// Writes down a subscription that the vendor is about to be asked for.
    async fn write_down(
        &self,
        event: &str,
        address: &str,
    ) -> Result<(StoredSubscription, SecretString)> {
        let segment = Segment(random(16)?);
        let secret = SecretString::from(random(32)?);
        let new = NewSubscription {
            event: event.to_owned(),
            url: url(address, &segment),
            secret: self.seal(&segment, &secret)?,
            segment,
            at: self.now(),
        };
        let kept = self
            .stored(move |store, id| {
                let key = store.add_subscription(id, &new)?;
                Ok(StoredSubscription {
                    key,
                    integration: id.clone(),
                    event: new.event,
                    vendor_id: None,
                    segment: new.segment,
                    url: new.url,
                    secret: new.secret,
                    previous: None,
                    state: SubscriptionState::Pending,
                    created_at: new.at,
                    renewed_at: None,
                })
            })
            .await?;
        Ok((kept, secret))
    }

    /// Gives a subscription another secret. The vendor may use it before it answers, and the old one
    /// for a while after that, so both are good until it is known which.
    async fn replace_secret(
        &self,
        webhooks: &dyn Webhooks,
        before: StoredSubscription,
        address: &str,
    ) -> Result<Standing> {
        let Some(id) = &before.vendor_id else {
            self.forget(&before).await?;
            return Ok(Standing::Gone);
        };
        let mut kept = before.clone();
        kept.url = url(address, &kept.segment);
        let secret = if before
            .previous
            .as_ref()
            .is_some_and(|it| it.until.is_none())
        {
            // The answer to the last renewal was lost. It is finished with the same secret: a third
            // one would leave two that the vendor may use beside it.
            let secrets = before.secrets(&self.keys, self.now());
            let secrets = secrets.map_err(ats_store::Error::from)?;
            secrets.into_iter().next().unwrap_or_default()
        } else {
            let secret = SecretString::from(random(32)?);
            kept.secret = self.seal(&kept.segment, &secret)?;
            kept.previous = Some(PreviousSecret {
                secret: before.secret.clone(),
                until: None,
            });
            secret
        };
        self.save(&kept).await?;
        let renewed = self
            .patiently(async || webhooks.renew(id, &kept.url, &secret).await)
            .await;
        let error = match renewed {
            Ok(_) => {
                let now = self.now();
                let until = DateTime::<Utc>::from(now) + TimeDelta::hours(OVERLAP_HOURS);
                if let Some(previous) = &mut kept.previous {
                    previous.until = Some(until.into());
                }
                kept.renewed_at = Some(now);
                self.save(&kept).await?;
                return Ok(Standing::Active);
            }
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::NotFound => {
                self.forget(&kept).await?;
                return Ok(Standing::Gone);
            }
            // It may have taken the new one, so both stay good.
            ErrorKind::OutcomeUnknown => {}
            _ => self.save(&before).await?,
        }
        Ok(Standing::Failed(error))
    }

    /// Does something that may be done twice until its answer is known.
    async fn patiently<T>(
        &self,
        call: impl AsyncFn() -> ats_core::Result<T>,
    ) -> ats_core::Result<T> {
        let mut attempt = 1;
        loop {
            match call().await {
                Err(error) if *error.kind() == ErrorKind::OutcomeUnknown && attempt < ATTEMPTS => {
                    attempt += 1;
                    self.pause().await;
                }
                other => return other,
            }
        }
    }

    async fn pause(&self) {
        self.engine.clock().sleep(PAUSE).await;
    }

    fn webhooks(&self) -> Result<&dyn Webhooks> {
        self.connector
            .webhooks()
            .ok_or(SubscribeError::NotAvailable)
    }

    fn now(&self) -> Timestamp {
        Time::new(self.engine.clock(), None).now()
    }

    fn seal(&self, segment: &Segment, secret: &SecretString) -> Result<Sealed> {
        let sealed = seal_webhook_secret(&self.keys, &self.integration, segment, secret);
        Ok(sealed.map_err(ats_store::Error::from)?)
    }

    /// Only one at a time makes and ends subscriptions, lest each takes the other's for orphans.
    async fn guard(&self) -> Result<Box<dyn Guard>> {
        let holder = format!("process {}, subscribing", std::process::id());
        self.stored(move |store, id| store.lock_named(id, "webhook subscriptions", &holder))
            .await
    }

    async fn save(&self, kept: &StoredSubscription) -> Result<()> {
        let kept = kept.clone();
        self.stored(move |store, _| store.save_subscription(&kept))
            .await
    }

    async fn forget(&self, kept: &StoredSubscription) -> Result<()> {
        let key = kept.key;
        self.stored(move |store, _| store.remove_subscription(key))
            .await
    }

    async fn stored<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Store, &IntegrationId) -> ats_store::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (store, id) = (self.engine.store(), self.integration.clone());
        Ok(blocking(move || Ok(work(&*store, &id)?)).await?)
    }
}

/// Notes how a subscription stands. Tells whether the vendor would say the same of every other one.
fn push(all: &mut Vec<Subscribed>, event: &str, standing: Standing) -> bool {
    let is_hopeless = matches!(
        &standing,
        Standing::Failed(error) if matches!(
            error.kind(),
            ErrorKind::PermissionMissing { .. }
                | ErrorKind::CredentialsRejected
                | ErrorKind::ConfigInvalid
        )
    );
    all.push(Subscribed {
        event: event.to_owned(),
        standing,
    });
    is_hopeless
}

fn url(address: &str, segment: &Segment) -> String {
    format!("{}/{}", address.trim_end_matches('/'), segment.0)
}

/// So many random bytes, as hexadecimal digits.
fn random(bytes: usize) -> Result<String> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer).map_err(|source| {
        ats_store::Error::from(vault::Error::NoRandomness {
            source: Box::new(source),
        })
    })?;
    Ok(hex::encode(buffer))
}
