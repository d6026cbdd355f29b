//! What is gone, what only seems so, and what comes back.

use std::{collections::BTreeSet, time::Duration};

use ats_core::{Id, ModelKind};
use ats_simulator::{FaultKind, KeySpec, Simulator, ashby};
use ats_store::{DeletionReason, PassKind, PassState, Store, WalkState};
use ats_sync::PassOptions;
use serde_json::{Value, json};

use crate::bench::{Bench, delta, full, problem, walk};

/// In seconds.
const DAY: u64 = 24 * 60 * 60;

/// The records with a tombstone, by reason.
fn tombstones(bench: &Bench, reason: DeletionReason) -> BTreeSet<(ModelKind, Id)> {
    let records = bench.stored().into_iter();
    records
        .filter(|record| record.remote_deleted_at.is_some() && record.reason == Some(reason))
        .map(|record| (record.model, record.id))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_pass_finds_what_is_gone_and_a_delta_pass_does_not_guess() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.apply("delete a candidate", 0);
    bench.delta().await;
    assert!(tombstones(&bench, DeletionReason::Gone).is_empty());
    let pass = bench.full().await;
    let gone = tombstones(&bench, DeletionReason::Gone);
    assert!(gone.iter().any(|(model, _)| *model == ModelKind::Candidate));
    assert_eq!(pass.tallies[&ModelKind::Candidate].deleted, 1);
    assert_eq!(walk(&pass, "candidates").swept, 1);
    bench.assert_true("after the sweep").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_without_a_token_is_swept_in_delta_passes_too() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.apply("delete a posting", 0);
    let pass = bench.delta().await;
    assert_eq!(pass.tallies[&ModelKind::JobPosting].deleted, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_alive_under_its_id() {
    let bench = Bench::small().await;
    bench.full().await;
    let id = bench
        .simulator
        .read(|world| world.ids("candidate_tags")[0].clone());
    let document = bench
        .simulator
        .read(|world| world.get("candidate_tags", &id).cloned().unwrap());
    bench
        .simulator
        .edit(|world| world.remove("candidate_tags", &id));
    bench.full().await;
    let gone = tombstones(&bench, DeletionReason::Gone);
    let ours = gone
        .iter()
        .find(|(model, _)| *model == ModelKind::Tag)
        .unwrap()
        .1;
    bench
        .simulator
        .edit(|world| world.insert("candidate_tags", document));
    let pass = bench.full().await;
    let back = bench
        .store
        .record(&bench.integration.id, &ours)
        .unwrap()
        .unwrap();
    assert_eq!((back.remote_deleted_at, back.reason), (None, None));
    assert!(back.changed_at >= pass.started_at);
    bench.assert_true("after the return").await;
}

/// Deletes so many candidates of a generated organisation.
fn delete_candidates(bench: &Bench, count: usize) {
    bench.simulator.edit(|world| {
        for id in world.ids("candidates").into_iter().take(count) {
            world.remove("candidates", &id);
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_takes_too_much_waits_until_a_person_confirms_it() {
    let bench = Bench::new(ashby::generated_world(3, 100), None).await;
    bench.full().await;
    delete_candidates(&bench, 40);
    for _ in 0..2 {
        let pass = bench.pass(&full()).await;
        assert_eq!(pass.state, PassState::PartiallyFailed);
        assert_eq!(problem(&pass, "candidates"), "deletions_held");
        let walk = walk(&pass, "candidates");
        assert_eq!((walk.state, walk.swept), (WalkState::Complete, 0));
        let message = &walk.problem.as_ref().unwrap().message;
        assert!(message.contains("40 of 100 candidates"), "{message}");
        assert!(message.contains("--accept-deletions"), "{message}");
        assert!(tombstones(&bench, DeletionReason::Gone).is_empty());
    }
    let accept = PassOptions {
        accept_deletions: true,
        ..PassOptions::default()
    };
    let pass = bench.pass(&accept).await;
    assert_eq!(
        (pass.kind, pass.state),
        (PassKind::Full, PassState::Succeeded)
    );
    assert_eq!(pass.tallies[&ModelKind::Candidate].deleted, 40);
    bench.assert_true("after the confirmed sweep").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_without_an_id_may_be_any_of_those_that_are_missing() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.apply("delete a candidate", 0);
    bench.inject(
        "candidate.list",
        0,
        1,
        FaultKind::BadRow(json!({ "name": "?" })),
    );
    let pass = bench.pass(&full()).await;
    assert_eq!(pass.state, PassState::PartiallyFailed);
    assert_eq!(problem(&pass, "candidates"), "deletions_unsure");
    assert_eq!(walk(&pass, "candidates").rejects, 1);
    let gone = tombstones(&bench, DeletionReason::Gone);
    assert!(
        !gone.iter().any(|(model, _)| *model == ModelKind::Candidate),
        "{gone:?}"
    );
    bench.full().await;
    bench.assert_true("once every row has an id").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_without_an_id_does_no_harm_where_nothing_is_missing() {
    let bench = Bench::small().await;
    bench.inject(
        "candidate.list",
        0,
        1,
        FaultKind::BadRow(json!({ "name": "?" })),
    );
    let pass = bench.full().await;
    assert_eq!(pass.tallies[&ModelKind::Candidate].rejects, 1);
    let rejects = bench.store.rejects(&bench.integration.id, 10).unwrap();
    assert_eq!(rejects.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_permission_takes_nothing_away() {
    let bench = Bench::small().await;
    bench.full().await;
    let before = bench.shown();
    bench.simulator.revoke(&bench.simulator.key(), "offersRead");
    for options in [full(), delta()] {
        let pass = bench.pass(&options).await;
        assert_eq!(pass.state, PassState::PartiallyFailed);
        assert_eq!(problem(&pass, "offers"), "permission_missing");
        let failed = pass
            .walks
            .iter()
            .filter(|walk| walk.state == WalkState::Failed);
        assert_eq!(failed.count(), 1, "{pass:#?}");
        assert_eq!(bench.shown(), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_new_credentials_do_not_see_is_not_called_gone() {
    let mut bench = Bench::small().await;
    bench.full().await;
    let mut key = KeySpec::new("Without confidential jobs", Simulator::all_permissions());
    key.confidential = false;
    let key = bench.simulator.add_key(key);
    bench.clock.advance(std::time::Duration::from_secs(60));
    let now = bench.clock.date();
    bench.set(|integration| integration.credentials_changed_at = now);
    let pass = bench
        .pass_with(&full(), bench.connector_with_key(&key))
        .await;
    assert_eq!(pass.state, PassState::Succeeded, "{pass:#?}");
    assert!(!tombstones(&bench, DeletionReason::AccessLost).is_empty());
    assert!(tombstones(&bench, DeletionReason::Gone).is_empty());
    // From now on the new credentials have seen everything that they can.
    bench.apply("delete a candidate", 0);
    bench
        .pass_with(&full(), bench.connector_with_key(&key))
        .await;
    let gone = tombstones(&bench, DeletionReason::Gone);
    assert!(
        gone.iter().any(|(model, _)| *model == ModelKind::Candidate),
        "{gone:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_weeks_after_a_candidate_is_gone_only_ids_are_kept_until_they_come_back() {
    let bench = Bench::small().await;
    bench.full().await;
    let id = &bench.integration.id;
    let taken = bench.simulator.edit(|world| {
        let id = world.ids("candidates").swap_remove(0);
        let taken = world.get("candidates", &id).cloned();
        world.remove("candidates", &id);
        (id, taken.unwrap())
    });
    let key = Id::derive([id.as_str(), "candidates", &taken.0]);
    let found = || bench.store.record(id, &key).unwrap().unwrap();
    let alive = found().content;
    bench.full().await;
    assert!(found().remote_deleted_at.is_some());
    bench.clock.advance(Duration::from_secs(13 * DAY));
    bench.delta().await;
    assert_eq!(found().content, alive, "it has not been gone for long");
    bench.clock.advance(Duration::from_secs(2 * DAY));
    let pass = bench.delta().await;
    let left: Value = serde_json::from_str(&found().content).unwrap();
    assert_eq!(left["first_name"], Value::Null);
    assert_eq!(left["remote_id"], taken.0);
    assert!(pass.tallies[&ModelKind::Candidate].updated >= 1);
    bench
        .simulator
        .edit(|world| world.insert("candidates", taken.1.clone()));
    bench.full().await;
    assert_eq!(found().content, alive);
    bench.assert_true("after it came back").await;
}
