//! Opening a file: one that is new, old, from a newer program, somebody else's, or not ours to write.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    thread,
};

use ats_store::{Error, Store, sqlite::SqliteStore};

use crate::{
    Folder, child,
    suite::{
        build::{bundle, candidate, integration},
        mirror::Mirror,
    },
};

#[test]
fn a_new_file_is_made_and_an_old_one_is_kept() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    assert_eq!(store.path(), folder.file());
    let mirror = Mirror::new(&store);
    mirror.bring("candidates", [bundle("1", "").gives(candidate("c"))]);
    drop(store);
    let store = folder.open().unwrap();
    let id = integration("first").id;
    assert_eq!(store.count_bundles(&id, "candidates").unwrap(), 1);
    assert!(store.integration(&id).unwrap().is_some());
}

#[test]
fn an_empty_file_becomes_a_database() {
    let folder = Folder::new();
    fs::write(folder.file(), "").unwrap();
    assert!(folder.open().is_ok());
}

#[test]
fn the_file_says_whose_it_is_and_is_opened_for_readers_beside_the_writer() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    let pragma = |name: &str| -> String {
        let raw = folder.raw();
        let value =
            raw.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
        format!("{:?}", value.unwrap())
    };
    assert_eq!(
        pragma("application_id"),
        format!("Integer({})", 0x4154_5331)
    );
    assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
    assert_eq!(pragma("page_size"), "Integer(8192)");
}

#[test]
fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    let newer = "INSERT INTO refinery_schema_history VALUES (999, 'newer', '', '0')";
    folder.raw().execute(newer, []).unwrap();
    match folder.open() {
        Err(error @ Error::NewerVersion { found: 999, known }) => {
            assert!(known < 999);
            assert!(error.to_string().contains("use the newer program"));
        }
        other => panic!("{other:?}"),
    }
    let forget = "DELETE FROM refinery_schema_history WHERE version = 999";
    folder.raw().execute(forget, []).unwrap();
    assert!(folder.open().is_ok());
}

#[test]
fn migrations_that_were_done_are_not_done_again() {
    let folder = Folder::new();
    let applied = || -> Vec<(i64, String)> {
        let raw = folder.raw();
        let history = "SELECT version, applied_on FROM refinery_schema_history ORDER BY version";
        let mut statement = raw.prepare(history).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    drop(folder.open().unwrap());
    let before = applied();
    assert_eq!(before[0].0, 1);
    drop(folder.open().unwrap());
    assert_eq!(applied(), before);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = Folder::new();
    for text in ["hello".to_owned(), "words ".repeat(5000)] {
        fs::write(folder.file(), &text).unwrap();
        match folder.open() {
            Err(error @ Error::NotADatabase { .. }) => {
                assert!(error.to_string().contains("ats.db is not a database"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(fs::read_to_string(folder.file()).unwrap(), text);
    }
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let folder = Folder::new();
    folder
        .raw()
        .execute_batch("CREATE TABLE theirs (a)")
        .unwrap();
    let before = fs::read(folder.file()).unwrap();
    let refused = folder.open();
    assert!(
        matches!(refused, Err(Error::NotADatabase { .. })),
        "{refused:?}"
    );
    assert_eq!(fs::read(folder.file()).unwrap(), before);
}

#[test]
fn a_damaged_database_says_so() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let mirror = Mirror::new(&store);
    let row = |id: usize| bundle(&id.to_string(), &"x".repeat(3000));
    let page = mirror.page("candidates").list((0..100).map(row).collect());
    page.commit();
    drop(store);
    let mut bytes = fs::read(folder.file()).unwrap();
    for byte in bytes.iter_mut().skip(8192) {
        *byte = 0xAA;
    }
    fs::write(folder.file(), bytes).unwrap();
    match folder.open() {
        Err(error @ Error::Damaged { .. }) => {
            assert!(error.to_string().contains("restore a copy"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_path_that_cannot_be_a_file_is_named() {
    let folder = Folder::new();
    let missing = folder.0.path().join("no folder").join("ats.db");
    for path in [folder.0.path(), &missing] {
        match SqliteStore::open(path) {
            Err(error @ Error::File { .. }) => {
                assert!(error.to_string().contains(&path.display().to_string()));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_lock_that_may_not_be_written_is_refused_with_what_to_do() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let mirror = Mirror::new(&store);
    drop(store.lock(&mirror.id, "us").unwrap());
    drop(store);
    let files = || fs::read_dir(folder.0.path()).unwrap().map(Result::unwrap);
    for file in files() {
        fs::set_permissions(file.path(), Permissions::from_mode(0o666)).unwrap();
    }
    fs::set_permissions(folder.0.path(), Permissions::from_mode(0o777)).unwrap();
    let said = child::play_without_rights("locks_the_file", &folder.file());
    assert_eq!(said, ["it is locked"]);
    let lock = files().find(|file| file.path().extension().is_some_and(|it| it == "lock"));
    let lock = lock.unwrap().path();
    fs::set_permissions(lock, Permissions::from_mode(0o444)).unwrap();
    let said = child::play_without_rights("locks_the_file", &folder.file());
    assert_eq!(said, [Error::ReadOnly.to_string()]);
}

/// Changes what everybody may do, and opens the file as somebody without rights.
fn refused(path: &Path, mode: u32, file: &Path) -> Vec<String> {
    let before = fs::metadata(path).unwrap().permissions();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let said = child::play_without_rights("opens_the_file", file);
    fs::set_permissions(path, before).unwrap();
    said
}

#[test]
fn a_file_or_folder_that_is_read_only_is_refused_with_what_to_do() {
    let expected = [Error::ReadOnly.to_string()];
    let folder = Folder::new();
    let file = folder.file();
    drop(folder.open().unwrap());
    let open_to_all = Permissions::from_mode(0o777);
    fs::set_permissions(folder.0.path(), open_to_all.clone()).unwrap();
    assert_eq!(refused(&file, 0o444, &file), expected, "the file");
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    assert_eq!(
        refused(folder.0.path(), 0o555, &file),
        expected,
        "its folder"
    );
    fs::remove_file(&file).unwrap();
    let said = refused(folder.0.path(), 0o555, &file);
    assert_eq!(said, expected, "the folder of a new file");
    fs::set_permissions(folder.0.path(), open_to_all).unwrap();
    let said = child::play_without_rights("opens_the_file", &file);
    assert_eq!(said, ["it is open"]);
}

#[test]
fn a_new_file_can_be_opened_by_many_at_once() {
    for _ in 0..5 {
        let folder = Folder::new();
        thread::scope(|scope| {
            let open = || scope.spawn(|| folder.open().map(drop));
            let opened: Vec<_> = (0..8).map(|_| open()).collect();
            for opened in opened {
                opened.join().unwrap().unwrap();
            }
        });
    }
}

#[test]
fn a_file_can_be_opened_while_somebody_writes() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    let raw = folder.raw();
    raw.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = folder.open_impatiently().unwrap();
    assert!(store.integrations().unwrap().is_empty());
}

#[test]
fn views_that_are_not_as_they_should_be_are_made_anew() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    let change = "DROP VIEW jobs; DROP VIEW users; CREATE VIEW users AS SELECT 1 AS id";
    folder.raw().execute_batch(change).unwrap();
    drop(folder.open().unwrap());
    for view in ["jobs", "users"] {
        let sql = format!("SELECT remote_id FROM {view}");
        assert!(folder.raw().prepare(&sql).is_ok(), "{view}");
    }
}
