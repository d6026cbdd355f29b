//! The support matrix: runs the conformance suite and brings docs/support up to date.
//!
//! It must not know what the matrix says: the suite renders it from its evidence, and this only
//! moves the result. A suite that fails or leaves nothing behind is an error, never an empty matrix.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};

use crate::{
    generated::{Generated, Mode},
    workspace::{self, Workspace},
};

const FOLDER: &str = "docs/support";
const MEND: &str = "cargo xtask coverage";
const OVERVIEW: &str = "README.md";

/// Runs the suite and writes the matrix, or tells where it is out of date.
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
    for name in present(workspace)? {
        if wanted(&name) && !fresh.contains_key(&name) {
            generated.surplus(&format!("{FOLDER}/{name}"))?;
        }
    }
    for path in untracked(workspace)? {
        generated.untracked(&path);
    }
    generated.finish()?;
    println!("{FOLDER} is up to date ({} files)", fresh.len());
    Ok(())
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

fn read_all(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let text =
            fs::read_to_string(entry.path()).with_context(|| format!("cannot read {name}"))?;
        files.insert(name, text);
    }
    Ok(files)
}

fn present(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.path(FOLDER);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    Ok(read_all(&folder)?.into_keys().collect())
}

fn untracked(workspace: &Workspace) -> Result<Vec<String>> {
    let listed = workspace.git(&["ls-files", "--others", "--exclude-standard", "--", FOLDER])?;
    Ok(listed.lines().map(str::to_owned).collect())
}

/// Whether a file is a page of the connector: `ashby.md`, `ashby.json`, `ashby.html`.
fn belongs(name: &str, connector: &str) -> bool {
    name.split_once('.')
        .is_some_and(|(stem, _)| stem == connector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_belongs_to_the_connector_that_it_is_named_for() {
        assert!(belongs("ashby.json", "ashby"));
        assert!(!belongs("ashby-two.json", "ashby"));
        assert!(!belongs("ashby", "ashby"));
    }
}
