//! What can go wrong with a store, in words that tell a person what to do.
//!
//! It never holds a value of a record, nor a secret.

use std::path::PathBuf;

/// What every method of a store gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the store could not do it. Nothing was half done: a transaction holds or it does not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is something else than a database.
    #[error("{path} is not a database of unified-ats; name another file with --database")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database was written by a version that knows more migrations than this one.
    #[error(
        "the database is of schema version {found}, and this program knows up to {known}; \
         use the newer program that wrote it"
    )]
    NewerVersion {
        /// The version in the file.
        found: i64,
        /// The highest version this program knows.
        known: i64,
    },
    /// Another process writes and does not let go.
    #[error(
        "the database is locked by another process that is writing; wait until it is done and try again"
    )]
    Locked,
    /// The file, or the folder it lies in, cannot be written.
    #[error(
        "the database cannot be written: the file or its folder is read-only; \
         change the permissions or name another file with --database"
    )]
    ReadOnly,
    /// There is no room left.
    #[error(
        "the disk is full; nothing of the last page was kept. Make room and run the command again: \
         it carries on where it stopped"
    )]
    DiskFull,
    /// Another pass of the same integration is under way.
    #[error("another pass of this integration is running ({holder}); wait for it or stop it")]
    Busy {
        /// What the holder says about itself.
        holder: String,
    },
    /// The database URL is none that this program understands.
    #[error("`{url}` is no database; write it as sqlite://FILE, such as sqlite://ats.db")]
    UnknownUrl {
        /// What was given, without any password.
        url: String,
    },
    /// The database, or a part of it, does not hold what it should.
    #[error(
        "the database is damaged: {what}; restore a copy, or read the vendor again into a new file"
    )]
    Damaged {
        /// What is wrong.
        what: String,
    },
    /// The keys for credentials.
    #[error(transparent)]
    Vault(#[from] crate::vault::Error),
    /// Reading or writing a file failed.
    #[error("cannot {what} {path}")]
    File {
        /// What was tried, such as `create`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database refused for a reason that none of the others names.
    #[error("the database failed")]
    Database {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no such integration.
    #[error("there is no integration `{id}`")]
    UnknownIntegration {
        /// What was asked for.
        id: String,
    },
}
