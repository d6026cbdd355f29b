//! `ats remap`: maps the stored documents again, without a request to the vendor.

use std::sync::Arc;

use anyhow::Result;
use ats_sync::{Observer, Remapped, Unobserved};
use clap::Args;
use serde_json::json;

use crate::{
    context::{Context, Global},
    exit::Exit,
    output::{self, say},
    sync::{self, Watcher, report},
};

/// The options of `ats remap`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ats remap acme

For after a new version of the program that maps something better. Only records that come out
differently move their changed_at.")]
pub(crate) struct Options {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    integration: String,
}

/// Runs the command.
pub(crate) async fn run(options: &Options, global: &Global) -> Result<Exit> {
    let context = Context::open(global)?;
    let one = context.integration(&options.integration)?;
    let connector = context.connector(&one)?;
    let watcher = (!global.json).then(|| Arc::new(Watcher::new()));
    let stop = sync::stop_of(watcher.clone());
    let observer: Arc<dyn Observer> = match &watcher {
        Some(watcher) => Arc::clone(watcher) as Arc<dyn Observer>,
        None => Arc::new(Unobserved),
    };
    let outcome = sync::engine(&context)
        .remap(&one, connector, observer, stop)
        .await;
    if let Some(watcher) = watcher {
        watcher.finish();
    }
    let Remapped {
        pass,
        bundles,
        streams_to_read_again,
    } = outcome?;
    if global.json {
        let mut document = report::to_json(&one, &pass);
        document["bundles"] = json!(bundles);
        document["streams_to_read_again"] = json!(streams_to_read_again);
        output::json(&document)?;
        return Ok(report::exit(&pass));
    }
    say!(
        "{} mapped again: {}",
        output::count(bundles, "document was", "documents were"),
        report::state(pass.state)
    );
    report::print_body(&one, &pass)?;
    if !streams_to_read_again.is_empty() {
        say!(
            "No raw documents are kept of {}; the next pass reads them from the beginning.",
            streams_to_read_again.join(", ")
        );
    }
    Ok(report::exit(&pass))
}
