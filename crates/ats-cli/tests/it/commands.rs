//! The smaller commands, and what holds for every command.

use serde_json::json;

use crate::support::{Bench, KEY, ended};

#[test]
fn every_command_that_does_something_has_an_example() {
    let bench = Bench::small();
    for command in [
        "check",
        "explain",
        "coverage",
        "demo",
        "simulate",
        "connect",
        "integrations",
        "sync",
        "status",
        "export",
        "log",
        "remap",
        "pull",
    ] {
        let help = bench.run(&[command, "--help"]);
        let help = help.text();
        assert!(help.contains("Example"), "{command}");
        assert!(help.contains(&format!("ats {command}")), "{command}");
        assert!(
            help.contains("--json") && help.contains("--database"),
            "{command}"
        );
    }
    let help = bench.run(&["--help"]);
    for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "7 ", "130 "] {
        assert!(
            help.text().contains(&format!("\n  {code}")),
            "exit code {code}"
        );
    }
}

#[test]
fn completions_know_the_commands_and_the_models() {
    let bench = Bench::small();
    for shell in ["bash", "zsh", "fish"] {
        let ended = bench.run(&["completions", shell]);
        assert!(ended.text().contains("integrations"), "{shell}");
        assert!(ended.text().contains("job_hiring_team_members"), "{shell}");
    }
    assert_eq!(bench.run(&["completions", "none"]).code, Some(2));
}

#[test]
fn settings_are_shown_as_they_were_set() {
    let bench = Bench::connected();
    let set = [
        "integrations",
        "set",
        "acme",
        "remote_data=false",
        "screening_answers=off",
        "sync_only_created=true",
        "delta_interval=90s",
        "full_interval=2days",
        "default_source=Job board",
    ];
    let document = bench.json(&set).ok();
    let expected = json!({
        "remote_data": false,
        "api_remote_data": false,
        "sync_only_created": true,
        "delta_interval": "1m30s",
        "full_interval": "2days",
        "default_source": "Job board",
        "screening_answers": false,
    });
    assert_eq!(document["settings"], expected);
    let shown = bench.json(&["integrations", "show", "acme"]).ok();
    assert_eq!(shown["settings"], expected);
    let people = bench.run(&["integrations", "show", "acme"]);
    assert!(people.text().contains("Job board"));
}

#[test]
fn a_bad_setting_changes_nothing() {
    let bench = Bench::connected();
    for (pair, word) in [
        ("colour=red", "unknown_setting"),
        ("remote_data=perhaps", "bad_setting"),
        ("delta_interval=0s", "bad_setting"),
        ("delta_interval=soon", "bad_setting"),
    ] {
        let ended = bench.json(&[
            "integrations",
            "set",
            "acme",
            "sync_only_created=true",
            pair,
        ]);
        ended.failed(2, word);
    }
    bench
        .json(&["integrations", "set", "acme", "remote_data"])
        .failed(2, "usage");
    let shown = bench.json(&["integrations", "show", "acme"]).ok();
    assert_eq!(shown["settings"]["sync_only_created"], false);
}

#[test]
fn a_disabled_integration_runs_no_pass_until_it_is_enabled() {
    let bench = Bench::connected();
    assert_eq!(
        bench.json(&["integrations", "disable", "acme"]).ok()["state"],
        "DISABLED"
    );
    let asked = bench.requests();
    let message = bench.json(&["sync", "acme"]).failed(1, "disabled");
    assert!(
        message.contains("ats integrations enable acme"),
        "{message}"
    );
    bench.json(&["sync", "--all"]).failed(2, "no_integration");
    assert_eq!(bench.requests(), asked);
    assert_eq!(
        bench.json(&["integrations", "enable", "acme"]).ok()["state"],
        "ACTIVE"
    );
    bench.json(&["sync", "acme", "--only", "users"]).ok();
}

