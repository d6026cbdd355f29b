//! Ashby's webhooks: subscribing, telling genuine calls from others, and what each event names.
//!
//! It owns the calls of `webhook.*` and the signature; `events` owns what follows from a body. It
//! must not know where subscriptions are kept, nor what is done about an event.
//!
//! <https://developers.ashbyhq.com/docs/authenticating-webhooks>

use async_trait::async_trait;
use ats_core::{Delivery, Error, ErrorKind, Headers, Result, Subscription, WebhookEvent, Webhooks};
use ats_http::Lane;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use sha2::Sha256;

use crate::{
    client::Client,
    listing::{info, object},
    wire::text,
};

mod events;
#[cfg(test)]
mod tests;

const CREATE: &str = "webhook.create";
const DELETE: &str = "webhook.delete";
const INFO: &str = "webhook.info";
const UPDATE: &str = "webhook.update";

/// The header that carries the signature, and what stands before its digits.
const SIGNATURE: &str = "ashby-signature";
const SCHEME: &str = "sha256=";

/// What is worth hearing of. Stage changes and hires come as updates of their application, and
/// publishing as an update of its posting. The document of `webhook.create` does not list the
/// optional ones.
pub(crate) const EVENTS: &[WebhookEvent] = &[
    event("applicationSubmit"),
    event("applicationUpdate"),
    event("candidateDelete"),
    event("candidateMerge"),
    event("interviewPlanTransition"),
    event("interviewScheduleUpdate"),
    event("jobPostingUpdate"),
    event("offerCreate"),
    event("offerUpdate"),
    event("offerDelete"),
    event("surveySubmit"),
    optional("jobCreate"),
    optional("jobUpdate"),
    optional("jobPostingDelete"),
];

const fn event(name: &'static str) -> WebhookEvent {
    WebhookEvent {
        name,
        optional: false,
    }
}

const fn optional(name: &'static str) -> WebhookEvent {
    WebhookEvent {
        name,
        optional: true,
    }
}

/// Ashby's webhooks for one integration.
#[derive(Debug, Clone)]
pub(crate) struct AshbyWebhooks {
    client: Client,
}

/// A webhook as the vendor shows it. Its secret is not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireWebhook {
    id: Option<String>,
    enabled: Option<bool>,
    request_url: Option<String>,
    webhook_type: Option<String>,
}

impl AshbyWebhooks {
    pub(crate) fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
        }
    }
}

#[async_trait]
impl Webhooks for AshbyWebhooks {
    fn events(&self) -> &'static [WebhookEvent] {
        EVENTS
    }

    fn permissions(&self) -> &'static [&'static str] {
        &["apiKeysWrite"]
    }

    async fn subscribe(
        &self,
        event: &str,
        url: &str,
        secret: &SecretString,
    ) -> Result<Subscription> {
        let body = json!({
            "webhookType": event,
            "requestUrl": url,
            "secretToken": secret.expose_secret(),
        });
        let answer = self.client.write(CREATE, object(body)).await?;
        // An answer that does not name the webhook leaves it as lost as no answer at all.
        shown(CREATE, &answer.results).map_err(|error| {
            Error::new(
                ErrorKind::OutcomeUnknown,
                CREATE,
                "the vendor does not say which webhook it made",
            )
            .because(error)
        })
    }

    async fn subscription(&self, id: &str) -> Result<Option<Subscription>> {
        let found = info(&self.client, INFO, "webhookId", id, Lane::Webhook).await?;
        found.map(|found| shown_text(INFO, found.get())).transpose()
    }

    async fn renew(&self, id: &str, url: &str, secret: &SecretString) -> Result<Subscription> {
        let body = json!({
            "webhookId": id,
            "enabled": true,
            "requestUrl": url,
            "secretToken": secret.expose_secret(),
        });
        let answer = self.client.write(UPDATE, object(body)).await?;
        shown(UPDATE, &answer.results)
    }

    async fn unsubscribe(&self, id: &str) -> Result<()> {
        let body = object(json!({ "webhookId": id }));
        match self.client.write(DELETE, body).await {
            Err(error) if *error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    // doc: begin genuine
    fn is_genuine(&self, headers: &dyn Headers, body: &[u8], secret: &SecretString) -> bool {
        let Some(digits) = headers
            .get(SIGNATURE)
            .and_then(|value| value.trim().strip_prefix(SCHEME))
        else {
            return false;
        };
        let (Ok(signature), Ok(mut mac)) = (
            hex::decode(digits),
            Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()),
        ) else {
            return false;
        };
        mac.update(body);
        // Takes as long for every signature of this length.
        mac.verify_slice(&signature).is_ok()
    }
    // doc: end

    fn read(&self, body: &[u8]) -> Result<Delivery> {
        events::read(body)
    }
}

fn shown(endpoint: &'static str, results: &RawValue) -> Result<Subscription> {
    shown_text(endpoint, results.get())
}

fn shown_text(endpoint: &'static str, results: &str) -> Result<Subscription> {
    // The cause is left out: it may quote the secret.
    let malformed = |path: &str| {
        Error::malformed(
            endpoint,
            format!("/results{path}"),
            "the webhook cannot be read",
        )
    };
    let wire: WireWebhook = serde_json::from_str(results).map_err(|_| malformed(""))?;
    Ok(Subscription {
        id: text(wire.id).ok_or_else(|| malformed("/id"))?,
        event: wire.webhook_type.unwrap_or_default(),
        url: wire.request_url.unwrap_or_default(),
        // A webhook that does not say is on: it was made so.
        enabled: wire.enabled.unwrap_or(true),
    })
}
