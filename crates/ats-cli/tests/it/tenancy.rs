//! What a server keeps beside the mirror, by command: keys, scope configs, custom fields.

use serde_json::json;

use crate::support::Bench;

#[test]
fn a_key_is_shown_once_and_is_listed_without_its_text() {
    let bench = Bench::small();
    let create = ["api-keys", "create", "--name", "backend"];
    let made = bench.json(&create).ok();
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("ats_") && key.len() > 40);
    assert_eq!(made["environment"], "production");
    let listed = bench.run(&["api-keys", "list", "--json"]);
    assert!(!listed.text().contains(key), "its text is not kept");
    let id = made["id"].as_str().unwrap();
    let first = &listed.json()["api_keys"][0];
    assert_eq!(
        (&first["id"], &first["name"]),
        (&id.into(), &"backend".into())
    );
    let kept = std::fs::read(bench.database()).unwrap();
    let is_in = |needle: &str| {
        let mut windows = kept.windows(needle.len());
        windows.any(|window| window == needle.as_bytes())
    };
    assert!(!is_in(key.trim_start_matches("ats_")));
    assert_eq!(
        bench.json(&["api-keys", "revoke", id]).ok()["revoked"],
        true
    );
    assert_eq!(
        bench.json(&["api-keys", "revoke", id]).ok()["revoked"],
        false
    );
    bench
        .json(&["api-keys", "revoke", "nobody"])
        .failed(2, "unknown_api_key");
}

#[test]
fn a_scope_config_switches_off_what_an_integration_that_follows_it_has() {
    let bench = Bench::synced();
    let made = bench
        .json(&[
            "scopes",
            "create",
            "lean",
            "ats_offers=disabled",
            "ats_candidates.company=optional",
        ])
        .ok();
    let expected = json!({
        "ats_offers": "disabled",
        "ats_candidates.company": "optional",
    });
    assert_eq!(made["settings"], expected);
    let exported = |model: &str| bench.run(&["export", "acme", model]).text().lines().count();
    assert!(exported("offers") > 0);
    let one = bench
        .json(&["integrations", "set", "acme", "scope_config=lean"])
        .ok();
    assert_eq!(one["off"], json!(["ats_offers"]));
    assert_eq!(one["scope_config"], made["id"]);
    bench.json(&["sync", "acme"]).ok();
    assert_eq!(exported("offers"), 0);

    // Who follows it goes with it.
    let more = [
        "scopes",
        "set",
        "lean",
        "ats_offers=enabled",
        "reject_application=disabled",
    ];
    bench.json(&more).ok();
    let shown = bench.json(&["integrations", "show", "acme"]).ok();
    assert_eq!(shown["off"], json!(["ats_reject_application"]));
    bench.json(&["sync", "acme"]).ok();
    assert!(exported("offers") > 0);
    let people = bench.run(&["integrations", "show", "acme"]);
    assert!(people.text().contains("ats_reject_application"));

    bench.json(&["scopes", "remove", "lean"]).ok();
    let shown = bench.json(&["integrations", "show", "acme"]).ok();
    assert_eq!(
        shown["off"],
        json!(["ats_reject_application"]),
        "it keeps what it said"
    );
    let none = bench
        .json(&["integrations", "set", "acme", "scope_config="])
        .ok();
    assert_eq!(none["off"], json!([]));
}

#[test]
fn a_new_integration_follows_the_default_of_its_environment_and_one_that_is_there_does_not() {
    let bench = Bench::connected();
    let create = [
        "scopes",
        "create",
        "lean",
        "ats_offers=disabled",
        "--default",
    ];
    let made = bench.json(&create).ok();
    let follows = |name: &str, environment: &str| {
        let connected = bench.connect_to(name, environment);
        connected["scope_config"].clone()
    };
    assert_eq!(follows("again", "production"), made["id"]);
    assert_eq!(follows("apart", "development"), json!(null));
    assert_eq!(follows("acme", "production"), json!(null));
    let off = |name: &str| bench.json(&["integrations", "show", name]).ok()["off"].clone();
    assert_eq!(off("again"), json!(["ats_offers"]));
    assert_eq!((off("acme"), off("apart")), (json!([]), json!([])));
}

