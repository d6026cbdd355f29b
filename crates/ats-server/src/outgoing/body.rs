//! The bodies of events, as clients of the unified API know them.
//!
//! `changed_records`, `has_more_records` and `feed_position` are additions: clients ignore what they
//! do not know.

use ats_store::{Changed, EndUser, Integration, IntegrationState, Issue, NewEvent, Pass, Scope};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use ats_core::Timestamp;

use crate::{api::model_name, token};

/// The one category of connectors that are here.
const CATEGORY: &str = "ATS";

/// An event of this kind with its body.
pub(super) fn event(one: &Integration, kind: &str, data: Value, at: Timestamp) -> NewEvent {
    let mut event = of_environment(&one.environment, kind, data, at);
    event.integration = Some(one.id.clone());
    event
}

/// The same where there is no integration.
pub(super) fn of_environment(
    environment: &str,
    kind: &str,
    data: Value,
    at: Timestamp,
) -> NewEvent {
    let id = token::id().to_string();
    let body = json!({ "id": id, "type": kind, "data": data }).to_string();
    NewEvent {
        id,
        environment: environment.to_owned(),
        integration: None,
        kind: kind.to_owned(),
        body,
        at,
    }
}

fn end_user(end_user: &EndUser) -> Value {
    json!({
        "organization_name": end_user.organization_name,
        "creator_email": end_user.creator_email,
        "origin_id": end_user.origin_id,
    })
}

/// What changed, without the models that are switched off; nothing if nothing is left.
pub(super) fn data_changed(one: &Integration, changed: &Changed) -> Option<Value> {
    let scope: &Scope = &one.settings.scope;
    let models = changed.models.iter();
    let models: Vec<Value> = models
        .filter(|model| scope.allows_model(**model))
        .map(|model| json!({ "name": model_name(*model) }))
        .collect();
    let records = changed.records.iter();
    let records: Vec<Value> = records
        .filter(|(model, _)| scope.allows_model(*model))
        .map(|(model, id)| json!({ "model": model_name(*model), "id": id.as_str() }))
        .collect();
    (!models.is_empty()).then(|| {
        json!({
            "integration_id": one.id.as_str(),
            "integration_tool": one.connector,
            "integration_category": CATEGORY,
            "changed_models": models,
            "changed_records": records,
            "has_more_records": changed.has_more,
            "feed_position": changed.since,
        })
    })
}

pub(super) fn sync_finished(one: &Integration, pass: &Pass, log_url: &str) -> Value {
    let ended = pass.ended_at.unwrap_or(pass.started_at);
    let took = DateTime::<Utc>::from(ended) - DateTime::<Utc>::from(pass.started_at);
    json!({
        "sync_id": pass.id,
        "sync_state": pass.state,
        "sync_started_at": pass.started_at.to_string(),
        "sync_ended_at": ended.to_string(),
        "sync_duration_seconds": took.num_seconds().max(0),
        "integration_id": one.id.as_str(),
        "integration_tool": one.connector,
        "integration_category": CATEGORY,
        "end_user": end_user(&one.end_user),
        "log_url": log_url,
    })
}

pub(super) fn integration(one: &Integration) -> Value {
    json!({
        "id": one.id.as_str(),
        "tool": one.connector,
        "category": CATEGORY,
        "end_user": end_user(&one.end_user),
    })
}

pub(super) fn deleted(one: &Integration, at: Timestamp) -> Value {
    let mut data = integration(one);
    data["deleted_at"] = json!(at.to_string());
    data
}

pub(super) fn state_changed(one: &Integration, at: Timestamp) -> Value {
    json!({
        "integration_tool": one.connector,
        "integration_id": one.id.as_str(),
        "integration_category": CATEGORY,
        "end_user": end_user(&one.end_user),
        "qa_status": "PASSED",
        "setup_status": "COMPLETED",
        "state": match one.state {
            IntegrationState::Active => "ACTIVE",
            IntegrationState::Disabled => "INACTIVE",
            IntegrationState::Invalid => "INVALID",
        },
        "updated_at": at.to_string(),
    })
}

pub(super) fn connection_flow_failed(tool: &str, user: &EndUser, log_url: &str) -> Value {
    json!({
        "integration_tool": tool,
        "integration_category": CATEGORY,
        "end_user": end_user(user),
        "log_url": log_url,
    })
}

/// What people read of an issue: its title, and what to do.
pub(super) struct Told {
    pub(super) title: &'static str,
    pub(super) message: String,
}

pub(super) fn issue(one: &Integration, issue: &Issue, told: &Told) -> Value {
    let (change, status) = match issue.resolved_at {
        None => ("raised", "OPEN"),
        Some(_) => ("resolved", "RESOLVED"),
    };
    json!({
        "change": change,
        "issue": {
            "id": issue.id,
            "type": issue.kind,
            "title": told.title,
            "status": status,
            "markdown_message": told.message,
            "first_observed_at": issue.opened_at.to_string(),
            "resolved_at": issue.resolved_at.map(|at| at.to_string()),
        },
        "integration": integration(one),
    })
}
