//! Export and the change log.

use std::{collections::BTreeSet, process::Stdio};

use ats_simulator::{Options, ashby};
use serde_json::{Value, json};

use crate::support::{Bench, MODELS, end_of};

fn change(bench: &Bench, name: &str) {
    let changes = ashby::changes();
    let change = changes.iter().find(|change| change.name == name).unwrap();
    bench.simulator.edit(|world| (change.apply)(world, 0));
}

#[test]
fn every_model_is_exported_with_the_fields_of_the_api() {
    let bench = Bench::synced();
    for model in MODELS {
        let ended = bench.run(&["export", "acme", model]);
        let records: Vec<Value> = ended
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(!records.is_empty(), "{model}");
        for record in &records {
            assert_eq!(record["id"].as_str().unwrap().len(), 24, "{model}");
            assert!(record["changed_at"].is_string(), "{model}");
            assert!(record["remote_deleted_at"].is_null(), "{model}");
        }
        let csv = bench.run(&["export", "acme", model, "--format", "csv"]);
        let mut reader = csv::Reader::from_reader(csv.text().as_bytes());
        let head: BTreeSet<String> = reader.headers().unwrap().iter().map(Into::into).collect();
        let mut fields: BTreeSet<String> =
            records[0].as_object().unwrap().keys().cloned().collect();
        fields.remove("remote_data");
        assert_eq!(head, fields, "{model}");
        assert_eq!(reader.records().count(), records.len(), "{model}");
    }
    let applications = bench.run(&["export", "acme", "applications"]);
    let first: Value = serde_json::from_str(applications.text().lines().next().unwrap()).unwrap();
    assert_eq!(first["candidate_id"].as_str().unwrap().len(), 24);
    assert!(first["remote_data"].is_object());
}

#[test]
fn no_record_is_lost_where_one_batch_ends_and_the_next_begins() {
    // So that a batch of the export ends in the middle of a page of the vendor.
    let options = Options {
        page_size_cap: Some(77),
        ..Options::default()
    };
    let bench = Bench::of(ashby::generated_world(4, 1100), options);
    bench.connect("acme");
    bench
        .json(&["integrations", "set", "acme", "screening_answers=off"])
        .ok();
    let report = bench
        .json(&["sync", "acme", "--only", "candidates,applications"])
        .ok();
    for model in ["candidates", "applications"] {
        let ended = bench.run(&["export", "acme", model]);
        let ids: BTreeSet<&str> = ended.text().lines().map(|line| &line[..32]).collect();
        let created = report["models"][model]["created"].as_u64().unwrap();
        assert!(created > 1000, "more than two batches");
        assert_eq!(ids.len() as u64, created, "{model}");
        assert_eq!(ended.text().lines().count() as u64, created, "{model}");
    }
    let log = bench.json(&["log", "acme"]).ok();
    let lines: BTreeSet<i64> = log["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["seq"].as_i64().unwrap())
        .collect();
    let created = report["models"].as_object().unwrap().values();
    let created: u64 = created
        .map(|tally| tally["created"].as_u64().unwrap())
        .sum();
    assert_eq!(lines.len() as u64, created);
}

#[test]
fn an_integration_without_raw_documents_exports_null_for_them() {
    let bench = Bench::connected();
    bench
        .json(&["integrations", "set", "acme", "remote_data=false"])
        .ok();
    bench.json(&["sync", "acme"]).ok();
    let jobs = bench.run(&["export", "acme", "jobs"]);
    let first: Value = serde_json::from_str(jobs.text().lines().next().unwrap()).unwrap();
    assert_eq!(first.get("remote_data"), Some(&Value::Null));
    let members = bench.run(&["export", "acme", "job_hiring_team_members"]);
    let first: Value = serde_json::from_str(members.text().lines().next().unwrap()).unwrap();
    assert_eq!(
        first.get("remote_data"),
        None,
        "a join has no place for them"
    );
}

#[test]
fn a_file_gets_everything_or_is_not_there() {
    let bench = Bench::synced();
    let people = bench.run(&["export", "acme", "candidates"]);
    let document = bench
        .json(&["export", "acme", "candidates", "--out", "candidates.jsonl"])
        .ok();
    let count = people.text().lines().count();
    assert_eq!(
        document,
        json!({ "model": "candidates", "format": "jsonl", "records": count, "out": "candidates.jsonl" })
    );
    let written = std::fs::read_to_string(bench.path("candidates.jsonl")).unwrap();
    assert_eq!(written, people.stdout);
    bench
        .json(&["export", "acme", "candidates"])
        .failed(2, "out_missing");
    let nowhere = bench.json(&["export", "acme", "candidates", "--out", "no/where.jsonl"]);
    assert!(nowhere.failed(1, "failed").contains("no/where.jsonl"));
    let names: Vec<_> = std::fs::read_dir(bench.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".ats-export"))
        .collect();
    assert_eq!(names, Vec::<String>::new(), "no draft is left");
}

