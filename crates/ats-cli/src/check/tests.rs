//! What a check says of keys that lack this and that.

use ats_core::Connection;
use serde_json::{Value, json};

use super::*;

/// The report for a key with every permission but these.
fn without(missing: &[&str]) -> Report {
    let factory = ats_connectors::find("ashby").unwrap();
    let connection = Connection {
        credentials: [("api_key".to_owned(), "key".to_owned().into())].into(),
        ..Connection::default()
    };
    let connector = (factory.connect)(&connection).unwrap();
    let all = factory.manifest.boxes.iter().map(|found| found.permission);
    let granted = all.filter(|permission| !missing.contains(permission));
    let granted = granted.map(ToString::to_string).collect();
    let access = Access::of(None, granted, &connector.reads(), &connector.actions());
    Report::of(connector.as_ref(), &access).unwrap()
}

fn text(report: &Report) -> String {
    let manifest = ats_connectors::find("ashby").unwrap().manifest;
    report
        .lines(&|permission| manifest.label_of(permission).to_owned())
        .join("\n")
}

#[test]
fn a_key_with_everything_has_nothing_left_to_tick() {
    let report = without(&["apiKeysRead"]);
    assert!(
        report
            .models
            .values()
            .all(|model| model.ok && model.fields.is_empty())
    );
    assert_eq!(report.tick, Vec::<&str>::new());
    assert_eq!(report.optional, ["API Keys: Read"]);
    assert!(!text(&report).contains("missing"));
}

#[test]
fn what_is_missing_is_named_by_model_by_field_and_by_box() {
    let report = without(&["organizationRead", "interviewsRead"]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        json["tick"],
        json!(["Interviews: Read", "Organization: Read"])
    );
    assert_eq!(json["models"]["users"]["ok"], false);
    assert_eq!(
        json["models"]["users"]["missing_permissions"],
        json!(["organizationRead"])
    );
    assert_eq!(json["models"]["jobs"]["ok"], true);
    assert_eq!(
        json["models"]["jobs"]["fields"],
        json!({ "department": { "missing_permissions": ["organizationRead"] } })
    );
    assert_eq!(
        json["models"]["job_application_stages"]["missing_permissions"],
        json!(["interviewsRead"])
    );
    let text = text(&report);
    assert!(
        text.contains("  users                      missing: Organization: Read"),
        "{text}"
    );
    assert!(
        text.contains("without Organization: Read: department"),
        "{text}"
    );
}

#[test]
fn every_permission_that_a_model_lacks_is_named() {
    let report = without(&["interviewsRead", "jobsRead"]);
    let stages = &report.models[&ModelKind::JobApplicationStage];
    assert_eq!(stages.missing_permissions, ["interviewsRead", "jobsRead"]);
}

#[test]
fn an_action_works_or_says_what_the_key_lacks_for_it() {
    let json = serde_json::to_value(without(&["interviewsRead"])).unwrap();
    assert_eq!(json["actions"]["add_note_to_application"]["ok"], true);
    let action = &json["actions"]["move_application_to_stage"];
    assert_eq!(
        (&action["ok"], &action["missing_permissions"]),
        (&json!(false), &json!(["interviewsRead"]))
    );
    assert_eq!(json["features"]["delta_syncs"]["ok"], true);
    let options = json["key_options"].as_array().unwrap();
    assert!(options.iter().all(|option| option["label"].is_string()));
    assert!(options.iter().any(|option| {
        option["fields"]
            .as_array()
            .is_some_and(|fields| fields.contains(&Value::from("jobs.custom_fields")))
    }));
}

#[test]
fn no_line_is_too_wide() {
    for line in text(&without(&["organizationRead", "hiringProcessMetadataRead"])).lines() {
        assert!(console::measure_text_width(line) <= output::WIDTH, "{line}");
    }
}
