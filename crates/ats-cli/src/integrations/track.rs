//! Marking what counts as created or imported through us.

use anyhow::Result;
use ats_core::ModelKind;
use ats_store::Tracked;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::{
    context::Context,
    output::{self, say},
};

/// The options of `ats integrations track`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats integrations set acme sync_only_created=true
  ats integrations track acme applications 4f0c2a5e-… 9d1b77a0-…")]
pub(super) struct Options {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    integration: String,

    /// What the ids belong to.
    model: Trackable,

    /// Ids, as the vendor has them.
    #[arg(required = true, value_name = "REMOTE_ID")]
    remote_ids: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Trackable {
    Candidates,
    Applications,
}

pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let one = context.integration(&options.integration)?;
    let model = match options.model {
        Trackable::Candidates => ModelKind::Candidate,
        Trackable::Applications => ModelKind::Application,
    };
    let tracked: Vec<Tracked> = options
        .remote_ids
        .iter()
        .map(|remote_id| Tracked {
            model,
            remote_id: remote_id.clone(),
        })
        .collect();
    // What was left out before is read again from the beginning, by every stream that carries it.
    let connector = context.connector(&one)?;
    let limited = [ModelKind::Candidate, ModelKind::Application];
    let streams = connector.streams().into_iter().filter(|stream| {
        let models = stream.models();
        limited.iter().any(|kind| models.contains(kind))
    });
    let streams: Vec<&str> = streams.map(|stream| stream.name()).collect();
    context.store.track(&one.id, &tracked, &streams)?;
    let all = context.store.tracked(&one.id)?.len();
    if context.json {
        return output::json(&json!({ "id": one.id.as_str(), "tracked": all }));
    }
    say!(
        "Tracked now: {}.",
        output::count(all as u64, "record", "records")
    );
    match one.settings.sync_only_created {
        true => say!("Next: ats sync {}", one.name),
        false => say!(
            "They are all read anyway, until `ats integrations set {} sync_only_created=true`.",
            one.name
        ),
    }
    Ok(())
}
