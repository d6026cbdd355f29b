//! Showing integrations.

use anyhow::Result;
use ats_store::{Integration, IntegrationState};
use serde_json::{Value, json};

use crate::{
    context::{Context, without_password},
    output::{self, say},
    scopes, settings,
};

pub(super) fn list(context: &Context) -> Result<()> {
    let all = context.store.integrations()?;
    if context.json {
        let all: Vec<Value> = all.iter().map(to_json).collect();
        return output::json(&json!({ "integrations": all }));
    }
    if all.is_empty() {
        say!("There are none yet; `ats connect CONNECTOR --name NAME` adds one.");
        return Ok(());
    }
    let rows = all.iter().map(|one| {
        vec![
            one.name.clone(),
            one.connector.clone(),
            state(one.state).to_owned(),
            one.id.to_string(),
        ]
    });
    let head = ["name", "connector", "state", "id"];
    output::line(output::table(&head, rows.collect(), &[]))
}

pub(super) fn show(context: &Context, text: &str) -> Result<()> {
    let one = context.integration(text)?;
    if context.json {
        return output::json(&to_json(&one));
    }
    let manifest = ats_connectors::find(&one.connector).map(|factory| factory.manifest);
    let vendor = manifest.map_or("", |manifest| manifest.base_url);
    say!("{} ({})", console::style(&one.name).bold(), one.id);
    say!("  connector     {}", one.connector);
    say!("  state         {}", state(one.state));
    say!(
        "  address       {}",
        without_password(one.base_url.as_deref().unwrap_or(vendor))
    );
    say!("  environment   {}", one.environment);
    say!("  connected     {}", one.created_at);
    say!("  credentials   since {}", one.credentials_changed_at);
    let tracked = context.store.tracked(&one.id)?.len();
    if tracked > 0 || one.settings.sync_only_created {
        say!(
            "  tracked       {}",
            output::count(tracked as u64, "record", "records")
        );
    }
    let off = scopes::off(&one.settings.scope);
    if !off.is_empty() {
        say!("  switched off  {}", off.join(", "));
    }
    say!();
    let shown = settings::shown(&one.settings, manifest);
    let meanings = manifest.map(settings::meanings).unwrap_or_default();
    let rows = shown.iter().map(|(key, value)| {
        let meaning = meanings.iter().find(|(known, _)| known == key);
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Null => "-".to_owned(),
            value => value.to_string(),
        };
        let meaning = meaning.map_or_else(String::new, |(_, meaning)| meaning.clone());
        vec![key.clone(), value, meaning]
    });
    let head = ["setting", "value", "meaning"];
    output::line(output::table(&head, rows.collect(), &[]))
}

/// An integration for machines.
pub(super) fn to_json(one: &Integration) -> Value {
    let manifest = ats_connectors::find(&one.connector).map(|factory| factory.manifest);
    json!({
        "id": one.id.as_str(),
        "name": one.name,
        "connector": one.connector,
        "environment": one.environment,
        "state": one.state,
        "base_url": one.base_url.as_deref().map(without_password),
        "created_at": one.created_at,
        "credentials_changed_at": one.credentials_changed_at,
        "scope_config": one.settings.scope_config,
        "off": scopes::off(&one.settings.scope),
        "settings": settings::shown(&one.settings, manifest),
    })
}

fn state(state: IntegrationState) -> &'static str {
    match state {
        IntegrationState::Active => "active",
        IntegrationState::Disabled => "disabled",
        IntegrationState::Invalid => "credentials refused",
    }
}
