//! Reports of passes and the state of a mirror.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use ats_simulator::{Fault, FaultKind, Options, ashby};
use serde_json::{Value, json};

use crate::support::{Bench, MODELS, end_of, interrupt};

#[test]
fn a_pass_reports_what_it_did_and_proves_that_it_was_complete() {
    let bench = Bench::connected();
    let before = bench.requests();
    let report = bench.json(&["sync", "acme"]).ok();
    assert_eq!(
        (&report["type"], &report["state"]),
        (&json!("FULL"), &json!("SUCCEEDED"))
    );
    assert_eq!(report["requests"], bench.requests() - before);
    assert_eq!(
        (&report["resumed"], &report["problems"]),
        (&json!(0), &json!([]))
    );
    assert!(report["pass_id"].is_string() && report["ended_at"].is_string());
    assert!(report["started_at"].as_str() <= report["ended_at"].as_str());
    let models = report["models"].as_object().unwrap();
    assert_eq!(models.len(), MODELS.len());
    let candidates = bench.simulator.read(|world| world.len("candidates"));
    assert_eq!(models["candidates"]["created"], candidates);
    for model in MODELS {
        for figure in [
            "created",
            "updated",
            "deleted",
            "unchanged",
            "losses",
            "rejects",
        ] {
            assert!(models[model][figure].is_u64(), "{model}.{figure}");
        }
    }
    let walks = report["walks"].as_array().unwrap();
    assert!(
        walks
            .iter()
            .all(|walk| walk["complete"] == true && walk["start"] == "FULL")
    );
    let of_candidates = walks
        .iter()
        .find(|walk| walk["stream"] == "candidates")
        .unwrap();
    assert_eq!(of_candidates["rows"], candidates);
    assert_eq!(of_candidates["distinct_ids"], candidates);
    assert_eq!(of_candidates["pages"], bench.requests_to("candidate.list"));
    assert!(report["process"]["wall_seconds"].as_f64().unwrap() > 0.0);

    let delta = bench.json(&["sync", "acme"]).ok();
    assert_eq!(
        (&delta["type"], &delta["state"]),
        (&json!("DELTA"), &json!("SUCCEEDED"))
    );
    for model in MODELS {
        let tally = &delta["models"][model];
        let moved = ["created", "updated", "deleted"].map(|figure| tally[figure].as_u64().unwrap());
        assert_eq!(moved, [0, 0, 0], "{model}");
    }
    assert_eq!(bench.json(&["sync", "acme", "--full"]).ok()["type"], "FULL");
}

#[test]
fn only_the_models_that_are_wanted_are_read() {
    let bench = Bench::connected();
    let report = bench.json(&["sync", "acme", "--only", "users,tags"]).ok();
    assert_eq!(report["state"], "SUCCEEDED");
    assert_eq!(bench.requests_to("candidate.list"), 0);
    assert_ne!(bench.run(&["export", "acme", "tags"]).text(), "");
    bench
        .json(&["sync", "acme", "--only", "users,dragons"])
        .failed(2, "usage");
}

#[test]
fn people_see_a_table_and_what_to_do_next() {
    let bench = Bench::connected();
    let full = bench.run(&["sync", "acme"]);
    for part in [
        "Full pass succeeded",
        "candidates",
        "created",
        "ats export acme",
    ] {
        assert!(full.text().contains(part), "{full:?}");
    }
    assert!(
        full.stderr.contains("rows"),
        "plain progress goes to standard error"
    );
    let delta = bench.run(&["sync", "acme"]);
    assert!(delta.text().contains("nothing changed"), "{delta:?}");
    assert!(
        !delta.stdout.contains('\u{1b}'),
        "no colour where there is no terminal"
    );
}

