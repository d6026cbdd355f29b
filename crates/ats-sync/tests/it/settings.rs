//! What an integration can be set to, passes over some models, and mapping again by command.

use std::{collections::BTreeSet, sync::Arc};

use ats_core::ModelKind;
use ats_store::{PassKind, PassState, Store, Tracked, WalkStart};
use ats_sync::{PassOptions, Unobserved};
use tokio::sync::watch;

use crate::bench::{Bench, Shown, assert_same, full, walk, without_documents};

#[tokio::test(flavor = "multi_thread")]
async fn without_raw_documents_everything_else_is_the_same() {
    let mut bench = Bench::small().await;
    bench.set(|integration| integration.settings.remote_data = false);
    bench.full().await;
    let id = &bench.integration.id;
    let kept = |stream| bench.store.bundles(id, stream, None, 10).unwrap().len();
    assert_eq!(kept("candidates"), 0, "nobody looks candidates up");
    assert!(kept("sources") > 0);
    let truth = without_documents(bench.truth().await);
    assert_same(
        &without_documents(bench.shown()),
        &truth,
        "without documents",
    );

    bench.apply("rename a source", 0);
    bench.delta().await;
    let again = bench
        .store
        .streams_to_read_again(&bench.integration.id)
        .unwrap();
    assert!(again.is_empty() || again == ["candidates"], "{again:?}");
    let pass = bench.delta().await;
    assert!(again.is_empty() || walk(&pass, "candidates").start == WalkStart::Full);
    let truth = without_documents(bench.truth().await);
    assert_same(&without_documents(bench.shown()), &truth, "after a rename");
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_raw_documents_on_and_off_moves_no_date() {
    let mut bench = Bench::small().await;
    bench.set(|integration| integration.settings.remote_data = false);
    bench.full().await;
    let dates = |bench: &Bench| -> Vec<_> {
        let stored = bench.stored().into_iter();
        stored
            .map(|record| (record.id, record.changed_at))
            .collect()
    };
    let before = dates(&bench);
    bench.set(|integration| integration.settings.remote_data = true);
    bench.full().await;
    bench.assert_true("once documents are shown").await;
    assert_eq!(dates(&bench), before);
    bench.set(|integration| integration.settings.remote_data = false);
    bench.full().await;
    assert_eq!(dates(&bench), before);
    let left = bench
        .store
        .bundles(&bench.integration.id, "candidates", None, 10);
    assert!(
        left.unwrap().is_empty(),
        "documents that nobody wants are not kept"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_over_some_models_reads_what_they_need_and_no_more() {
    let bench = Bench::small().await;
    let options = PassOptions {
        only: [ModelKind::Candidate].into(),
        ..full()
    };
    let pass = bench.pass(&options).await;
    assert_eq!((pass.state, pass.whole), (PassState::Succeeded, false));
    let streams: BTreeSet<&str> = pass.walks.iter().map(|walk| walk.stream.as_str()).collect();
    assert_eq!(streams, ["candidates", "custom_fields", "sources"].into());
    let candidates = |shown: Shown| -> Shown {
        shown
            .into_iter()
            .filter(|(_, (model, ..))| *model == ModelKind::Candidate)
            .collect()
    };
    let truth = candidates(bench.truth().await);
    assert_same(&candidates(bench.shown()), &truth, "only candidates");
    let next = bench.pass(&PassOptions::default()).await;
    assert_eq!(next.state, PassState::Succeeded);
    bench.assert_true("after the rest").await;
}

fn tracked(model: ModelKind, remote_id: &str) -> Tracked {
    Tracked {
        model,
        remote_id: remote_id.to_owned(),
    }
}

/// The remote ids of the present records of a model.
fn present(bench: &Bench, model: ModelKind) -> BTreeSet<String> {
    let shown = bench.shown().into_values();
    shown
        .filter(|(of, ..)| *of == model)
        .map(|(_, _, json)| json["remote_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_limited_to_its_own_applications_holds_them_and_their_candidates() {
    let mut bench = Bench::small().await;
    bench.set(|integration| integration.settings.sync_only_created = true);
    let (applications, candidates): (Vec<_>, Vec<_>) = bench.simulator.read(|world| {
        let documents = world.collection("applications").documents();
        documents
            .map(|document| {
                let candidate = document.value()["candidate"]["id"]
                    .as_str()
                    .unwrap()
                    .to_owned();
                (document.id().to_owned(), candidate)
            })
            .unzip()
    });
    let id = bench.integration.id.clone();
    let one = tracked(ModelKind::Application, &applications[0]);
    bench.store.track(&id, &[one], &["applications"]).unwrap();
    let pass = bench.full().await;
    let expect = |bench: &Bench, places: &[usize]| {
        let of = |all: &[String]| places.iter().map(|place| all[*place].clone()).collect();
        let found = present(bench, ModelKind::Application);
        assert_eq!(found, of(&applications), "applications");
        let found = present(bench, ModelKind::Candidate);
        assert_eq!(found, of(&candidates), "candidates");
    };
    expect(&bench, &[0]);
    let rows = walk(&pass, "applications").rows;
    assert_eq!(
        rows as usize,
        applications.len(),
        "the others are seen and left out"
    );
    assert_eq!(
        bench
            .store
            .bundles(&id, "applications", None, 10)
            .unwrap()
            .len(),
        1
    );
    assert!(!present(&bench, ModelKind::Job).is_empty());

    // One that is imported later comes with the next delta pass, and so does its candidate.
    let other = (1..applications.len())
        .find(|place| candidates[*place] != candidates[0])
        .unwrap();
    let more = tracked(ModelKind::Application, &applications[other]);
    bench.store.track(&id, &[more], &["applications"]).unwrap();
    bench.delta().await;
    expect(&bench, &[0, other]);

    // A limit that is lifted lets everything in, and one that is set again lets it go.
    bench.set(|integration| integration.settings.sync_only_created = false);
    bench.full().await;
    bench.assert_true("without a limit").await;
    bench.set(|integration| integration.settings.sync_only_created = true);
    bench
        .pass(&PassOptions {
            accept_deletions: true,
            ..PassOptions::default()
        })
        .await;
    expect(&bench, &[0, other]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mapping_everything_again_asks_nothing_and_moves_nothing() {
    let bench = Bench::small().await;
    bench.full().await;
    let before = bench.stored();
    bench.simulator.clear_log();
    let (_keep, stop) = watch::channel(false);
    let remapped = bench
        .engine()
        .remap(
            &bench.integration,
            bench.connector(),
            Arc::new(Unobserved),
            stop,
        )
        .await
        .unwrap();
    assert_eq!(remapped.pass.state, PassState::Succeeded);
    assert!(remapped.bundles > 50 && remapped.streams_to_read_again.is_empty());
    assert_eq!(bench.simulator.log().len(), 0);
    assert_eq!(bench.stored(), before);
    let next = bench.pass(&PassOptions::default()).await;
    assert_eq!((next.kind, next.resumed), (PassKind::Delta, 0));
}
