//! Erasing an integration from a file: its bytes are gone too.

use std::fs;

use ats_store::{Error, Store};

use crate::{
    Folder,
    suite::{
        build::{bundle, candidate},
        erase::fill,
        mirror::Mirror,
    },
};

/// The files of the database in which the word stands.
fn found(folder: &Folder, word: &str) -> Vec<String> {
    let files = fs::read_dir(folder.0.path()).unwrap();
    let names = files.filter_map(|file| {
        let file = file.unwrap();
        let bytes = fs::read(file.path()).unwrap();
        let stands = bytes
            .windows(word.len())
            .any(|part| part == word.as_bytes());
        stands.then(|| file.file_name().into_string().unwrap())
    });
    names.collect()
}

#[test]
fn nothing_of_an_erased_integration_is_found_in_the_files() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    fill(&store, "Remainder");
    let erased = fill(&store, "Vanishing");
    // Enough of it that pages are split and freed.
    let walk = erased.walk("candidates");
    for round in 0..6 {
        let row = |id: usize| {
            let text = format!("Vanishing {}", "x".repeat(round * 300 + id));
            let id = format!("Vanishing {}", id * 7919 % 500);
            bundle(&id, &text).gives(candidate(&id).with("title", text))
        };
        let page = erased.page("candidates").list((0..300).map(row).collect());
        page.goes_on(walk, "next").commit();
    }
    drop(store.lock(&erased.id, "Vanishing").unwrap());
    assert!(!found(&folder, "Vanishing").is_empty());
    store.erase_integration(&erased.id).unwrap();
    assert_eq!(found(&folder, "Vanishing"), Vec::<String>::new());
    assert!(!found(&folder, "Remainder").is_empty());
    drop(store);
    assert_eq!(found(&folder, "Vanishing"), Vec::<String>::new());
}

#[test]
fn somebody_who_still_reads_is_told_of() {
    let folder = Folder::new();
    let store = folder.open_impatiently().unwrap();
    let erased = Mirror::named(&store, "Vanishing");
    let raw = folder.raw();
    raw.execute_batch("BEGIN; SELECT * FROM integrations")
        .unwrap();
    let refused = store.erase_integration(&erased.id);
    assert!(matches!(refused, Err(Error::Locked)), "{refused:?}");
    raw.execute_batch("COMMIT").unwrap();
    // It is gone, and whoever tries again sees to the rest.
    let again = store.erase_integration(&erased.id);
    assert!(
        matches!(again, Err(Error::UnknownIntegration { .. })),
        "{again:?}"
    );
    assert_eq!(found(&folder, "Vanishing"), Vec::<String>::new());
}
