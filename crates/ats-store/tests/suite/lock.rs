//! One writer for an integration.

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
