//! SQLite's errors, in terms of what a person can do about them.

use std::path::Path;

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
        Some(ErrorCode::CannotOpen) => Error::File {
            what: "open",
            path: path.to_owned(),
            source: std::io::Error::other(error),
        },
        _ => error.into(),
    }
}
