//! Erasing an integration, once a person has meant it.

use std::io::{self, BufRead, IsTerminal};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::change;
use crate::{
    context::Context,
    exit::usage,
    output::{self, say},
};

/// The options of `ats integrations remove`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    integration: String,

    /// Does not ask.
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let one = context.integration(&options.integration)?;
    let counts = context.store.counts(&one.id)?;
    let records: u64 = counts
        .values()
        .map(|count| count.live + count.deleted)
        .sum();
    if !options.yes {
        confirm(&one.name, records)?;
    }
    // Not while a pass runs: it would write what was just erased.
    let guard = context.store.lock(&one.id, "it is being removed")?;
    let event = ats_server::integration_deleted(&one, change::now());
    context.platform.erase_and_tell(&one.id, &event)?;
    drop(guard);
    if context.json {
        return output::json(
            &json!({ "id": one.id.as_str(), "removed": true, "records": records }),
        );
    }
    say!(
        "{} is removed, with its credentials and {}.",
        one.name,
        output::count(records, "record", "records")
    );
    Ok(())
}

/// Lets a person type the name. Without a terminal nobody can.
fn confirm(name: &str, records: u64) -> Result<()> {
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(usage(
            "not_confirmed",
            format!("removing `{name}` erases everything of it; add --yes to confirm"),
        ));
    }
    eprint!(
        "This erases {name}, its credentials and {}. Type its name to confirm: ",
        output::count(records, "record", "records")
    );
    let mut typed = String::new();
    input.lock().read_line(&mut typed)?;
    if typed.trim_end_matches(['\n', '\r']) != name {
        return Err(usage(
            "not_confirmed",
            "that is not its name; nothing was removed",
        ));
    }
    Ok(())
}
