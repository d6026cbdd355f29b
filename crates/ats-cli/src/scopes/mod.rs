//! `ats scopes`: named sets of what integrations read, show and do.

mod parse;

use anyhow::Result;
use ats_core::{Clock, Id, Timestamp};
use ats_http::SystemClock;
use ats_store::{Integration, PRODUCTION, ScopeConfig, ScopeSettings};
use chrono::DateTime;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    context::{Context, Global},
    exit::{Exit, usage},
    output::{self, say},
};

pub(crate) use parse::off;

/// The options of `ats scopes`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats scopes create lean ats_offers=disabled ats_candidates.phone_numbers=optional
  ats scopes set lean ats_reject_application=disabled
  ats scopes show lean
  ats integrations set acme scope_config=lean

What is disabled is neither stored nor shown nor done. What is optional is on unless the customer
leaves it out while connecting. Everything that is not named is enabled.")]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a scope config.
    Create(Change),
    /// Changes a scope config, and the integrations that follow it.
    Set(Change),
    /// Lists the scope configs.
    List(Of),
    /// Shows what a scope config says.
    Show(Named),
    /// Removes a scope config. Integrations that follow it keep what it said.
    Remove(Named),
}

/// Which environment.
#[derive(Debug, Args)]
struct Of {
    /// The environment that it belongs to.
    #[arg(long, value_name = "ENV", default_value = PRODUCTION)]
    environment: String,
}

/// Which scope config.
#[derive(Debug, Args)]
struct Named {
    /// Its name.
    name: String,

    #[command(flatten)]
    of: Of,
}

/// What a scope config is to say.
#[derive(Debug, Args)]
struct Change {
    #[command(flatten)]
    named: Named,

    /// New integrations follow this one, unless the link that they come by names another.
    #[arg(long)]
    default: bool,

    /// A model, a MODEL.FIELD or an action, with enabled, disabled or optional.
    #[arg(value_name = "KEY=VALUE", value_parser = crate::settings::parse_pair)]
    settings: Vec<(String, String)>,
}

/// Runs the command.
pub(crate) fn run(options: Options, global: &Global) -> Result<Exit> {
    match options.command {
        Command::Create(change) => create(&Context::open_for_server(global)?, &change)?,
        Command::Set(change) => set(&Context::open(global)?, &change)?,
        Command::List(of) => list(&Context::open(global)?, &of)?,
        Command::Show(named) => show(&Context::open(global)?, &named)?,
        Command::Remove(named) => remove(&Context::open(global)?, &named)?,
    }
    Ok(Exit::Complete)
}

/// The scope config of an environment that is called so, or has this id.
pub(crate) fn named(context: &Context, environment: &str, name: &str) -> Result<ScopeConfig> {
    let all = context.platform.scope_configs(environment)?;
    let known: Vec<String> = all.iter().map(|config| config.name.clone()).collect();
    let mut all = all.into_iter();
    let found = all.find(|config| config.name == name || config.id == name);
    found.ok_or_else(|| {
        let known = match known.as_slice() {
            [] => "there is none yet, and `ats scopes create NAME` makes one".to_owned(),
            known => format!("these are there: {}", known.join(", ")),
        };
        usage(
            "unknown_scope",
            format!("the environment `{environment}` has no scope config `{name}`; {known}"),
        )
    })
}

/// Lets an integration follow a scope config of its environment, or none.
pub(crate) fn follow(context: &Context, one: &mut Integration, name: &str) -> Result<()> {
    let configs = context.platform.scope_configs(&one.environment)?;
    let before = one.settings.scope_config.as_ref();
    let before = configs
        .iter()
        .find(|config| Some(&config.id) == before)
        .map(|config| &config.settings);
    let config = match name {
        "" => None,
        name => Some(named(context, &one.environment, name)?),
    };
    one.settings.follow(before, config.as_ref(), now());
    Ok(())
}