#[test]
fn a_scope_config_that_is_not_there_or_says_something_odd_is_refused() {
    let bench = Bench::connected();
    bench.json(&["scopes", "create", "lean"]).ok();
    for (arguments, word) in [
        (&["scopes", "create", "lean"][..], "scope_exists"),
        (&["scopes", "create", " "], "bad_name"),
        (&["scopes", "show", "fat"], "unknown_scope"),
        (&["scopes", "remove", "fat"], "unknown_scope"),
        (
            &["scopes", "set", "lean", "cats=disabled"],
            "unknown_setting",
        ),
        (&["scopes", "set", "lean", "tags=gone"], "bad_setting"),
        (
            &["scopes", "set", "lean", "tags.remote_id=disabled"],
            "unknown_field",
        ),
        (
            &["integrations", "set", "acme", "scope_config=fat"],
            "unknown_scope",
        ),
    ] {
        bench.json(arguments).failed(2, word);
    }
    let other = ["scopes", "show", "lean", "--environment", "development"];
    bench.json(&other).failed(2, "unknown_scope");
    assert_eq!(
        bench.json(&["scopes", "show", "lean"]).ok()["settings"],
        json!({})
    );
    let list = bench.json(&["scopes", "list"]).ok();
    assert_eq!(list["scopes"][0]["default"], false);
    let default = bench.json(&["scopes", "set", "lean", "--default"]).ok();
    assert_eq!(default["default"], true);
}

#[test]
fn custom_fields_are_named_by_environment_model_and_key() {
    let bench = Bench::small();
    let add = [
        "custom-fields",
        "add",
        "candidates",
        "notice",
        "--label",
        "Notice period",
    ];
    let made = bench.json(&add).ok();
    assert_eq!(made["model"], "ats_candidates");
    let list = bench.json(&["custom-fields", "list"]).ok();
    assert_eq!(list["custom_fields"], json!([made]));
    let again = [
        "custom-fields",
        "add",
        "ats_candidates",
        "notice",
        "--label",
        "Notice",
    ];
    assert_eq!(bench.json(&again).ok()["id"], made["id"]);
    bench
        .json(&["custom-fields", "add", "ats_tags", "notice"])
        .failed(2, "unknown_model");
    let remove = ["custom-fields", "remove", "ats_candidates", "notice"];
    assert_eq!(bench.json(&remove).ok()["id"], made["id"]);
    bench.json(&remove).failed(2, "unknown_custom_field");
}

#[test]
fn whoever_listens_is_told_what_is_done_to_an_integration_by_command() {
    let bench = Bench::synced();
    let add = ["webhooks", "add", "--url", "https://hooks.example.com/x"];
    bench.json(&add).ok();
    let told = || -> Vec<(String, String)> {
        let listed = bench.json(&["webhooks", "deliveries"]).ok();
        let all = listed["deliveries"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let all = all.map(|one| (text(&one["type"]), text(&one["state"])));
        all.collect()
    };
    assert_eq!(told(), []);
    bench.json(&["integrations", "enable", "acme"]).ok();
    assert_eq!(told(), [], "it was enabled already");
    bench.json(&["integrations", "disable", "acme"]).ok();
    bench.json(&["integrations", "disable", "acme"]).ok();
    let changed = ("integration-state-changed".to_owned(), "WAITING".to_owned());
    assert_eq!(told(), [changed]);
    bench
        .json(&["integrations", "remove", "acme", "--yes"])
        .ok();
    // What else was to be told of it is gone with it.
    let deleted = ("integration-deleted".to_owned(), "WAITING".to_owned());
    assert_eq!(told(), [deleted]);
}
