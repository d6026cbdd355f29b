//! The suite on SQLite, a fresh file for each test.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

#[macro_use]
mod suite;

use ats_store::{Store, sqlite::SqliteStore};

fn on_a_fresh_file(test: fn(&dyn Store)) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("ats.db")).unwrap();
    test(&store);
}

store_suite!(on_a_fresh_file);
