//! `ats subscriptions`: the vendor calls a server that runs, and the mirror follows.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{served::Served, support::Bench};

/// What does not come within this time does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// Changes the first application at the vendor.
fn change(bench: &Bench) {
    bench.simulator.edit(|world| {
        let all = world.ids("applications");
        // Its `updatedAt` moves, which the mirror shows.
        assert!(world.update("applications", &all[0], |_| {}));
    });
}

/// Changes an application at the vendor, and waits until the mirror has it.
#[track_caller]
fn follows(bench: &Bench) {
    let mirror = || bench.run(&["export", "acme", "applications"]);
    let before = mirror().stdout;
    change(bench);
    let until = Instant::now() + PATIENCE;
    while mirror().text() == before {
        assert!(Instant::now() < until, "the mirror does not follow");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn called(bench: &Bench, command: &str, served: &Served) -> Vec<Value> {
    let public = format!("http://{}", served.address);
    let all = bench
        .json(&["subscriptions", command, "acme", "--public-url", &public])
        .ok();
    all["subscriptions"].as_array().unwrap().clone()
}

fn states(all: &[Value]) -> Vec<&str> {
    let mut states: Vec<&str> = all
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    states.sort_unstable();
    states.dedup();
    states
}

#[test]
fn a_change_at_the_vendor_arrives_without_a_pass_until_the_subscriptions_end() {
    let bench = Bench::synced();
    let served = Served::start(&bench, "127.0.0.1:0");
    let made = called(&bench, "create", &served);
    assert!(states(&made).contains(&"ACTIVE"), "{made:?}");
    follows(&bench);
    let again = called(&bench, "create", &served);
    assert!(!states(&again).contains(&"ACTIVE"), "{again:?}");
    let listed = bench.json(&["subscriptions", "list", "acme"]).ok();
    let active = made.iter().filter(|one| one["state"] == "ACTIVE").count();
    assert_eq!(listed["subscriptions"].as_array().unwrap().len(), active);
    let address = listed["subscriptions"][0]["address"].as_str().unwrap();
    assert_eq!(
        address,
        format!("http://{}/webhooks/ashby/…", served.address)
    );

    // Sealed with another key, the secrets still tell the vendor from others.
    let bind = served.address.clone();
    served.end();
    bench.json(&["keys", "rotate"]).ok();
    let served = Served::start(&bench, &bind);
    follows(&bench);
    served.end();

    // At another address with other secrets.
    let served = Served::start(&bench, "127.0.0.1:0");
    let renewed = called(&bench, "renew", &served);
    assert!(states(&renewed).contains(&"ACTIVE"), "{renewed:?}");
    follows(&bench);

    let ended = bench.json(&["subscriptions", "remove", "acme"]).ok();
    let ended = ended["subscriptions"].as_array().unwrap().clone();
    assert_eq!(states(&ended), ["ENDED"]);
    let listed = bench.json(&["subscriptions", "list", "acme"]).ok();
    assert_eq!(listed["subscriptions"], json!([]));
    bench.simulator.clear_deliveries();
    change(&bench);
    assert!(bench.simulator.deliveries().is_empty());
    served.end();
}

#[test]
fn an_address_that_the_vendor_cannot_be_told_is_refused_before_it_is_asked() {
    let bench = Bench::connected();
    let asked = bench.requests();
    let create = ["subscriptions", "create", "acme"];
    let message = bench.json(&create).failed(2, "no_public_url");
    assert!(message.contains("--public-url"), "{message}");
    for url in [
        "ftp://ats.example.com",
        "https://ats.example.com/below",
        "mailto:a@example.com",
    ] {
        bench
            .json(&[&create[..], &["--public-url", url]].concat())
            .failed(2, "bad_public_url");
    }
    assert_eq!(bench.requests(), asked);
    bench
        .json(&["subscriptions", "list", "nobody"])
        .failed(2, "unknown_integration");
}
