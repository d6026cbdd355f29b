//! The binary `ats`: the only place that wires everything.
//!
//! It owns arguments, output and exit codes. What a command does stands in a file of its own.

mod demo;
mod exit;
mod files;
mod integration;
mod progress;
mod pull;
mod simulate;
mod summary;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// One API to every applicant tracking system, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "ats", version, after_long_help = exit::HELP)]
struct Arguments {
    /// Prints one JSON document on standard output, and nothing else there.
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Reads a simulated organisation from end to end: no key, no network.
    Demo(demo::Options),
    /// Reads everything that a key may read into one file a model.
    Pull(pull::Options),
    /// Runs a simulated vendor on this machine until it is stopped.
    Simulate(simulate::Options),
    /// Prints the completions of a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_env("ATS_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let outcome = match arguments.command {
        Command::Demo(options) => demo::run(options, arguments.json).await,
        Command::Pull(options) => pull::run(options, arguments.json).await,
        Command::Simulate(options) => simulate::run(options, arguments.json).await,
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Arguments::command(),
                "ats",
                &mut std::io::stdout(),
            );
            Ok(exit::Exit::Complete)
        }
    };
    exit::report(outcome, arguments.json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
