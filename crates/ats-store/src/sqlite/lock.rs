//! One writer for an integration, and one holder of each right by name: locks on files beside the
//! database.
//!
//! The system lets go of a lock when the process ends, however it ends, so there is no stale lock to
//! clean up and no time to wait for.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use same_file::Handle;
use sha2::{Digest, Sha256};

use crate::{Error, Guard, Result};

#[derive(Debug)]
struct Held {
    file: File,
    path: PathBuf,
    /// There are as many names as callers make up, so their files do not stay.
    goes: bool,
}

impl Guard for Held {}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
        if self.goes {
            // While it is still locked: whoever opened it meanwhile notices that it is another one.
            let _ = fs::remove_file(&self.path);
        }
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
    loop {
        let file = locked(&path)?;
        if is_at(&file, &path) {
            let mut held = Held {
                file,
                path,
                goes: name.is_some(),
            };
            held.say(holder)?;
            return Ok(Box::new(held));
        }
        // Whoever had it took the file away between our opening and our locking it.
    }
}

/// Whether this file is still the one at the path.
fn is_at(file: &File, path: &Path) -> bool {
    let ours = file.try_clone().and_then(Handle::from_file);
    ours.is_ok_and(|ours| Handle::from_path(path).is_ok_and(|there| there == ours))
}

/// The file at the path, made if need be and locked.
fn locked(path: &Path) -> Result<File> {
    let failed = |what, source| Error::File {
        what,
        path: path.to_owned(),
        source,
    };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
            Error::ReadOnly
        }
        _ => failed("open the lock file", source),
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.take(500).read_to_string(&mut holder);
            let holder = match holder.trim() {
                "" => "it has just begun".to_owned(),
                holder => holder.to_owned(),
            };
            Err(Error::Busy { holder })
        }
        Err(TryLockError::Error(source)) => Err(failed("lock", source)),
    }
}

impl Held {
    fn say(&mut self, holder: &str) -> Result<()> {
        let mut write = || {
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(holder.as_bytes())
        };
        write().map_err(|source| match source.kind() {
            std::io::ErrorKind::StorageFull => Error::DiskFull,
            _ => Error::File {
                what: "write",
                path: self.path.clone(),
                source,
            },
        })
    }
}

fn path(database: &Path, integration: i64, name: Option<&str>) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(match name {
        None => format!("-{integration}.lock"),
        Some(name) => format!("-{integration}-{}.lock", place(name)),
    });
    PathBuf::from(path)
}

/// A file name for any name. No two names share one: whoever holds one and waits for the other would
/// wait for itself.
fn place(name: &str) -> String {
    let digest = Sha256::digest(name);
    digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Takes away the files of rights by name whose holders died.
pub(super) fn forget(database: &Path, integration: i64) {
    let (Some(folder), Some(file)) = (database.parent(), database.file_name()) else {
        return;
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let start = format!("{}-{integration}-", file.to_string_lossy());
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&start) && name.ends_with(".lock") {
            let _ = fs::remove_file(entry.path());
        }
    }
}
