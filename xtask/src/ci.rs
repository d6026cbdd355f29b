//! What CI runs, in its order. `.ci/run` installs what is missing and then calls this.
//!
//! It owns the list of steps and nothing of what they do.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    codegen, contract, coverage, e2e,
    generated::Mode,
    new_connector, tidy,
    workspace::{self, Workspace},
};

/// Where the vendor's document lies when it is there. It is not ours to publish.
const SPEC: &str = "../shared/contracts/ashby-openapi.yml";

/// The one feature that is off by default, with the test that needs it.
const TRACES: &[&str] = &[
    "test",
    "--locked",
    "-p",
    "ats-cli",
    "--features",
    "otel",
    "--test",
    "it",
    "traces",
];

/// How a step ended, if it did not fail.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Skipped(&'static str),
}

struct Step {
    name: &'static str,
    run: fn(&Workspace) -> Result<Outcome>,
}

/// The steps: what fails fast comes first.
const STEPS: &[Step] = &[
    Step {
        name: "formatting",
        run: |workspace| cargo(workspace, &["fmt", "--all", "--check"]),
    },
    Step {
        name: "tidy",
        run: |workspace| done(tidy::run(workspace)),
    },
    Step {
        name: "generated blocks",
        run: |workspace| done(codegen::run(workspace, Mode::Check)),
    },
    Step {
        name: "clippy",
        run: clippy,
    },
    Step {
        name: "stubs of a new connector",
        run: |workspace| done(new_connector::try_out(workspace)),
    },
    Step {
        name: "packages of the end-to-end tests",
        run: |workspace| done(e2e::install(workspace)),
    },
    Step {
        name: "tests",
        run: tests,
    },
    Step {
        name: "traces",
        run: |workspace| cargo(workspace, TRACES),
    },
    Step {
        name: "support matrix",
        run: |workspace| done(coverage::run(workspace, None, Mode::Check)),
    },
    Step {
        name: "contract",
        run: vendor_contract,
    },
    Step {
        name: "documentation",
        run: documentation,
    },
    Step {
        name: "dependencies",
        run: dependencies,
    },
];

/// Runs all steps; stops at the first that fails.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let before = status(workspace)?;
    let mut summary = Vec::new();
    for (index, step) in STEPS.iter().enumerate() {
        println!("\n=== [{}/{}] {}", index + 1, STEPS.len(), step.name);
        let start = Instant::now();
        let result = (step.run)(workspace);
        let took = seconds(start.elapsed());
        match result {
            Ok(Outcome::Done) => {
                println!("=== {}: ok, {took}", step.name);
                summary.push(format!("ok       {took:>8}  {}", step.name));
            }
            Ok(Outcome::Skipped(reason)) => {
                println!("=== {}: skipped, {reason}", step.name);
                summary.push(format!("skipped  {took:>8}  {} ({reason})", step.name));
            }
            Err(error) => {
                summary.push(format!("FAILED   {took:>8}  {}", step.name));
                print_summary(&summary);
                return Err(error.context(format!("the step `{}` failed", step.name)));
            }
        }
    }
    print_summary(&summary);
    let after = status(workspace)?;
    ensure!(
        before == after,
        "the steps changed files of the repository:\n{after}"
    );
    println!("everything is green");
    Ok(())
}

fn print_summary(summary: &[String]) {
    println!("\n=== summary");
    for line in summary {
        println!("{line}");
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn done(result: Result<()>) -> Result<Outcome> {
    result.map(|()| Outcome::Done)
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<Outcome> {
    done(workspace::run(workspace.cargo().args(arguments)))
}

fn clippy(workspace: &Workspace) -> Result<Outcome> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    cargo(workspace, &arguments)
}

/// Runs the test command exactly as the README gives it, with nothing left out.
fn tests(workspace: &Workspace) -> Result<Outcome> {
    let readme = workspace.read("README.md")?;
    let command = test_command(&readme).context("the README gives no `cargo test` command")?;
    println!("$ {command}");
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    let (variable, word) = e2e::REQUIRE;
    done(workspace::run(
        workspace.cargo().args(&words).env(variable, word),
    ))
}

/// The first line in the README's code that runs the tests.
fn test_command(readme: &str) -> Option<&str> {
    let is_test = |line: &&str| {
        line.trim()
            .trim_start_matches("$ ")
            .starts_with("cargo test")
    };
    let line = readme.lines().find(is_test)?;
    Some(line.trim().trim_start_matches("$ "))
}

fn vendor_contract(workspace: &Workspace) -> Result<Outcome> {
    let spec = workspace.path(SPEC);
    if !spec.is_file() {
        return Ok(Outcome::Skipped(
            "the vendor's OpenAPI document is not beside the clone",
        ));
    }
    done(contract::run(workspace, &spec, None))
}

fn documentation(workspace: &Workspace) -> Result<Outcome> {
    let mut cargo = workspace.cargo();
    cargo
        .args(["doc", "--workspace", "--no-deps", "--locked"])
        .env("RUSTDOCFLAGS", "-D warnings");
    done(workspace::run(&mut cargo))
}

/// Licences, sources and bans. Advisories need a database from the network and change without any
/// change of ours, so they are no part of this.
fn dependencies(workspace: &Workspace) -> Result<Outcome> {
    let installed = Command::new("cargo-deny").arg("--version").output();
    if !installed.is_ok_and(|output| output.status.success()) {
        bail!("cargo-deny is not installed; run `cargo install cargo-deny --locked`");
    }
    cargo(workspace, &["deny", "check", "bans", "licenses", "sources"])
}

/// What differs from the last commit, so that a step that writes files is noticed.
fn status(workspace: &Workspace) -> Result<String> {
    workspace.git(&["status", "--porcelain"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_command_is_the_readmes_own() {
        let readme =
            "Text about cargo test.\n\n$ cargo run\n$ cargo test --workspace\n$ cargo test -p a\n";
        assert_eq!(test_command(readme), Some("cargo test --workspace"));
        assert_eq!(test_command("no command"), None);
    }
}
