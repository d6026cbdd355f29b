//! The limiter by itself, and in a client.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ats_core::Result;
use ats_http::{CallKind, Lane, Limiter, LimiterSettings, Permit, RetryPolicy, testing::FakeClock};
use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Barrier,
};

use crate::support::{builder, call, ok, read, seconds, server, status};

fn limiter(start: usize, ceiling: usize) -> (Limiter, FakeClock) {
    let clock = FakeClock::new();
    let settings = LimiterSettings { start, ceiling };
    (Limiter::new(settings, Arc::new(clock.clone())), clock)
}

/// A permit that is free right now.
fn take(limiter: &Limiter) -> Permit {
    limiter
        .acquire(Lane::Full)
        .now_or_never()
        .expect("a free permit")
}

fn is_full(limiter: &Limiter) -> bool {
    limiter.acquire(Lane::Full).now_or_never().is_none()
}

/// Uses the whole limit once, with good answers only.
fn one_window(limiter: &Limiter) {
    let limit = limiter.snapshot().limit;
    let mut held: Vec<_> = (0..limit).map(|_| take(limiter)).collect();
    for _ in 0..limit {
        held.pop().expect("a held permit").answered();
        held.push(take(limiter));
    }
}

#[test]
fn a_limiter_starts_with_four_and_says_so() {
    let settings = LimiterSettings::default();
    let (limiter, _) = limiter(settings.start, settings.ceiling);
    let held: Vec<_> = (0..4).map(|_| take(&limiter)).collect();
    assert!(is_full(&limiter));
    let snapshot = limiter.snapshot();
    assert_eq!(
        (snapshot.limit, snapshot.in_flight, snapshot.waiting),
        (4, 4, 0)
    );
    drop(held);
    assert_eq!(limiter.snapshot().in_flight, 0);
}

#[test]
fn until_the_first_refusal_each_round_of_requests_doubles_the_limit() {
    let (limiter, _) = limiter(4, 20);
    let mut limits = Vec::new();
    let mut held: Vec<_> = (0..4).map(|_| take(&limiter)).collect();
    for _ in 0..4 {
        for _ in 0..held.len() {
            held.remove(0).answered();
            while !is_full(&limiter) {
                held.push(take(&limiter));
            }
        }
        limits.push(limiter.snapshot().limit);
    }
    assert_eq!(limits, [8, 16, 20, 20]);
}

#[test]
fn after_a_refusal_each_used_up_window_of_good_answers_adds_one_up_to_the_ceiling() {
    let (limiter, _) = limiter(6, 6);
    take(&limiter).throttled(None);
    let mut limits = Vec::new();
    for _ in 0..5 {
        one_window(&limiter);
        limits.push(limiter.snapshot().limit);
    }
    assert_eq!(limits, [4, 5, 6, 6, 6]);
}

#[test]
fn a_limit_that_is_not_used_up_does_not_grow() {
    let (limiter, _) = limiter(4, 64);
    for _ in 0..100 {
        take(&limiter).answered();
    }
    assert_eq!(limiter.snapshot().limit, 4);
}

#[test]
fn dropped_permits_teach_nothing() {
    let (limiter, _) = limiter(1, 64);
    for _ in 0..10 {
        drop(take(&limiter));
    }
    assert_eq!(limiter.snapshot().limit, 1);
    take(&limiter).answered();
    assert_eq!(limiter.snapshot().limit, 2);
}

#[test]
fn throttling_halves_once_for_all_requests_of_one_round() {
    let (limiter, _) = limiter(8, 64);
    let first: Vec<_> = (0..8).map(|_| take(&limiter)).collect();
    for permit in first {
        permit.throttled(None);
    }
    assert_eq!(limiter.snapshot().limit, 4);
    assert_eq!(limiter.snapshot().throttled_count, 8);

    take(&limiter).throttled(None);
    assert_eq!(limiter.snapshot().limit, 2);
}

