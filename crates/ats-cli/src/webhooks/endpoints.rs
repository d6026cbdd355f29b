//! Endpoints: added, listed, removed, given another secret.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context as _, Result};
use ats_http::Deliverer;
use ats_store::{EVENT_KINDS, WebhookEndpoint, vault::KeyRing};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{Add, now};
use crate::{
    context::Context,
    exit::usage,
    output::{self, say},
};

/// For so long messages are signed with the old secret beside the new one.
const OVERLAP_HOURS: i64 = 24;

pub(super) fn add(context: &Context, add: Add) -> Result<()> {
    if add.environment.trim().is_empty() || add.environment.chars().any(char::is_control) {
        return Err(usage("bad_name", "the environment must have a letter"));
    }
    Deliverer::new(context.allow_private_network, Duration::ZERO)
        .accepts(&add.url)
        .map_err(|why| usage("bad_url", format!("nothing can be sent there: {why}")))?;
    let events = kinds(add.events)?;
    let (endpoint, secret) = WebhookEndpoint::generate(
        &context.sealing_keys()?,
        &add.environment,
        add.url.as_str(),
        events,
        now(),
    )?;
    context.platform.save_endpoint(&endpoint)?;
    if context.json {
        return output::json(&json!({ "id": endpoint.id, "secret": secret.expose_secret() }));
    }
    say!("{}", secret.expose_secret());
    say!();
    say!(
        "This is the only time that the secret is shown. Messages to {}",
        endpoint.url
    );
    say!("are signed with it; the endpoint's id is {}.", endpoint.id);
    say!("`ats webhooks test {}` sends one to try it.", endpoint.id);
    Ok(())
}

/// The kinds that were asked for, if all of them are ones.
fn kinds(asked: Vec<String>) -> Result<Option<BTreeSet<String>>> {
    let asked: BTreeSet<String> = asked
        .into_iter()
        .map(|kind| kind.trim().to_owned())
        .filter(|kind| !kind.is_empty())
        .collect();
    match asked
        .iter()
        .find(|kind| !EVENT_KINDS.contains(&kind.as_str()))
    {
        Some(unknown) => Err(usage(
            "unknown_event",
            format!(
                "there is no event `{unknown}`; there are {}",
                EVENT_KINDS.join(", ")
            ),
        )),
        None => Ok((!asked.is_empty()).then_some(asked)),
    }
}

pub(super) fn list(context: &Context) -> Result<()> {
    let endpoints = context.platform.endpoints()?;
    if context.json {
        let endpoints: Vec<Value> = endpoints.iter().map(to_json).collect();
        return output::json(&json!({ "endpoints": endpoints }));
    }
    if endpoints.is_empty() {
        say!("There is no endpoint yet; `ats webhooks add --url URL` adds one.");
        return Ok(());
    }
    let rows = endpoints.iter().map(|endpoint| {
        let events = endpoint.events.iter().flatten();
        let events: Vec<&str> = events.map(String::as_str).collect();
        vec![
            endpoint.id.clone(),
            endpoint.environment.clone(),
            match events.is_empty() {
                true => "all".to_owned(),
                false => events.join(", "),
            },
            endpoint.url.clone(),
        ]
    });
    let head = ["id", "environment", "events", "url"];
    output::line(output::table(&head, rows.collect(), &[]))
}

fn to_json(endpoint: &WebhookEndpoint) -> Value {
    json!({
        "id": endpoint.id,
        "environment": endpoint.environment,
        "url": endpoint.url,
        "events": endpoint.events,
        "created_at": endpoint.created_at,
        "previous_secret_until": endpoint.previous.as_ref().map(|(_, until)| until),
    })
}

pub(super) fn remove(context: &Context, id: &str) -> Result<()> {
    if !context.platform.remove_endpoint(id)? {
        return Err(unknown(id));
    }
    if context.json {
        return output::json(&json!({ "id": id, "removed": true }));
    }
    say!("The endpoint {id} is removed, with everything on its way to it.");
    Ok(())
}

pub(super) fn rotate(context: &Context, id: &str) -> Result<()> {
    let mut endpoint = find(context, id)?;
    let until = DateTime::<Utc>::from(now()) + TimeDelta::hours(OVERLAP_HOURS);
    let secret = endpoint
        .rotate(&KeyRing::load(&context.keys())?, until.into())
        .context("the endpoint keeps its secret")?;
    context.platform.save_endpoint(&endpoint)?;
    let until = endpoint.previous.as_ref().map(|(_, until)| *until);
    if context.json {
        return output::json(&json!({
            "id": endpoint.id,
            "secret": secret.expose_secret(),
            "previous_secret_until": until,
        }));
    }
    say!("{}", secret.expose_secret());
    say!();
    say!(
        "This is the only time that the secret is shown. For {OVERLAP_HOURS} hours messages carry a"
    );
    say!("signature with the old one too, in the header X-Kombo-Signature-Previous.");
    Ok(())
}

/// The endpoint of this id.
pub(super) fn find(context: &Context, id: &str) -> Result<WebhookEndpoint> {
    let all = context.platform.endpoints()?;
    let found = all.into_iter().find(|endpoint| endpoint.id == id);
    found.ok_or_else(|| unknown(id))
}

pub(super) fn unknown(id: &str) -> anyhow::Error {
    usage(
        "unknown_endpoint",
        format!("there is no endpoint `{id}`; `ats webhooks list` shows those that are there"),
    )
}
