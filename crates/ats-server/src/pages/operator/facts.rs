//! What is known about one integration, gathered from the store in one go.

use std::collections::BTreeMap;

use ats_core::{ModelKind, Timestamp};
use ats_store::{
    ActionEntry, Integration, IntegrationState, LossRow, ModelCount, Pass, PassState, Platform,
    RejectRow, StoredDelivery, StoredSubscription,
};
use ats_sync::{History, NextPass, freshness, next_pass};

use crate::{
    ApiError, App, Progress,
    pages::layout::{sentence, spoken},
};

/// Passes that are looked through for the last complete walk of each stream.
const LOOK_BACK: usize = 50;

/// So many losses, rejects, deliveries and actions are shown.
pub(super) const SHOWN: usize = 50;

/// What the list of integrations needs.
pub(super) struct Facts {
    pub(super) integration: Integration,
    /// The latest first.
    pub(super) passes: Vec<Pass>,
    pub(super) counts: BTreeMap<ModelKind, ModelCount>,
    /// When the last complete walk of each model's stream began.
    pub(super) fresh: BTreeMap<ModelKind, Timestamp>,
    pub(super) next: Option<NextPass>,
    /// The pass that runs in this process.
    pub(super) progress: Option<Progress>,
    /// Why its connector cannot be used, if it cannot.
    pub(super) broken: Option<String>,
    /// The models that its connector reads, in the order of the tables.
    pub(super) models: Vec<ModelKind>,
}

/// What the page of one integration needs beside that.
pub(super) struct More {
    pub(super) losses: Vec<LossRow>,
    pub(super) rejects: Vec<RejectRow>,
    pub(super) subscriptions: Vec<StoredSubscription>,
    pub(super) deliveries: Vec<StoredDelivery>,
    pub(super) actions: Vec<ActionEntry>,
}

impl Facts {
    /// Gathers what is known.
    pub(super) async fn gather(app: &App, integration: Integration) -> Result<Self, ApiError> {
        let now = app.now();
        let scheduled = app.options().scheduled;
        let asked = integration.clone();
        let (passes, counts, next) = app
            .stored(move |platform| {
                let passes = platform.passes(&asked.id, LOOK_BACK)?;
                let counts = platform.counts(&asked.id)?;
                let is_due = scheduled && asked.state == IntegrationState::Active;
                let next = is_due.then(|| due(platform, &asked, now)).flatten();
                Ok((passes, counts, next))
            })
            .await?;
        let progress = app.runner().progress(&integration.id);
        let connector = app.connector(&integration);
        let (fresh, models, broken) = match &connector {
            Ok(connector) => {
                let reads = connector.reads();
                let slots = reads.slots().into_iter();
                let models = slots.filter(|(_, slot)| slot.yes().is_some());
                let models = models.map(|(model, _)| model).collect();
                (freshness(connector.as_ref(), &passes), models, None)
            }
            Err(error) => (
                BTreeMap::new(),
                ModelKind::ALL.to_vec(),
                Some(error.message.clone()),
            ),
        };
        Ok(Self {
            integration,
            passes,
            counts,
            fresh,
            next,
            progress,
            broken,
            models,
        })
    }

    /// The model that was read the longest time ago, if every one was read.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.fresh.values().min().copied()
    }

    /// All living records.
    pub(super) fn records(&self) -> u64 {
        self.counts.values().map(|count| count.live).sum()
    }

    /// Whether a pass runs, be it in another process.
    pub(super) fn is_running(&self) -> bool {
        let last = self.passes.first();
        self.progress.is_some() || last.is_some_and(|pass| pass.state == PassState::Running)
    }

    /// What a person should know, the worst first.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        problems.extend(self.broken.as_deref().map(sentence));
        let ended = self
            .passes
            .iter()
            .find(|pass| pass.state != PassState::Running);
        if let Some(pass) = ended {
            problems.extend(
                pass.problem
                    .iter()
                    .map(|problem| sentence(&problem.message)),
            );
            let walks = pass.walks.iter();
            problems.extend(walks.filter_map(|walk| {
                let problem = walk.problem.as_ref()?;
                Some(format!("{}: {}", spoken(&walk.stream), problem.message))
            }));
        }
        problems
    }
}

impl More {
    pub(super) async fn gather(app: &App, integration: &Integration) -> Result<Self, ApiError> {
        let id = integration.id.clone();
        app.stored(move |platform| {
            Ok(Self {
                losses: platform.losses(&id, SHOWN)?,
                rejects: platform.rejects(&id, SHOWN)?,
                subscriptions: platform.subscriptions(&id)?,
                deliveries: platform.deliveries(&id, SHOWN)?,
                actions: platform.actions(&id, SHOWN)?,
            })
        })
        .await
    }
}

fn due(platform: &dyn Platform, one: &Integration, now: Timestamp) -> Option<NextPass> {
    let history = History::read(platform, &one.id).ok()?;
    Some(next_pass(&one.settings, history, now, 0.0))
}
