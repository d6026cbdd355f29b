//! What a key may do, whether or not it may look at itself.

use std::collections::BTreeSet;

use ats_core::{ActionKind, Connector};

use crate::vendor::Vendor;

/// Everything that a person is asked to tick, but these.
fn all_but(connector: &dyn Connector, missing: &[&str]) -> BTreeSet<String> {
    let boxes = connector.manifest().boxes.iter();
    boxes
        .map(|found| found.permission)
        .filter(|permission| !missing.contains(permission))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn what_a_key_may_do_is_told_either_way() {
    for missing in [
        &[][..],
        &["candidatesWrite"],
        &["hiringProcessMetadataWrite", "apiKeysWrite"],
    ] {
        let vendor = Vendor::with(missing).await;
        let told = vendor.connector.check().await.unwrap();
        let asked_for = all_but(&*vendor.connector, missing);
        assert!(told.granted.is_superset(&asked_for), "{:?}", told.granted);

        let blind: Vec<&str> = missing.iter().copied().chain(["apiKeysRead"]).collect();
        let vendor = Vendor::with(&blind).await;
        let before = vendor.simulator.read(|world| world.revision());
        let tried = vendor.connector.check().await.unwrap();
        assert_eq!(tried.granted, all_but(&*vendor.connector, &blind));
        assert_eq!(tried.missing_for_actions, told.missing_for_actions);
        let after = vendor.simulator.read(|world| world.revision());
        assert_eq!(after, before, "trying changes nothing");
    }
}

#[tokio::test]
async fn each_action_names_what_the_key_lacks_for_it() {
    let vendor = Vendor::with(&["candidatesWrite", "interviewsRead"]).await;
    let access = vendor.connector.check().await.unwrap();
    let missing = |action: ActionKind| access.missing_for_actions.get(action.name());
    assert_eq!(
        missing(ActionKind::MoveApplicationToStage),
        Some(&vec![
            "candidatesWrite".to_owned(),
            "interviewsRead".to_owned()
        ])
    );
    assert_eq!(
        missing(ActionKind::AddNoteToApplication),
        Some(&vec!["candidatesWrite".to_owned()])
    );
    assert_eq!(missing(ActionKind::GetCandidateAttachments), None);
}

#[tokio::test]
async fn every_permission_that_is_asked_for_has_a_box() {
    let vendor = Vendor::start().await;
    let boxes = vendor.connector.manifest().boxes;
    for (name, slot) in vendor.connector.actions().slots() {
        for permission in slot.yes().map_or(&[][..], |write| write.permissions) {
            let found = boxes.iter().any(|found| found.permission == *permission);
            assert!(found, "{name} needs {permission}");
        }
    }
}
