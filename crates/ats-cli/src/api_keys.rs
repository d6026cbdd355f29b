//! `ats api-keys`: who may call the server.

use anyhow::Result;
use ats_core::{Clock, Timestamp};
use ats_http::SystemClock;
use ats_store::{ApiKey, PRODUCTION};
use chrono::DateTime;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    context::{Context, Global},
    exit::{Exit, usage},
    output::{self, say},
};

/// The options of `ats api-keys`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats api-keys create --name backend
  ats api-keys create --name backend --environment development --json
  ats api-keys list
  ats api-keys revoke 7tbPq2…")]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a key and shows it once; only its hash is kept.
    Create {
        /// What you call it.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// The environment whose integrations it reaches.
        #[arg(long, value_name = "ENV", default_value = PRODUCTION)]
        environment: String,
    },
    /// Lists the keys, without their texts.
    List,
    /// Ends a key at once.
    Revoke {
        /// The key's id, as `list` shows it.
        id: String,
    },
}

/// Runs the command.
pub(crate) fn run(options: Options, global: &Global) -> Result<Exit> {
    match options.command {
        Command::Create { name, environment } => create(global, &name, &environment)?,
        Command::List => list(&Context::open(global)?)?,
        Command::Revoke { id } => revoke(&Context::open(global)?, &id)?,
    }
    Ok(Exit::Complete)
}

fn create(global: &Global, name: &str, environment: &str) -> Result<()> {
    for (what, text) in [("name", name), ("environment", environment)] {
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err(usage("bad_name", format!("the {what} must have a letter")));
        }
    }
    let context = Context::open_for_server(global)?;
    let made = context.platform.create_api_key(name, environment, now())?;
    if context.json {
        return output::json(&json!({
            "id": made.id,
            "key": made.key,
            "environment": made.environment,
        }));
    }
    say!("{}", made.key);
    say!();
    say!("This is the only time that the key is shown. It reaches the integrations of the");
    say!("environment `{environment}`; its id is {}.", made.id);
    Ok(())
}

fn list(context: &Context) -> Result<()> {
    let keys = context.platform.api_keys()?;
    if context.json {
        let keys: Vec<Value> = keys.iter().map(to_json).collect();
        return output::json(&json!({ "api_keys": keys }));
    }
    if keys.is_empty() {
        say!("There is no key yet; `ats api-keys create --name NAME` makes one.");
        return Ok(());
    }
    let rows = keys.iter().map(|key| {
        let state = match (key.revoked_at, key.last_used_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) => format!("used about {at}"),
            (None, None) => "never used".to_owned(),
        };
        vec![
            key.id.clone(),
            key.name.clone(),
            key.environment.clone(),
            state,
        ]
    });
    let head = ["id", "name", "environment", "state"];
    output::line(output::table(&head, rows.collect(), &[]))
}

fn to_json(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "environment": key.environment,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    })
}

fn revoke(context: &Context, id: &str) -> Result<()> {
    let revoked = context.platform.revoke_api_key(id, now())?;
    let known = context.platform.api_keys()?;
    if known.iter().all(|key| key.id != id) {
        return Err(usage(
            "unknown_api_key",
            format!("there is no key `{id}`; `ats api-keys list` shows those that are there"),
        ));
    }
    if context.json {
        return output::json(&json!({ "id": id, "revoked": revoked }));
    }
    let already = if revoked { "" } else { "already " };
    say!("The key {id} is {already}revoked.");
    Ok(())
}

fn now() -> Timestamp {
    Timestamp::from(DateTime::from(SystemClock.wall()))
}
