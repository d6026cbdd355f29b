//! Changes at the vendor, and what delta passes make of them.

use ats_conformance::Mirror;
use ats_core::ModelKind;
use ats_simulator::{ChangeKind, ashby};
use ats_store::{Cause, ChangeQuery, DeletionReason, PassState, Store};

use crate::bench::{Bench, assert_same, present, without_documents};

#[tokio::test(flavor = "multi_thread")]
async fn after_every_change_a_delta_pass_ends_like_the_reference_engines() {
    let bench = Bench::small().await;
    let mut mirror = Mirror::new("ashby");
    let connector = bench.connector();
    bench.full().await;
    assert!(mirror.full_pass(&*connector).await.complete());
    for (pick, change) in ashby::changes().into_iter().enumerate() {
        bench.apply(change.name, pick as u64);
        bench.delta().await;
        assert!(mirror.delta_pass(&*connector).await.complete());
        let when = format!("a delta pass after `{}`", change.name);
        assert_same(&bench.shown(), &present(&mirror), &when);
    }
    bench.full().await;
    bench.assert_true("a full pass after every change").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_pass_brings_every_change_that_is_no_deletion() {
    let bench = Bench::small().await;
    bench.full().await;
    for (pick, change) in ashby::changes().into_iter().enumerate() {
        if change.kind == ChangeKind::Delete {
            continue;
        }
        bench.apply(change.name, pick as u64);
        bench.delta().await;
        // Raw documents hold copies of other things, which the vendor refreshes without a word.
        let when = format!("a delta pass after `{}`", change.name);
        let truth = without_documents(bench.truth().await);
        assert_same(&without_documents(bench.shown()), &truth, &when);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_reaches_its_records_without_their_being_read_again() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.simulator.clear_log();
    bench.apply("rename a source", 0);
    let pass = bench.delta().await;
    assert!(pass.tallies[&ModelKind::Candidate].updated > 0);
    assert_eq!(
        bench.requests()["candidate.list"],
        1,
        "one question, no row"
    );
    let changes = bench.changes(pass.id.as_str());
    let related = |change: &ats_store::Change| {
        matches!(&change.cause, Cause::Related(what) if what.starts_with("sources "))
            && change.fields == ["source"]
    };
    assert!(
        !changes.is_empty() && changes.iter().all(related),
        "{changes:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_moves_its_date() {
    let bench = Bench::small().await;
    let first = bench.full().await;
    bench.apply("edit a candidate's name", 1);
    let second = bench.delta().await;
    let moved: Vec<_> = bench
        .stored()
        .into_iter()
        .filter(|record| record.changed_at >= second.started_at)
        .collect();
    assert!(first.started_at < second.started_at);
    assert_eq!(moved.len(), 1, "{moved:#?}");
    assert_eq!(moved[0].model, ModelKind::Candidate);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raw_document_that_changes_moves_the_date_of_its_record() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.simulator.edit(|world| {
        let id = world.ids("candidates")[0].clone();
        world.update_silently("candidates", &id, |candidate| {
            candidate["unknown"] = 1.into();
        })
    });
    let pass = bench.full().await;
    let changes = bench.changes(&pass.id);
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!(changes[0].fields, ["remote_data"]);
    bench.assert_true("after the change").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_candidate_leads_to_the_one_who_stays() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.apply("merge two candidates", 0);
    let pass = bench.full().await;
    assert_eq!(pass.state, PassState::Succeeded);
    let gone: Vec<_> = bench
        .stored()
        .into_iter()
        .filter(|record| record.reason == Some(DeletionReason::Merged))
        .collect();
    assert_eq!(gone.len(), 1, "{gone:#?}");
    let alias = bench.store.alias(&bench.integration.id, &gone[0].id);
    let stays = bench
        .store
        .record(&bench.integration.id, &alias.unwrap().unwrap());
    assert_eq!(stays.unwrap().unwrap().remote_deleted_at, None);
}

impl Bench {
    /// What one pass changed.
    pub(crate) fn changes(&self, pass_id: &str) -> Vec<ats_store::Change> {
        let query = ChangeQuery {
            limit: 10_000,
            ..ChangeQuery::default()
        };
        let changes = self.store.changes(&self.integration.id, &query).unwrap();
        changes
            .into_iter()
            .filter(|change| change.pass_id == pass_id)
            .collect()
    }
}