#[test]
fn the_limit_never_falls_below_one() {
    let (limiter, _) = limiter(1, 64);
    take(&limiter).throttled(None);
    take(&limiter).throttled(None);
    assert_eq!(limiter.snapshot().limit, 1);
}

#[test]
fn answers_from_before_a_halving_do_not_grow_the_new_limit() {
    let (limiter, _) = limiter(4, 64);
    let mut held: Vec<_> = (0..4).map(|_| take(&limiter)).collect();
    held.pop().expect("a held permit").throttled(None);
    assert_eq!(limiter.snapshot().limit, 2);
    for permit in held {
        permit.answered();
    }
    assert_eq!(limiter.snapshot().limit, 2);
}

#[test]
fn settings_of_zero_still_let_requests_through() {
    let (limiter, _) = limiter(0, 0);
    assert_eq!(limiter.snapshot().limit, 1);
    drop(take(&limiter));
}

#[tokio::test]
async fn a_pause_holds_everyone_until_it_is_over() {
    let (limiter, clock) = limiter(4, 64);
    take(&limiter).throttled(Some(seconds(30)));
    clock.advance(seconds(10));
    assert_eq!(limiter.snapshot().paused_for, seconds(20));

    let permits = join_all((0..2).map(|_| limiter.acquire(Lane::Full))).await;

    // The first sleeper takes the clock to the end of the pause, so the other need not wait.
    assert_eq!(clock.waits(), vec![seconds(20)]);
    assert_eq!(limiter.snapshot().paused_for, Duration::ZERO);
    assert_eq!(limiter.snapshot().wait_total, seconds(20));
    assert_eq!(permits.len(), 2);
}

#[tokio::test]
async fn a_pause_that_begins_while_someone_waits_counts_for_them_too() {
    let (limiter, clock) = limiter(2, 64);
    let (first, second) = (take(&limiter), take(&limiter));
    let waiting = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.acquire(Lane::Delta).await }
    });
    while limiter.snapshot().waiting == 0 {
        tokio::task::yield_now().await;
    }

    first.throttled(Some(seconds(30)));
    second.answered();
    let _permit = waiting.await.unwrap();

    assert_eq!(clock.waits(), vec![seconds(30)]);
}

#[test]
fn a_shorter_pause_does_not_end_a_longer_one() {
    let (limiter, _) = limiter(4, 64);
    let (first, second) = (take(&limiter), take(&limiter));
    first.throttled(Some(seconds(60)));
    second.throttled(Some(seconds(1)));
    assert_eq!(limiter.snapshot().paused_for, seconds(60));
}

#[test]
fn the_next_permit_goes_to_the_highest_lane() {
    let (limiter, _) = limiter(1, 1);
    let mut permit = take(&limiter);
    let lanes = [
        Lane::Full,
        Lane::Delta,
        Lane::Write,
        Lane::Webhook,
        Lane::Write,
    ];
    let mut waiting: Vec<(usize, BoxFuture<'_, Permit>)> = lanes
        .iter()
        .map(|lane| limiter.acquire(*lane).boxed())
        .enumerate()
        .collect();
    for (_, future) in &mut waiting {
        assert!(future.now_or_never().is_none());
    }
    assert_eq!(limiter.snapshot().waiting, 5);

    let mut order = Vec::new();
    while !waiting.is_empty() {
        drop(permit);
        let ready = waiting
            .iter_mut()
            .enumerate()
            .find_map(|(place, (_, future))| Some((place, future.now_or_never()?)));
        let (place, next) = ready.expect("someone got the permit");
        permit = next;
        order.push(lanes[waiting.remove(place).0]);
    }

    assert_eq!(
        order,
        [
            Lane::Write,
            Lane::Write,
            Lane::Webhook,
            Lane::Delta,
            Lane::Full
        ]
    );
}

#[test]
fn a_place_that_is_given_up_blocks_nobody() {
    let (limiter, _) = limiter(1, 1);
    let permit = take(&limiter);
    let mut first = limiter.acquire(Lane::Full).boxed();
    let mut second = limiter.acquire(Lane::Full).boxed();
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut second).now_or_never().is_none());

    // The permit is handed to the first, which goes away without ever taking it.
    drop(permit);
    drop(first);

    assert!(second.now_or_never().is_some());
    assert_eq!(limiter.snapshot().waiting, 0);
    assert_eq!(limiter.snapshot().in_flight, 0);
}

