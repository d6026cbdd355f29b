//! `ats sync --watch`: passes as they become due, until somebody stops it.
//!
//! Settings are read anew in each round, so that a change of them needs no restart.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use ats_core::{Clock, Timestamp};
use ats_http::SystemClock;
use ats_store::{Integration, IntegrationState, PassKind};
use ats_sync::{History, NextPass, PassOptions, next_pass};
use chrono::{DateTime, Utc};
use tokio::sync::watch::Receiver;

use super::{pass, report, stop_of};
use crate::{
    context::Context,
    exit::{Exit, classify},
    output::{self, say},
    stop::stopped,
};

/// The longest time for which a change of settings goes unnoticed, and the time after which what
/// stood in the way of a pass is tried again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs until it is stopped.
pub(super) async fn run(context: &Context, chosen: Option<&str>) -> Result<Exit> {
    let mut stop = stop_of(None);
    let mut waits: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut jitters: BTreeMap<String, f64> = BTreeMap::new();
    loop {
        let mut earliest: Option<(Integration, NextPass)> = None;
        for one in active(context, chosen)? {
            let jitter = *jitters
                .entry(one.id.to_string())
                .or_insert_with(rand::random::<f64>);
            let mut next = due(context, &one, jitter)?;
            if let Some(not_before) = waits.get(one.id.as_str()) {
                next.at = next.at.max(*not_before);
            }
            if earliest
                .as_ref()
                .is_none_or(|(_, other)| next.at < other.at)
            {
                earliest = Some((one, next));
            }
        }
        let wait = earliest
            .as_ref()
            .map_or(PATIENCE, |(_, next)| until(next.at));
        if !wait.is_zero() {
            tokio::select! {
                () = SystemClock.sleep(wait.min(PATIENCE)) => continue,
                () = stopped(&mut stop) => return Ok(Exit::Complete),
            }
        }
        let Some((one, next)) = earliest else {
            continue;
        };
        jitters.remove(one.id.as_str());
        if !run_one(context, &one, next.kind, stop.clone()).await? {
            waits.insert(one.id.to_string(), later(PATIENCE));
        }
        if *stop.borrow() {
            return Ok(Exit::Complete);
        }
    }
}

/// The integrations to watch, as they are now.
fn active(context: &Context, chosen: Option<&str>) -> Result<Vec<Integration>> {
    let mut all = match chosen {
        Some(text) => vec![context.integration(text)?],
        None => context.store.integrations()?,
    };
    all.retain(|one| one.state == IntegrationState::Active);
    Ok(all)
}

/// Runs a pass and tells how it went. Gives back false if it could not run now.
async fn run_one(
    context: &Context,
    one: &Integration,
    kind: PassKind,
    stop: Receiver<bool>,
) -> Result<bool> {
    let options = PassOptions {
        kind: Some(kind),
        ..PassOptions::default()
    };
    match pass(context, one, &options, None, stop).await {
        Ok(pass) if context.json => output::json(&report::to_json(one, &pass))?,
        Ok(pass) => {
            say!("{}  {}  {}", now(), one.name, report::head(&pass));
            for (model, tally) in &pass.tallies {
                let changes = tally.created + tally.updated + tally.deleted;
                if changes > 0 {
                    say!(
                        "    {model}: {} created, {} updated, {} deleted",
                        tally.created,
                        tally.updated,
                        tally.deleted
                    );
                }
            }
            for line in report::problem_lines(&pass) {
                say!("    {line}");
            }
        }
        Err(error) => {
            let (exit, code) = classify(&error);
            // A full disk is cleared and a lock is let go; what else fails here stays as it is.
            if exit != Exit::Busy && code != "disk_full" {
                return Err(error);
            }
            eprintln!("{}  {}: {error:#}", now(), one.name);
            return Ok(false);
        }
    }
    Ok(true)
}

/// When the next pass of an integration is due.
pub(crate) fn due(context: &Context, one: &Integration, jitter: f64) -> Result<NextPass> {
    let history = History::read(&*context.store, &one.id)?;
    Ok(next_pass(&one.settings, history, now(), jitter))
}

fn now() -> Timestamp {
    Timestamp::from(DateTime::from(SystemClock.wall()))
}

fn later(time: Duration) -> Timestamp {
    Timestamp::from(DateTime::<Utc>::from(SystemClock.wall() + time))
}

/// The time until a moment; nothing if it has passed.
fn until(at: Timestamp) -> Duration {
    let wait = DateTime::<Utc>::from(at) - DateTime::<Utc>::from(SystemClock.wall());
    wait.to_std().unwrap_or_default()
}
