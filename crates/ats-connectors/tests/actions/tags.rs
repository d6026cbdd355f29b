//! Tags on and off candidates.

use ats_core::{ErrorKind, Target};
use serde_json::{Value, json};

use crate::vendor::{Vendor, candidate, remote};

fn tag(number: u8, name: &str) -> Value {
    json!({ "candidate_id": remote(&candidate(number)), "tag": { "name": name } })
}

fn titles(vendor: &Vendor, number: u8) -> Vec<String> {
    let candidate = vendor.document("candidates", &candidate(number));
    let tags = candidate["tags"].as_array().unwrap();
    tags.iter()
        .map(|tag| tag["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_tag_is_made_and_put_on_and_both_are_read_again() {
    let vendor = Vendor::start().await;
    let outcome = vendor
        .act("add_tag_to_candidate", tag(2, "Rising star"))
        .await
        .unwrap();
    assert_eq!(titles(&vendor, 2), ["Rising star"]);
    let made = vendor.document("candidates", &candidate(2))["tags"][0]["id"].clone();
    assert_eq!(
        outcome.touched,
        [
            Target::new("tags", made.as_str().unwrap()),
            Target::new("candidates", candidate(2)),
        ]
    );
    assert!(outcome.warnings.is_empty());
}

#[tokio::test]
async fn a_tag_that_is_there_is_not_sent() {
    let vendor = Vendor::start().await;
    for name in ["Silver medalist", "Relocation ok ✈️"] {
        vendor
            .act("add_tag_to_candidate", tag(1, name))
            .await
            .unwrap();
    }
    // The vendor keeps white space that we do not show.
    vendor
        .act("add_tag_to_candidate", tag(3, "C++"))
        .await
        .unwrap();
    assert_eq!(vendor.endpoints(), ["candidate.info"; 3]);
}

#[tokio::test]
async fn without_the_right_to_make_tags_an_existing_one_is_taken() {
    let vendor = Vendor::with(&["hiringProcessMetadataWrite"]).await;
    vendor
        .act("add_tag_to_candidate", tag(2, "silver medalist"))
        .await
        .unwrap();
    assert_eq!(titles(&vendor, 2), ["Silver medalist"]);
    let error = vendor
        .act("add_tag_to_candidate", tag(2, "New one"))
        .await
        .unwrap_err();
    let missing = Some("hiringProcessMetadataWrite".to_owned());
    assert_eq!(
        *error.kind(),
        ErrorKind::PermissionMissing {
            permission: missing
        }
    );
}

#[tokio::test]
async fn an_archived_tag_is_called_archived() {
    let vendor = Vendor::start().await;
    let error = vendor
        .act("add_tag_to_candidate", tag(2, "Do not contact"))
        .await
        .unwrap_err();
    let field = Some("tag.name".to_owned());
    assert_eq!(*error.kind(), ErrorKind::InputRejected { field });
    assert!(error.to_string().contains("restore it"), "{error}");
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_tag() {
    let vendor = Vendor::start().await;
    vendor.lose_answer("candidateTag.create");
    vendor.lose_answer("candidate.addTag");
    vendor
        .act("add_tag_to_candidate", tag(2, "Rising star"))
        .await
        .unwrap();
    assert_eq!(titles(&vendor, 2), ["Rising star"]);
    assert_eq!(vendor.documents("candidate_tags").len(), 6);
    assert_eq!(vendor.calls("candidate.addTag"), 1);
}

#[tokio::test]
async fn a_tag_is_taken_off_and_one_that_is_not_there_is_no_error() {
    let vendor = Vendor::start().await;
    vendor.lose_answer("candidate.removeTag");
    for _ in 0..2 {
        let outcome = vendor
            .act("remove_tag_from_candidate", tag(1, "Silver medalist"))
            .await
            .unwrap();
        assert_eq!(outcome.touched, [Target::new("candidates", candidate(1))]);
    }
    assert_eq!(titles(&vendor, 1), ["Relocation ok ✈️"]);
    assert_eq!(vendor.calls("candidate.removeTag"), 1);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_sent() {
    let vendor = Vendor::start().await;
    let (outcome, book) = vendor
        .plan("add_tag_to_candidate", tag(2, "Rising star"))
        .await;
    outcome.unwrap();
    assert_eq!(
        book.planned(),
        [
            (
                "candidateTag.create".to_owned(),
                json!({ "title": "Rising star" })
            ),
            (
                "candidate.addTag".to_owned(),
                json!({ "candidateId": candidate(2), "tagId": "<tag>" })
            ),
        ]
    );
    let (outcome, _) = vendor.plan("add_tag_to_candidate", tag(99, "x")).await;
    let kind = outcome.unwrap_err().kind().clone();
    let field = Some("candidate_id".to_owned());
    assert_eq!(kind, ErrorKind::InputInvalid { field });
}
