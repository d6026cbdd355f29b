//! Actions and passes: what is limited to what we made, and what happens to both at once.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_created_through_us_is_mirrored_and_imported_ones_come_later() {
    let mut bench = Bench::small().await;
    bench.set(|integration| integration.settings.sync_only_created = true);
    bench.full().await;
    assert!(bench.present(ModelKind::Candidate).is_empty());
    let (data, _) = bench
        .done(CreateApplication, applies(INTERN, "ada@example.com"))
        .await;
    let mine = data["remote_id"].as_str().unwrap().to_owned();
    let person = |bench: &Bench, application: &str| -> String {
        bench.simulator.read(|world| {
            let found = world.get("applications", application).unwrap();
            found["candidate"]["id"].as_str().unwrap().to_owned()
        })
    };
    let expect = |bench: &Bench, applications: &[&str], when: &str| {
        let ids = applications.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(bench.present(ModelKind::Application), ids, "{when}");
        let people = applications.iter().map(|id| person(bench, id)).collect();
        assert_eq!(bench.present(ModelKind::Candidate), people, "{when}");
    };
    expect(&bench, &[&mine], "when the action answers");
    // What is touched and not ours is done, and stays out of the mirror.
    let target = format!("remote:{}", application(1));
    bench.done(AddNoteToApplication, note(&target)).await;
    let reject = json!({
        "application_id": target,
        "rejection_reason_id": "remote:0f000000-0000-4000-8000-000000000001",
    });
    bench.done(ActionKind::RejectApplication, reject).await;
    expect(&bench, &[&mine], "after an action on another one");
    bench.apply("add an application", 1);
    bench.delta().await;
    expect(&bench, &[&mine], "after a delta pass");
    bench.full().await;
    expect(&bench, &[&mine], "after a full pass");
    let imported = application(2);
    let import = Tracked {
        model: ModelKind::Application,
        remote_id: imported.clone(),
    };
    let id = bench.integration.id.clone();
    bench
        .store
        .track(&id, &[import], &["applications"])
        .unwrap();
    bench.delta().await;
    bench.delta().await;
    expect(&bench, &[&mine, &imported], "once it was imported");
    bench.full().await;
    expect(&bench, &[&mine, &imported], "and after a full pass");
}

/// Acts while a full pass waits for an answer, and gives what was made.
async fn act_during_a_pass(bench: &Bench, endpoint: &str, skip: u32) -> String {
    // Before the pass reads on, the action is over: its answer is held back for as long as need be.
    let delay = FaultKind::Delay(Duration::from_millis(400));
    bench.inject(endpoint, skip, 1, delay);
    let options = PassOptions {
        kind: Some(PassKind::Full),
        accept_deletions: true,
        ..PassOptions::default()
    };
    bench.simulator.clear_log();
    let pass = bench.pass(&options);
    let act = async {
        while bench.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        bench
            .done(CreateApplication, applies(INTERN, "ada@example.com"))
            .await
    };
    let (pass, (data, _)) = tokio::join!(pass, act);
    assert_eq!(pass.state, ats_store::PassState::Succeeded, "{pass:#?}");
    data["remote_id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_while_a_full_pass_runs_is_neither_swept_nor_lost() {
    for limited in [false, true] {
        for (endpoint, skip) in [
            ("candidate.list", 0),
            ("candidate.list", 2),
            ("application.list", 0),
            ("application.list", 2),
            ("source.list", 0),
        ] {
            let mut bench = Bench::small().await;
            bench.set(|integration| integration.settings.sync_only_created = limited);
            bench.full().await;
            let made = act_during_a_pass(&bench, endpoint, skip).await;
            let when = format!("limited: {limited}, {endpoint} after {skip}");
            let present = bench.present(ModelKind::Application);
            assert!(present.contains(&made), "{when}");
            bench.delta().await;
            let present = bench.present(ModelKind::Application);
            assert!(present.contains(&made), "{when}, then a delta pass");
            if !limited {
                bench.full().await;
                same_but_documents(&bench, &when).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_back_is_a_warning_and_comes_with_the_next_sync() {
    let bench = Bench::small().await;
    bench.full().await;
    let before = bench.count("applications");
    // The reading back is what asks last.
    let clean = Bench::small().await;
    clean.full().await;
    clean.simulator.clear_log();
    clean
        .done(CreateApplication, applies(INTERN, "ada@example.com"))
        .await;
    let asked = clean.requests()["application.info"];
    let malformed = FaultKind::SuccessFalse {
        code: "odd".to_owned(),
        http: 200,
    };
    bench.inject("application.info", asked as u32 - 1, 99, malformed);
    let (data, warnings) = bench
        .done(CreateApplication, applies(INTERN, "ada@example.com"))
        .await;
    assert_eq!(bench.count("applications"), before + 1);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("the next sync"), "{warnings:?}");
    assert_eq!(data, Value::Null, "it is not in the mirror yet");
    bench.simulator.clear_faults();
    bench.delta().await;
    same_but_documents(&bench, "after the next sync").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_actions_do_not_hide_an_interrupted_pass() {
    let bench = Bench::small().await;
    let stopped = bench.stopped_after(&PassOptions::default(), 3).await;
    let target = format!("remote:{}", application(1));
    for _ in 0..25 {
        let reject = json!({
            "application_id": target,
            "rejection_reason_id": "remote:0f000000-0000-4000-8000-000000000001",
        });
        bench.done(ActionKind::RejectApplication, reject).await;
    }
    let pass = bench.pass(&PassOptions::default()).await;
    assert_eq!((pass.id, pass.resumed), (stopped.id, 1));
    same_but_documents(&bench, "after all of it").await;
}
