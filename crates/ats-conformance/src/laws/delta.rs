//! Laws of the delta pass: it sees every change, costs nothing when there is none, and forgets
//! nothing that happens while it runs.

use std::sync::Arc;

use ats_core::Connector;

use super::{
    Judged, LawEvidence,
    compare::{complete, fresh, same_as_fresh, view},
    economy::details,
    hook::{Hook, Hooked},
    probe::{calls, start},
};
use crate::{ChangeKind, Failure, Harness, Mirror, Remote};

super::declare! {
    "delta/quiet-pass-changes-nothing",
    "a delta pass over an unchanged vendor brings nothing and changes nothing",
    "every pass costs as much as the first, and everything seems to have changed" => quiet;

    "delta/each-change-arrives",
    "after any one change and one delta pass (a deletion: and one full pass) the records are those of a fresh full pass",
    "a change at the vendor never reaches the mirror" => each_change;

    "delta/renames-fetch-no-details",
    "a rename reaches every record that shows the name, without fetching any of them again",
    "a renamed source costs one request for each candidate, or is never seen" => renames;

    "delta/many-pages-arrive",
    "a delta of many pages is walked to its end",
    "only the first page of changes is ever seen" => many_pages;

    "delta/changes-during-a-walk-are-kept",
    "what changes while a pass runs is there after the next delta pass",
    "changes fall between two passes and are lost until the next full one" => during_a_walk;
}

/// Why a connector may have no delta.
pub(super) fn no_delta(connector: &dyn Connector) -> Option<LawEvidence> {
    let gap = connector.features().delta_syncs.gap().copied()?;
    Some(LawEvidence::without_object(format!(
        "the connector declares no delta: {}",
        gap.reason
    )))
}

async fn quiet(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    if let Some(none) = no_delta(&*connector) {
        return Ok(none);
    }
    let mut mirror = fresh(harness, &*connector).await?;
    let report = mirror.delta_pass(&*connector).await;
    complete(&report, "a delta pass")?;
    if !report.quiet() {
        let came = (&report.created, &report.updated, &report.deleted);
        return Err(Failure::default()
            .expected("no record created, updated or deleted", "")
            .came(format!("{came:?}")));
    }
    let mut judged = 0;
    for (stream, outcome) in report.streams.iter().filter(|(_, outcome)| !outcome.full) {
        if outcome.bundles > 0 {
            return Err(Failure::default()
                .expected(
                    format!("stream {stream} brings nothing from its checkpoint"),
                    "",
                )
                .came(format!("{} bundles", outcome.bundles)));
        }
        judged += 1;
    }
    Ok(LawEvidence::judged(judged))
}

/// How many documents a change is tried on before it counts as one that no record shows.
const TRIES: u64 = 3;

async fn each_change(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let mut mirror = fresh(harness, &*connector).await?;
    let mut seen = Vec::new();
    let mut wrong = Vec::new();
    for (pick, change) in (3..).step_by(7).zip(remote.changes()) {
        // A change may meet a document that has changed already, so that nothing moves.
        for pick in pick..pick + TRIES {
            let before = view(&mirror);
            remote.apply(change.name, pick);
            complete(&mirror.delta_pass(&*connector).await, "a delta pass")?;
            if change.kind == ChangeKind::Delete {
                complete(&mirror.full_pass(&*connector).await, "a full pass")?;
            }
            let after = format!("the change `{}`", change.name);
            match same_as_fresh(harness, &*connector, &mirror, after).await {
                Ok(fresh) if view(&fresh) == before => continue,
                Ok(_) => seen.push(change.kind),
                Err(failure) => {
                    wrong.push(format!(
                        "after `{}` ({pick}): {}",
                        change.name, failure.came
                    ));
                    mirror = fresh(harness, &*connector).await?;
                }
            }
            break;
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::default()
            .expected("after each change, the records of one fresh full pass", "")
            .came(wrong.join("\n")));
    }
    match remote
        .changes()
        .iter()
        .find(|change| !seen.contains(&change.kind))
    {
        Some(change) => Err(Failure::default()
            .expected(
                format!(
                    "a change of the sort {:?} that some record shows",
                    change.kind
                ),
                "",
            )
            .came("no record moved")),
        None => Ok(LawEvidence::judged(seen.len())),
    }
}

