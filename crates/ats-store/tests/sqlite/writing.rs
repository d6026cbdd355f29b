//! Writing where something stands in the way: another process, a full disk, a sudden end.

use std::thread;

use ats_core::ModelKind;
use ats_store::{
    Error, PageCommit, Store,
    sqlite::{Options, SqliteStore},
};

use crate::{
    Folder, child,
    suite::{
        build::{bundle, candidate, hash_of, integration},
        mirror::Mirror,
    },
};

fn page(mirror: &Mirror<'_>, walk: i64, size: usize) -> PageCommit {
    // Nothing that could be compressed.
    let text = |id: usize| -> String {
        let parts = (0..25).flat_map(|part| hash_of(&format!("{id} {part}")));
        parts.map(|byte| format!("{byte:02x}")).collect()
    };
    let row = |id: usize| {
        let shown = candidate(&id.to_string()).with("title", text(id));
        bundle(&id.to_string(), &text(id)).gives(shown)
    };
    let page = mirror.page("candidates").list((0..size).map(row).collect());
    page.goes_on(walk, "next").into_inner()
}

/// What a walk has, by what it counted and by what is there.
fn there(store: &dyn Store) -> (u64, u64, u64) {
    let id = integration("first").id;
    let walk = &store.passes(&id, 1).unwrap()[0].walks[0];
    let counts = store.counts(&id).unwrap();
    let live = counts
        .get(&ModelKind::Candidate)
        .map_or(0, |count| count.live);
    (
        walk.rows,
        store.count_bundles(&id, "candidates").unwrap(),
        live,
    )
}

#[test]
fn a_database_that_somebody_else_writes_to_is_locked_until_they_are_done() {
    let folder = Folder::new();
    let store = folder.open_impatiently().unwrap();
    let mirror = Mirror::new(&store);
    let walk = mirror.walk("candidates");
    let page = page(&mirror, walk, 3);
    let raw = folder.raw();
    raw.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.commit(std::slice::from_ref(&page));
    assert!(matches!(refused, Err(Error::Locked)), "{refused:?}");
    assert_eq!(there(&store), (0, 0, 0), "readers see what was there");
    raw.execute_batch("ROLLBACK").unwrap();
    store.commit(&[page]).unwrap();
    assert_eq!(there(&store), (3, 3, 3));
}

#[test]
fn a_writer_waits_for_another_one_that_is_quick() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let mirror = Mirror::new(&store);
    let raw = folder.raw();
    raw.execute_batch("BEGIN IMMEDIATE").unwrap();
    thread::scope(|scope| {
        let writes = scope.spawn(|| store.track(&mirror_id(), &[], &[]));
        raw.execute_batch("COMMIT").unwrap();
        writes.join().unwrap().unwrap();
    });
    drop(mirror);
}

fn mirror_id() -> ats_core::IntegrationId {
    integration("first").id
}

#[test]
fn a_full_disk_keeps_what_was_committed_and_nothing_of_the_rest() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    let options = Options {
        most_pages: Some(120),
        ..Options::default()
    };
    let store = SqliteStore::open_with(&folder.file(), &options).unwrap();
    let mirror = Mirror::new(&store);
    let walk = mirror.walk("candidates");
    store.commit(&[page(&mirror, walk, 10)]).unwrap();
    let large = page(&mirror, walk, 2000);
    let refused = store.commit(std::slice::from_ref(&large));
    assert!(matches!(refused, Err(Error::DiskFull)), "{refused:?}");
    assert_eq!(there(&store), (10, 10, 10));
    let check: String = folder
        .raw()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    drop(store);
    // There is room again: the run goes on where it stopped.
    let store = folder.open().unwrap();
    store.commit(&[large]).unwrap();
    assert_eq!(there(&store), (2010, 2000, 2000));
}

#[test]
fn a_file_that_cannot_even_be_made_on_a_full_disk_says_so() {
    let folder = Folder::new();
    let raw = folder.raw();
    raw.pragma_update(None, "max_page_count", 2).unwrap();
    let failed = raw.execute_batch("CREATE TABLE a (b); CREATE TABLE c (d)");
    let failed = Error::from(failed.unwrap_err());
    assert!(matches!(failed, Error::DiskFull), "{failed:?}");
}

#[test]
fn two_stores_on_one_file_write_by_turns() {
    let folder = Folder::new();
    let (left, right) = (folder.open().unwrap(), folder.open().unwrap());
    let write = |store: &SqliteStore, name: &str| {
        let mirror = Mirror::named(store, name);
        let walk = mirror.walk("candidates");
        for number in 0..30 {
            let id = format!("{name} {number}");
            mirror.put("candidates", walk, [bundle(&id, "").gives(candidate(&id))]);
            assert!(mirror.get(ModelKind::Candidate, &id).is_some());
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| write(&left, "left"));
        scope.spawn(|| write(&right, "right"));
        scope.spawn(|| write(&left, "left too"));
    });
    for name in ["left", "right", "left too"] {
        let count = right.count_bundles(&integration(name).id, "candidates");
        assert_eq!(count.unwrap(), 30, "{name}");
    }
}

#[test]
fn a_process_that_is_killed_leaves_whole_pages() {
    let folder = Folder::new();
    let mut child = child::start("commits_for_ever", &folder.file());
    assert_eq!(child::hear(&mut child), "committing");
    let store = folder.open().unwrap();
    let id = integration("first").id;
    while store.count_bundles(&id, "candidates").unwrap() < 50 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    drop(store);

    let store = folder.open().unwrap();
    let walk = store.passes(&id, 1).unwrap().remove(0).walks.remove(0);
    let commits: u64 = walk.cursor.unwrap().0.parse().unwrap();
    assert!(commits >= 5);
    assert_eq!((walk.pages, walk.rows), (commits, commits * 10));
    assert_eq!(there(&store), (commits * 10, commits * 10, commits * 10));
    let tally = store.passes(&id, 1).unwrap()[0].tallies[&ModelKind::Candidate];
    assert_eq!(tally.created, commits * 10);
    let check: String = folder
        .raw()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
}

#[test]
fn a_lock_ends_with_its_process_however_that_ends() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let mirror = Mirror::new(&store);
    let mut child = child::start("locks_and_waits", &folder.file());
    assert_eq!(child::hear(&mut child), "locked");
    match store.lock(&mirror.id, "us") {
        Err(Error::Busy { holder }) => assert_eq!(holder, "the other process"),
        other => panic!("{other:?}"),
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(store.lock(&mirror.id, "us").is_ok());
}

#[test]
fn a_lock_is_the_same_by_whatever_name_the_file_is_called() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let mirror = Mirror::new(&store);
    let _guard = store.lock(&mirror.id, "us").unwrap();
    let link = folder.0.path().join("link.db");
    std::os::unix::fs::symlink(folder.file(), &link).unwrap();
    let around = folder.0.path().join(".").join("ats.db");
    for path in [link, around] {
        let other = SqliteStore::open(&path).unwrap();
        let refused = other.lock(&mirror.id, "them");
        assert!(matches!(refused, Err(Error::Busy { .. })), "{path:?}");
    }
}
