//! Passes that end too early, in every way, and the passes that take them up.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use ats_core::{IntegrationId, ModelKind};
use ats_simulator::ashby;
use ats_store::{PassKind, PassState, Store, WalkState, sqlite::SqliteStore};
use ats_sync::{Error, Event, Observer, PassOptions, Unobserved};
use tokio::sync::watch;

use crate::bench::{Bench, assert_same, delta, full, walk};

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_pass_goes_on_and_asks_for_nothing_that_is_stored() {
    for pages_before in [1, 5, 12, 20] {
        let bench = Bench::small().await;
        let first = bench.stopped_after(&full(), pages_before).await;
        assert_eq!(first.state, PassState::Cancelled);
        let stored: BTreeMap<String, (WalkState, u64)> = first
            .walks
            .iter()
            .map(|walk| (walk.stream.clone(), (walk.state, walk.pages)))
            .collect();
        bench.simulator.clear_log();
        let second = bench.pass(&PassOptions::default()).await;
        assert_eq!(second.state, PassState::Succeeded, "{second:#?}");
        assert_eq!((&second.id, second.kind), (&first.id, PassKind::Full));
        assert_eq!(second.resumed, 1);
        let asked = bench.requests();
        for (stream, endpoint) in [
            ("candidates", "candidate.list"),
            ("applications", "application.list"),
            ("interviews", "interviewSchedule.list"),
            ("users", "user.list"),
            ("offers", "offer.list"),
        ] {
            let (state, before) = stored.get(stream).copied().unwrap_or((WalkState::Open, 0));
            let all = walk(&second, stream).pages;
            let asked = asked.get(endpoint).copied().unwrap_or(0) as u64;
            assert_eq!(
                asked,
                all - before,
                "{stream}, {state:?} after {before} pages"
            );
        }
        bench.assert_true("after the pass that was taken up").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn details_that_cost_a_request_each_are_not_fetched_again_either() {
    let bench = Bench::small().await;
    bench.stopped_after(&full(), 25).await;
    let before = bench.requests();
    bench.pass(&PassOptions::default()).await;
    let details = bench.requests()["application.info"];
    let with_details = bench.simulator.read(|world| world.len("applications"));
    // A page of two that was under way when the pass was stopped is asked for again as a whole.
    assert!(
        details <= with_details + 2,
        "{details} of {with_details}, {before:?} before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_takes_too_long_is_timed_out_and_goes_on_later() {
    let bench = Bench::small().await;
    let limit = Duration::from_secs(77);
    let held = bench.clock.hold(limit);
    let options = PassOptions {
        time_limit: Some(limit),
        ..full()
    };
    // The clock strikes when a page is stored.
    struct Strike(Arc<tokio::sync::Notify>);
    impl Observer for Strike {
        fn event(&self, event: Event) {
            if matches!(event, Event::Page { .. }) {
                self.0.notify_one();
            }
        }
    }
    let (_keep, stop) = watch::channel(false);
    let pass = bench
        .watched(&options, bench.connector(), Arc::new(Strike(held)), stop)
        .await
        .unwrap();
    assert_eq!(pass.state, PassState::TimedOut);
    let next = bench.pass(&PassOptions::default()).await;
    assert_eq!((next.id, next.state), (pass.id, PassState::Succeeded));
    bench.assert_true("after the pass that was taken up").await;
}

/// Notes that a pass is written down.
#[derive(Default)]
struct Began(AtomicBool);

impl Observer for Began {
    fn event(&self, event: Event) {
        if matches!(event, Event::Began { .. }) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// A future that is given up after it was polled so many times since the pass was written down, as
/// if its process had died.
struct Dies<F> {
    future: Pin<Box<F>>,
    began: Arc<Began>,
    polls: usize,
}

impl<F: Future> Future for Dies<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        let polled = self.future.as_mut().poll(context).map(Some);
        if self.began.0.load(Ordering::Relaxed) {
            self.polls -= 1;
            // Nothing else would wake it, if this was the last time.
            context.waker().wake_by_ref();
        }
        polled
    }
}

/// Runs a pass that dies after so many polls; tells whether it did.
pub(crate) async fn dies(bench: &Bench, options: &PassOptions, polls: usize) -> bool {
    let (_keep, stop) = watch::channel(false);
    let began = Arc::new(Began::default());
    let run = bench.watched(options, bench.connector(), began.clone(), stop);
    let run = Dies {
        future: Box::pin(run),
        began,
        polls,
    };
    match run.await {
        Some(pass) => {
            pass.unwrap();
            false
        }
        None => {
            let_go(bench).await;
            true
        }
    }
}

/// Waits until the threads of a pass that died have let go of what they were in the middle of, as
/// they would with their process.
async fn let_go(bench: &Bench) {
    let id = &bench.integration.id;
    while let Err(ats_store::Error::Busy { .. }) = bench.store.lock(id, "a test") {
        tokio::task::yield_now().await;
    }
}

/// The pages of paged listings that were asked for, as endpoint and body.
fn pages(bench: &Bench) -> Vec<String> {
    let log = bench.simulator.log().into_iter();
    let answered = log.filter(|exchange| exchange.status == 200);
    answered
        .filter(|exchange| exchange.endpoint.ends_with(".list"))
        .map(|exchange| format!("{} {}", exchange.endpoint, exchange.request))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_may_die_at_any_moment_and_the_next_one_carries_on() {
    let mut died = 0;
    for polls in [1, 3, 10, 20, 40, 60, 80, 100, 120, 150] {
        let bench = Bench::small().await;
        let dead = dies(&bench, &full(), polls).await;
        died += usize::from(dead);
        let before = bench.store.passes(&bench.integration.id, 5).unwrap();
        bench.simulator.clear_log();
        let pass = bench.pass(&PassOptions::default()).await;
        assert_eq!(pass.state, PassState::Succeeded, "{polls} {pass:#?}");
        if dead {
            assert_eq!(before[0].state, PassState::Running);
            assert_eq!((&before[0].id, pass.resumed), (&pass.id, 1), "{polls}");
            // Nothing of the dead pass went on behind the back of the next.
            let stored: u64 = before[0].walks.iter().map(|walk| walk.pages).sum();
            let all: u64 = pass.walks.iter().map(|walk| walk.pages).sum();
            assert!(stored < all, "{polls}: {stored} of {all} pages");
        }
        let asked = pages(&bench);
        let different: HashSet<&String> = asked.iter().collect();
        // What the dead pass had sent already may reach the vendor after its log was cleared: at
        // most one page of each stream.
        let twice = asked.len() - different.len();
        assert!(twice <= pass.walks.len(), "{polls}: {twice} pages twice");
        bench
            .assert_true(&format!("after a death at {polls}"))
            .await;
    }
    assert!(died > 0, "none of them died");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_is_given_up_asks_for_nothing_more() {
    let bench = Bench::small().await;
    assert!(dies(&bench, &full(), 40).await);
    let pages = || {
        let passes = bench.store.passes(&bench.integration.id, 1).unwrap();
        passes[0].walks.iter().map(|walk| walk.pages).sum::<u64>()
    };
    let (stored, asked) = (pages(), bench.simulator.log().len());
    // Were a task left, it would have its turn.
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(pages(), stored);
    let later = bench.simulator.log().len() - asked;
    assert!(later <= bench.connector().streams().len(), "{later} more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_pass_that_is_too_old_is_buried() {
    let bench = Bench::small().await;
    assert!(dies(&bench, &full(), 20).await);
    bench.clock.advance(Duration::from_secs(7 * 60 * 60));
    let pass = bench.full().await;
    assert_eq!(pass.resumed, 0);
    let passes = bench.store.passes(&bench.integration.id, 5).unwrap();
    assert_eq!(passes.len(), 2);
    assert_eq!(passes[1].state, PassState::Cancelled);
    assert_eq!(passes[1].problem.as_ref().unwrap().kind, "interrupted");
    bench.assert_true("after the new pass").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_over_some_models_between_the_parts_of_another_loses_nothing() {
    let bench = Bench::small().await;
    bench.full().await;
    let before = bench.shown();
    // Candidates are seen by the walk of the first, all or some, then all by that of the second.
    let first = bench.stopped_in(&full(), "candidates").await;
    assert_ne!(walk(&first, "candidates").state, WalkState::Complete);
    let only = PassOptions {
        only: [ModelKind::Candidate].into(),
        ..full()
    };
    bench.pass(&only).await;
    let last = bench.pass(&PassOptions::default()).await;
    assert_same(&bench.shown(), &before, "after all three");
    assert_eq!((last.state, last.resumed), (PassState::Succeeded, 0));
}

/// Tries to take the right to write in the middle of a pass.
struct Rival {
    store: Arc<SqliteStore>,
    integration: IntegrationId,
    told: Mutex<BTreeSet<String>>,
}

impl Observer for Rival {
    fn event(&self, event: Event) {
        if !matches!(event, Event::Page { .. }) {
            return;
        }
        let told = match self.store.lock(&self.integration, "a rival") {
            Err(ats_store::Error::Busy { holder }) => holder,
            other => format!("{other:?}"),
        };
        self.told.lock().unwrap().insert(told);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_pass_is_told_which_one_runs() {
    let bench = Bench::small().await;
    let rival = Arc::new(Rival {
        store: bench.store.clone(),
        integration: bench.integration.id.clone(),
        told: Mutex::default(),
    });
    let (_keep, stop) = watch::channel(false);
    let (options, watching) = (full(), rival.clone());
    let pass = bench.watched(&options, bench.connector(), watching, stop);
    assert_eq!(pass.await.unwrap().state, PassState::Succeeded);
    let told = rival.told.lock().unwrap().clone();
    let process = std::process::id().to_string();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told.iter().all(|told| told.contains(&process)), "{told:?}");

    let holder = bench
        .store
        .lock(&bench.integration.id, "somebody else")
        .unwrap();
    let (_keep, stop) = watch::channel(false);
    let pass = bench.watched(&options, bench.connector(), Arc::new(Unobserved), stop);
    match pass.await {
        Err(Error::Store(ats_store::Error::Busy { holder })) => {
            assert_eq!(holder, "somebody else");
        }
        other => panic!("{other:?}"),
    }
    drop(holder);
    bench.full().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_moves_no_date_back() {
    let bench = Bench::new(ashby::small_world(), None).await;
    let first = bench.full().await;
    bench.clock.jump_back(Duration::from_secs(3600));
    bench.apply("edit a candidate's name", 0);
    let second = bench.delta().await;
    assert!(second.started_at >= first.ended_at.unwrap());
    assert!(second.ended_at.unwrap() >= second.started_at);
    let changed = bench.changes(&second.id);
    assert_eq!(changed.len(), 1);
    assert!(changed[0].at >= first.ended_at.unwrap());
    bench.stopped_after(&delta(), 1).await;
    bench.clock.jump_back(Duration::from_secs(3600));
    let third = bench.pass(&PassOptions::default()).await;
    assert_eq!((third.state, third.resumed), (PassState::Succeeded, 1));
}
