//! What no compiler checks. Each rule looks at one file, or at the crates and their arrows.
//!
//! A rule is a function from a file to its problems, with a test on a good input and one on a bad
//! input. Rules live in the files beside this one; this one runs them.

pub(crate) mod arrows;
mod fixtures;
mod heads;
mod text;
mod wire;
mod words;

use std::fmt;

use anyhow::{Result, bail};

use crate::workspace::Workspace;

/// A file under inspection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File<'a> {
    /// Path from the top of the workspace, with `/`.
    pub(crate) path: &'a str,
    /// Its text.
    pub(crate) text: &'a str,
}

impl<'a> File<'a> {
    /// Whether it is Rust code.
    fn is_rust(self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The lines with their numbers, from 1.
    fn lines(self) -> impl Iterator<Item = (usize, &'a str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    /// A problem at a line of this file.
    fn problem(self, line: usize, message: impl Into<String>) -> Problem {
        Problem {
            place: format!("{}:{line}", self.path),
            message: message.into(),
            warning: false,
        }
    }
}

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    place: String,
    message: String,
    /// Shown, but no reason to fail.
    warning: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.warning { "warning" } else { "problem" };
        write!(f, "{}: {kind}: {}", self.place, self.message)
    }
}

/// The rules for one file.
const RULES: &[fn(File<'_>) -> Vec<Problem>] = &[
    heads::module_heads,
    heads::file_size,
    heads::generated_pages,
    text::trailing_space,
    text::open_ends,
    text::machine_paths,
    text::ignored_fences,
    text::allows,
    words::vocabulary,
    wire::directions,
    fixtures::people,
    fixtures::secrets,
];

/// Checks the whole workspace, and prints what it finds.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let (problems, files) = inspect(workspace)?;
    for problem in &problems {
        println!("{problem}");
    }
    let failures = problems.iter().filter(|problem| !problem.warning).count();
    println!(
        "tidy: {files} files, {failures} problems, {} warnings",
        problems.len() - failures
    );
    if failures > 0 {
        bail!("{failures} problems; each line above names a file and what to change");
    }
    Ok(())
}

/// All problems, and how many files were looked at.
fn inspect(workspace: &Workspace) -> Result<(Vec<Problem>, usize)> {
    let texts = workspace.texts()?;
    let mut problems = arrows::check(&workspace.metadata()?.packages, arrows::rooms());
    for (path, text) in &texts {
        let file = File { path, text };
        problems.extend(RULES.iter().flat_map(|rule| rule(file)));
    }
    Ok((problems, texts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let workspace = Workspace::here().unwrap();
        let (problems, files) = inspect(&workspace).unwrap();
        let failures: Vec<_> = problems
            .iter()
            .filter(|problem| !problem.warning)
            .map(ToString::to_string)
            .collect();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        assert!(
            files > 50,
            "only {files} files were found, so nothing was checked"
        );
    }
}
