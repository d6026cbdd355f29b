//! Generated blocks in hand-written documents: tables and code that would go stale by hand.
//!
//! A block stands between `<!-- begin <what> -->` and `<!-- end -->`. `<what>` is `arrows` for the
//! table of rooms, `settings` for the table of the program's settings, or `code <file>#<region>` for the lines of a file between `// doc: begin
//! <region>` and `// doc: end`. The code comes from files that compile and are tested.

use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};

use crate::{
    generated::{Generated, Mode},
    tidy::arrows,
    workspace::Workspace,
};

/// The document of the server's endpoints.
const OPENAPI: &str = "docs/openapi.json";

const MEND: &str = "cargo xtask codegen";
const BEGIN: &str = "<!-- begin ";
const END: &str = "<!-- end -->";
const REGION: &str = "// doc: begin ";
const REGION_END: &str = "// doc: end";

/// Fills the blocks of every document, or tells which are out of date.
pub(crate) fn run(workspace: &Workspace, mode: Mode) -> Result<()> {
    let mut generated = Generated::new(workspace, mode, MEND);
    let mut blocks = 0;
    for path in workspace.files()? {
        if !path.ends_with(".md") || path.starts_with("docs/support/") {
            continue;
        }
        let text = workspace.read(&path)?;
        let filled = fill(&text, &mut |what| {
            blocks += 1;
            content(workspace, what)
        })
        .with_context(|| format!("cannot fill the blocks of {path}"))?;
        generated.file(&path, &filled)?;
    }
    generated.file(OPENAPI, &told(workspace, &["openapi"])?)?;
    generated.finish()?;
    println!("{blocks} generated blocks are up to date");
    Ok(())
}

fn content(workspace: &Workspace, what: &str) -> Result<String> {
    match what.split_once(' ') {
        None if what == "arrows" => Ok(arrows::markdown()),
        None if what == "settings" => told(workspace, &["config", "--format", "md"]),
        Some(("code", place)) => {
            let (path, name) = place
                .split_once('#')
                .context("expected `code <file>#<region>`")?;
            let code = region(&workspace.read(path)?, name)
                .with_context(|| format!("no complete region `{name}` in {path}"))?;
            Ok(format!("```rust\n{code}```\n"))
        }
        _ => bail!("nobody knows how to generate `{what}`"),
    }
}

/// What the program prints about itself.
fn told(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    let output = workspace
        .cargo()
        .args(["run", "--quiet", "-p", "ats-cli", "--bin", "ats", "--"])
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "`ats {}` failed",
        arguments.join(" ")
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Replaces the content of each block of `text`.
fn fill(text: &str, content: &mut dyn FnMut(&str) -> Result<String>) -> Result<String> {
    let mut filled = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        filled.push_str(line);
        filled.push('\n');
        let Some(what) = line
            .strip_prefix(BEGIN)
            .and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        lines
            .find(|line| *line == END)
            .with_context(|| format!("`{line}` has no `{END}`"))?;
        filled.push_str(&content(what)?);
        filled.push_str(END);
        filled.push('\n');
    }
    Ok(filled)
}

/// The lines of a region, without marks and common indentation.
fn region(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines();
    lines.find(|line| {
        line.trim()
            .strip_prefix(REGION)
            .is_some_and(|rest| rest.trim() == name)
    })?;
    let mut kept = Vec::new();
    loop {
        let line = lines.next()?;
        if line.trim() == REGION_END {
            break;
        }
        kept.push(line);
    }
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let common = kept
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(indent)
        .min()?;
    Some(
        kept.iter()
            .map(|line| format!("{}\n", line.get(common..).unwrap_or("")))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_replaced_and_the_rest_stays() {
        let text = "# A\n<!-- begin x -->\nold\n<!-- end -->\nrest\n";
        let filled = fill(text, &mut |what| Ok(format!("new {what}\n"))).unwrap();
        assert_eq!(filled, "# A\n<!-- begin x -->\nnew x\n<!-- end -->\nrest\n");
        let again = fill(&filled, &mut |what| Ok(format!("new {what}\n"))).unwrap();
        assert_eq!(again, filled, "filling twice changes nothing");
    }

    #[test]
    fn an_open_block_is_an_error() {
        let filled = fill("<!-- begin x -->\nold\n", &mut |_| Ok(String::new()));
        assert!(
            filled.unwrap_err().to_string().contains("has no"),
            "a cut document would lose text"
        );
    }

    #[test]
    fn a_region_loses_its_marks_and_indentation() {
        let text = "mod a {\n    // doc: begin b\n    fn b() {\n\n        c()\n    }\n    // doc: end\n}\n";
        assert_eq!(region(text, "b").unwrap(), "fn b() {\n\n    c()\n}\n");
        assert_eq!(region(text, "other"), None);
        assert_eq!(
            region("// doc: begin b\nfn b() {}\n", "b"),
            None,
            "a region must end"
        );
    }
}
