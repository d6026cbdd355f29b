//! `ats log`: the change log of an integration.

use anyhow::Result;
use ats_core::{ModelKind, Timestamp};
use ats_store::{Cause, Change, ChangeKind, ChangeQuery, DeletionReason};
use clap::Args;
use serde_json::json;

use crate::{
    context::{Context, Global},
    exit::Exit,
    names,
    output::{self, say},
};

/// Lines that are read at once.
const BATCH: usize = 1000;

/// The options of `ats log`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats log acme --since 2026-01-02
  ats log acme --model candidates --limit 20
  ats log acme --model candidates --id remote:4f0c2a5e-7b1d-4a53-9d0e-2f6a8c1b3e57")]
pub(crate) struct Options {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    integration: String,

    /// Only of this model.
    #[arg(long, value_parser = names::model_parser(), hide_possible_values = true)]
    model: Option<ModelKind>,

    /// Only of this record: our id, or remote: and the vendor's (with --model).
    #[arg(long)]
    id: Option<String>,

    /// Only from this moment on, such as 2026-01-02T03:04:05Z or 2026-01-02.
    #[arg(long, value_parser = names::parse_moment)]
    since: Option<Timestamp>,

    /// At most so many lines, the earliest first. Without it: all.
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
}

/// Runs the command.
pub(crate) fn run(options: &Options, global: &Global) -> Result<Exit> {
    let context = Context::open(global)?;
    let one = context.integration(&options.integration)?;
    let id = options
        .id
        .as_deref()
        .map(|text| names::record_id(&one, options.model, text))
        .transpose()?;
    let mut query = ChangeQuery {
        model: options.model,
        id,
        since: options.since,
        after: 0,
        limit: 0,
    };
    let mut left = options.limit.unwrap_or(usize::MAX);
    let mut collected = Vec::new();
    let mut any = false;
    while left > 0 {
        query.limit = left.min(BATCH);
        let batch = context.store.changes(&one.id, &query)?;
        let Some(last) = batch.last() else { break };
        query.after = last.seq;
        left -= batch.len();
        any = true;
        if global.json {
            collected.extend(batch);
            continue;
        }
        for change in &batch {
            say!("{}", line(change));
        }
    }
    if global.json {
        output::json(&json!({ "changes": collected }))?;
    } else if !any {
        say!("Nothing is written down there.");
    }
    Ok(Exit::Complete)
}

/// A change as people read it.
pub(crate) fn line(change: &Change) -> String {
    let mut text = format!(
        "{}  {:<8}  {:<26}  {}",
        change.at,
        word(change.change),
        change.model.name(),
        change.id
    );
    if let Some(remote_id) = &change.remote_id {
        text += &format!("  remote:{remote_id}");
    }
    let mut why = Vec::new();
    if !change.fields.is_empty() {
        why.push(change.fields.join(", "));
    }
    why.extend(change.reason.map(|reason| reason_word(reason).to_owned()));
    why.extend(cause(&change.cause));
    if !why.is_empty() {
        text += &format!("  ({})", why.join("; "));
    }
    text
}

/// What happened, in a word.
pub(crate) fn word(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::Created => "created",
        ChangeKind::Updated => "updated",
        ChangeKind::Deleted => "deleted",
        ChangeKind::Restored => "restored",
    }
}

/// Why a record has a tombstone, in a word or two.
pub(crate) fn reason_word(reason: DeletionReason) -> &'static str {
    match reason {
        DeletionReason::Gone => "gone at the vendor",
        DeletionReason::Archived => "archived at the vendor",
        DeletionReason::Merged => "merged into another",
        DeletionReason::AccessLost => "not visible to the new credentials",
    }
}

fn cause(cause: &Cause) -> Option<String> {
    match cause {
        Cause::Fetched | Cause::Swept => None,
        Cause::Related(what) => Some(format!("because of {what}")),
        Cause::Handover => Some("another document gives it now".to_owned()),
        Cause::Scope => Some("switched off or on".to_owned()),
        Cause::Anonymised => Some("emptied long after it was gone".to_owned()),
        Cause::Remap => Some("mapped again".to_owned()),
        Cause::Action(name) => Some(format!("by the action {name}")),
        Cause::Webhook(event) => Some(format!("announced by {event}")),
    }
}
