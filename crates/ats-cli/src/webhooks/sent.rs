//! Messages: what became of them, and sending them again.

use anyhow::Result;
use ats_core::Id;
use ats_store::{DATA_CHANGED, NewEvent, OutgoingDelivery, OutgoingQuery, OutgoingState, Replay};
use serde_json::{Value, json};

use super::{Again, Asked, endpoints, now};
use crate::{
    context::Context,
    exit::usage,
    output::{self, say},
};

pub(super) fn deliveries(context: &Context, asked: Asked) -> Result<()> {
    if let Some(id) = &asked.endpoint {
        endpoints::find(context, id)?;
    }
    let query = OutgoingQuery {
        endpoint: asked.endpoint,
        state: match (asked.dead, asked.waiting) {
            (true, _) => Some(OutgoingState::Dead),
            (false, true) => Some(OutgoingState::Waiting),
            (false, false) => None,
        },
        limit: asked.limit,
        ..OutgoingQuery::default()
    };
    let found = context.platform.outgoing(&query)?;
    if context.json {
        let found: Vec<Value> = found.iter().map(to_json).collect();
        return output::json(&json!({ "deliveries": found }));
    }
    if found.is_empty() {
        say!("There are none.");
        return Ok(());
    }
    let rows = found.iter().map(|one| {
        let progress = &one.progress;
        let state = match progress.state {
            OutgoingState::Delivered => "delivered".to_owned(),
            OutgoingState::Dead => "given up".to_owned(),
            OutgoingState::Waiting if progress.attempts == 0 => "waiting".to_owned(),
            OutgoingState::Waiting => format!("again at {}", progress.not_before),
        };
        vec![
            one.event.id.clone(),
            one.event.kind.clone(),
            one.endpoint.clone(),
            progress.attempts.to_string(),
            state,
            progress.outcome.clone().unwrap_or_default(),
        ]
    });
    let head = ["event", "kind", "endpoint", "tries", "state", "last answer"];
    output::line(output::table(&head, rows.collect(), &[3]))
}

fn to_json(one: &OutgoingDelivery) -> Value {
    let progress = &one.progress;
    json!({
        "event": one.event.id,
        "type": one.event.kind,
        "environment": one.event.environment,
        "integration": one.event.integration,
        "created_at": one.event.at,
        "endpoint": one.endpoint,
        "state": progress.state,
        "attempts": progress.attempts,
        "not_before": progress.not_before,
        "outcome": progress.outcome,
        "tried_at": progress.tried_at,
    })
}

pub(super) fn replay(context: &Context, again: Again) -> Result<()> {
    let replay = match (&again.id, again.since) {
        (Some(id), _) => Replay::Event(id.clone()),
        (None, Some(moment)) => Replay::Since {
            environment: again.environment,
            moment,
        },
        (None, None) => return Err(usage("nothing_named", "name an event, or --since DATE")),
    };
    let count = context.platform.replay(&replay, now())?;
    if count == 0
        && let Some(id) = &again.id
    {
        return Err(usage(
            "unknown_event",
            format!(
                "there is no event `{id}` that an endpoint hears; `ats webhooks deliveries` shows those \
                 of the last 30 days"
            ),
        ));
    }
    if context.json {
        return output::json(&json!({ "deliveries": count }));
    }
    let messages = output::count(count, "message is", "messages are");
    say!("{messages} on the way again, as soon as `ats serve` runs.");
    Ok(())
}

/// A message that tells of nothing: an event about changes without one.
pub(super) fn test(context: &Context, id: &str) -> Result<()> {
    let endpoint = endpoints::find(context, id)?;
    let all = context.store.integrations()?;
    let of_it = all
        .iter()
        .find(|one| one.environment == endpoint.environment);
    let event = Id::derive(["test event", &rand::random::<u128>().to_string()]).to_string();
    let body = json!({
        "id": event,
        "type": DATA_CHANGED,
        "data": {
            "integration_id": of_it.map_or("test", |one| one.id.as_str()),
            "integration_tool": of_it.map_or("test", |one| one.connector.as_str()),
            "integration_category": "ATS",
            "changed_models": [],
            "is_test": true,
        },
    });
    let new = NewEvent {
        id: event.clone(),
        environment: endpoint.environment,
        integration: None,
        kind: DATA_CHANGED.to_owned(),
        body: body.to_string(),
        at: now(),
    };
    context.platform.emit_to(id, &new)?;
    if context.json {
        return output::json(&json!({ "event": event }));
    }
    say!("The event {event} is on its way, as soon as `ats serve` runs.");
    say!("`ats webhooks deliveries --endpoint {id}` shows what became of it.");
    Ok(())
}
