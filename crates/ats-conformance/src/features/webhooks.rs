//! Webhooks of the vendor: the genuine told from the forged, and read the same each time.

use std::collections::BTreeMap;

use ats_core::{Effect, Headers};
use secrecy::SecretString;

use super::failed;
use crate::{Context, Failure, act::Stage};

/// A genuine call of one of the vendor's webhooks.
#[derive(Debug, Clone)]
pub struct WebhookSample {
    /// The headers, by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The bytes as they came.
    pub body: Vec<u8>,
    /// The secret they were signed with.
    pub secret: String,
}

impl Headers for WebhookSample {
    fn get(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_lowercase()).map(String::as_str)
    }
}

/// A genuine call is told from a forged one, and says the same when it is repeated.
pub(super) fn webhooks(context: &Context) -> Result<(), Failure> {
    const FEATURE: &str = "webhook_subscriptions";
    let stage = context.block_on(Stage::set(context.harness()))?;
    let (Some(webhooks), Some(sample)) = (
        stage.connector.webhooks(),
        context.harness().webhook_sample(),
    ) else {
        return Err(failed(FEATURE)
            .expected(
                "webhooks, and a genuine call",
                "the connector and the harness",
            )
            .came("none"));
    };
    let secret = SecretString::from(sample.secret.clone());
    let mut flipped = sample.body.clone();
    if let Some(last) = flipped.last_mut() {
        *last ^= 1;
    }
    let mut longer = sample.body.clone();
    longer.push(b'\n');
    let other = SecretString::from(format!("{}x", sample.secret));
    let unsigned = WebhookSample {
        headers: BTreeMap::new(),
        ..sample.clone()
    };
    let verdicts = [
        (
            "as it came",
            webhooks.is_genuine(&sample, &sample.body, &secret),
            true,
        ),
        (
            "with a byte changed",
            webhooks.is_genuine(&sample, &flipped, &secret),
            false,
        ),
        (
            "with a byte more",
            webhooks.is_genuine(&sample, &longer, &secret),
            false,
        ),
        (
            "under another secret",
            webhooks.is_genuine(&sample, &sample.body, &other),
            false,
        ),
        (
            "unsigned",
            webhooks.is_genuine(&unsigned, &sample.body, &secret),
            false,
        ),
    ];
    for (what, came, expected) in verdicts {
        if came != expected {
            return Err(failed(FEATURE)
                .record(what)
                .expected(format_args!("genuine: {expected}"), "the rule")
                .came(format_args!("genuine: {came}")));
        }
    }
    let one = webhooks.read(&sample.body);
    let one = one.map_err(|error| failed(FEATURE).came(error))?;
    let again = webhooks.read(&sample.body);
    let again = again.map_err(|error| failed(FEATURE).came(error))?;
    let named = one.effects.iter().any(|effect| match effect {
        Effect::Read(target) | Effect::Gone(target) => {
            let streams = stage.connector.streams();
            streams.iter().any(|stream| stream.name() == target.stream)
        }
        Effect::Merged { .. } | Effect::Walk(_) => true,
    });
    if one != again || one.dedupe_key.is_empty() || !named || webhooks.events().is_empty() {
        return Err(failed(FEATURE)
            .expected(
                "the same reading twice, and something that follows",
                "the rule",
            )
            .came(format_args!("{one:?}, then {again:?}")));
    }
    if webhooks.read(b"not an event").is_ok() {
        return Err(failed(FEATURE)
            .expected("an error for what is no event", "the rule")
            .came("an event"));
    }
    Ok(())
}
