//! A full pass ends in the records of the reference engine.

use ats_core::ModelKind;
use ats_simulator::ashby;
use ats_store::{PassKind, PassState, WalkState};
use ats_sync::PassOptions;

use crate::bench::{Bench, walk};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_pass_ends_in_the_records_of_the_reference_engine() {
    let bench = Bench::small().await;
    let pass = bench.full().await;
    assert_eq!(pass.usage.requests, bench.simulator.log().len() as u64);
    bench.assert_true("after the first full pass").await;
    let candidates = walk(&pass, "candidates");
    assert_eq!(candidates.state, WalkState::Complete);
    assert!(candidates.pages > 1 && candidates.checkpoint.is_some());
    assert_eq!(candidates.rows, candidates.distinct_ids);
    let tally = pass.tallies[&ModelKind::Candidate];
    assert_eq!(tally.created, candidates.rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_organisation_is_mirrored_too() {
    let bench = Bench::new(ashby::generated_world(7, 150), None).await;
    bench.full().await;
    bench.assert_true("after the first full pass").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_full_pass_changes_nothing_and_neither_does_a_delta_pass() {
    let bench = Bench::small().await;
    bench.full().await;
    let before = bench.stored();
    for pass in [bench.full().await, bench.delta().await] {
        for (model, tally) in &pass.tallies {
            let moved = (tally.created, tally.updated, tally.deleted);
            assert_eq!(moved, (0, 0, 0), "{model} in the {:?} pass", pass.kind);
        }
    }
    assert_eq!(bench.stored(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_pass_is_full_and_the_next_a_delta_pass_unless_told_otherwise() {
    let bench = Bench::small().await;
    let first = bench.pass(&PassOptions::default()).await;
    let second = bench.pass(&PassOptions::default()).await;
    assert_eq!((first.kind, second.kind), (PassKind::Full, PassKind::Delta));
    assert_eq!(first.state, PassState::Succeeded);
}
