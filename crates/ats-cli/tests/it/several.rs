//! Several integrations, and several processes on one database.

use std::time::Duration;

use ats_simulator::{Options, ashby};
use serde_json::json;

use crate::support::{Bench, end_of};

/// A vendor that takes its time, so that two processes meet.
fn slow() -> Bench {
    let options = Options {
        latency: Duration::from_millis(20),
        ..Options::default()
    };
    Bench::of(ashby::small_world(), options)
}

#[test]
fn a_second_pass_of_an_integration_is_told_which_is_running() {
    let bench = slow();
    bench.connect("acme");
    bench.simulator.clear_log();
    let mut first = bench.start(&["sync", "acme", "--json"]);
    bench.wait_for_requests(1, &mut first);
    let message = bench.json(&["sync", "acme"]).failed(7, "busy");
    assert!(message.contains("running"), "{message}");
    bench
        .json(&["integrations", "remove", "acme", "--yes"])
        .failed(7, "busy");
    let first = end_of(first);
    assert_eq!(first.ok()["state"], "SUCCEEDED");
    assert_eq!(bench.json(&["sync", "acme"]).ok()["state"], "SUCCEEDED");
}

#[test]
fn two_processes_read_two_integrations_into_one_database() {
    let bench = slow();
    bench.connect("one");
    bench.connect("two");
    let running = ["one", "two"].map(|name| bench.start(&["sync", name, "--json"]));
    for child in running {
        assert_eq!(end_of(child).ok()["state"], "SUCCEEDED");
    }
    let count = |name| {
        bench
            .run(&["export", name, "candidates"])
            .text()
            .lines()
            .count()
    };
    let candidates = bench.simulator.read(|world| world.len("candidates"));
    assert_eq!((count("one"), count("two")), (candidates, candidates));
}

#[test]
fn all_integrations_are_read_one_after_the_other_and_the_worst_decides() {
    let bench = Bench::small();
    bench.connect("one");
    bench.connect("two");
    bench.connect("off");
    bench.json(&["integrations", "disable", "off"]).ok();
    let document = bench.json(&["sync", "--all", "--only", "users"]).ok();
    let names: Vec<_> = document["passes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pass| (pass["name"].clone(), pass["state"].clone()))
        .collect();
    assert_eq!(
        names,
        [
            (json!("one"), json!("SUCCEEDED")),
            (json!("two"), json!("SUCCEEDED"))
        ]
    );
    bench
        .simulator
        .revoke(&bench.simulator.key(), "organizationRead");
    let ended = bench.json(&["sync", "--all", "--only", "users"]);
    assert_ne!(ended.code, Some(0), "{ended:?}");
    bench.json(&["sync"]).failed(2, "usage");
    bench.json(&["sync", "one", "--all"]).failed(2, "usage");
}

#[test]
fn a_name_may_be_given_with_its_connector_or_as_the_id() {
    let bench = Bench::small();
    let id = bench.connect("one")["id"].as_str().unwrap().to_owned();
    for text in ["one", "ashby:one", &id] {
        assert_eq!(
            bench.json(&["integrations", "show", text]).ok()["id"],
            id.as_str()
        );
    }
}

#[test]
fn several_processes_may_connect_to_a_new_database_at_once() {
    let bench = Bench::small();
    let url = bench.simulator.base_url();
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let running = names.map(|name| {
        let connect = ["connect", "ashby", "--name", name, "--json"];
        let flags = ["--base-url", &url, "--api-key-env", crate::support::KEY];
        bench.start(&[&connect[..], &flags].concat())
    });
    for child in running {
        end_of(child).ok();
    }
    for name in names {
        bench.json(&["sync", name, "--only", "users"]).ok();
    }
}
