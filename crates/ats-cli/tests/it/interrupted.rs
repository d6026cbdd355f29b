//! Ctrl-C, a time limit and `kill -9` in the middle of a pass: nothing is lost, and what was stored
//! is not asked for again.

use std::{process::Child, time::Duration};

use ats_simulator::{Options, ashby};
use serde_json::Value;

use crate::support::{Bench, end_of, interrupt};

/// An organisation with a few pages of everything, at a vendor that takes its time.
fn bench() -> Bench {
    let options = Options {
        latency: Duration::from_millis(5),
        page_size_cap: Some(7),
        ..Options::default()
    };
    let bench = Bench::of(ashby::generated_world(11, 60), options);
    bench.connect("acme");
    bench.simulator.clear_log();
    bench
}

/// Pages that are stored of each stream that has pages, and the endpoint that gives them.
const LISTED: [(&str, &str); 4] = [
    ("candidates", "candidate.list"),
    ("interviews", "interviewSchedule.list"),
    ("offers", "offer.list"),
    ("applications", "application.list"),
];

fn pages(pass: &Value, stream: &str) -> u64 {
    let walks = pass["walks"].as_array().unwrap();
    let walk = walks.iter().find(|walk| walk["stream"] == stream);
    walk.map_or(0, |walk| walk["pages"].as_u64().unwrap())
}

/// Runs `ats sync`, ends it after so many requests, and carries on. Gives the report of the end.
fn interrupted_after(bench: &Bench, requests: usize, end: impl Fn(Child)) -> Value {
    bench.simulator.clear_log();
    let mut child = bench.start(&["sync", "acme", "--full", "--json"]);
    bench.wait_for_requests(requests, &mut child);
    end(child);
    let status = bench.json(&["status", "acme"]).ok();
    let stored = &status["integrations"][0]["passes"][0];
    bench.simulator.clear_log();
    let report = bench.json(&["sync", "acme"]).ok();
    assert_eq!(
        report["pass_id"], stored["pass_id"],
        "the same pass goes on"
    );
    assert_eq!(report["state"], "SUCCEEDED");
    assert_eq!(report["resumed"], 1);
    for (stream, endpoint) in LISTED {
        let asked = bench.requests_to(endpoint);
        let left = pages(&report, stream) - pages(stored, stream);
        assert_eq!(asked, left, "{stream} after {requests} requests");
    }
    report
}

/// The mirror that a pass without any interruption makes.
fn truth(bench: &Bench) -> std::collections::BTreeMap<(String, String), Value> {
    let other = Bench {
        folder: tempfile::tempdir().unwrap(),
        simulator: crate::support::simulator(
            bench.simulator.read(Clone::clone),
            Options::default(),
        ),
    };
    other.connect("acme");
    other.json(&["sync", "acme"]).ok();
    other.mirror()
}

#[test]
fn a_pass_that_is_killed_at_any_moment_goes_on_where_it_stood() {
    let bench = bench();
    let truth = truth(&bench);
    for requests in [3, 25, 60, 100] {
        let _ = std::fs::remove_file(bench.database());
        for file in ["ats.db-wal", "ats.db-shm"] {
            let _ = std::fs::remove_file(bench.path(file));
        }
        bench.connect("acme");
        interrupted_after(&bench, requests, |mut child| {
            child.kill().unwrap();
            child.wait().unwrap();
        });
        assert!(bench.mirror() == truth, "after {requests} requests");
    }
}

#[test]
fn ctrl_c_keeps_what_was_read_and_the_next_run_carries_on() {
    let bench = bench();
    let truth = truth(&bench);
    interrupted_after(&bench, 40, |child| {
        interrupt(&child);
        let ended = end_of(child);
        assert_eq!(ended.code, Some(130), "{ended:?}");
        assert_eq!(ended.json()["state"], "CANCELLED");
    });
    assert!(bench.mirror() == truth);
}

#[test]
fn a_second_ctrl_c_ends_it_at_once_and_loses_nothing_either() {
    let bench = bench();
    let truth = truth(&bench);
    interrupted_after(&bench, 30, |child| {
        interrupt(&child);
        interrupt(&child);
        assert_eq!(end_of(child).code, Some(130));
    });
    assert!(bench.mirror() == truth);
}

#[test]
fn people_are_told_that_ctrl_c_was_heard_and_what_to_run() {
    let bench = bench();
    let mut child = bench.start(&["sync", "acme"]);
    bench.wait_for_requests(30, &mut child);
    interrupt(&child);
    let ended = end_of(child);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(ended.stderr.contains("what was read is kept"), "{ended:?}");
    assert!(ended.stdout.contains("ats sync acme"), "{ended:?}");
}

#[test]
fn a_pass_that_takes_too_long_is_carried_on_by_the_next() {
    let bench = bench();
    let ended = bench.json(&["sync", "acme", "--time-limit", "30ms"]);
    assert_eq!(ended.code, Some(6), "{ended:?}");
    let first = ended.json();
    assert_eq!(first["state"], "TIMED_OUT");
    let second = bench.json(&["sync", "acme"]).ok();
    assert_eq!(second["pass_id"], first["pass_id"]);
    assert!(bench.mirror() == truth(&bench));
}