#[test]
fn what_is_gone_is_exported_only_when_it_is_asked_for() {
    let bench = Bench::synced();
    let all = bench.mirror();
    change(&bench, "delete a candidate");
    let report = bench.json(&["sync", "acme", "--full"]).ok();
    assert_eq!(report["models"]["candidates"]["deleted"], 1);
    let count = |arguments: &[&str]| {
        let ended = bench.run(&[&["export", "acme", "candidates"], arguments].concat());
        ended.text().lines().count()
    };
    let before = all
        .keys()
        .filter(|(model, _)| model == "candidates")
        .count();
    assert_eq!(count(&[]), before - 1);
    assert_eq!(count(&["--include-deleted"]), before);
    let since = report["started_at"].as_str().unwrap();
    assert_eq!(count(&["--include-deleted", "--updated-after", since]), 1);
    assert_eq!(count(&["--updated-after", "2999-01-01"]), 0);
    let odd = bench.json(&["export", "acme", "jobs", "--updated-after", "soon"]);
    assert!(odd.failed(2, "usage").contains("2026-01-02"));
}

#[test]
fn a_reader_that_stops_reading_ends_an_export_quietly() {
    let world = ashby::generated_world(3, 400);
    let bench = Bench::of(
        world,
        Options {
            page_size_cap: Some(100),
            ..Options::default()
        },
    );
    bench.connect("acme");
    bench.json(&["sync", "acme", "--only", "candidates"]).ok();
    for format in ["jsonl", "csv"] {
        let mut command = bench.command(&["export", "acme", "candidates", "--format", format]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let ended = end_of(child);
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(0), ""),
            "{format}"
        );
    }
}

#[test]
fn the_change_log_tells_what_changed_and_can_be_narrowed() {
    let bench = Bench::synced();
    let first = bench.json(&["log", "acme"]).ok();
    let first = first["changes"].as_array().unwrap();
    assert!(first.iter().all(|change| change["change"] == "created"));
    change(&bench, "edit a candidate's name");
    let report = bench.json(&["sync", "acme"]).ok();
    assert_eq!(report["type"], "DELTA");
    let since = report["started_at"].as_str().unwrap();
    let log = bench.json(&["log", "acme", "--since", since]).ok();
    let [change] = log["changes"].as_array().unwrap().as_slice() else {
        panic!("one change, and not {log}");
    };
    assert_eq!(
        (&change["model"], &change["change"]),
        (&json!("candidates"), &json!("updated"))
    );
    assert_eq!(change["pass_id"], report["pass_id"]);
    assert!(
        change["fields"]
            .as_array()
            .unwrap()
            .contains(&json!("last_name"))
    );
    let ours = change["id"].as_str().unwrap();
    let theirs = format!("remote:{}", change["remote_id"].as_str().unwrap());
    let of = |arguments: &[&str]| {
        let log = bench.json(&[&["log", "acme"], arguments].concat()).ok();
        log["changes"].as_array().unwrap().len()
    };
    assert_eq!(of(&["--id", ours]), 2);
    assert_eq!(of(&["--model", "candidates", "--id", &theirs]), 2);
    assert_eq!(
        of(&["--model", "candidates", "--id", &theirs, "--limit", "1"]),
        1
    );
    assert_eq!(of(&["--model", "offers", "--since", since]), 0);
    let missing = bench.json(&["log", "acme", "--id", &theirs]);
    assert!(missing.failed(2, "model_missing").contains("--model"));
    bench
        .json(&["log", "acme", "--id", "x"])
        .failed(2, "unknown_record");
    let people = bench.run(&["log", "acme", "--since", since]);
    assert!(people.text().contains("last_name"), "{people:?}");
}
