//! The binary `ats`: the only place that wires everything.
//!
//! It owns arguments, output and exit codes. What a command does stands in a file of its own.

mod access;
mod act;
mod api_keys;
mod check;
mod config;
mod connect;
mod context;
mod coverage;
mod custom_fields;
mod demo;
mod exit;
mod explain;
mod export;
mod files;
mod integration;
mod integrations;
mod keys;
mod log;
mod logging;
mod matrix;
mod names;
mod output;
mod passthrough;
mod process;
mod progress;
mod pull;
mod remap;
mod scopes;
mod secret;
mod serve;
mod settings;
mod simulate;
mod status;
mod stop;
mod subscriptions;
mod summary;
mod sync;
mod webhooks;

use std::{ffi::OsString, process::ExitCode};

use anyhow::Result;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};

use crate::{context::Global, exit::Exit};

/// One API to every applicant tracking system, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "ats", version, after_long_help = exit::HELP)]
struct Arguments {
    #[command(flatten)]
    global: Global,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows the whole story with a simulated vendor: no key, no network.
    Demo(demo::Options),
    /// Runs a simulated vendor on this machine until it is stopped.
    Simulate(simulate::Options),
    /// Tests a key and keeps it as an integration.
    Connect(connect::Options),
    /// Tells what a key may do, and what to tick so that it may do more.
    Check(check::Options),
    /// Lists, shows, changes and removes integrations.
    Integrations(integrations::Options),
    /// Brings the mirror of an integration up to date.
    Sync(sync::Options),
    /// Shows how fresh a mirror is, what its last passes did, and what is wrong.
    Status(status::Options),
    /// Serves the unified API over HTTP, and keeps the mirrors true meanwhile.
    Serve(serve::Options),
    /// Makes, lists and revokes the keys with which clients call the server.
    ApiKeys(api_keys::Options),
    /// Named sets of what integrations read, show and do.
    Scopes(scopes::Options),
    /// Names of your own for what vendors call differently.
    CustomFields(custom_fields::Options),
    /// Who is told of what happens: endpoints, messages, and sending them again.
    Webhooks(webhooks::Options),
    /// Lets the vendor tell the server of changes as they happen.
    Subscriptions(subscriptions::Options),
    /// Performs an action: creates an application, moves it, adds a note, a tag, a file.
    Act(act::Options),
    /// Calls the vendor's own API with the stored credentials.
    Passthrough(passthrough::Options),
    /// Writes the records of a model as JSON lines or CSV.
    Export(export::Options),
    /// Shows which records changed, when, and why.
    Log(log::Options),
    /// Tells where each field of a record comes from, or why it is empty.
    Explain(explain::Options),
    /// Maps the stored documents again, without a request to the vendor.
    Remap(remap::Options),
    /// The keys that stored credentials are sealed with.
    Keys(keys::Options),
    /// Reads everything that a key may read into one file a model, without a database.
    Pull(pull::Options),
    /// Prints what each connector supports, with its proof.
    Coverage(coverage::Options),
    /// Prints the OpenAPI document of the server.
    Openapi,
    /// Lists every setting with its flag, its variable, and its name in the settings file.
    Config(config::Options),
    /// Prints the completions of a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Threads that may wait for the disk: one writes, the others map. Each more would keep memory that it
/// has freed for itself.
const WAITING_THREADS: usize = 3;

/// The same for a server, where requests read beside the passes.
const WAITING_THREADS_OF_A_SERVER: usize = 16;

fn main() -> ExitCode {
    process::begin();
    let line: Vec<OsString> = std::env::args_os().collect();
    let command = match config::with_file(Arguments::command(), &line) {
        Ok(command) => command,
        Err(error) => {
            let json = line.iter().any(|argument| argument == "--json");
            return exit::report(Err(error), json);
        }
    };
    let parsed = command.try_get_matches_from(line);
    let parsed = parsed.and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    let is_server = matches!(arguments.command, Command::Serve(_));
    let _logging = logging::begin(is_server);
    let json = arguments.global.json;
    let waiting_threads = match is_server {
        true => WAITING_THREADS_OF_A_SERVER,
        false => WAITING_THREADS,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(waiting_threads)
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(anyhow::Error::new(error).context("cannot start a thread")),
    };
    exit::report(outcome, json)
}

async fn run(arguments: Arguments) -> Result<Exit> {
    let global = &arguments.global;
    match arguments.command {
        Command::Demo(options) => demo::run(&options, global).await,
        Command::Simulate(options) => simulate::run(options, global.json).await,
        Command::Connect(options) => connect::run(options, global).await,
        Command::Check(options) => check::run(&options, global).await,
        Command::Integrations(options) => integrations::run(options, global),
        Command::Sync(options) => sync::run(&options, global).await,
        Command::Serve(options) => serve::run(&options, global).await,
        Command::ApiKeys(options) => api_keys::run(options, global),
        Command::Scopes(options) => scopes::run(options, global),
        Command::CustomFields(options) => custom_fields::run(options, global),
        Command::Webhooks(options) => webhooks::run(options, global),
        Command::Subscriptions(options) => subscriptions::run(&options, global).await,
        Command::Act(options) => act::run(&options, global).await,
        Command::Passthrough(options) => passthrough::run(&options, global).await,
        Command::Status(options) => status::run(&options, global),
        Command::Explain(options) => explain::run(&options, global),
        Command::Coverage(options) => coverage::run(&options, global),
        Command::Remap(options) => remap::run(&options, global).await,
        Command::Keys(options) => keys::run(&options, global),
        Command::Export(options) => export::run(&options, global),
        Command::Log(options) => log::run(&options, global),
        Command::Pull(options) => pull::run(options, global.json).await,
        Command::Openapi => {
            output::line(serde_json::to_string_pretty(&ats_server::openapi())?)?;
            Ok(Exit::Complete)
        }
        Command::Config(options) => config::run(&options, global, &Arguments::command()),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "ats", &mut text);
            output::line(String::from_utf8_lossy(&text))?;
            Ok(Exit::Complete)
        }
    }
}

/// Answers a command line that was not understood, or one that asks for help.
fn refuse(error: &clap::Error) -> ExitCode {
    let asks = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let json = std::env::args_os().any(|argument| argument == "--json");
    if json && !asks {
        exit::tell("usage", error.to_string().trim(), true);
    } else {
        // Nothing is left to do if nobody reads it.
        let _ = error.print();
    }
    u8::try_from(error.exit_code()).unwrap_or(2).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