async fn renames(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let mut mirror = fresh(harness, &*connector).await?;
    let details = details(&remote.economy());
    let mut judged = 0;
    let changes = remote
        .changes()
        .into_iter()
        .filter(|change| change.kind == ChangeKind::Rename);
    for (pick, change) in (1..).step_by(5).zip(changes) {
        let before = view(&mirror);
        remote.apply(change.name, pick);
        remote.clear_requests();
        complete(&mirror.delta_pass(&*connector).await, "a delta pass")?;
        let calls = calls(&*remote);
        let asked: Vec<_> = calls
            .iter()
            .filter(|(endpoint, _)| details.contains(*endpoint))
            .collect();
        if !asked.is_empty() {
            return Err(Failure::default()
                .expected(
                    format!("no request for single records after `{}`", change.name),
                    "",
                )
                .came(format!("{asked:?}")));
        }
        let after = format!("the change `{}`", change.name);
        let fresh = same_as_fresh(harness, &*connector, &mirror, after).await?;
        judged += usize::from(view(&fresh) != before);
    }
    Ok(LawEvidence::judged(judged))
}

async fn many_pages(harness: &dyn Harness) -> Judged {
    let remote = start(harness, Some(1)).await;
    let connector = remote.connector();
    if let Some(none) = no_delta(&*connector) {
        return Ok(none);
    }
    let mut mirror = fresh(harness, &*connector).await?;
    for pick in 0..3 {
        for change in lasting(&*remote) {
            remote.apply(change, pick);
        }
    }
    let report = mirror.delta_pass(&*connector).await;
    complete(&report, "a delta pass")?;
    same_as_fresh(
        harness,
        &*connector,
        &mirror,
        "many changes and one delta pass",
    )
    .await?;
    let paged = report
        .streams
        .values()
        .filter(|outcome| !outcome.full && outcome.pages > 1);
    Ok(LawEvidence::judged(paged.count()))
}

/// The names of the changes that a delta can show.
fn lasting(remote: &dyn Remote) -> Vec<&'static str> {
    let changes = remote.changes().into_iter();
    changes
        .filter(|change| change.kind != ChangeKind::Delete)
        .map(|change| change.name)
        .collect()
}

/// How many times the changes are spread over a pass, each time elsewhere.
const ROUNDS: usize = 3;

/// Applies changes between the pages of a pass.
struct Meanwhile {
    remote: Arc<dyn Remote>,
    /// Before which fetch, what, to which document.
    plan: Vec<(usize, &'static str, u64)>,
}

impl Hook for Meanwhile {
    fn before(&self, _: &str, count: usize) {
        for (_, change, pick) in self.plan.iter().filter(|(at, _, _)| *at == count) {
            self.remote.apply(change, *pick);
        }
    }
}

async fn during_a_walk(harness: &dyn Harness) -> Judged {
    let mut judged = 0;
    for round in 0..ROUNDS {
        let remote = start(harness, Some(2)).await;
        let connector = remote.connector();
        let mut mirror = Mirror::new(harness.slug());
        let report = mirror.full_pass(&*connector).await;
        complete(&report, "a full pass")?;
        let pages: usize = report.streams.values().map(|outcome| outcome.pages).sum();
        let changes = lasting(&*remote);
        let turns = (0..pages).flat_map(|at| [(at, 2 * at), (at, 2 * at + 1)]);
        let plan: Vec<_> = turns
            .filter_map(|(at, turn)| {
                let change = changes.get((turn + round) % changes.len().max(1))?;
                Some((at, *change, (turn / changes.len() + round) as u64))
            })
            .collect();
        judged += plan.len();
        let hook = Meanwhile {
            remote: Arc::clone(&remote),
            plan,
        };
        let hooked = Hooked::new(Arc::clone(&connector), Arc::new(hook));
        let mut mirror = Mirror::new(harness.slug());
        complete(&mirror.full_pass(&hooked).await, "a full pass")?;
        complete(&mirror.delta_pass(&*connector).await, "a delta pass")?;
        let after = "changes while a full pass ran, and one delta pass";
        same_as_fresh(harness, &*connector, &mirror, after).await?;
    }
    Ok(LawEvidence::judged(judged))
}
