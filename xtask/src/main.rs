//! Automation of the workspace: `cargo xtask <command>`.
//!
//! It owns the checks, the generated files and the scaffolding. It depends on no crate of the
//! workspace and shells out to cargo instead, so that it builds in seconds and also when they do
//! not. `docs/development.md` says when to use which command.

mod bench;
mod ci;
mod codegen;
mod contract;
mod coverage;
mod e2e;
mod generated;
mod new_connector;
mod tidy;
mod workspace;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{generated::Mode, workspace::Workspace};

/// Automation of the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything that CI runs, in the same order; stops at the first failure.
    Ci,
    /// Checks what no compiler checks: arrows between crates, module heads, words, fixtures.
    Tidy,
    /// Fills the generated blocks of the documents: the arrows table and code from the sources.
    Codegen {
        /// Change nothing; fail with a diff when something is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Runs the conformance suite and writes the support matrix to docs/support, and the guides.
    Coverage {
        /// Only this connector's pages, besides the overview.
        connector: Option<String>,
        /// Change nothing; fail with a diff when something is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Validates what the connector sends and the simulator answers against the vendor's OpenAPI.
    Contract {
        /// The vendor's OpenAPI 3.1 document, as YAML.
        #[arg(long)]
        spec: PathBuf,
        /// Check these recorded exchanges (one JSON object a line) instead of making new ones.
        #[arg(long)]
        traffic: Option<PathBuf>,
    },
    /// Measures the mirror against the simulated vendor, and writes docs/benchmarks.md.
    Bench {
        /// Measures the server instead, and writes docs/benchmarks-server.md.
        #[arg(long, conflicts_with = "profiles")]
        server: bool,
        /// Each profile once, and only the smallest if none is named; writes nothing.
        #[arg(long)]
        quick: bool,
        /// Only this profile, such as `20k` or `1k-answers-100ms`; may be repeated. The page is
        /// written once one build has measured them all.
        #[arg(long = "profile")]
        profiles: Vec<String>,
    },
    /// Runs the end-to-end tests with nothing left out; installs into the target folder what they use.
    E2e {
        /// Only the trials with this in their name, such as `sdk::python`.
        filter: Option<String>,
    },
    /// Writes the stubs of a new connector, and tells what is left to answer.
    NewConnector {
        /// The vendor's name in lower case, such as `greenhouse` or `smart-recruiters`.
        name: String,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let workspace = Workspace::here()?;
    match command {
        Command::Ci => ci::run(&workspace),
        Command::Tidy => tidy::run(&workspace),
        Command::Codegen { check } => codegen::run(&workspace, Mode::from_check(check)),
        Command::Coverage { connector, check } => {
            coverage::run(&workspace, connector.as_deref(), Mode::from_check(check))
        }
        Command::Contract { spec, traffic } => contract::run(&workspace, &spec, traffic.as_deref()),
        Command::Bench {
            server: true,
            quick,
            ..
        } => bench::server(&workspace, quick),
        Command::Bench {
            quick, profiles, ..
        } => bench::run(&workspace, quick, &profiles),
        Command::E2e { filter } => e2e::run(&workspace, filter.as_deref()),
        Command::NewConnector { name } => new_connector::run(&workspace, &name),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
