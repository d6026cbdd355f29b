//! One writer for an integration, and rights by name beside it.

use std::sync::atomic::{AtomicU32, Ordering};

use ats_store::{Error, Store};

use super::mirror::Mirror;

pub(crate) fn a_second_taker_is_told_who_has_it(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    let guard = store.lock(&mirror.id, "pass 7, process 42").unwrap();
    match store.lock(&mirror.id, "somebody else") {
        Err(Error::Busy { holder }) => assert_eq!(holder, "pass 7, process 42"),
        other => panic!("{other:?}"),
    }
    let theirs = store.lock(&other.id, "another one").unwrap();
    drop(guard);
    let guard = store.lock(&mirror.id, "b").unwrap();
    match store.lock(&mirror.id, "c") {
        Err(Error::Busy { holder }) => assert_eq!(holder, "b", "nothing of who had it before"),
        other => panic!("{other:?}"),
    }
    drop((guard, theirs));
    assert!(store.lock(&mirror.id, "d").is_ok());
}

fn is_busy(store: &dyn Store, mirror: &Mirror<'_>, name: &str) -> bool {
    match store.lock_named(&mirror.id, name, "one that tries") {
        Ok(_) => false,
        Err(Error::Busy { .. }) => true,
        Err(other) => panic!("{other:?}"),
    }
}

pub(crate) fn rights_by_name_stand_beside_each_other(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    let whole = store.lock(&mirror.id, "a pass").unwrap();
    let held = store.lock_named(&mirror.id, "a", "process 42").unwrap();
    match store.lock_named(&mirror.id, "a", "somebody else") {
        Err(Error::Busy { holder }) => assert_eq!(holder, "process 42"),
        other => panic!("{other:?}"),
    }
    assert!(!is_busy(store, &mirror, "b"), "another name");
    assert!(!is_busy(store, &other, "a"), "another integration");
    drop(whole);
    assert!(is_busy(store, &mirror, "a"), "it is not the pass's");
    drop(held);
    assert!(!is_busy(store, &mirror, "a"), "it is let go");
}

/// Were two names one right, whoever holds the one and waits for the other would wait for itself.
pub(crate) fn one_holder_may_take_as_many_names_as_it_likes(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let names = (0..200).map(|number| format!("notes of {number}"));
    let held: Vec<_> = names
        .map(|name| store.lock_named(&mirror.id, &name, "us").unwrap())
        .collect();
    assert!(is_busy(store, &mirror, "notes of 7"));
    drop(held);
    assert!(!is_busy(store, &mirror, "notes of 7"));
}

pub(crate) fn a_right_that_passes_from_one_to_another_has_one_holder_at_a_time(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let (holders, turns) = (AtomicU32::new(0), AtomicU32::new(0));
    let id = &mirror.id;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while turns.load(Ordering::SeqCst) < 400 {
                    match store.lock_named(id, "one", "a thread") {
                        Ok(guard) => {
                            assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                            turns.fetch_add(1, Ordering::SeqCst);
                            assert_eq!(holders.fetch_sub(1, Ordering::SeqCst), 1);
                            drop(guard);
                        }
                        Err(Error::Busy { .. }) => std::thread::yield_now(),
                        Err(other) => panic!("{other:?}"),
                    }
                }
            });
        }
    });
}
