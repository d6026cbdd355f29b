//! What is known about one integration, gathered from its store.

use std::time::SystemTime;

use anyhow::Result;
use ats_core::{ModelKind, Timestamp};
use ats_store::{Integration, IntegrationState, ModelCount, Pass};
use ats_sync::{NextPass, freshness};
use serde_json::{Map, Value, json};

use super::lost::Lost;
use crate::{
    context::Context,
    sync::{due, report},
};

/// Passes that are looked through for the last complete walk of each stream.
const LOOK_BACK: usize = 50;

/// Passes that machines are shown.
const SHOWN: usize = 10;

/// What is known about one integration.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) integration: Integration,
    /// The latest first.
    pub(super) passes: Vec<Pass>,
    pub(super) last_full: Option<Timestamp>,
    /// The next pass, unless it is disabled.
    pub(super) next: Option<NextPass>,
    pub(super) models: Vec<ModelFacts>,
    pub(super) lost: Lost,
    /// Why the credentials cannot be used, if they cannot.
    pub(super) sealed: Option<String>,
    pub(super) now: Timestamp,
}

/// What is known about one model.
#[derive(Debug)]
pub(super) struct ModelFacts {
    pub(super) kind: ModelKind,
    pub(super) count: ModelCount,
    /// When the last complete walk of its stream began: what the vendor changed before is here.
    pub(super) fresh_as_of: Option<Timestamp>,
}

impl Facts {
    pub(super) fn gather(context: &Context, integration: Integration) -> Result<Self> {
        let store = context.store.as_ref();
        let id = &integration.id;
        let passes = store.passes(id, LOOK_BACK)?;
        let counts = store.counts(id)?;
        let next = match integration.state {
            IntegrationState::Active => Some(due(context, &integration, 0.0)?),
            IntegrationState::Disabled | IntegrationState::Invalid => None,
        };
        // Only a connector knows which stream carries which model.
        let connector = context.connector(&integration);
        let fresh = connector.as_ref().ok();
        let fresh = fresh.map(|connector| freshness(connector.as_ref(), &passes));
        let fresh = fresh.unwrap_or_default();
        let models = ModelKind::ALL.iter().map(|kind| ModelFacts {
            kind: *kind,
            count: counts.get(kind).copied().unwrap_or_default(),
            fresh_as_of: fresh.get(kind).copied(),
        });
        Ok(Self {
            models: models.collect(),
            last_full: store.last_full_pass(id)?,
            next,
            lost: Lost::gather(store, id)?,
            sealed: connector.err().map(|error| format!("{error:#}")),
            now: Timestamp::from(chrono::DateTime::from(SystemTime::now())),
            passes,
            integration,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        let mut models = Map::new();
        for model in &self.models {
            let document = json!({
                "live": model.count.live,
                "deleted": model.count.deleted,
                "fresh_as_of": model.fresh_as_of,
            });
            models.insert(model.kind.name().to_owned(), document);
        }
        let passes = self.passes.iter().take(SHOWN).map(|pass| {
            json!({
                "pass_id": pass.id,
                "type": pass.kind,
                "state": pass.state,
                "started_at": pass.started_at,
                "ended_at": pass.ended_at,
                "requests": pass.usage.requests,
                "resumed": pass.resumed,
                "problems": report::problems_json(pass),
                "walks": report::walks_json(pass),
            })
        });
        let next = self
            .next
            .as_ref()
            .map(|next| json!({ "at": next.at, "type": next.kind }));
        json!({
            "id": self.integration.id.as_str(),
            "name": self.integration.name,
            "connector": self.integration.connector,
            "state": self.integration.state,
            "credentials_problem": self.sealed,
            "last_full_pass": self.last_full,
            "next": next,
            "passes": passes.collect::<Vec<_>>(),
            "models": models,
            "losses": self.lost.losses_json(),
            "rejects": self.lost.rejects_json(),
            "problems": self.passes.first().map(report::problems_json).unwrap_or_default(),
        })
    }
}
