//! Moving applications, and rejecting them.

use ats_core::{ErrorKind, Target};
use serde_json::{Value, json};

use crate::vendor::{Vendor, application, reason, remote, stage, warnings};

fn to_stage(number: u8, to: u8) -> Value {
    json!({ "application_id": remote(&application(number)), "stage_id": remote(&stage(to)) })
}

fn rejection(number: u8, why: u8) -> Value {
    json!({
        "application_id": remote(&application(number)),
        "rejection_reason_id": remote(&reason(why)),
    })
}

fn standing(vendor: &Vendor, number: u8) -> (String, String) {
    let document = vendor.document("applications", &application(number));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&document["status"]),
        text(&document["currentInterviewStage"]["id"]),
    )
}

fn field_of(error: &ats_core::Error) -> &str {
    match error.kind() {
        ErrorKind::InputInvalid { field: Some(field) } => field,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_application_moves_once_though_the_answer_is_lost() {
    let vendor = Vendor::start().await;
    vendor.lose_answer("application.changeStage");
    for _ in 0..2 {
        let outcome = vendor
            .act("move_application_to_stage", to_stage(1, 4))
            .await
            .unwrap();
        assert_eq!(
            outcome.touched,
            [Target::new("applications", application(1))]
        );
    }
    assert_eq!(standing(&vendor, 1), ("Active".into(), stage(4)));
    // The vendor's automations run with each change.
    assert_eq!(vendor.calls("application.changeStage"), 1);
}

#[tokio::test]
async fn a_stage_of_another_plan_is_found_by_its_title_or_refused() {
    let vendor = Vendor::start().await;
    // "Offer" of the second plan.
    let outcome = vendor
        .act("move_application_to_stage", to_stage(1, 13))
        .await
        .unwrap();
    assert!(warnings(&outcome)[0].contains("another interview plan"));
    assert_eq!(standing(&vendor, 1).1, stage(5));
    // "Phone screen" is in no other plan.
    for other in [21, 99] {
        let error = vendor
            .act("move_application_to_stage", to_stage(1, other))
            .await
            .unwrap_err();
        assert_eq!(field_of(&error), "stage_id");
    }
    assert_eq!(vendor.calls("application.changeStage"), 1);
}

#[tokio::test]
async fn nobody_is_archived_without_a_reason() {
    let vendor = Vendor::start().await;
    let error = vendor
        .act("move_application_to_stage", to_stage(1, 7))
        .await
        .unwrap_err();
    assert_eq!(field_of(&error), "stage_id");
    assert!(error.to_string().contains("reject"), "{error}");
    for (why, word) in [(4, "archived"), (99, "no such reason")] {
        let error = vendor
            .act("reject_application", rejection(1, why))
            .await
            .unwrap_err();
        assert_eq!(field_of(&error), "rejection_reason_id");
        assert!(error.to_string().contains(word), "{error}");
    }
    let error = vendor
        .act("reject_application", rejection(99, 1))
        .await
        .unwrap_err();
    assert_eq!(field_of(&error), "application_id");
    assert_eq!(vendor.calls("application.changeStage"), 0);
}

#[tokio::test]
async fn a_rejection_is_made_once_with_its_note_and_without_a_mail() {
    let vendor = Vendor::start().await;
    vendor.lose_answer("application.changeStage");
    let mut input = rejection(1, 1);
    input["note"] = json!("Try again next year");
    let outcome = vendor.act("reject_application", input).await.unwrap();
    assert_eq!(
        outcome.touched,
        [Target::new("applications", application(1))]
    );
    assert_eq!(standing(&vendor, 1), ("Archived".into(), stage(7)));
    assert_eq!(
        vendor.sent("application.changeStage"),
        json!({
            "applicationId": application(1), "interviewStageId": stage(7),
            "archiveReasonId": reason(1),
        })
    );
    let note = vendor.sent("candidate.createNote");
    let text = note["note"]["value"].as_str().unwrap();
    assert!(text.ends_with("] Try again next year"), "{text}");
    // The same reason is done already; another one is given anew.
    vendor
        .act("reject_application", rejection(1, 1))
        .await
        .unwrap();
    assert_eq!(vendor.calls("application.changeStage"), 1);
    vendor.lose_answer("application.changeStage");
    vendor
        .act("reject_application", rejection(1, 2))
        .await
        .unwrap();
    assert_eq!(vendor.calls("application.changeStage"), 2);
    let given = &vendor.document("applications", &application(1))["archiveReason"];
    assert_eq!(given["id"], reason(2));
}

#[tokio::test]
async fn a_dry_run_finds_what_is_wrong_in_the_mirror() {
    let vendor = Vendor::start().await;
    let (outcome, book) = vendor.plan("reject_application", rejection(1, 1)).await;
    outcome.unwrap();
    assert_eq!(book.planned()[0].0, "application.changeStage");
    assert_eq!(book.planned()[0].1["interviewStageId"], stage(7));
    let (outcome, _) = vendor.plan("reject_application", rejection(1, 4)).await;
    assert_eq!(field_of(&outcome.unwrap_err()), "rejection_reason_id");
    let (outcome, _) = vendor
        .plan("move_application_to_stage", to_stage(1, 21))
        .await;
    assert_eq!(field_of(&outcome.unwrap_err()), "stage_id");
}
