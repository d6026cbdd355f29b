//! Laws of refused checkpoints and cursors: they are told apart from trouble, and the engine's
//! restart puts everything right.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use ats_core::{ErrorKind, PageRequest, Start};
use ats_simulator::{Fault, FaultKind};

use super::{
    Judged, LawEvidence,
    compare::{complete, fresh, same_as_fresh},
    delta::no_delta,
    hook::{Hook, Hooked},
    probe::{Bench, End, start, walk},
};
use crate::{Failure, Harness, Mirror, Remote};

super::declare! {
    "expiry/checkpoint-is-typed",
    "a checkpoint that the vendor no longer knows ends the walk as an expired checkpoint",
    "an expired checkpoint passes for a quiet delta, or stops the sync for good" => checkpoint;

    "expiry/checkpoint-is-recovered",
    "one delta pass after the expiry gives the records of a fresh full pass, deletions too",
    "a stream starts again on its own, so that nobody sweeps what is gone" => recovered;

    "expiry/checkpoint-codes-are-typed",
    "every code that refuses a checkpoint becomes an expired checkpoint, with status 200 and 400",
    "one of the vendor's codes stops the sync for good" => checkpoint_codes;

    "expiry/cursor-is-typed",
    "a page cursor that the vendor no longer knows ends the walk as an expired cursor",
    "the rest of a walk is lost, or the sync stops for good" => cursor;

    "expiry/cursor-is-recovered",
    "a pass whose cursor expires on the way is started again and completes",
    "a long walk never reaches its end" => cursor_recovered;

    "expiry/cursor-codes-are-typed",
    "every code that refuses a page cursor becomes an expired cursor, with status 200 and 400",
    "one of the vendor's codes stops the sync for good" => cursor_codes;
}

async fn checkpoint(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    if let Some(none) = no_delta(&*connector) {
        return Ok(none);
    }
    let mirror = fresh(harness, &*connector).await?;
    remote.expire_checkpoints();
    let mut judged = 0;
    for stream in connector.streams() {
        let Some(checkpoint) = mirror.checkpoints().get(stream.name()) else {
            continue;
        };
        let request = PageRequest {
            start: Start::Since(checkpoint.clone()),
            cursor: None,
        };
        let read = walk(&*remote, stream, request, mirror.shelf()).await;
        expired(&read.end, &ErrorKind::CheckpointExpired, stream.name())?;
        judged += 1;
    }
    Ok(LawEvidence::judged(judged))
}

fn expired(end: &End, kind: &ErrorKind, place: &str) -> Result<(), Failure> {
    match end {
        End::Failed(error) if error.kind() == kind => Ok(()),
        end => Err(Failure::default()
            .expected(format!("{} at {place}", kind.code()), "")
            .came(end)),
    }
}

async fn recovered(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    if let Some(none) = no_delta(&*connector) {
        return Ok(none);
    }
    let mut mirror = fresh(harness, &*connector).await?;
    for (pick, change) in (2..).zip(remote.changes()) {
        remote.apply(change.name, pick);
    }
    remote.expire_checkpoints();
    let report = mirror.delta_pass(&*connector).await;
    complete(&report, "a delta pass with expired checkpoints")?;
    let after = "every change, the expiry of all checkpoints, and one delta pass";
    same_as_fresh(harness, &*connector, &mirror, after).await?;
    Ok(LawEvidence::judged(
        report
            .streams
            .values()
            .map(|outcome| outcome.restarts)
            .sum(),
    ))
}

async fn checkpoint_codes(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    if let Some(none) = no_delta(&*connector) {
        return Ok(none);
    }
    let mirror = fresh(harness, &*connector).await?;
    let mut judged = 0;
    for stream in connector.streams() {
        let Some(checkpoint) = mirror.checkpoints().get(stream.name()) else {
            continue;
        };
        let request = PageRequest {
            start: Start::Since(checkpoint.clone()),
            cursor: None,
        };
        let quiet = walk(&*remote, stream, request.clone(), mirror.shelf()).await;
        for endpoint in quiet.calls.keys() {
            for (code, http) in with_both(&remote.checkpoint_codes()) {
                inject_refusal(&*remote, endpoint, &code, http);
                let read = walk(&*remote, stream, request.clone(), mirror.shelf()).await;
                remote.clear_faults();
                let place = format!("{endpoint}, which says {code} with status {http}");
                expired(&read.end, &ErrorKind::CheckpointExpired, &place)?;
                judged += 1;
            }
        }
    }
    Ok(LawEvidence::judged(judged))
}

