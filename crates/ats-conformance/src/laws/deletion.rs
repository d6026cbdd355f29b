//! Laws of deletion: what is gone goes, and nothing else does.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ats_core::RawPage;
use ats_simulator::{Fault, FaultKind};

use super::{
    Judged, LawEvidence,
    compare::{complete, difference, fresh, same_as_fresh, view},
    hook::{Hook, Hooked},
    probe::{calls, start},
};
use crate::{ChangeKind, Failure, Harness, Mirror, PassReport, mirror::Key};

super::declare! {
    "deletion/gone-after-a-full-pass",
    "a deleted record is gone after a complete full pass",
    "people who were deleted at the vendor live on in the mirror" => gone;

    "deletion/incomplete-pass-removes-nothing",
    "a pass that fails anywhere says so and removes nothing",
    "a hiccup of the vendor deletes a customer's records" => incomplete_pass;

    "deletion/lost-permission-removes-nothing",
    "a permission that is taken away removes nothing",
    "an administrator who edits a key deletes the customer's records" => lost_permission;

    "deletion/what-comes-back-is-the-same",
    "a record that was gone and comes back is live under the same id",
    "references to the record break, and it is counted twice" => comes_back;
}

async fn gone(harness: &dyn Harness) -> Judged {
    let remote = start(harness, Some(3)).await;
    let connector = remote.connector();
    let mut mirror = fresh(harness, &*connector).await?;
    let mut judged = 0;
    let changes = remote
        .changes()
        .into_iter()
        .filter(|change| change.kind == ChangeKind::Delete);
    for (pick, change) in (1..).zip(changes) {
        let before = view(&mirror);
        remote.apply(change.name, pick);
        complete(&mirror.full_pass(&*connector).await, "a full pass")?;
        let after = format!("`{}` and one full pass", change.name);
        let fresh = view(&same_as_fresh(harness, &*connector, &mirror, after).await?);
        for key in before.keys().filter(|key| !fresh.contains_key(*key)) {
            let stored = mirror.stored().get(key);
            if stored.is_none_or(|stored| stored.deleted_at.is_none()) {
                return Err(Failure::default()
                    .record(format!("{} {}", key.0, key.1))
                    .expected("a tombstone", "")
                    .came("the record is gone without one"));
            }
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn incomplete_pass(harness: &dyn Harness) -> Judged {
    let remote = start(harness, Some(2)).await;
    let connector = remote.connector();
    let mut mirror = fresh(harness, &*connector).await?;
    remote.clear_requests();
    complete(&mirror.full_pass(&*connector).await, "a full pass")?;
    let calls = calls(&*remote);
    let mut judged = 0;
    for (endpoint, calls) in &calls {
        let last = u32::try_from(calls - 1).unwrap_or(0);
        for (skip, kind) in [(0, broken(503)), (last, FaultKind::Html)] {
            let endpoint = Some(endpoint.clone());
            let fault = Fault {
                endpoint,
                skip,
                times: u32::MAX,
                kind,
            };
            let place = format!("{fault:?}");
            remote.inject(fault);
            let report = mirror.clone().full_pass(&*connector).await;
            remote.clear_faults();
            if report.complete() {
                return Err(Failure::default()
                    .expected(
                        format!("a pass that meets {place} does not pass for complete"),
                        "",
                    )
                    .came("every stream reached its end"));
            }
            removes_nothing(&report, &place)?;
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}

fn broken(code: u16) -> FaultKind {
    let content_type = "text/plain".to_owned();
    FaultKind::Status {
        code,
        body: "out of order".to_owned(),
        content_type,
    }
}

fn removes_nothing(report: &PassReport, place: &str) -> Result<(), Failure> {
    if report.deleted.is_empty() {
        return Ok(());
    }
    Err(Failure::default()
        .expected(
            format!("nothing is removed by a pass that meets {place}"),
            "",
        )
        .came(format!("removed: {:?}", report.deleted)))
}

async fn lost_permission(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let mirror = fresh(harness, &*remote.connector()).await?;
    let all: BTreeSet<String> = remote.permissions().into_iter().collect();
    for permission in &all {
        let rest = all
            .iter()
            .filter(|other| *other != permission)
            .cloned()
            .collect();
        let connector = remote.connector_with(&rest);
        let place = format!("the loss of {permission}");
        removes_nothing(&mirror.clone().full_pass(&*connector).await, &place)?;
        removes_nothing(&mirror.clone().delta_pass(&*connector).await, &place)?;
    }
    Ok(LawEvidence::judged(all.len()))
}

/// Hides the first bundle of every stream for as long as it is told to.
#[derive(Default)]
struct Curtain {
    drawn: AtomicBool,
    hidden: std::sync::Mutex<BTreeMap<String, String>>,
}

impl Hook for Curtain {
    fn after(&self, stream: &str, page: &mut RawPage) {
        let mut hidden = self
            .hidden
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(first) = page.bundles.first() {
            hidden
                .entry(stream.to_owned())
                .or_insert_with(|| first.id.clone());
        }
        if self.drawn.load(Ordering::Relaxed) {
            page.bundles
                .retain(|bundle| hidden.get(stream) != Some(&bundle.id));
        }
    }
}

async fn comes_back(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let curtain = Arc::new(Curtain::default());
    let hooked = Hooked::new(remote.connector(), Arc::clone(&curtain) as Arc<dyn Hook>);
    let mut mirror = Mirror::new(harness.slug());
    complete(&mirror.full_pass(&hooked).await, "a full pass")?;
    let before = view(&mirror);
    let ids = ids(&mirror);
    curtain.drawn.store(true, Ordering::Relaxed);
    let report = mirror.full_pass(&hooked).await;
    complete(&report, "a full pass without some of the records")?;
    let gone: usize = report.deleted.values().sum();
    curtain.drawn.store(false, Ordering::Relaxed);
    complete(
        &mirror.full_pass(&hooked).await,
        "a full pass with all records",
    )?;
    if let Some(came) = difference(&before, &view(&mirror)) {
        return Err(Failure::default()
            .expected("all records are back", "")
            .came(came));
    }
    if self::ids(&mirror) != ids {
        return Err(Failure::default()
            .expected("the ids of before", "")
            .came("other ids"));
    }
    Ok(LawEvidence::judged(gone))
}

/// The id of every live record.
fn ids(mirror: &Mirror) -> BTreeMap<Key, String> {
    let live = mirror.stored().iter().filter(|(_, stored)| !stored.gone);
    live.map(|(key, stored)| (key.clone(), stored.id.to_string()))
        .collect()
}
