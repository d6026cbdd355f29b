//! The suite on SQLite, a fresh file for each test; and what only a file can do.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

#[macro_use]
mod suite;

#[path = "sqlite/child.rs"]
mod child;
#[path = "sqlite/erasing.rs"]
mod erasing;
#[path = "sqlite/opening.rs"]
mod opening;
#[path = "sqlite/views.rs"]
mod views;
#[path = "sqlite/writing.rs"]
mod writing;

use std::{path::PathBuf, time::Duration};

use ats_store::{
    Platform, Result, Store,
    sqlite::{Options, SqliteStore},
};
use tempfile::TempDir;

fn on_a_fresh_file(test: fn(&dyn Store)) {
    let folder = Folder::new();
    test(&folder.open().unwrap());
}

store_suite!(on_a_fresh_file);

fn on_a_fresh_platform(test: fn(&dyn Platform)) {
    let folder = Folder::new();
    test(&folder.open().unwrap());
}

platform_suite!(on_a_fresh_platform);

/// A folder with a database in it.
#[derive(Debug)]
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("ats.db")
    }

    fn open(&self) -> Result<SqliteStore> {
        SqliteStore::open(&self.file())
    }

    /// Opens it for somebody who waits for nobody.
    fn open_impatiently(&self) -> Result<SqliteStore> {
        let options = Options {
            patience: Duration::ZERO,
            ..Options::default()
        };
        SqliteStore::open_with(&self.file(), &options)
    }

    /// The file for somebody who knows nothing of us.
    fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).unwrap()
    }
}
