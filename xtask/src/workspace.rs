//! Where the workspace is, which files it has, and how to run cargo in it.
//!
//! It knows git and cargo and nothing about what is checked or generated.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// The workspace on disk.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// Its top folder.
    pub(crate) root: PathBuf,
}

/// What cargo tells about the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    /// The crates of the workspace.
    pub(crate) packages: Vec<Package>,
    /// Where build results go.
    pub(crate) target_directory: PathBuf,
}

/// A crate of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// What it depends on.
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a crate's dependencies.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// Name of the package.
    pub(crate) name: String,
    /// `None` for a normal dependency, otherwise `dev` or `build`.
    pub(crate) kind: Option<String>,
}

impl Workspace {
    /// The workspace that this program belongs to.
    pub(crate) fn here() -> Result<Self> {
        // Cargo sets the variable when it runs us; the compiled-in value serves a direct start.
        let manifest = env::var("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let root = Path::new(&manifest)
            .parent()
            .context("xtask lies in no workspace")?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// The path of a file, given relative to the top.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The text of a file.
    pub(crate) fn read(&self, relative: &str) -> Result<String> {
        fs::read_to_string(self.path(relative)).with_context(|| format!("cannot read {relative}"))
    }

    /// Writes a file, and the folders on the way to it.
    pub(crate) fn write(&self, relative: &str, text: &str) -> Result<()> {
        let path = self.path(relative);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        fs::write(path, text).with_context(|| format!("cannot write {relative}"))
    }

    /// All files that git would keep: tracked ones and new ones that nothing ignores.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let listed = self.git(&[
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])?;
        let mut files: Vec<String> = listed
            .split('\0')
            .filter(|file| !file.is_empty())
            .map(str::to_owned)
            .collect();
        files.retain(|file| self.path(file).is_file());
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// The text files among [`Workspace::files`], with their text.
    pub(crate) fn texts(&self) -> Result<BTreeMap<String, String>> {
        let mut texts = BTreeMap::new();
        for file in self.files()? {
            let bytes =
                fs::read(self.path(&file)).with_context(|| format!("cannot read {file}"))?;
            if let Ok(text) = String::from_utf8(bytes) {
                texts.insert(file, text);
            }
        }
        Ok(texts)
    }

    /// A copy of the files that git would keep, in a new folder.
    pub(crate) fn copy_to(&self, root: PathBuf) -> Result<Self> {
        let copy = Self { root };
        for file in self.files()? {
            let to = copy.path(&file);
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::copy(self.path(&file), &to).with_context(|| format!("cannot copy {file}"))?;
        }
        Ok(copy)
    }

    /// What a git command prints.
    pub(crate) fn git(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(&self.root)
            .output()
            .context("cannot run git")?;
        ensure!(
            output.status.success(),
            "git {} failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        String::from_utf8(output.stdout).context("git printed something that is not UTF-8")
    }

    /// A cargo command, to be run at the top.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
        command
            .current_dir(&self.root)
            .env_remove("CARGO_MANIFEST_DIR");
        command
    }

    /// What cargo tells about the workspace.
    pub(crate) fn metadata(&self) -> Result<Metadata> {
        let output = self
            .cargo()
            .args([
                "metadata",
                "--format-version",
                "1",
                "--no-deps",
                "--offline",
            ])
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run cargo metadata")?;
        ensure!(output.status.success(), "cargo metadata failed");
        serde_json::from_slice(&output.stdout).context("cannot read what cargo metadata printed")
    }
}

/// Runs a command with its output shown, and fails when it does.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .status()
        .with_context(|| format!("cannot run `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed");
    }
    Ok(())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_stem()
        .unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
