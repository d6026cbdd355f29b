//! Custom fields: made, and set on what they belong to.

use ats_simulator::{KeySpec, Simulator};
use serde_json::{Value, json};

use crate::client::{ask_as, done, ids, key_without, nothing, refused, small, walk, where_};

fn field_named(simulator: &Simulator, object: &str, title: &str) -> String {
    let found = where_(simulator, "custom_fields", |field| {
        field["objectType"] == object && field["title"] == title
    });
    found[0].clone()
}

#[tokio::test]
async fn a_custom_field_is_made_as_often_as_it_is_asked_for() {
    let simulator = small().await;
    let body = json!({ "fieldType": "String", "objectType": "Candidate", "title": "Acme: Score" });
    let made = done(&simulator, "customField.create", body.clone()).await;
    assert_eq!(
        (&made["title"], &made["isArchived"]),
        (&json!("Acme: Score"), &json!(false))
    );
    let again = done(&simulator, "customField.create", body).await;
    assert_ne!(made["id"], again["id"]);
    let listed = ids(&simulator, "customField.list", nothing()).await;
    assert!(listed.iter().any(|id| made["id"] == id.as_str()));
    let info = json!({ "customFieldId": made["id"] });
    assert_eq!(done(&simulator, "customField.info", info).await, made);
    let options = json!([{ "label": "Yes", "value": "y" }]);
    let select = json!({
        "fieldType": "ValueSelect", "objectType": "Offer_Version", "title": "Pick",
        "selectableValues": options,
    });
    let made = done(&simulator, "customField.create", select).await;
    assert_eq!(made["objectType"], "Offer", "it is read under another name");
    assert_eq!(made["selectableValues"][0]["label"], "Yes");
    for body in [
        json!({ "fieldType": "String", "objectType": "Candidate" }),
        json!({ "fieldType": "Text", "objectType": "Candidate", "title": "A" }),
        json!({ "fieldType": "String", "objectType": "Offer", "title": "A" }),
        json!({ "fieldType": "ValueSelect", "objectType": "Candidate", "title": "A" }),
    ] {
        let code = refused(&simulator, "customField.create", body.clone()).await;
        assert_eq!(code, "invalid_input", "{body}");
    }
}

#[tokio::test]
async fn values_are_shown_on_their_object_with_labels() {
    let simulator = small().await;
    let (_, token) = walk(&simulator, "application.list", nothing()).await;
    let application = simulator.read(|world| world.ids("applications")[0].clone());
    let select = field_named(&simulator, "Application", "Shortlist");
    let range = field_named(&simulator, "Application", "Expected hours");
    let option = simulator.read(|world| {
        let field = world.get("custom_fields", &select).expect("a field");
        field["selectableValues"][0].clone()
    });
    let hours = json!({ "type": "number-range", "minValue": 1, "maxValue": 2 });
    let body = json!({
        "objectId": application,
        "objectType": "Application",
        "values": [
            { "fieldId": select, "fieldValue": option["value"] },
            { "fieldId": range, "fieldValue": hours },
        ],
    });
    for _ in 0..2 {
        let written = done(&simulator, "customField.setValues", body.clone()).await;
        assert_eq!(written[0]["valueLabel"], option["label"]);
        assert_eq!(written[1]["value"], hours);
    }
    let delta = done(
        &simulator,
        "application.list",
        json!({ "syncToken": token }),
    )
    .await;
    let fields = delta[0]["customFields"].as_array().expect("fields");
    let of = |id: &str| fields.iter().filter(|field| field["id"] == id).count();
    assert_eq!((of(&select), of(&range)), (1, 1), "the last value wins");
    assert_eq!(delta[0]["id"], application);
    let candidate = simulator.read(|world| world.ids("candidates")[0].clone());
    let url = field_named(&simulator, "Candidate", "Portfolio");
    let body = json!({
        "objectId": candidate, "objectType": "Candidate",
        "fieldId": url, "fieldValue": "https://new.example",
    });
    let written = done(&simulator, "customField.setValue", body).await;
    assert_eq!(written["value"], "https://new.example");
    let shown = done(&simulator, "candidate.info", json!({ "id": candidate })).await;
    assert!(
        shown["customFields"]
            .as_array()
            .expect("fields")
            .contains(&written)
    );
    let opening = simulator.read(|world| world.ids("openings")[0].clone());
    let made = json!({ "fieldType": "Number", "objectType": "Opening_Version", "title": "Seats" });
    let made = done(&simulator, "customField.create", made).await;
    let body = json!({
        "objectId": opening, "objectType": "Opening", "fieldId": made["id"], "fieldValue": 3,
    });
    done(&simulator, "customField.setValue", body).await;
    let shown = done(&simulator, "opening.info", json!({ "openingId": opening })).await;
    let fields = shown["latestVersion"]["customFields"]
        .as_array()
        .expect("fields");
    assert_eq!(fields.last().expect("a field")["value"], 3);
}

#[tokio::test]
async fn a_value_must_fit_its_field_and_the_field_its_object() {
    let simulator = small().await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    let (candidate, application) = simulator.read(|world| {
        (
            world.ids("candidates")[0].clone(),
            world.ids("applications")[0].clone(),
        )
    });
    let text = field_named(&simulator, "Candidate", "Preferred name");
    let select = field_named(&simulator, "Application", "Shortlist");
    let set = |object: &str, id: &str, field: &str, value: Value| json!({ "objectId": id, "objectType": object, "fieldId": field, "fieldValue": value });
    for (body, code) in [
        (
            set("Candidate", &candidate, &text, json!(1)),
            "invalid_input",
        ),
        (
            set("Candidate", &candidate, &text, Value::Null),
            "invalid_input",
        ),
        (
            set("Application", &application, &select, json!("nothing")),
            "invalid_input",
        ),
        (
            set("Candidate", &candidate, &select, json!("yes")),
            "invalid_input",
        ),
        (set("Offer", &candidate, &text, json!("x")), "invalid_input"),
        (
            set("Candidate", &candidate, nobody, json!("x")),
            "custom_field_not_found",
        ),
        (
            set("Candidate", nobody, &text, json!("x")),
            "candidate_not_found",
        ),
        (set("Job", nobody, &text, json!("x")), "job_not_found"),
        (
            set("Opening", nobody, &text, json!("x")),
            "opening_not_found",
        ),
    ] {
        let found = refused(&simulator, "customField.setValue", body.clone()).await;
        assert_eq!(found, code, "{body}");
    }
    let none = json!({ "objectId": candidate, "objectType": "Candidate", "values": [] });
    assert_eq!(
        refused(&simulator, "customField.setValues", none).await,
        "invalid_input"
    );
    let private = where_(&simulator, "custom_fields", |field| {
        field["isPrivate"] == true
    });
    let spec = KeySpec {
        private_fields: false,
        ..key_without("")
    };
    let key = simulator.add_key(spec);
    let job = simulator.read(|world| world.ids("jobs")[0].clone());
    let body = set("Job", &job, &private[0], json!(1));
    let answer = ask_as(&simulator, &key, "customField.setValue", body).await;
    assert_eq!(answer.code(), "custom_field_not_found");
}
