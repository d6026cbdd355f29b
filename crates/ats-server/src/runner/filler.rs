//! Makes answers ahead of those who ask for them, and keeps them.
//!
//! Nothing depends on it but speed: a list makes what is missing by itself.

use std::{collections::HashSet, sync::Mutex, time::Duration};

use ats_core::{IntegrationId, ModelKind};
use ats_store::StoredRecord;
use tokio::sync::Notify;

use super::{Runner, asked, lock};
use crate::{App, wire};

/// So many answers are made and kept at once.
const BATCH: usize = 200;

/// The wait where records change meanwhile.
const PAUSE: Duration = Duration::from_millis(500);

/// The models that lists show.
const MODELS: &[ModelKind] = &[
    ModelKind::User,
    ModelKind::Job,
    ModelKind::ApplicationStage,
    ModelKind::Tag,
    ModelKind::RejectionReason,
    ModelKind::Application,
    ModelKind::Candidate,
    ModelKind::Interview,
    ModelKind::Offer,
];

/// The integrations with answers to make.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    all: Mutex<HashSet<IntegrationId>>,
    more: Notify,
}

impl Runner {
    /// Lets missing answers of an integration be made in a while.
    pub(crate) fn fill_soon(&self, id: &IntegrationId) {
        if lock(&self.wanted.all).insert(id.clone()) {
            self.wanted.more.notify_one();
        }
    }
}

/// Makes answers until the server stops.
pub(super) async fn run(app: App) {
    let runner = app.runner();
    let mut stop = runner.stopping();
    loop {
        let next = lock(&runner.wanted.all).iter().next().cloned();
        let Some(id) = next else {
            tokio::select! {
                () = runner.wanted.more.notified() => continue,
                () = asked(&mut stop) => return,
            }
        };
        let is_done = fill(&app, &id).await;
        if *stop.borrow() {
            return;
        }
        if is_done {
            lock(&runner.wanted.all).remove(&id);
        } else {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Makes what is missing. Tells whether all is made, or nothing can be done about it.
async fn fill(app: &App, id: &IntegrationId) -> bool {
    for model in MODELS {
        let mut after = 0;
        loop {
            if *app.runner().stopping().borrow() {
                return true;
            }
            match batch(app, id, *model, after).await {
                Ok(Batch::More(last)) => after = last,
                Ok(Batch::Done) => break,
                Ok(Batch::Changed) => return false,
                // It is written down; the next page that misses something asks again.
                Err(_) => return true,
            }
        }
    }
    true
}

enum Batch {
    More(i64),
    Done,
    /// Something changed while the answers were made, so they were not kept.
    Changed,
}

async fn batch(
    app: &App,
    id: &IntegrationId,
    model: ModelKind,
    after: i64,
) -> Result<Batch, crate::ApiError> {
    let id = id.clone();
    app.stored(move |platform| {
        let as_of = platform.last_change(&id)?;
        // Its settings decide about answers too, so they are read after that.
        let Some(one) = platform.integration(&id)? else {
            return Ok(Batch::Done);
        };
        let records = platform.without_answer(&one.id, model, after, BATCH)?;
        let Some(last) = records.last() else {
            return Ok(Batch::Done);
        };
        let last = last.key;
        let shown: Vec<&StoredRecord> = records.iter().collect();
        let made = wire::answers(platform, &one, model, &shown)?;
        let keys = records.iter().map(|record| record.key);
        let answers: Vec<(i64, String)> = keys.zip(made).collect();
        Ok(match platform.save_answers(&one.id, as_of, &answers)? {
            true => Batch::More(last),
            false => Batch::Changed,
        })
    })
    .await
}
