//! What a key may do, where a value comes from, what is supported, and the vendor alone.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use ats_simulator::KeySpec;
use serde_json::{Value, json};

use crate::support::{Bench, KEY, MODELS, end_of, ended, interrupt};

#[test]
fn a_check_tells_of_every_model_and_action_and_keeps_nothing() {
    let bench = Bench::connected();
    let report = bench.json(&["check", "acme"]).ok();
    let models = report["models"].as_object().unwrap();
    assert_eq!(models.len(), MODELS.len());
    for model in MODELS {
        assert_eq!(models[model]["ok"], true, "{model}");
        assert_eq!(models[model]["missing_permissions"], json!([]), "{model}");
    }
    for kind in ["actions", "features"] {
        let slots = report[kind].as_object().unwrap();
        assert_eq!(slots.len(), 13, "{kind}");
        for (name, slot) in slots {
            assert_eq!(slot["ok"], true, "{name}");
        }
    }
    assert!(bench.run(&["check", "acme"]).text().contains("candidates"));
    assert_eq!(bench.run(&["export", "acme", "users"]).text(), "");
}

#[test]
fn a_live_check_tells_of_every_field_what_was_seen_and_only_reads() {
    let bench = Bench::connected();
    let report = bench.json(&["check", "acme", "--live"]).ok();
    let live = &report["live"]["models"];
    assert_eq!(live.as_object().unwrap().len(), MODELS.len());
    assert_eq!(live["users"]["fields"]["email"]["status"], "works");
    assert_eq!(
        live["applications"]["fields"]["remote_url"]["status"],
        "not_available"
    );
    let condition = &live["job_screening_questions"]["fields"]["precondition_options"];
    assert_eq!(condition["status"], "nothing_yet");
    for exchange in bench.simulator.log() {
        let endpoint = exchange.endpoint;
        let permission = ats_simulator::ashby::permission_of(&endpoint).unwrap();
        assert!(permission.ends_with("Read"), "{endpoint}");
    }
    assert!(
        bench
            .run(&["check", "acme", "--live"])
            .text()
            .contains("looked at")
    );
    assert_eq!(bench.run(&["export", "acme", "users"]).text(), "");
}

#[test]
fn a_check_of_a_narrow_key_names_what_is_missing_and_what_to_tick() {
    let bench = Bench::small();
    let narrow = KeySpec::new("Narrow", ["apiKeysRead", "jobsRead"]);
    let key = bench.simulator.add_key(narrow);
    let url = bench.simulator.base_url();
    let connect = ["connect", "ashby", "--name", "acme", "--base-url", &url];
    let mut command = bench.command(&[&connect[..], &["--api-key-env", KEY]].concat());
    command.env(KEY, key);
    assert!(ended(command, b"").text().contains("missing"));
    let report = bench.json(&["check", "acme"]).ok();
    let candidates = &report["models"]["candidates"];
    assert_eq!(candidates["ok"], false);
    let missing = candidates["missing_permissions"].as_array().unwrap();
    assert!(missing.contains(&json!("candidatesRead")), "{missing:?}");
}

#[test]
fn a_value_is_explained_by_our_id_and_by_theirs() {
    let bench = Bench::synced();
    let exported = bench.run(&["export", "acme", "jobs"]);
    let job: Value = serde_json::from_str(exported.text().lines().next().unwrap()).unwrap();
    let ours = job["id"].as_str().unwrap();
    let theirs = format!("remote:{}", job["remote_id"].as_str().unwrap());
    let asked = bench.requests();
    let one = bench.json(&["explain", "acme", "jobs", ours, "name"]).ok();
    let [field] = one["fields"].as_array().unwrap().as_slice() else {
        panic!("one field, and not {one}");
    };
    assert_eq!(
        (&field["field"], &field["value"]),
        (&json!("name"), &job["name"])
    );
    assert_eq!(field["origin"]["places"][0]["value"], job["name"]);
    let all = bench.json(&["explain", "acme", "jobs", &theirs]).ok();
    assert_eq!(all["id"], ours);
    let named: Vec<&Value> = all["fields"].as_array().unwrap().iter().collect();
    for name in job.as_object().unwrap().keys() {
        assert!(named.iter().any(|field| field["field"] == *name), "{name}");
    }
    assert_eq!(bench.requests(), asked, "the vendor is not asked");
    let people = bench.run(&["explain", "acme", "jobs", ours, "name"]);
    assert!(people.text().contains("job.list:"), "{people:?}");
    for (arguments, word) in [
        (&["jobs", "remote:none"][..], "unknown_record"),
        (&["candidates", ours], "unknown_record"),
        (&["jobs", ours, "colour"], "unknown_field"),
    ] {
        let ended = bench.json(&[&["explain", "acme"], arguments].concat());
        ended.failed(2, word);
    }
}

#[test]
fn the_support_matrix_comes_with_the_binary() {
    let bench = Bench::small();
    let matrix = bench.json(&["coverage", "ashby"]).ok();
    let text = matrix.to_string();
    for model in MODELS {
        assert!(text.contains(model), "{model}");
    }
    let page = bench.run(&["coverage", "ashby", "--format", "md"]);
    assert!(page.text().contains("# What the Ashby connector supports"));
    bench
        .json(&["coverage", "nobody"])
        .failed(2, "unknown_connector");
}

#[test]
fn the_simulated_vendor_alone_says_where_it_is_and_can_be_connected() {
    let bench = Bench::small();
    let mut command = bench.command(&["simulate", "ashby", "--key", "mine", "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut vendor = command.spawn().unwrap();
    let mut lines = BufReader::new(vendor.stdout.take().unwrap()).lines();
    let told: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(told["key"], "mine");
    let url = told["base_url"].as_str().unwrap();
    let connect = ["connect", "ashby", "--name", "acme", "--base-url", url];
    let mut command = bench.command(&[&connect[..], &["--api-key-env", KEY, "--json"]].concat());
    command.env(KEY, "mine");
    ended(command, b"").ok();
    assert_eq!(bench.json(&["sync", "acme"]).ok()["state"], "SUCCEEDED");
    interrupt(&vendor);
    assert_eq!(end_of(vendor).code, Some(0));
}
