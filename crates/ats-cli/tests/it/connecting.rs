//! Connecting: what is stored, and what never is.

use ats_simulator::KeySpec;
use rusqlite::Connection;
use serde_json::json;

use crate::support::{Bench, KEY, MODELS, ended};

const CONNECT: [&str; 4] = ["connect", "ashby", "--name", "acme"];

fn connect(bench: &Bench, key: &str, more: &[&str]) -> crate::support::Ended {
    let url = bench.simulator.base_url();
    let flags = ["--base-url", &url, "--api-key-env", KEY, "--json"];
    let mut command = bench.command(&[&CONNECT[..], &flags, more].concat());
    command.env(KEY, key);
    ended(command, b"")
}

#[test]
fn a_key_is_tested_and_kept_sealed_in_a_new_database() {
    let bench = Bench::small();
    let document = bench.connect("acme");
    assert!(document["id"].as_str().unwrap().starts_with("ashby:"));
    assert_eq!(
        (&document["name"], &document["connector"]),
        (&json!("acme"), &json!("ashby"))
    );
    assert_eq!(document["replaced"], false);
    let models = document["access"]["models"].as_object().unwrap();
    assert_eq!(models.len(), MODELS.len());
    assert!(models.values().all(|model| model["ok"] == true));
    let stored = std::fs::read(bench.database()).unwrap();
    let key = bench.simulator.key();
    let found = stored.windows(key.len()).any(|part| part == key.as_bytes());
    assert!(!found, "the key lies open in the file");
    assert!(bench.path("ats.db.key").exists());
}

#[test]
fn a_key_from_standard_input_loses_the_line_break_at_its_end() {
    let bench = Bench::small();
    let url = bench.simulator.base_url();
    let flags = ["--base-url", &url, "--api-key-stdin", "--json"];
    for ending in ["", "\n", "\r\n"] {
        let input = format!("{}{ending}", bench.simulator.key());
        let command = bench.command(&[&CONNECT[..], &flags].concat());
        ended(command, input.as_bytes()).ok();
    }
}

#[test]
fn a_key_that_cannot_be_one_is_refused_before_anything_is_sent() {
    let bench = Bench::small();
    for (key, problem) in [
        ("", "is empty"),
        ("canary\ncanary", "line break"),
        ("canary canary", "a space"),
        ("canary\u{1}", "cannot be typed"),
    ] {
        let ended = connect(&bench, key, &[]);
        let message = ended.failed(2, "bad_key");
        assert!(message.contains(problem), "{message}");
        assert!(!format!("{ended:?}").contains("canary"), "{ended:?}");
    }
    let mut unset = bench.command(&[&CONNECT[..], &["--api-key-env", KEY, "--json"]].concat());
    unset.env_remove(KEY);
    assert!(ended(unset, b"").failed(2, "no_key").contains(KEY));
    let silent = bench.json(&CONNECT);
    assert!(silent.failed(2, "no_key").contains("--api-key-stdin"));
    assert_eq!(bench.requests(), 0);
    assert!(!bench.database().exists());
}

#[test]
fn a_key_that_the_vendor_refuses_leaves_no_trace() {
    let bench = Bench::small();
    let message = connect(&bench, "wrong-canary", &[]).failed(4, "credentials_rejected");
    assert!(message.contains("nothing was stored"), "{message}");
    assert!(!message.contains("wrong-canary"), "{message}");
    let left = std::fs::read_dir(bench.folder.path()).unwrap().count();
    assert_eq!(left, 0, "neither a database nor a key file");
}

#[test]
fn a_vendor_out_of_reach_leaves_no_trace() {
    let bench = Bench::small();
    let flags = ["--base-url", "http://127.0.0.1:1", "--api-key-env", KEY];
    let message = bench
        .json(&[&CONNECT[..], &flags].concat())
        .failed(5, "unavailable");
    assert!(message.contains("http://127.0.0.1:1"), "{message}");
    assert!(!bench.database().exists());
}

#[test]
fn what_a_narrow_key_lacks_is_named_and_the_rest_is_connected() {
    let bench = Bench::small();
    let narrow = KeySpec::new("Narrow", ["apiKeysRead", "jobsRead"]);
    let key = bench.simulator.add_key(narrow);
    let document = connect(&bench, &key, &[]).ok();
    let access = &document["access"];
    assert_eq!(access["title"], "Narrow");
    assert_eq!(access["models"]["candidates"]["ok"], false);
    let missing = access["models"]["candidates"]["missing_permissions"].as_array();
    assert!(missing.unwrap().contains(&json!("candidatesRead")));
}

