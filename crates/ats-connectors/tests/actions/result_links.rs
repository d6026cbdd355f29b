//! Links to results: custom fields or a note.

use ats_core::Target;
use serde_json::{Value, json};

use crate::vendor::{Book, Vendor, application, candidate, remote, warnings};

fn result(details: bool) -> Value {
    let mut input = json!({
        "application_id": remote(&application(1)),
        "label": "Report <1>", "url": "https://acme.example/r?a=1&b=2",
    });
    if details {
        input["details"] = json!({
            "custom_field_name_prefix": "Acme:",
            "attributes": [{ "key": "Score", "value": "87" }, { "key": "Level", "value": "B" }],
        });
    }
    input
}

/// The values of an application's fields that the prefix begins, by title.
fn values(vendor: &Vendor) -> Vec<(String, String)> {
    let document = vendor.document("applications", &application(1));
    let fields = document["customFields"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    fields
        .into_iter()
        .filter(|field| text(&field["title"]).starts_with("Acme:"))
        .map(|field| (text(&field["title"]), text(&field["value"])))
        .collect()
}

fn expected() -> Vec<(String, String)> {
    [
        ("Acme: Report <1>", "https://acme.example/r?a=1&b=2"),
        ("Acme: Score", "87"),
        ("Acme: Level", "B"),
    ]
    .map(|(title, value)| (title.to_owned(), value.to_owned()))
    .into()
}

fn fields(vendor: &Vendor) -> Vec<Value> {
    let mut fields = vendor.documents("custom_fields");
    fields.retain(|field| field["title"].as_str().unwrap().starts_with("Acme:"));
    fields
}

const ADD: &str = "add_result_link_to_application";

#[tokio::test]
async fn figures_go_into_fields_that_are_made_once() {
    let vendor = Vendor::start().await;
    vendor.lose_answer("customField.create");
    vendor.lose_answer("customField.setValues");
    let outcome = vendor.act(ADD, result(true)).await.unwrap();
    assert!(
        warnings(&outcome)[0].contains("custom fields"),
        "{outcome:?}"
    );
    assert_eq!(values(&vendor), expected());
    let made = fields(&vendor);
    let kinds: Vec<_> = made.iter().map(|field| &field["fieldType"]).collect();
    assert_eq!(kinds, ["Url", "String", "String"]);
    // Fields before what has values in them.
    let mut touched: Vec<_> = made
        .iter()
        .map(|field| Target::new("custom_fields", field["id"].as_str().unwrap()))
        .collect();
    touched.push(Target::new("applications", application(1)));
    assert_eq!(outcome.touched, touched);

    vendor.act(ADD, result(true)).await.unwrap();
    assert_eq!(fields(&vendor).len(), 3);
    assert_eq!(values(&vendor), expected());
    assert_eq!(vendor.calls("candidate.createNote"), 0);
}

#[tokio::test]
async fn without_figures_it_is_a_note_in_which_the_input_is_text() {
    let vendor = Vendor::start().await;
    vendor.lose_answer("candidate.createNote");
    let outcome = vendor.act(ADD, result(false)).await.unwrap();
    let text = warnings(&outcome)[0];
    assert!(text.contains("note") && text.contains("details"), "{text}");
    assert_eq!(vendor.documents("notes").len(), 1);
    assert_eq!(
        vendor.sent("candidate.createNote")["note"],
        json!({
            "type": "text/html",
            "value": "[Backend Engineer (Rust) – Platform] \
                      <a href=\"https://acme.example/r?a=1&amp;b=2\">Report &lt;1&gt;</a>",
        })
    );
}

#[tokio::test]
async fn without_the_permission_it_is_a_note_that_names_the_permission() {
    for permission in ["hiringProcessMetadataRead", "hiringProcessMetadataWrite"] {
        let vendor = Vendor::with(&[permission]).await;
        let outcome = vendor.act(ADD, result(true)).await.unwrap();
        assert!(warnings(&outcome)[0].contains(permission), "{outcome:?}");
        let note = vendor.sent("candidate.createNote");
        let html = note["note"]["value"].as_str().unwrap();
        assert!(html.contains("<li><b>Acme: Score</b>: 87</li>"), "{html}");
        assert_eq!(values(&vendor), []);
    }
}

#[tokio::test]
async fn fields_that_are_there_need_no_right_to_make_any() {
    let vendor = Vendor::with(&["hiringProcessMetadataWrite"]).await;
    for (title, kind) in [
        ("Acme: Report <1>", "Url"),
        ("Acme: Score", "LongText"),
        ("acme: level", "String"),
    ] {
        vendor.simulator.edit(|world| {
            world.insert(
                "custom_fields",
                json!({
                    "title": title, "objectType": "Application", "isArchived": false,
                    "isPrivate": false, "fieldType": kind, "isRequired": false,
                }),
            )
        });
    }
    vendor.act(ADD, result(true)).await.unwrap();
    assert_eq!(values(&vendor).len(), 2);
    assert_eq!(vendor.calls("customField.create"), 0);
    assert_eq!(vendor.calls("candidate.createNote"), 0);
}

#[tokio::test]
async fn a_field_of_another_type_is_left_alone() {
    let vendor = Vendor::start().await;
    vendor.simulator.edit(|world| {
        world.insert(
            "custom_fields",
            json!({
                "title": "Acme: Level", "objectType": "Application", "isArchived": false,
                "isPrivate": false, "fieldType": "Number", "isRequired": false,
            }),
        )
    });
    let outcome = vendor.act(ADD, result(true)).await.unwrap();
    assert!(warnings(&outcome)[0].contains("Acme: Level"), "{outcome:?}");
    assert_eq!(fields(&vendor).len(), 1, "none is made for nothing");
    assert_eq!(vendor.documents("notes").len(), 1);
}

#[tokio::test]
async fn an_attempt_that_began_with_a_note_ends_with_it() {
    let vendor = Vendor::with(&["hiringProcessMetadataRead"]).await;
    let book = Book::default();
    vendor.attempt(&book, ADD, result(true)).await.unwrap();
    vendor.attempt(&book, ADD, result(true)).await.unwrap();
    assert_eq!(vendor.documents("notes").len(), 1);
}

#[tokio::test]
async fn a_candidate_has_fields_of_its_own() {
    let vendor = Vendor::start().await;
    let mut input = result(true);
    input.as_object_mut().unwrap().remove("application_id");
    input["candidate_id"] = remote(&candidate(2));
    vendor
        .act("add_result_link_to_candidate", input)
        .await
        .unwrap();
    let made = fields(&vendor);
    assert_eq!(made.len(), 3);
    assert!(made.iter().all(|field| field["objectType"] == "Candidate"));
    let sent = vendor.sent("customField.setValues");
    assert_eq!(sent["objectId"], candidate(2));
    assert_eq!(sent["values"][1]["fieldValue"], "87");
}

#[tokio::test]
async fn a_dry_run_shows_the_fields_that_would_be_made() {
    let vendor = Vendor::start().await;
    let (outcome, book) = vendor.plan(ADD, result(true)).await;
    outcome.unwrap();
    let planned = book.planned();
    let endpoints: Vec<_> = planned.iter().map(|(endpoint, _)| &**endpoint).collect();
    let create = "customField.create";
    assert_eq!(endpoints, [create, create, create, "customField.setValues"]);
    assert_eq!(
        planned[1].1,
        json!({ "title": "Acme: Score", "objectType": "Application", "fieldType": "String" })
    );
}
