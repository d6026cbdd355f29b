//! `ats integrations`: what is connected, and what can be said about it.

mod change;
mod list;
mod remove;
mod track;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::{
    context::{Context, Global},
    exit::Exit,
};

/// The options of `ats integrations`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats integrations
  ats integrations show acme
  ats integrations set acme delta_interval=5m remote_data=false
  ats integrations disable acme
  ats integrations remove acme")]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists all integrations; this is what the command does alone, too.
    List,
    /// Shows one integration with its settings and what they mean.
    Show(Named),
    /// Lets no pass of an integration run until it is enabled again. What was read stays.
    Disable(Named),
    /// Lets passes of an integration run again.
    Enable(Named),
    /// Erases an integration with its credentials and everything that was read with them.
    Remove(remove::Options),
    /// Changes settings.
    Set(change::SetOptions),
    /// Marks what counts as created or imported through us; see the setting `sync_only_created`.
    Track(track::Options),
}

/// One integration.
#[derive(Debug, Args)]
struct Named {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    integration: String,
}

/// Runs the command.
pub(crate) fn run(options: Options, global: &Global) -> Result<Exit> {
    let context = Context::open(global)?;
    match options.command.unwrap_or(Command::List) {
        Command::List => list::list(&context)?,
        Command::Show(named) => list::show(&context, &named.integration)?,
        Command::Disable(named) => change::disable(&context, &named.integration)?,
        Command::Enable(named) => change::enable(&context, &named.integration)?,
        Command::Set(options) => change::set(&context, &options)?,
        Command::Remove(options) => remove::run(&context, &options)?,
        Command::Track(options) => track::run(&context, &options)?,
    }
    Ok(Exit::Complete)
}
