//! The demo: the whole story, as a newcomer and as a test reads it.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Bench, KEY};

#[test]
fn the_demo_shows_exactly_what_the_vendor_did() {
    let bench = Bench::small();
    let story = bench.json(&["demo", "--candidates", "60"]).ok();
    assert_eq!(story["database"], "ats-demo.db");
    assert!(
        story["integration_id"]
            .as_str()
            .unwrap()
            .starts_with("ashby:")
    );
    for pass in ["full", "delta", "full_again"] {
        assert_eq!(story[pass]["state"], "SUCCEEDED", "{pass}");
        assert_eq!(story[pass]["problems"], json!([]), "{pass}");
    }
    assert_eq!(story["full"]["models"]["candidates"]["created"], 60);
    assert_eq!(story["delta"]["type"], "DELTA");
    let edits = story["changes"].as_array().unwrap();
    let edited = |what: &str| {
        let edit = edits.iter().find(|edit| edit["what"] == what);
        edit.unwrap()["documents"][0].clone()
    };
    let seen = |list: &str, model: &str, theirs: &Value| -> Vec<Value> {
        let changes = story[list].as_array().unwrap().iter();
        let own = |change: &&Value| change["model"] == model && change["remote_id"] == *theirs;
        changes.filter(own).cloned().collect()
    };
    let renamed = seen(
        "delta_changes",
        "candidates",
        &edited("edit a candidate's name")["id"],
    );
    assert_eq!(renamed[0]["change"], "updated");
    let added = seen(
        "delta_changes",
        "candidates",
        &edited("add a candidate")["id"],
    );
    assert_eq!(added[0]["change"], "created");
    let moved = edited("move an application to another stage")["id"].clone();
    let moved = seen("delta_changes", "applications", &moved);
    assert!(
        moved[0]["fields"]
            .as_array()
            .unwrap()
            .contains(&json!("current_stage_id"))
    );
    let deleted = &edited("delete a candidate")["id"];
    assert!(seen("delta_changes", "candidates", deleted).is_empty());
    let gone = seen("full_again_changes", "candidates", deleted);
    assert_eq!(
        (&gone[0]["change"], &gone[0]["reason"]),
        (&json!("deleted"), &json!("gone"))
    );
    let explained = &story["explained"];
    assert_eq!(
        (&explained["model"], &explained["field"]["field"]),
        (&json!("candidates"), &json!("source"))
    );
    let source = edited("rename a source")["after"]["title"].clone();
    let database = Connection::open(bench.path("ats-demo.db")).unwrap();
    let with_new_name: i64 = database
        .query_row(
            "SELECT count(*) FROM candidates WHERE source = ?1",
            [source.as_str().unwrap()],
            |row| row.get(0),
        )
        .unwrap();
    assert!(with_new_name > 0, "the rename reached the candidates");
    assert_eq!(explained["field"]["value"], source);
}

#[test]
fn the_demo_fits_on_a_screen_and_what_it_says_to_try_works() {
    let bench = Bench::small();
    let ended = bench.run(&["demo", "--candidates", "60"]);
    let text = ended.text();
    assert!(text.lines().count() <= 65, "{} lines", text.lines().count());
    assert_eq!(ended.stderr, "");
    let line = text.lines().find(|line| line.contains("sqlite3")).unwrap();
    let sql = line.split('"').nth(1).unwrap();
    let database = Connection::open(bench.path("ats-demo.db")).unwrap();
    let jobs = database
        .prepare(sql)
        .unwrap()
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
        .count();
    assert!(jobs > 0, "{sql}");
    for command in ["status", "export"] {
        let line = text
            .lines()
            .find(|line| line.contains(&format!("ats {command} demo")));
        let words = line.unwrap().split_whitespace().skip(1);
        let words: Vec<&str> = words.take_while(|word| *word != "|").collect();
        assert_ne!(bench.run(&words).text(), "", "{words:?}");
    }
}

#[test]
fn a_demo_replaces_an_earlier_one_and_nothing_else() {
    let bench = Bench::small();
    let demo = ["demo", "--candidates", "20", "--seed", "2"];
    let first = bench.json(&demo).ok();
    let second = bench.json(&demo).ok();
    assert_eq!(first["integration_id"], second["integration_id"]);
    bench.connect("acme");
    let own = [&demo[..], &["--database", "sqlite://ats.db"]].concat();
    let message = bench.json(&own).failed(2, "not_a_demo");
    assert!(
        message.contains("acme") && message.contains("--database"),
        "{message}"
    );
    assert_eq!(
        bench.json(&["integrations"]).ok()["integrations"][0]["name"],
        "acme"
    );
    let url = bench.simulator.base_url();
    let beside = |name: &str| {
        let connect = ["connect", "ashby", "--name", name, "--base-url", &url];
        let rest = ["--api-key-env", KEY, "--database", "sqlite://ats-demo.db"];
        bench.json(&[&connect[..], &rest].concat()).ok();
    };
    // Whom the page of a served demo connects.
    beside("Second Company");
    bench.json(&demo).ok();
    beside("mine");
    bench.json(&demo).failed(2, "not_a_demo");
}
