//! `ats status`: how fresh a mirror is, what its last passes did, and what is wrong with it.

mod facts;
mod lost;

use anyhow::Result;
use ats_core::Timestamp;
use ats_store::{IntegrationState, PassKind};
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    context::{Context, Global},
    exit::Exit,
    output::{self, say},
    sync::report,
};
use facts::Facts;

/// The options of `ats status`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats status
  ats status acme --json")]
pub(crate) struct Options {
    /// The integration: its name, its id, or CONNECTOR:NAME. Without it: all.
    integration: Option<String>,
}

/// Runs the command.
pub(crate) fn run(options: &Options, global: &Global) -> Result<Exit> {
    let context = Context::open(global)?;
    let all = match &options.integration {
        Some(text) => vec![context.integration(text)?],
        None => context.store.integrations()?,
    };
    let mut documents: Vec<Value> = Vec::new();
    let none = all.is_empty();
    for one in all {
        let facts = Facts::gather(&context, one)?;
        if global.json {
            documents.push(facts.to_json());
        } else {
            print(&facts)?;
        }
    }
    if global.json {
        output::json(&json!({ "integrations": documents }))?;
    } else if none {
        say!("Nothing is connected yet; `ats connect CONNECTOR --name NAME` begins.");
    }
    Ok(Exit::Complete)
}

fn print(facts: &Facts) -> Result<()> {
    let one = &facts.integration;
    say!("{} ({})", console::style(&one.name).bold(), one.id);
    if one.state == IntegrationState::Disabled {
        say!(
            "  disabled; `ats integrations enable {}` lets passes run again",
            one.name
        );
    }
    if one.state == IntegrationState::Invalid {
        say!(
            "  the vendor has refused its key for days; `ats connect {} --name {}` takes a new one",
            one.connector,
            one.name
        );
    }
    if facts.passes.is_empty() {
        say!("  nothing was read yet; `ats sync {}` does", one.name);
        return Ok(());
    }
    print_passes(facts)?;
    let rows = facts.models.iter().map(|model| {
        let fresh = model
            .fresh_as_of
            .map_or_else(|| "never read".to_owned(), age);
        vec![
            model.kind.name().to_owned(),
            model.count.live.to_string(),
            model.count.deleted.to_string(),
            fresh,
        ]
    });
    say!();
    let head = ["model", "records", "deleted", "as of"];
    output::line(output::table(&head, rows.collect(), &[1, 2]))?;
    for line in facts.lost.lines() {
        say!("  {line}");
    }
    for line in facts
        .passes
        .first()
        .map(report::problem_lines)
        .unwrap_or_default()
    {
        say!("  {line}");
    }
    if let Some(sealed) = &facts.sealed {
        say!("  {} {sealed}", console::style("problem").yellow());
    }
    say!();
    Ok(())
}

fn print_passes(facts: &Facts) -> Result<()> {
    for pass in facts.passes.iter().take(3) {
        say!("  {}  {}", pass.started_at, report::head(pass));
    }
    if let Some(next) = &facts.next {
        let kind = match next.kind {
            PassKind::Full => "full",
            PassKind::Delta | PassKind::Named => "delta",
        };
        match DateTime::<Utc>::from(next.at) <= DateTime::<Utc>::from(facts.now) {
            true => say!("  next: a {kind} pass is due now"),
            false => say!("  next: a {kind} pass from {} on", next.at),
        }
    }
    Ok(())
}

/// A moment with the time that has passed since.
fn age(at: Timestamp) -> String {
    let passed = Utc::now() - DateTime::<Utc>::from(at);
    let seconds = passed.num_seconds().max(0);
    let ago = match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    };
    format!("{at} ({ago} ago)")
}
