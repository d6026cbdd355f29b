//! The end-to-end tests: installs into the target folder what they use from npm and PyPI, and runs
//! them so that nothing may be left out.
//!
//! It must not know what is tested; that stands in `crates/ats-cli/tests/e2e`.

use std::{env, fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use crate::workspace::{self, Workspace};

/// Where the lists of packages lie.
const SOURCES: &str = "crates/ats-cli/tests/e2e";

/// The variable that lets nothing be left out.
pub(crate) const REQUIRE: (&str, &str) = ("ATS_E2E", "require");

/// What must be on the machine, each by the names that it goes by.
const PROGRAMS: &[&[&str]] = &[
    &["node"],
    &["npm"],
    &["python3"],
    &["chromium", "chromium-browser", "google-chrome"],
];

/// Installs what is missing and runs the suite, or what of it has this in its name.
pub(crate) fn run(workspace: &Workspace, filter: Option<&str>) -> Result<()> {
    install(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--package", "ats-cli", "--test", "e2e", "--"]);
    cargo.args(filter).env(REQUIRE.0, REQUIRE.1);
    workspace::run(&mut cargo)
}

/// Installs what is missing, into the target folder.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    for names in PROGRAMS {
        ensure!(
            names.iter().any(|name| is_there(name)),
            "`{}` is not there; docs/development.md tells how to install it",
            names.join("` or `")
        );
    }
    let folder = workspace.metadata()?.target_directory.join("e2e");
    let node = folder.join("node");
    let lock = workspace.read(&format!("{SOURCES}/package-lock.json"))?;
    once(&node, &lock, || {
        for file in ["package.json", "package-lock.json"] {
            let from = workspace.path(&format!("{SOURCES}/{file}"));
            fs::copy(from, node.join(file)).with_context(|| format!("cannot copy {file}"))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        workspace::run(npm.current_dir(&node))
    })?;
    let python = folder.join("python");
    let requirements = format!("{SOURCES}/requirements.txt");
    let lock = workspace.read(&requirements)?;
    once(&python, &lock, || {
        let mut venv = Command::new("python3");
        workspace::run(venv.args(["-m", "venv"]).arg(&python))?;
        let mut pip = Command::new(python.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet"]);
        pip.args(["--disable-pip-version-check", "--require-hashes", "-r"]);
        workspace::run(pip.arg(workspace.path(&requirements)))
    })
}

/// Does it unless it was done with the same list of packages.
fn once(folder: &Path, lock: &str, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let mark = folder.join("installed.lock");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    println!("installing into {}", folder.display());
    install()?;
    fs::write(&mark, lock).with_context(|| format!("cannot write {}", mark.display()))
}

fn is_there(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_installed_by_the_same_list_is_not_installed_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("packages");
        let mut times = 0;
        for lock in ["1", "1", "2"] {
            once(&folder, lock, || {
                times += 1;
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(times, 2);
        let failed = once(&folder, "3", || anyhow::bail!("no network"));
        assert!(failed.is_err());
        once(&folder, "3", || {
            times += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(times, 3, "what failed is tried again");
    }
}
