//! The stubs are written into a copy of the workspace. `cargo xtask ci` compiles them, too.

use super::*;

/// A copy of what git would keep, with the connector `smart-recruiters` in it.
fn copy_with_stubs() -> (tempfile::TempDir, Workspace, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let copy = Workspace::here()
        .unwrap()
        .copy_to(folder.path().join("copy"))
        .unwrap();
    let written = write(&copy, &Name::parse("smart-recruiters").unwrap()).unwrap();
    (folder, copy, written)
}

#[test]
fn the_workspace_knows_the_connector() {
    let (_folder, copy, _) = copy_with_stubs();
    for (path, line) in [
        (
            "Cargo.toml",
            "ats-smart-recruiters = { path = \"crates/ats-smart-recruiters\" }",
        ),
        (
            "crates/ats-connectors/Cargo.toml",
            "ats-smart-recruiters.workspace = true",
        ),
        (
            "crates/ats-connectors/src/lib.rs",
            "        ats_smart_recruiters::FACTORY,",
        ),
        (
            "crates/ats-simulator/src/lib.rs",
            "pub mod smart_recruiters;",
        ),
        ("xtask/src/tidy/arrows.rs", "    \"ats-smart-recruiters\","),
    ] {
        let text = copy.read(path).unwrap();
        assert_eq!(
            text.lines().filter(|found| *found == line).count(),
            1,
            "{path}: {text}"
        );
    }
    let names: Vec<_> = copy
        .metadata()
        .unwrap()
        .packages
        .into_iter()
        .map(|p| p.name)
        .collect();
    assert!(
        names.contains(&"ats-smart-recruiters".to_owned()),
        "{names:?}"
    );
}

#[test]
fn the_list_of_what_is_left_names_every_slot() {
    let (_folder, copy, _) = copy_with_stubs();
    let list = to_do(&copy, &Name::parse("smart-recruiters").unwrap()).unwrap();
    for slot in [
        "users",
        "interviewing_team_members",
        "create_candidate",
        "eeo_questions",
    ] {
        assert!(list.contains(slot), "{list}");
    }
    assert!(list.contains("(42, from users to eeo_questions)"), "{list}");
}

#[test]
fn nothing_is_overwritten() {
    let (_folder, copy, written) = copy_with_stubs();
    assert_eq!(written.len(), FILES.len() + 5);
    let again = write(&copy, &Name::parse("smart-recruiters").unwrap());
    assert!(again.unwrap_err().to_string().contains("is there already"));
}
