//! Making room for the demo's database: an earlier demo is taken away, anything else is left alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use ats_store::{Integration, vault::key_file};

use super::{NAME, served::SECOND};
use crate::{
    context::{Context, Global, database_file},
    exit::usage,
};

/// Takes an earlier demo away.
pub(super) fn clear(global: &Global) -> Result<()> {
    let database = database_file(global.database())?;
    if !database.exists() {
        return remove_all(&database);
    }
    let context = Context::open_or_create(database.clone(), global.json)?;
    let all = context.store.integrations()?;
    if let Some(other) = all.iter().find(|one| !is_demo(one)) {
        return Err(usage(
            "not_a_demo",
            format!(
                "{} holds `{}`, which is no demo, and is left alone; \
                 name another file with --database",
                database.display(),
                other.name
            ),
        ));
    }
    // Nobody takes a file away under a demo that still runs.
    let locks: Vec<_> = all
        .iter()
        .map(|one| context.store.lock(&one.id, "a new demo begins"))
        .collect::<Result<_, _>>()?;
    drop(locks);
    drop(context);
    remove_all(&database)
}

/// Whether an integration is what an earlier demo left.
fn is_demo(one: &Integration) -> bool {
    let address = one.base_url.as_deref().unwrap_or_default();
    let is_named = one.name == NAME || one.name == SECOND;
    is_named && address.starts_with("http://127.0.0.1:")
}

/// Removes the database and what lies beside it: its log, its locks and its key.
fn remove_all(database: &Path) -> Result<()> {
    for file in
        files_of(database).with_context(|| format!("cannot look at {}", database.display()))?
    {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| {
                    format!("cannot take the earlier demo away: {}", file.display())
                });
            }
            _ => {}
        }
    }
    Ok(())
}

fn files_of(database: &Path) -> io::Result<Vec<PathBuf>> {
    let with = |ending: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let mut files = vec![
        database.to_owned(),
        with("-wal"),
        with("-shm"),
        key_file(database),
    ];
    let folder = match database.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let Some(name) = database.file_name().and_then(|name| name.to_str()) else {
        return Ok(files);
    };
    if !folder.exists() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let beside = entry.file_name();
        let number = beside.to_str().and_then(|beside| {
            beside
                .strip_prefix(name)?
                .strip_prefix('-')?
                .strip_suffix(".lock")
        });
        if number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
            files.push(entry.path());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_belongs_to_the_database_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let own = [
            "a.db",
            "a.db-wal",
            "a.db-shm",
            "a.db.key",
            "a.db-1.lock",
            "a.db-12.lock",
        ];
        let others = ["a.db-x.lock", "b.db", "a.db.bak", "ba.db-1.lock"];
        for name in own.iter().chain(&others) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_all(&folder.path().join("a.db")).unwrap();
        let left = |name: &&str| folder.path().join(name).exists();
        assert_eq!(own.iter().filter(|name| left(name)).count(), 0);
        assert_eq!(
            others.iter().filter(|name| left(name)).count(),
            others.len()
        );
    }
}
