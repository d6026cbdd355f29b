//! `GET /changes`: which records changed, in an order without gaps. An addition to the unified API.
//!
//! Whoever remembers a position and asks from there misses nothing, whatever happened to webhooks.

use aide::axum::{ApiRouter, routing::get_with};
use ats_core::ModelKind;
use ats_store::{Change, ChangeKind, ChangeQuery};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ApiError, App, auth::Chosen, extract::Params, respond::Success};

const USUAL: usize = 500;
const MOST: usize = 5_000;

/// From where, and how many.
#[derive(Debug, Deserialize, JsonSchema)]
struct Asked {
    /// The position after which changes are wanted; 0 begins at the first.
    #[serde(default)]
    since: Option<i64>,
    /// How many at most, from 1 to 5000; 500 unless it is said.
    #[serde(default)]
    limit: Option<usize>,
    /// Comma list of models, such as `ats_candidates`; all unless it is said.
    #[serde(default)]
    models: Option<String>,
}

/// Changes in their order.
#[derive(Debug, Serialize, JsonSchema)]
struct Changes {
    /// The changes.
    results: Vec<RecordChange>,
    /// From here the next question goes on, also if nothing came.
    next_position: i64,
    /// Whether more have happened already.
    has_more: bool,
}

/// What happened to a record.
#[derive(Debug, Serialize, JsonSchema)]
struct RecordChange {
    /// Its place in the order.
    position: i64,
    /// The model, such as `ats_candidates`.
    model: String,
    /// Our id of the record.
    id: String,
    /// The vendor's id; two of them for a record that joins two others.
    remote_id: Option<String>,
    /// What happened.
    change: What,
    /// The fields that changed, where the record had been there before.
    fields: Vec<String>,
    /// When.
    changed_at: String,
}

/// What happened.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum What {
    /// It is new.
    Created,
    /// Its content changed.
    Updated,
    /// The vendor has it no more.
    Deleted,
    /// The vendor has it again.
    Restored,
}

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new().api_route(
        "/changes",
        get_with(changes, |operation| {
            operation
                .id("getChanges")
                .tag("Additions")
                .summary("Get which records changed since a position")
        }),
    )
}

async fn changes(
    State(app): State<App>,
    chosen: Chosen,
    Params(asked): Params<Asked>,
) -> Result<Success<Changes>, ApiError> {
    let since = asked.since.unwrap_or(0);
    let limit = asked.limit.unwrap_or(USUAL);
    if since < 0 || !(1..=MOST).contains(&limit) {
        return Err(ApiError::input(format!(
            "`since` must not be negative, and `limit` must be from 1 to {MOST}"
        )));
    }
    let wanted = asked.models.as_deref().map(models).transpose()?;
    let integration = chosen.integration;
    let scope = integration.settings.scope.clone();
    let shown = move |model: ModelKind| {
        let is_wanted = wanted.as_ref().is_none_or(|wanted| wanted.contains(&model));
        is_wanted && scope.allows_model(model)
    };
    let id = integration.id;
    let (all, has_more) = app
        .stored(move |platform| {
            let query = ChangeQuery {
                after: since,
                limit: limit + 1,
                ..ChangeQuery::default()
            };
            let mut all = platform.changes(&id, &query)?;
            let has_more = all.len() > limit;
            all.truncate(limit);
            Ok((all, has_more))
        })
        .await?;
    let next_position = all.last().map_or(since, |last| last.seq);
    let results = all.into_iter().filter(|change| shown(change.model));
    Ok(Success::new(Changes {
        results: results.map(shape).collect(),
        next_position,
        has_more,
    }))
}

fn shape(change: Change) -> RecordChange {
    RecordChange {
        position: change.seq,
        model: super::model_name(change.model).to_owned(),
        id: change.id.to_string(),
        remote_id: change.remote_id,
        change: match change.change {
            ChangeKind::Created => What::Created,
            ChangeKind::Updated => What::Updated,
            ChangeKind::Deleted => What::Deleted,
            ChangeKind::Restored => What::Restored,
        },
        fields: change.fields,
        changed_at: change.at.to_string(),
    }
}

fn models(text: &str) -> Result<Vec<ModelKind>, ApiError> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| {
            let mut all = ModelKind::ALL.iter();
            let found = all.find(|model| super::model_name(**model) == name);
            found.copied().ok_or_else(|| {
                let name: String = name.chars().take(60).collect();
                ApiError::input(format!(
                    "there is no model `{name}`; one is `ats_candidates`"
                ))
            })
        })
        .collect()
}
