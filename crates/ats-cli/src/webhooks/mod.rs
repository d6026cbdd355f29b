//! `ats webhooks`: who is told of what happens, what became of each message, and sending it again.

mod endpoints;
mod sent;

use anyhow::Result;
use ats_core::{Clock, Timestamp};
use ats_http::SystemClock;
use ats_store::PRODUCTION;
use chrono::DateTime;
use clap::{Args, Subcommand};
use url::Url;

use crate::{
    context::{Context, Global},
    exit::Exit,
};

/// The options of `ats webhooks`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats webhooks add --url https://example.com/hooks
  ats webhooks add --url https://example.com/hooks --events data-changed,sync-finished --json
  ats webhooks test 7tbPq2…
  ats webhooks deliveries --dead
  ats webhooks replay --since 2026-01-02T03:00:00Z

Messages are sent by `ats serve`, for as long as it runs.")]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Adds an endpoint, and shows the secret that its messages are signed with, once.
    Add(Add),
    /// Lists the endpoints, without their secrets.
    List,
    /// Removes an endpoint, with everything on its way to it.
    Remove(Named),
    /// Shows what became of messages, the latest first.
    Deliveries(Asked),
    /// Sends an event again, or all since a moment.
    Replay(Again),
    /// Sends an endpoint a message that tells of nothing.
    Test(Named),
    /// Gives an endpoint a new secret. For a day, messages are signed with the old one too.
    Rotate(Named),
}

#[derive(Debug, Args)]
struct Add {
    /// Where messages are sent.
    #[arg(long, value_name = "URL")]
    url: Url,
    /// The kinds of events, with commas between them [default: all].
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    events: Vec<String>,
    /// The environment whose events it hears.
    #[arg(long, value_name = "ENV", default_value = PRODUCTION)]
    environment: String,
}

#[derive(Debug, Args)]
struct Named {
    /// The endpoint's id, as `list` shows it.
    id: String,
}

#[derive(Debug, Args)]
struct Asked {
    /// Only those that were given up.
    #[arg(long)]
    dead: bool,
    /// Only those that are to be sent.
    #[arg(long, conflicts_with = "dead")]
    waiting: bool,
    /// Only those to this endpoint.
    #[arg(long, value_name = "ID")]
    endpoint: Option<String>,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

#[derive(Debug, Args)]
struct Again {
    /// The event's id, as `deliveries` shows it.
    #[arg(required_unless_present = "since", conflicts_with = "since")]
    id: Option<String>,
    /// Everything that happened from this moment on.
    #[arg(long, value_name = "DATE", value_parser = crate::names::parse_moment)]
    since: Option<Timestamp>,
    /// The environment, with --since.
    #[arg(long, value_name = "ENV", default_value = PRODUCTION)]
    environment: String,
}

/// Runs the command.
pub(crate) fn run(options: Options, global: &Global) -> Result<Exit> {
    let context = match &options.command {
        Command::Add(_) => Context::open_for_server(global)?,
        _ => Context::open(global)?,
    };
    match options.command {
        Command::Add(add) => endpoints::add(&context, add)?,
        Command::List => endpoints::list(&context)?,
        Command::Remove(named) => endpoints::remove(&context, &named.id)?,
        Command::Rotate(named) => endpoints::rotate(&context, &named.id)?,
        Command::Deliveries(asked) => sent::deliveries(&context, asked)?,
        Command::Replay(again) => sent::replay(&context, again)?,
        Command::Test(named) => sent::test(&context, &named.id)?,
    }
    Ok(Exit::Complete)
}

fn now() -> Timestamp {
    Timestamp::from(DateTime::from(SystemClock.wall()))
}