fn create(context: &Context, change: &Change) -> Result<()> {
    let Named { name, of } = &change.named;
    let environment = &of.environment;
    for (what, text) in [("name", name), ("environment", environment)] {
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err(usage("bad_name", format!("the {what} must have a letter")));
        }
    }
    let all = context.platform.scope_configs(environment)?;
    if all.iter().any(|config| config.name == *name) {
        return Err(usage(
            "scope_exists",
            format!("there is a scope config `{name}` already; `ats scopes set {name}` changes it"),
        ));
    }
    let mut settings = ScopeSettings::default();
    parse::apply(&mut settings, &change.settings)?;
    let config = ScopeConfig {
        id: Id::derive(["scope config", environment, name]).to_string(),
        environment: environment.clone(),
        name: name.clone(),
        is_default: change.default,
        settings,
    };
    context.platform.save_scope_config(&config)?;
    print(context, &config)
}

fn set(context: &Context, change: &Change) -> Result<()> {
    let mut config = named(context, &change.named.of.environment, &change.named.name)?;
    let before = config.settings.clone();
    parse::apply(&mut config.settings, &change.settings)?;
    config.is_default |= change.default;
    context.platform.save_scope_config(&config)?;
    let mut followed = Vec::new();
    for mut one in context.store.integrations()? {
        let follows = one.settings.scope_config.as_ref() == Some(&config.id);
        if !follows || one.environment != config.environment {
            continue;
        }
        let scope = one.settings.scope.clone();
        one.settings.follow(Some(&before), Some(&config), now());
        if one.settings.scope != scope {
            context.store.save_integration(&one)?;
            followed.push(one.name);
        }
    }
    print(context, &config)?;
    if !context.json && !followed.is_empty() {
        say!();
        say!(
            "The next pass of {} brings the mirror after it.",
            followed.join(", ")
        );
    }
    Ok(())
}

fn list(context: &Context, of: &Of) -> Result<()> {
    let all = context.platform.scope_configs(&of.environment)?;
    if context.json {
        let all: Vec<Value> = all.iter().map(to_json).collect();
        return output::json(&json!({ "scopes": all }));
    }
    if all.is_empty() {
        say!("There is none yet: everything is enabled; `ats scopes create NAME` makes one.");
        return Ok(());
    }
    let rows = all.iter().map(|config| {
        let default = if config.is_default { "default" } else { "" };
        vec![
            config.name.clone(),
            default.to_owned(),
            parse::pairs(&config.settings).join(" "),
        ]
    });
    let head = ["name", "", "what is not simply enabled"];
    output::line(output::table(&head, rows.collect(), &[]))
}

fn show(context: &Context, named: &Named) -> Result<()> {
    let config = self::named(context, &named.of.environment, &named.name)?;
    print(context, &config)
}

fn remove(context: &Context, named: &Named) -> Result<()> {
    let config = self::named(context, &named.of.environment, &named.name)?;
    context.platform.remove_scope_config(&config.id)?;
    if context.json {
        return output::json(&json!({ "id": config.id, "removed": true }));
    }
    say!("The scope config {} is removed.", config.name);
    Ok(())
}

fn print(context: &Context, config: &ScopeConfig) -> Result<()> {
    if context.json {
        return output::json(&to_json(config));
    }
    let default = if config.is_default { ", default" } else { "" };
    say!("{} ({}{default})", config.name, config.id);
    let pairs = parse::pairs(&config.settings);
    if pairs.is_empty() {
        say!("  everything is enabled");
    }
    for pair in pairs {
        say!("  {pair}");
    }
    Ok(())
}

fn to_json(config: &ScopeConfig) -> Value {
    json!({
        "id": config.id,
        "name": config.name,
        "environment": config.environment,
        "default": config.is_default,
        "settings": parse::shown(&config.settings),
    })
}

fn now() -> Timestamp {
    Timestamp::from(DateTime::from(SystemClock.wall()))
}
