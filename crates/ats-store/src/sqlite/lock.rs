//! One writer for an integration: a lock on a file beside the database.
//!
//! The system lets go of it when the process ends, however it ends, so there is no stale lock to
//! clean up and no time to wait for.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::{Error, Guard, Result};

#[derive(Debug)]
struct Held {
    file: File,
}

impl Guard for Held {}

impl Drop for Held {
    fn drop(&mut self) {
        // The file stays: taking it away would let two others lock two different files.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// Takes the lock of the integration with this key, or another one of that name, or tells who has
/// it.
pub(super) fn take(
    database: &Path,
    integration: i64,
    name: Option<&str>,
    holder: &str,
) -> Result<Box<dyn Guard>> {
    let path = path(database, integration, name);
    let failed = |what, source| Error::File {
        what,
        path: path.clone(),
        source,
    };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
            Error::ReadOnly
        }
        _ => failed("open the lock file", source),
    })?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.take(500).read_to_string(&mut holder);
            let holder = match holder.trim() {
                "" => "it has just begun".to_owned(),
                holder => holder.to_owned(),
            };
            return Err(Error::Busy { holder });
        }
        Err(TryLockError::Error(source)) => return Err(failed("lock", source)),
    }
    let mut write = || {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(holder.as_bytes())
    };
    write().map_err(|source| match source.kind() {
        std::io::ErrorKind::StorageFull => Error::DiskFull,
        _ => failed("write", source),
    })?;
    Ok(Box::new(Held { file }))
}

fn path(database: &Path, integration: i64, name: Option<&str>) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(match name {
        None => format!("-{integration}.lock"),
        Some(name) => format!("-{integration}-{}.lock", place(name)),
    });
    PathBuf::from(path)
}

/// Names come from callers, so only a few places are made of them: files stay, and two names that
/// share a place only wait for each other.
fn place(name: &str) -> u64 {
    const PLACES: u64 = 64;
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(name, &mut hasher);
    std::hash::Hasher::finish(&hasher) % PLACES
}
