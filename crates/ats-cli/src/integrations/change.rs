//! Changing what is kept of an integration: its state and its settings.

use anyhow::Result;
use ats_core::{Clock, Timestamp};
use ats_http::SystemClock;
use ats_store::{Integration, IntegrationState, Settings};
use chrono::DateTime;
use clap::Args;

use super::list::to_json;
use crate::{
    context::Context,
    integration,
    output::{self, say},
    scopes, settings,
};

/// The setting that names what is off; see [`scopes`].
const SCOPE_CONFIG: &str = "scope_config";

/// The options of `ats integrations set`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats integrations set acme remote_data=false
  ats integrations set acme delta_interval=5m full_interval=12h
  ats integrations set acme scope_config=lean

The scope config (see `ats scopes`) says what is neither stored nor shown nor done; an empty name
stands for none.

`ats integrations show NAME` lists every setting with its value and meaning.")]
pub(super) struct SetOptions {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    integration: String,

    /// Settings.
    #[arg(required = true, value_name = "KEY=VALUE", value_parser = settings::parse_pair)]
    settings: Vec<(String, String)>,
}

pub(super) fn set(context: &Context, options: &SetOptions) -> Result<()> {
    let mut one = context.integration(&options.integration)?;
    let manifest = integration::factory(&one.connector)?.manifest;
    let before = one.settings.clone();
    let (scopes, pairs): (Vec<_>, Vec<_>) = options
        .settings
        .iter()
        .cloned()
        .partition(|(key, _)| key == SCOPE_CONFIG);
    settings::apply(&mut one.settings, manifest, &pairs)?;
    if let Some((_, name)) = scopes.last() {
        scopes::follow(context, &mut one, name)?;
    }
    context.store.save_integration(&one)?;
    if context.json {
        return output::json(&to_json(&one));
    }
    let shown = settings::shown(&one.settings, Some(manifest));
    if let Some((key, name)) = scopes.last() {
        say!("{key} = {name:?}");
    }
    let mut keys: Vec<&String> = pairs.iter().map(|(key, _)| key).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        say!(
            "{key} = {}",
            shown.get(key).map(ToString::to_string).unwrap_or_default()
        );
    }
    if before.scope != one.settings.scope {
        say!(
            "The next pass brings the mirror after it: ats sync {}",
            one.name
        );
    }
    if reads_differently(&before, &one.settings) {
        say!(
            "What was read before follows with the next full pass: ats sync {} --full",
            one.name
        );
    }
    Ok(())
}

/// Whether a pass would bring other things than before.
fn reads_differently(before: &Settings, now: &Settings) -> bool {
    before.remote_data != now.remote_data
        || before.sync_only_created != now.sync_only_created
        || before.switches != now.switches
}

pub(super) fn disable(context: &Context, text: &str) -> Result<()> {
    change_state(context, text, IntegrationState::Disabled)
}

pub(super) fn enable(context: &Context, text: &str) -> Result<()> {
    change_state(context, text, IntegrationState::Active)
}

/// The moment of what a person does to an integration.
pub(super) fn now() -> Timestamp {
    Timestamp::from(DateTime::from(SystemClock.wall()))
}

fn change_state(context: &Context, text: &str, state: IntegrationState) -> Result<()> {
    let found = context.integration(text)?;
    let change = &mut |one: &mut Integration| {
        let is_change = one.state != state;
        one.state = state;
        is_change.then(|| ats_server::integration_state_changed(one, now()))
    };
    let changed = context.platform.change_integration(&found.id, change)?;
    let already = if changed.is_some() { "" } else { "already " };
    let one = changed.unwrap_or(found);
    if context.json {
        return output::json(&to_json(&one));
    }
    match state {
        IntegrationState::Active => say!("{} is {already}enabled.", one.name),
        IntegrationState::Disabled => {
            say!("{} is {already}disabled; what was read stays.", one.name);
        }
        // No command leads there.
        IntegrationState::Invalid => say!("{} needs new credentials.", one.name),
    }
    Ok(())
}
