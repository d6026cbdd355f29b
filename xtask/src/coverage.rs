//! The support matrix and the guides: runs the conformance suite and brings docs/support and the
//! folder of each connector up to date.
//!
//! It must not know what the pages say: the suite renders them from its evidence, and this only moves
//! the result. A suite that fails or leaves nothing behind is an error, never an empty matrix.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, ensure};

use crate::{
    generated::{Generated, Mode},
    workspace::{self, Workspace},
};

/// Where the pages lie, each below it under the path by which the suite names it.
const FOLDER: &str = "docs";
const SUPPORT: &str = "support";
const MEND: &str = "cargo xtask coverage";
const OVERVIEW: &str = "support/README.md";

/// Runs the suite and writes the pages, or tells where they are out of date.
pub(crate) fn run(workspace: &Workspace, connector: Option<&str>, mode: Mode) -> Result<()> {
    let fresh = rendered(workspace)?;
    if let Some(connector) = connector {
        ensure!(
            fresh.keys().any(|name| belongs(name, connector)),
            "the suite wrote no page of `{connector}`; it wrote {}",
            fresh.keys().cloned().collect::<Vec<_>>().join(", ")
        );
    }
    let wanted = |name: &str| match connector {
        Some(connector) => name == OVERVIEW || belongs(name, connector),
        None => true,
    };
    let mut generated = Generated::new(workspace, mode, MEND);
    for (name, text) in fresh.iter().filter(|(name, _)| wanted(name)) {
        generated.file(&format!("{FOLDER}/{name}"), text)?;
    }
    for folder in folders(&fresh) {
        for name in present(workspace, &folder)? {
            if wanted(&name) && !fresh.contains_key(&name) {
                generated.surplus(&format!("{FOLDER}/{name}"))?;
            }
        }
        for path in untracked(workspace, &folder)? {
            generated.untracked(&path);
        }
    }
    generated.finish()?;
    println!(
        "the pages of the suite are up to date ({} files)",
        fresh.len()
    );
    Ok(())
}

/// The folders in which everything is generated: that of the matrix, and one for each connector,
/// whether or not it has a guide now.
fn folders(fresh: &BTreeMap<String, String>) -> BTreeSet<String> {
    let connectors = fresh.keys().filter_map(|name| {
        let name = name.strip_prefix(SUPPORT)?.strip_prefix('/')?;
        name.strip_suffix(".json").map(str::to_owned)
    });
    connectors.chain([SUPPORT.to_owned()]).collect()
}

/// Runs the suite in a clean folder and takes what it wrote there.
fn rendered(workspace: &Workspace) -> Result<BTreeMap<String, String>> {
    let folder = workspace.metadata()?.target_directory.join("coverage");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("cannot empty the folder for the matrix")?;
    }
    fs::create_dir_all(&folder).context("cannot make the folder for the matrix")?;
    let mut cargo = workspace.cargo();
    cargo
        .args([
            "test",
            "--package",
            "ats-connectors",
            "--test",
            "conformance",
        ])
        .env("ATS_COVERAGE_DIR", &folder)
        // A run that accepts every snapshot proves nothing.
        .env("INSTA_UPDATE", "no")
        .env_remove("INSTA_FORCE_PASS");
    workspace::run(&mut cargo).context("the matrix is written from a green suite only")?;
    let files = read_all(&folder)?;
    ensure!(
        files.contains_key(OVERVIEW) && files.len() > 1,
        "the suite passed but wrote no matrix to {}",
        folder.display()
    );
    Ok(files)
}

/// The files of a folder and of those in it, by their path below it.
fn read_all(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            let inner = read_all(&entry.path())?;
            files.extend(
                inner
                    .into_iter()
                    .map(|(path, text)| (format!("{name}/{path}"), text)),
            );
            continue;
        }
        let text =
            fs::read_to_string(entry.path()).with_context(|| format!("cannot read {name}"))?;
        files.insert(name, text);
    }
    Ok(files)
}

fn present(workspace: &Workspace, folder: &str) -> Result<Vec<String>> {
    let path = workspace.path(FOLDER).join(folder);
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let files = read_all(&path)?.into_keys();
    Ok(files.map(|name| format!("{folder}/{name}")).collect())
}

fn untracked(workspace: &Workspace, folder: &str) -> Result<Vec<String>> {
    let folder = format!("{FOLDER}/{folder}");
    let listed = workspace.git(&["ls-files", "--others", "--exclude-standard", "--", &folder])?;
    Ok(listed.lines().map(str::to_owned).collect())
}

/// Whether a file is a page of the connector: `support/ashby.md`, `ashby/README.md`.
fn belongs(name: &str, connector: &str) -> bool {
    match name.split_once('/') {
        Some((SUPPORT, page)) => page
            .split_once('.')
            .is_some_and(|(stem, _)| stem == connector),
        Some((folder, _)) => folder == connector,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_belongs_to_the_connector_that_it_is_named_for() {
        assert!(belongs("support/ashby.json", "ashby"));
        assert!(belongs("ashby/README.md", "ashby"));
        assert!(!belongs("support/ashby-two.json", "ashby"));
        assert!(!belongs("support/ashby", "ashby"));
        assert!(!belongs("ashby-two/README.md", "ashby"));
    }

    #[test]
    fn a_folder_is_known_although_nothing_is_written_to_it_any_more() {
        let fresh = ["support/README.md", "support/a.json", "support/a.md"];
        let fresh = fresh.map(|name| (name.to_owned(), String::new()));
        assert_eq!(
            Vec::from_iter(folders(&fresh.into())),
            ["a".to_owned(), "support".to_owned()]
        );
    }

    #[test]
    fn files_of_folders_are_found_by_their_path() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b.md"), "text").unwrap();
        let files = read_all(folder.path()).unwrap();
        assert_eq!(files, BTreeMap::from([("a/b.md".into(), "text".into())]));
    }
}