#[test]
fn removing_an_integration_has_to_be_meant_and_leaves_nothing_of_it() {
    let bench = Bench::synced();
    let one = bench.run(&["export", "acme", "candidates"]);
    let first: serde_json::Value =
        serde_json::from_str(one.text().lines().next().unwrap()).unwrap();
    let name = first["last_name"].as_str().unwrap().as_bytes().to_owned();
    let message = bench
        .json(&["integrations", "remove", "acme"])
        .failed(2, "not_confirmed");
    assert!(message.contains("--yes"), "{message}");
    assert_eq!(
        bench.json(&["integrations"]).ok()["integrations"][0]["name"],
        "acme"
    );
    let removed = bench
        .json(&["integrations", "remove", "acme", "--yes"])
        .ok();
    assert_eq!(removed["removed"], true);
    assert!(removed["records"].as_u64().unwrap() > 0);
    bench
        .json(&["status", "acme"])
        .failed(2, "unknown_integration");
    for file in ["ats.db", "ats.db-wal"] {
        let left = std::fs::read(bench.path(file)).unwrap_or_default();
        let found = left.windows(name.len()).any(|part| part == name);
        assert!(!found, "a name is still in {file}");
    }
}

#[test]
fn only_what_was_tracked_is_read_when_only_that_is_wanted() {
    let bench = Bench::connected();
    bench
        .json(&["integrations", "set", "acme", "sync_only_created=true"])
        .ok();
    bench.json(&["sync", "acme"]).ok();
    assert_eq!(bench.run(&["export", "acme", "candidates"]).text(), "");
    let candidate = bench
        .simulator
        .read(|world| world.ids("candidates")[0].clone());
    let tracked = bench.json(&["integrations", "track", "acme", "candidates", &candidate]);
    assert_eq!(tracked.ok()["tracked"], 1);
    bench.json(&["sync", "acme"]).ok();
    let exported = bench.run(&["export", "acme", "candidates"]);
    assert_eq!(exported.text().lines().count(), 1);
    assert!(exported.text().contains(&candidate));
    bench
        .json(&["integrations", "track", "acme", "jobs", "x"])
        .failed(2, "usage");
}

#[test]
fn nothing_but_connect_and_the_demo_makes_a_database() {
    let bench = Bench::small();
    let commands: [&[&str]; 7] = [
        &["integrations"],
        &["sync", "acme"],
        &["status"],
        &["export", "acme", "jobs", "--out", "jobs.jsonl"],
        &["log", "acme"],
        &["remap", "acme"],
        &["keys", "rotate"],
    ];
    for command in commands {
        let message = bench.json(command).failed(2, "no_database");
        assert!(message.contains("ats connect"), "{message}");
    }
    let mut odd = bench.command(&["status", "--json"]);
    odd.env("ATS_DATABASE", "postgres://me:canary@host/ats");
    let message = ended(odd, b"").failed(2, "unknown_url");
    assert!(
        message.contains("sqlite://") && !message.contains("canary"),
        "{message}"
    );
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0);
}

#[test]
fn mapping_again_asks_the_vendor_nothing_and_changes_nothing_by_itself() {
    let bench = Bench::synced();
    let before = bench.mirror();
    let log = bench.json(&["log", "acme"]).ok();
    let asked = bench.requests();
    let report = bench.json(&["remap", "acme"]).ok();
    assert_eq!(report["state"], "SUCCEEDED");
    assert!(report["bundles"].as_u64().unwrap() > 0);
    assert_eq!(report["streams_to_read_again"], json!([]));
    assert_eq!(bench.requests(), asked);
    assert_eq!(bench.json(&["log", "acme"]).ok(), log);
    assert!(bench.mirror() == before);
    assert!(
        bench
            .run(&["remap", "acme"])
            .text()
            .contains("mapped again")
    );
}

#[test]
fn pulling_into_files_needs_no_database() {
    let bench = Bench::small();
    let url = bench.simulator.base_url();
    let flags = ["--base-url", &url, "--api-key-env", KEY, "--out", "files"];
    let summary = bench.json(&[&["pull", "ashby"][..], &flags].concat()).ok();
    assert_eq!(summary["complete"], true);
    assert!(bench.path("files/candidates.jsonl").exists());
    assert!(!bench.database().exists());
}