/// Each code with both statuses that a refusal may come with.
fn with_both(codes: &[&'static str]) -> Vec<(String, u16)> {
    let both = |code: &&str| [((*code).to_owned(), 200), ((*code).to_owned(), 400)];
    codes.iter().flat_map(both).collect()
}

fn inject_refusal(remote: &dyn Remote, endpoint: &str, code: &str, http: u16) {
    let kind = FaultKind::SuccessFalse {
        code: code.to_owned(),
        http,
    };
    remote.inject(Fault::once(endpoint, kind));
}

async fn cursor(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 1).await?;
    bench.remote.expire_cursors();
    let mut judged = 0;
    for (stream, honest) in &bench.streams {
        let Some(second) = honest.pages.get(1) else {
            continue;
        };
        let Some(read) = bench.again(stream, second.request.clone()).await else {
            continue;
        };
        expired(&read.end, &ErrorKind::CursorExpired, stream)?;
        judged += 1;
    }
    Ok(LawEvidence::judged(judged))
}

/// Expires all cursors once, in the middle of a pass.
struct Expirer {
    remote: Arc<dyn Remote>,
    stream: &'static str,
    pages: std::sync::atomic::AtomicUsize,
    done: AtomicBool,
}

impl Hook for Expirer {
    fn before(&self, stream: &str, _: usize) {
        let second = stream == self.stream && self.pages.fetch_add(1, Ordering::Relaxed) == 1;
        if second && !self.done.swap(true, Ordering::Relaxed) {
            self.remote.expire_cursors();
        }
    }
}

async fn cursor_recovered(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 1).await?;
    let mut judged = 0;
    for (stream, honest) in &bench.streams {
        if honest.pages.len() < 2 {
            continue;
        }
        let hook = Expirer {
            remote: Arc::clone(&bench.remote),
            stream,
            pages: 0.into(),
            done: false.into(),
        };
        let hooked = Hooked::new(Arc::clone(&bench.connector), Arc::new(hook));
        let mut mirror = Mirror::new(harness.slug());
        let report = mirror.full_pass(&hooked).await;
        complete(&report, "a pass whose cursors expired on the way")?;
        judged += report
            .streams
            .get(stream)
            .map_or(0, |outcome| outcome.restarts);
        let after = format!("a pass whose cursors expired within stream {stream}");
        if judged == 1 {
            same_as_fresh(harness, &*bench.connector, &mirror, after).await?;
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn cursor_codes(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 1).await?;
    let mut judged = 0;
    for (stream, honest) in &bench.streams {
        // Where a stream has one page there is no cursor that could be refused.
        let Some(second) = honest.pages.get(1) else {
            continue;
        };
        let request = second.request.clone();
        let Some(rest) = bench.again(stream, request.clone()).await else {
            continue;
        };
        let listing = first_asked(&*bench.remote).filter(|first| rest.calls.contains_key(first));
        for (code, http) in with_both(&bench.remote.cursor_codes()) {
            let Some(endpoint) = &listing else {
                continue;
            };
            inject_refusal(&*bench.remote, endpoint, &code, http);
            let read = bench.again(stream, request.clone()).await;
            bench.remote.clear_faults();
            let place = format!("{endpoint}, which says {code} with status {http}");
            let end = read.map_or(End::Endless, |read| read.end);
            expired(&end, &ErrorKind::CursorExpired, &place)?;
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}

/// The endpoint of the first request in the log: a page is listed before its details are fetched.
fn first_asked(remote: &dyn Remote) -> Option<String> {
    remote
        .requests()
        .into_iter()
        .next()
        .map(|sent| sent.endpoint)
}
