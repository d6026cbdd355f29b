//! What goes wrong at the vendor: the pass says so, nothing is lost, and the next pass mends it.

use std::collections::BTreeSet;

use ats_core::Connection;
use ats_simulator::FaultKind;
use ats_store::{DeletionReason, PassState, WalkStart, WalkState};

use crate::bench::{Bench, delta, full, problem, walk};

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_checkpoint_leads_to_exactly_one_walk_from_the_beginning() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.apply("delete a candidate", 0);
    bench.simulator.expire_sync_tokens();
    bench.simulator.clear_log();
    let pass = bench.delta().await;
    let candidates = walk(&pass, "candidates");
    assert_eq!(candidates.start, WalkStart::Full);
    let asked = bench.requests()["candidate.list"];
    assert_eq!(
        asked as u64,
        1 + candidates.pages,
        "one refusal, then each page once"
    );
    bench
        .assert_true("a walk from the beginning sweeps too")
        .await;
    bench.simulator.clear_log();
    bench.delta().await;
    assert_eq!(
        bench.requests()["candidate.list"],
        1,
        "the new checkpoint is good"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_cursor_leads_to_one_new_beginning() {
    let bench = Bench::small().await;
    let code = "next_cursor_expired".to_owned();
    bench.inject("candidate.list", 0, 1, FaultKind::ExpireCursor { code });
    let pass = bench.full().await;
    assert_eq!(walk(&pass, "candidates").state, WalkState::Complete);
    bench.assert_true("after the new beginning").await;

    let code = "next_cursor_expired".to_owned();
    bench.inject("candidate.list", 0, 99, FaultKind::ExpireCursor { code });
    let pass = bench.pass(&full()).await;
    assert_eq!(problem(&pass, "candidates"), "cursor_expired");
    assert_eq!(pass.state, PassState::PartiallyFailed);
}

/// Every way to fail that the simulator knows, with how it may end.
fn kinds() -> Vec<(FaultKind, &'static str)> {
    let status = |code, body: &str| FaultKind::Status {
        code,
        body: body.to_owned(),
        content_type: "text/plain".to_owned(),
    };
    let refused = |code: &str| FaultKind::SuccessFalse {
        code: code.to_owned(),
        http: 200,
    };
    let too_many = |after: &str| FaultKind::TooMany {
        retry_after: Some(after.to_owned()),
        scope: None,
    };
    vec![
        (status(500, "oops"), "unavailable"),
        (status(503, ""), "unavailable"),
        (too_many("1"), "rate_limited"),
        (too_many("86400"), "rate_limited"),
        (refused("something_new"), "unexpected"),
        (FaultKind::Html, ""),
        (FaultKind::Truncated, "unavailable"),
        (FaultKind::Reset, "unavailable"),
        (FaultKind::Malformed, ""),
        (FaultKind::MissingResults, "malformed"),
        (FaultKind::MoreWithoutCursor, "malformed"),
        (FaultKind::RepeatCursor, "malformed"),
        (FaultKind::RevokedPermission, "permission_missing"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_fails_stops_no_other_loses_nothing_and_is_mended_by_the_next_pass() {
    let bench = Bench::small().await;
    bench.full().await;
    for (fault, kind) in kinds() {
        let when = format!("{fault:?}");
        bench.apply("edit a candidate's name", 0);
        bench.apply("add an application", 1);
        bench.apply("delete an application", 2);
        let before: BTreeSet<_> = bench.shown().into_keys().collect();
        bench.inject("candidate.list", 1, 10_000, fault);
        let pass = bench.pass(&full()).await;
        bench.simulator.clear_faults();
        assert_eq!(pass.state, PassState::PartiallyFailed, "{when}: {pass:#?}");
        let failed = pass
            .walks
            .iter()
            .filter(|walk| walk.state == WalkState::Failed);
        assert_eq!(failed.count(), 1, "{when}: {pass:#?}");
        let found = problem(&pass, "candidates");
        assert!(kind.is_empty() || found == kind, "{when}: {found}");
        let shown = bench.shown();
        let gone = before.iter().filter(|id| !shown.contains_key(id));
        let gone: Vec<_> = gone.collect();
        let of_candidates = |id| {
            let record = ats_store::Store::record(&*bench.store, &bench.integration.id, id);
            record.unwrap().unwrap().model == ats_core::ModelKind::Candidate
        };
        assert!(!gone.iter().any(|id| of_candidates(id)), "{when}: {gone:?}");
        // A delta pass suffices: the checkpoint did not move.
        bench.delta().await;
        bench.assert_true(&when).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_fails_once_is_asked_for_again() {
    let bench = Bench::small().await;
    for fault in [FaultKind::Reset, FaultKind::Truncated] {
        bench.inject("candidate.list", 1, 1, fault);
    }
    let pass = bench.full().await;
    assert!(pass.usage.retries >= 2, "{:?}", pass.usage);
    bench.assert_true("after the retries").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_credentials_end_the_pass_at_once() {
    let bench = Bench::small().await;
    bench.full().await;
    let before = bench.stored();
    bench.simulator.clear_log();
    let pass = bench
        .pass_with(&full(), bench.connector_with_key("nobody-made-this-key"))
        .await;
    assert_eq!(pass.state, PassState::AuthenticationFailed);
    assert_eq!(pass.problem.as_ref().unwrap().kind, "credentials_rejected");
    assert!(pass.problem.unwrap().message.contains("ats connect"));
    assert_eq!(bench.stored(), before);
    // The streams that began side by side, and none of those that wait for them.
    assert!(!bench.requests().contains_key("application.list"));
    bench.delta().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_out_of_reach_is_given_up_within_minutes_and_not_for_each_stream() {
    let bench = Bench::small().await;
    bench.full().await;
    let connection = Connection {
        credentials: [("api_key".to_owned(), "some-key".to_owned().into())].into(),
        // Nothing listens on the port of `discard`.
        base_url: Some("http://127.0.0.1:9".to_owned()),
        clock: Some(std::sync::Arc::new(bench.clock.clone())),
        ..Connection::default()
    };
    let factory = ats_connectors::find("ashby").unwrap();
    let connector = (factory.connect)(&connection).unwrap();
    let pass = bench.pass_with(&delta(), connector.into()).await;
    assert_eq!(pass.state, PassState::Failed);
    let kinds: BTreeSet<_> = pass
        .walks
        .iter()
        .map(|walk| problem(&pass, &walk.stream))
        .collect();
    assert_eq!(kinds, BTreeSet::from(["unavailable"]));
    // Those that wait for others were not tried at all, and none was tried for long.
    let message = &walk(&pass, "applications")
        .problem
        .as_ref()
        .unwrap()
        .message;
    assert!(message.contains("another stream"), "{message}");
    let gone = bench.stored().into_iter();
    assert_eq!(
        gone.filter(|record| record.reason == Some(DeletionReason::Gone))
            .count(),
        0
    );
    bench.delta().await;
    bench.assert_true("once the vendor is back").await;
}