#[test]
fn a_permission_that_is_revoked_costs_its_models_and_nothing_is_lost() {
    let bench = Bench::synced();
    let before = bench.mirror();
    bench
        .simulator
        .revoke(&bench.simulator.key(), "candidatesRead");
    let ended = bench.json(&["sync", "acme", "--full"]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let report = ended.json();
    assert_eq!(report["state"], "PARTIALLY_FAILED");
    let problems = report["problems"].as_array().unwrap();
    let of_candidates = problems
        .iter()
        .find(|problem| problem["stream"] == "candidates");
    assert_eq!(of_candidates.unwrap()["kind"], "permission_missing");
    assert!(
        bench.mirror() == before,
        "no tombstone for want of a permission"
    );
    let status = bench.json(&["status", "acme"]).ok();
    assert_ne!(status["integrations"][0]["problems"], json!([]));
    let people = bench.run(&["status"]);
    assert!(people.text().contains("problem"), "{people:?}");
}

#[test]
fn a_key_that_no_longer_works_is_told_from_any_other_failure() {
    let bench = Bench::connected();
    bench.simulator.deactivate(&bench.simulator.key());
    let ended = bench.json(&["sync", "acme"]);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert_eq!(ended.json()["state"], "AUTHENTICATION_FAILED");
    let people = bench.run(&["sync", "acme"]);
    assert!(
        people.stdout.contains("ats connect ashby --name acme"),
        "{people:?}"
    );
}

#[test]
fn many_deletions_have_to_be_accepted() {
    let world = ashby::generated_world(5, 60);
    let bench = Bench::of(world, Options::default());
    bench.connect("acme");
    bench.json(&["sync", "acme", "--only", "candidates"]).ok();
    bench.simulator.edit(|world| {
        for id in world.ids("candidates").into_iter().take(30) {
            world.remove("candidates", &id);
        }
    });
    let full = ["sync", "acme", "--full", "--only", "candidates"];
    let refused = bench.json(&full);
    assert_eq!(refused.code, Some(3), "{refused:?}");
    let report = refused.json();
    assert_eq!(report["models"]["candidates"]["deleted"], 0);
    let message = report["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("--accept-deletions"), "{message}");
    let accepted = bench
        .json(&[&full[..], &["--accept-deletions"]].concat())
        .ok();
    assert_eq!(accepted["models"]["candidates"]["deleted"], 30);
}

#[test]
fn status_tells_freshness_counts_and_what_was_lost() {
    let bench = Bench::connected();
    let empty = bench.json(&["status"]).ok();
    assert_eq!(empty["integrations"][0]["passes"], json!([]));
    assert!(bench.run(&["status"]).text().contains("ats sync acme"));
    bench.simulator.inject(Fault::once(
        "candidateTag.list",
        FaultKind::BadRow(json!({ "title": "no id" })),
    ));
    bench.simulator.edit(|world| {
        let id = world.ids("candidates")[0].clone();
        world.update("candidates", &id, |candidate| {
            candidate["company"] = json!(7)
        });
    });
    let report = bench.json(&["sync", "acme"]);
    let status = bench.json(&["status", "acme"]).ok();
    let one = &status["integrations"][0];
    assert_eq!(
        (&one["name"], &one["state"]),
        (&json!("acme"), &json!("ACTIVE"))
    );
    assert_eq!(one["passes"][0]["pass_id"], report.json()["pass_id"]);
    let candidates = bench.simulator.read(|world| world.len("candidates"));
    assert_eq!(one["models"]["candidates"]["live"], candidates);
    assert!(one["models"]["candidates"]["fresh_as_of"].is_string());
    assert!(one["next"]["at"].is_string());
    let losses = one["losses"].as_array().unwrap();
    assert!(
        losses.iter().any(|loss| loss["path"] == "/company"),
        "{losses:?}"
    );
    let rejects = one["rejects"].as_array().unwrap();
    assert_eq!(rejects[0]["endpoint"], "candidateTag.list", "{rejects:?}");
    let people = bench.run(&["status", "acme"]);
    assert!(people.text().contains("/company: expected"), "{people:?}");
    assert!(people.text().contains("1 reject"), "{people:?}");
}

#[test]
fn watching_runs_what_is_due_a_document_a_line_and_ends_in_peace() {
    let bench = Bench::connected();
    let mut command = bench.command(&["sync", "acme", "--watch", "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let report: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(
        (&report["type"], &report["state"]),
        (&json!("FULL"), &json!("SUCCEEDED"))
    );
    interrupt(&child);
    let ended = end_of(child);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    bench
        .json(&["sync", "acme", "--watch", "--full"])
        .failed(2, "usage");
}