#[test]
fn connecting_a_name_again_replaces_its_key_and_keeps_the_rest() {
    let bench = Bench::connected();
    bench
        .json(&["integrations", "set", "acme", "delta_interval=5m"])
        .ok();
    let before = bench.json(&["integrations", "show", "acme"]).ok();
    let key = bench
        .simulator
        .add_key(KeySpec::new("Second", ["jobsRead", "apiKeysRead"]));
    let document = connect(&bench, &key, &["--set", "full_interval=2h"]).ok();
    assert_eq!(document["replaced"], true);
    assert_eq!(document["access"]["title"], "Second");
    let after = bench.json(&["integrations", "show", "acme"]).ok();
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["created_at"], before["created_at"]);
    assert_ne!(
        after["credentials_changed_at"],
        before["credentials_changed_at"]
    );
    assert_eq!(after["settings"]["delta_interval"], "5m");
    assert_eq!(after["settings"]["full_interval"], "2h");
    assert_eq!(
        bench.json(&["integrations"]).ok()["integrations"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_refused_key_for_a_known_name_keeps_the_old_one() {
    let bench = Bench::connected();
    connect(&bench, "wrong", &[]).failed(4, "credentials_rejected");
    assert_eq!(
        bench.json(&["sync", "acme", "--only", "users"]).ok()["state"],
        "SUCCEEDED"
    );
}

#[test]
fn what_does_not_exist_is_answered_with_what_does() {
    let bench = Bench::connected();
    let greenhouse = ["connect", "greenhouse", "--name", "x", "--api-key-env", KEY];
    let message = bench.json(&greenhouse).failed(2, "unknown_connector");
    assert!(message.contains("ashby"), "{message}");
    let message = bench
        .json(&["sync", "other"])
        .failed(2, "unknown_integration");
    assert!(message.contains("acme (ashby:"), "{message}");
    let message = connect(&bench, &bench.simulator.key(), &["--set", "colour=red"])
        .failed(2, "unknown_setting");
    assert!(message.contains("screening_answers") && message.contains("remote_data"));
    let odd = bench.json(&["connect", "ashby", "--name", " ", "--api-key-env", KEY]);
    odd.failed(2, "bad_name");
    let odd = bench.json(
        &[
            &CONNECT[..],
            &["--base-url", "nonsense", "--api-key-env", KEY],
        ]
        .concat(),
    );
    odd.failed(1, "config_invalid");
}

#[test]
fn a_command_line_that_is_not_understood_is_answered_in_the_form_that_was_asked_for() {
    let bench = Bench::small();
    let message = bench.json(&["sync", "acme", "--fast"]).failed(2, "usage");
    assert!(message.contains("--fast"), "{message}");
    let message = bench
        .json(&["export", "acme", "candidats"])
        .failed(2, "usage");
    assert!(message.contains("'candidates'"), "{message}");
    let people = bench.run(&["export", "acme", "candidats"]);
    assert_eq!((people.code, people.stdout.as_str()), (Some(2), ""));
    assert!(people.stderr.contains("job_hiring_team_members"));
}

#[test]
fn people_are_told_what_works_and_where_the_key_file_lies() {
    let bench = Bench::small();
    let url = bench.simulator.base_url();
    let flags = ["--base-url", &url, "--api-key-env", KEY];
    let ended = bench.run(&[&CONNECT[..], &flags].concat());
    for part in ["all 16 models", "ats.db.key", "ats sync acme"] {
        assert!(ended.text().contains(part), "{ended:?}");
    }
}

#[test]
fn the_database_can_be_named_by_a_flag_and_by_a_variable() {
    let bench = Bench::small();
    let url = bench.simulator.base_url();
    let flags = ["--base-url", &url, "--api-key-env", KEY, "--json"];
    let mut command = bench.command(&[&CONNECT[..], &flags].concat());
    command.env("ATS_DATABASE", "sqlite://other.db");
    ended(command, b"").ok();
    assert!(bench.path("other.db").exists() && !bench.database().exists());
    let listed = bench.json(&["integrations", "--database", "sqlite://other.db"]);
    assert_eq!(listed.ok()["integrations"][0]["name"], "acme");
    let mut empty = bench.command(&["status", "--json"]);
    empty.env("ATS_DATABASE", "");
    let message = ended(empty, b"").failed(2, "no_database");
    assert!(message.contains("at ats.db"), "{message}");
    let open = Connection::open(bench.path("other.db")).unwrap();
    let count: i64 = open
        .query_row("SELECT count(*) FROM candidates", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 0, "the views are there for anyone");
}