/// Serves requests only in full groups of `size`, and notes the most that were open at once.
async fn grouping_server(size: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let most = Arc::new(AtomicUsize::new(0));
    let open = Arc::new(AtomicUsize::new(0));
    let barrier = Arc::new(Barrier::new(size));
    let counter = Arc::clone(&most);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(
                stream,
                Arc::clone(&open),
                Arc::clone(&counter),
                Arc::clone(&barrier),
            ));
        }
    });
    (url, most)
}

async fn serve(
    mut stream: TcpStream,
    open: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    barrier: Arc<Barrier>,
) {
    let mut seen = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer).await.unwrap_or(0);
        if count == 0 {
            return;
        }
        seen.extend_from_slice(&buffer[..count]);
        if !seen.ends_with(b"}") {
            continue;
        }
        seen.clear();
        let now = open.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(now, Ordering::SeqCst);
        barrier.wait().await;
        open.fetch_sub(1, Ordering::SeqCst);
        stream
            .write_all(crate::support::OK.as_bytes())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_client_uses_its_limit_and_never_more() {
    // The server answers nobody until three are there, so too few would hang and too many show.
    let (url, most) = grouping_server(3).await;
    let clock = FakeClock::new();
    let (limiter, _) = limiter(3, 3);
    let client = builder(&url, &clock).limiter(limiter).build().unwrap();

    let outcomes = join_all((0..30).map(|_| read(&client))).await;

    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_busy_client_grows_its_limit() {
    let server = server(vec![ok()]).await;
    let client = builder(&server.uri(), &FakeClock::new()).build().unwrap();
    let outcomes = join_all((0..100).map(|_| read(&client))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    // As long as requests wait, each answer adds one: at some 52 answers nobody waits any more.
    let limit = client.limiter().snapshot().limit;
    assert!((45..=60).contains(&limit), "{limit}");
}

#[tokio::test]
async fn a_throttled_client_pauses_halves_and_loses_nothing() {
    let clock = FakeClock::new();
    let server = server(vec![status(429).insert_header("retry-after", "20"), ok()]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    let outcomes = join_all((0..4).map(|_| read(&client))).await;

    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(client.limiter().snapshot().limit, 2);
    assert_eq!(client.stats().sent, 5);
    assert_eq!(clock.waits().first(), Some(&seconds(20)));
}

#[tokio::test]
async fn clones_and_clients_that_share_a_limiter_share_its_state() {
    let clock = FakeClock::new();
    let server = server(vec![status(429).insert_header("retry-after", "20")]).await;
    let two = builder(&server.uri(), &clock).build().unwrap();
    let once = RetryPolicy {
        attempts: 1,
        ..RetryPolicy::default()
    };
    let one = builder(&server.uri(), &clock)
        .limiter(two.limiter().clone())
        .retry(once)
        .build()
        .unwrap();

    one.clone()
        .post_json(call(CallKind::Write))
        .await
        .unwrap_err();

    assert_eq!(two.limiter().snapshot().paused_for, seconds(20));
    assert_eq!(one.stats().throttled, 1);
    assert_eq!(two.stats().throttled, 0);
}

#[tokio::test]
async fn without_a_wish_of_the_vendor_everyone_waits_as_long_as_the_throttled_call() {
    let clock = FakeClock::new();
    let server = server(vec![status(429), ok()]).await;
    // The limiter has a clock of its own, so that its pause outlasts the wait of the call.
    let (limiter, limiters_clock) = limiter(4, 64);
    let client = builder(&server.uri(), &clock)
        .limiter(limiter)
        .build()
        .unwrap();

    read(&client).await.unwrap();

    assert_eq!(clock.waits().len(), 1);
    assert_eq!(limiters_clock.waits(), clock.waits());
}
