//! A new connector: stubs that compile, with every slot unanswered, and a list of what to answer.
//!
//! It owns the places that a connector touches. What the stubs say stands in `templates/`.

mod insert;
mod name;

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::{
    new_connector::name::Name,
    workspace::{self, Workspace},
};

/// The new files: where they go, and their text.
const FILES: &[(&str, &str)] = &[
    (
        "crates/ats-{{slug}}/Cargo.toml",
        include_str!("templates/manifest.tmpl"),
    ),
    (
        "crates/ats-{{slug}}/src/lib.rs",
        include_str!("templates/lib.rs.tmpl"),
    ),
    (
        "crates/ats-{{slug}}/src/client.rs",
        include_str!("templates/client.rs.tmpl"),
    ),
    (
        "crates/ats-{{slug}}/src/actions.rs",
        include_str!("templates/actions.rs.tmpl"),
    ),
    (
        "crates/ats-{{slug}}/src/guides.rs",
        include_str!("templates/guides.rs.tmpl"),
    ),
    (
        "crates/ats-{{slug}}/src/coverage.rs",
        include_str!("templates/coverage.rs.tmpl"),
    ),
    (
        "crates/ats-{{slug}}/src/models/mod.rs",
        include_str!("templates/models/mod.rs.tmpl"),
    ),
    (
        "crates/ats-{{slug}}/src/models/users.rs",
        include_str!("templates/models/users.rs.tmpl"),
    ),
    (
        "crates/ats-simulator/src/{{ident}}/mod.rs",
        include_str!("templates/simulator.rs.tmpl"),
    ),
    (
        "fixtures/{{slug}}/README.md",
        include_str!("templates/fixtures/README.md.tmpl"),
    ),
];

/// Writes the stubs, wires them up and tells what is left to do.
pub(crate) fn run(workspace: &Workspace, name: &str) -> Result<()> {
    let name = Name::parse(name)?;
    let written = write(workspace, &name)?;
    let package = format!("ats-{}", name.slug());
    workspace::run(workspace.cargo().args(["fmt", "--package", &package]))?;
    for path in &written {
        println!("wrote {path}");
    }
    print!("\n{}", to_do(workspace, &name)?);
    Ok(())
}

/// Writes the stubs into a copy of the workspace and compiles them there, without a warning.
///
/// The copy lies among the build results and stays, so that the next time only changes compile.
pub(crate) fn try_out(workspace: &Workspace) -> Result<()> {
    let target = workspace.metadata()?.target_directory;
    let root = target.join("new-connector");
    if root.exists() {
        fs::remove_dir_all(&root).context("cannot remove the copy of an earlier run")?;
    }
    let copy = workspace.copy_to(root)?;
    let name = Name::parse("smart-recruiters")?;
    write(&copy, &name)?;
    let mut cargo = copy.cargo();
    cargo
        .args([
            "clippy",
            "--offline",
            "--no-deps",
            "--package",
            "ats-smart-recruiters",
        ])
        .args([
            "--package",
            "ats-connectors",
            "--package",
            "ats-simulator",
            "--package",
            "xtask",
        ])
        .args(["--", "-D", "warnings"])
        .env("CARGO_TARGET_DIR", &target);
    workspace::run(&mut cargo).context("the stubs of a new connector do not compile")?;
    println!("the stubs of a new connector compile");
    Ok(())
}

/// Writes the files and the lines that make the workspace know the connector.
fn write(workspace: &Workspace, name: &Name) -> Result<Vec<String>> {
    let folder = format!("crates/ats-{}", name.slug());
    ensure!(
        !workspace.path(&folder).exists(),
        "{folder} is there already"
    );
    // All lines are worked out before anything is written, so that a refusal leaves no half.
    let edits = insert::edits(workspace, name)?;
    let files = FILES
        .iter()
        .map(|(path, text)| (name.fill(path), name.fill(text)));
    let mut written = Vec::new();
    for (path, text) in files.chain(edits) {
        workspace.write(&path, &text)?;
        written.push(path);
    }
    Ok(written)
}

/// What a person has to do now, in order, with every slot that has no answer yet.
fn to_do(workspace: &Workspace, name: &Name) -> Result<String> {
    let coverage = format!("crates/ats-{}/src/coverage.rs", name.slug());
    let text = workspace.read(&coverage)?;
    let slots: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_suffix(": Support::No(UNANSWERED),"))
        .collect();
    let last = slots.last().context("the stub has no slot to answer")?;
    let steps = [
        format!(
            "read docs/adding-a-connector.md; it goes through these steps for {}",
            name.name()
        ),
        format!(
            "crates/ats-{}/src/client.rs: authentication, envelope, paging, errors",
            name.slug()
        ),
        format!(
            "crates/ats-simulator/src/{}/: the vendor, from its documents",
            name.ident()
        ),
        format!(
            "fixtures/{}/: a small world and what it must become, by hand",
            name.slug()
        ),
        format!(
            "crates/ats-connectors/tests/harness/{}.rs: how the suite starts the vendor, and its line in tests/conformance.rs",
            name.ident()
        ),
        format!(
            "crates/ats-{}/src/models/: one file for each of the vendor's things",
            name.slug()
        ),
        format!(
            "crates/ats-{}/src/actions.rs, guides.rs: what is written at the vendor, and how a person connects it",
            name.slug()
        ),
        "cargo test -p ats-connectors --test conformance, until it is green".to_owned(),
        "cargo xtask coverage, then cargo xtask ci".to_owned(),
    ];
    let mut list = format!("To do for {}:\n", name.name());
    for (index, step) in steps.iter().enumerate() {
        list.push_str(&format!("{:>2}. {step}\n", index + 1));
    }
    list.push_str(&format!(
        "\nUnanswered slots in {coverage} ({}, from {} to {last}):\n",
        slots.len(),
        slots[0]
    ));
    for line in slots.chunks(4) {
        list.push_str(&format!("  {}\n", line.join(", ")));
    }
    Ok(list)
}

#[cfg(test)]
mod tests;
