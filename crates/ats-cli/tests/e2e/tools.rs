//! What the suite needs beside Rust, and where it lies.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Once,
};

use libtest_mimic::{Completion, Failed, Trial};

/// One thing that a trial cannot do without.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Need {
    Node,
    Python,
    Chromium,
}

/// What there is on this machine.
#[derive(Debug)]
pub(crate) struct Tools {
    folder: PathBuf,
    chromium: Option<PathBuf>,
    node: Option<PathBuf>,
    required: bool,
    copied: Once,
}

impl Tools {
    pub(crate) fn look() -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let chromium = ["chromium", "chromium-browser", "google-chrome"];
        Self {
            folder: target.join("e2e"),
            chromium: chromium.iter().find_map(|name| in_path(name)),
            node: in_path("node"),
            required: env::var_os("ATS_E2E").is_some_and(|word| word == "require"),
            copied: Once::new(),
        }
    }

    /// A trial that needs these.
    pub(crate) fn trial(
        &self,
        name: &str,
        needs: &[Need],
        run: impl FnOnce() -> Result<(), Failed> + Send + 'static,
    ) -> Trial {
        let missing = needs.iter().find_map(|need| self.missing(*need));
        let required = self.required;
        Trial::ignorable_test(name, move || match missing {
            Some(reason) if required => Err(reason.into()),
            Some(reason) => Ok(Completion::ignored_with(reason)),
            None => run().map(|()| Completion::Completed),
        })
    }

    fn missing(&self, need: Need) -> Option<&'static str> {
        let is_there = match need {
            Need::Node => self.node.is_some() && self.node_folder().join("node_modules").is_dir(),
            Need::Python => self.python().is_file(),
            Need::Chromium => self.chromium.is_some(),
        };
        let reason = match need {
            Need::Node => "Node.js or its packages are not there: cargo xtask e2e",
            Need::Python => "the Python packages are not there: cargo xtask e2e",
            Need::Chromium => "Chromium is not there: docs/development.md tells how to install it",
        };
        (!is_there).then_some(reason)
    }

    pub(crate) fn node(&self) -> &Path {
        self.node.as_deref().expect("asked for")
    }

    pub(crate) fn chromium(&self) -> &Path {
        self.chromium.as_deref().expect("asked for")
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.python_folder().join("python")
    }

    /// Where the programs of the Python packages lie.
    pub(crate) fn python_folder(&self) -> PathBuf {
        self.folder.join("python/bin")
    }

    fn node_folder(&self) -> PathBuf {
        self.folder.join("node")
    }

    /// Where screenshots and logs are kept.
    pub(crate) fn kept(&self, name: &str) -> PathBuf {
        fs::create_dir_all(&self.folder).unwrap();
        self.folder.join(name)
    }

    /// A script beside the packages that it imports: Node.js looks for them above the script.
    pub(crate) fn script(&self, path: &str) -> PathBuf {
        self.copied.call_once(|| {
            for folder in ["sdk", "browser"] {
                self.copy_scripts(&sources().join(folder));
            }
        });
        let name = Path::new(path).file_name().unwrap();
        self.node_folder().join(name)
    }

    fn copy_scripts(&self, from: &Path) {
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            if entry.path().extension().is_some_and(|kind| kind == "mjs") {
                fs::copy(entry.path(), self.node_folder().join(entry.file_name())).unwrap();
            }
        }
    }
}

/// Where the scripts of this suite lie.
pub(crate) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e")
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
