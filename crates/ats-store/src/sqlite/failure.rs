//! SQLite's errors, in terms of what a person can do about them.

use std::{fs::OpenOptions, io, path::Path};

use rusqlite::ErrorCode;

use crate::Error;

/// The shared-memory file of the write-ahead log could not be made larger: there is no room.
const NO_ROOM_FOR_SHARED_MEMORY: i32 = 4874;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(cause, _) = &error else {
            return Self::Database {
                source: Box::new(error),
            };
        };
        match cause.code {
            _ if cause.extended_code == NO_ROOM_FOR_SHARED_MEMORY => Self::DiskFull,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Locked,
            ErrorCode::ReadOnly => Self::ReadOnly,
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::DatabaseCorrupt => Self::Damaged {
                what: error.to_string(),
            },
            _ => Self::Database {
                source: Box::new(error),
            },
        }
    }
}

/// An error met while a file is opened or looked at for the first time.
pub(super) fn opening(path: &Path, error: rusqlite::Error) -> Error {
    let code = match &error {
        rusqlite::Error::SqliteFailure(cause, _) => Some(cause.code),
        _ => None,
    };
    match code {
        Some(ErrorCode::NotADatabase) => Error::NotADatabase {
            path: path.to_owned(),
        },
        Some(ErrorCode::CannotOpen) => cannot_open(path, error),
        _ => error.into(),
    }
}

/// SQLite does not say why it cannot open a file; the system does.
fn cannot_open(path: &Path, error: rusqlite::Error) -> Error {
    let written = OpenOptions::new().append(true).open(path);
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let source = match written.map_err(|refused| refused.kind()) {
        Err(io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied) => {
            return Error::ReadOnly;
        }
        // It is not there yet, and a file system that is read-only would have refused to make it.
        Err(io::ErrorKind::NotFound) if folder.is_some_and(|folder| !folder.exists()) => {
            io::Error::other(
                "its folder is not there; make it, or name another file with --database",
            )
        }
        Err(io::ErrorKind::NotFound) => return Error::ReadOnly,
        _ => io::Error::other(error),
    };
    Error::File {
        what: "open",
        path: path.to_owned(),
        source,
    }
}

/// An error of a migration: what the database said, where it said something.
pub(super) fn migrating(error: refinery::Error) -> Error {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(cause) = source {
        if let Some(rusqlite::Error::SqliteFailure(code, message)) = cause.downcast_ref() {
            return rusqlite::Error::SqliteFailure(*code, message.clone()).into();
        }
        source = cause.source();
    }
    Error::Database {
        source: Box::new(error),
    }
}
