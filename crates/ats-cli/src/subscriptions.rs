//! `ats subscriptions`: whether the vendor tells this server of changes as they happen.

use std::sync::Arc;

use anyhow::Result;
use ats_core::Connector;
use ats_store::{Integration, StoredSubscription, SubscriptionState, vault::KeyRing};
use ats_sync::{Standing, SubscribeError, Subscribed, Subscribing};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use url::Url;

use crate::{
    context::{Context, Global},
    exit::{Exit, usage},
    output::{self, say},
    sync,
};

/// The options of `ats subscriptions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats subscriptions create acme --public-url https://ats.example.com
  ats subscriptions list acme --look
  ats subscriptions renew acme --public-url https://ats.example.com
  ats subscriptions remove acme

The vendor calls `ats serve` behind the public address. Without subscriptions, syncs bring the same
changes later.")]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Subscribes to every event that is worth it and is not subscribed to.
    Create(Called),
    /// Lists what is subscribed to.
    List(Listed),
    /// Gives each subscription a new secret and this address, and switches it on again.
    Renew(Called),
    /// Ends all subscriptions.
    Remove(Named),
}

#[derive(Debug, Args)]
struct Named {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    integration: String,
}

#[derive(Debug, Args)]
struct Listed {
    #[command(flatten)]
    named: Named,
    /// Asks the vendor how each stands.
    #[arg(long)]
    look: bool,
}

#[derive(Debug, Args)]
struct Called {
    #[command(flatten)]
    named: Named,
    /// Where the vendor reaches the server; as for `ats serve`.
    #[arg(long, value_name = "URL", env = "ATS_PUBLIC_URL")]
    public_url: Option<Url>,
}

/// Runs the command.
pub(crate) async fn run(options: &Options, global: &Global) -> Result<Exit> {
    let context = Context::open(global)?;
    match &options.command {
        Command::Create(called) => {
            let (one, subscribing) = begin(&context, &called.named)?;
            let address = address(&one, called.public_url.as_ref())?;
            let all = subscribing.create(&address).await.map_err(explained)?;
            tell(&context, &one, &all)
        }
        Command::Renew(called) => {
            let (one, subscribing) = begin(&context, &called.named)?;
            let address = address(&one, called.public_url.as_ref())?;
            let all = subscribing.renew(&address).await.map_err(explained)?;
            tell(&context, &one, &all)
        }
        Command::Remove(named) => {
            let (one, subscribing) = begin(&context, named)?;
            let all = subscribing.remove().await.map_err(explained)?;
            tell(&context, &one, &all)
        }
        Command::List(listed) if listed.look => {
            let (one, subscribing) = begin(&context, &listed.named)?;
            let all = subscribing.look().await.map_err(explained)?;
            tell(&context, &one, &all)
        }
        Command::List(listed) => list(&context, &listed.named.integration),
    }
}

fn begin(context: &Context, named: &Named) -> Result<(Integration, Subscribing)> {
    let one = context.integration(&named.integration)?;
    let connector: Arc<dyn Connector> = context.connector(&one)?;
    let keys = Arc::new(KeyRing::load(&context.keys())?);
    let subscribing = Subscribing::new(&sync::engine(context), &one, connector, keys);
    Ok((one, subscribing))
}

/// What the vendor is to call, but for the end that is made for each subscription.
fn address(one: &Integration, public_url: Option<&Url>) -> Result<String> {
    let url = public_url.ok_or_else(|| {
        usage(
            "no_public_url",
            "the vendor must be told where to call: --public-url https://HOST, the address at which the \
             internet reaches `ats serve`",
        )
    })?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || url.path() != "/" {
        return Err(usage(
            "bad_public_url",
            format!("`{url}` cannot be the public address: write it as https://HOST"),
        ));
    }
    Ok(format!("{url}webhooks/{}", one.connector))
}

fn explained(error: SubscribeError) -> anyhow::Error {
    match error {
        SubscribeError::NotAvailable => usage("not_available", error.to_string()),
        other => other.into(),
    }
}

/// The word for how a subscription stands, and what went wrong.
fn word(standing: &Standing) -> (&'static str, Option<String>) {
    match standing {
        Standing::Active => ("ACTIVE", None),
        Standing::Unchanged => ("UNCHANGED", None),
        Standing::Off => ("OFF", None),
        Standing::NotOffered => ("NOT_OFFERED", None),
        Standing::Ended => ("ENDED", None),
        Standing::Gone => ("GONE", None),
        Standing::Failed(error) => ("FAILED", Some(error.to_string())),
    }
}

/// Tells what became of each subscription.
fn tell(context: &Context, one: &Integration, all: &[Subscribed]) -> Result<Exit> {
    let failures = all.iter().filter_map(|one| match &one.standing {
        Standing::Failed(error) => Some(Exit::for_failure(error.kind())),
        _ => None,
    });
    let exit = failures.max().unwrap_or(Exit::Complete);
    if context.json {
        let subscriptions: Vec<Value> = all
            .iter()
            .map(|one| {
                let (state, problem) = word(&one.standing);
                json!({ "event": one.event, "state": state, "problem": problem })
            })
            .collect();
        output::json(&json!({ "integration": one.id, "subscriptions": subscriptions }))?;
        return Ok(exit);
    }
    if all.is_empty() {
        say!("Nothing is subscribed to.");
        return Ok(exit);
    }
    let rows = all.iter().map(|one| {
        let text = match &one.standing {
            Standing::Active => "the vendor calls".to_owned(),
            Standing::Unchanged => "was there already".to_owned(),
            Standing::Off => "switched off at the vendor; `renew` switches it on".to_owned(),
            Standing::NotOffered => "not offered by the vendor; syncs bring it".to_owned(),
            Standing::Ended => "ended".to_owned(),
            Standing::Gone => "the vendor has it no more; `renew` makes it anew".to_owned(),
            Standing::Failed(error) => format!("failed: {error}"),
        };
        vec![one.event.clone(), text]
    });
    output::line(output::table(&["event", "state"], rows.collect(), &[]))?;
    Ok(exit)
}

/// What is kept of the subscriptions, without a question to the vendor.
fn list(context: &Context, name: &str) -> Result<Exit> {
    let one = context.integration(name)?;
    let kept = context.store.subscriptions(&one.id)?;
    if context.json {
        let kept: Vec<Value> = kept.iter().map(to_json).collect();
        output::json(&json!({ "integration": one.id, "subscriptions": kept }))?;
        return Ok(Exit::Complete);
    }
    if kept.is_empty() {
        say!(
            "Nothing is subscribed to; `ats subscriptions create {}` does so.",
            one.name
        );
        return Ok(Exit::Complete);
    }
    let rows = kept.iter().map(|kept| {
        let state = match kept.state {
            SubscriptionState::Active => "active",
            SubscriptionState::Pending => "the vendor has not answered",
            SubscriptionState::Ending => "the vendor has not confirmed its end",
        };
        vec![
            kept.event.clone(),
            state.to_owned(),
            shown(kept),
            kept.renewed_at.unwrap_or(kept.created_at).to_string(),
        ]
    });
    let head = ["event", "state", "address", "since"];
    output::line(output::table(&head, rows.collect(), &[]))?;
    Ok(Exit::Complete)
}

fn to_json(kept: &StoredSubscription) -> Value {
    json!({
        "event": kept.event,
        "state": kept.state,
        "address": shown(kept),
        "created_at": kept.created_at,
        "renewed_at": kept.renewed_at,
    })
}

/// The address without its end, by which anybody could call.
fn shown(kept: &StoredSubscription) -> String {
    let base = kept.url.strip_suffix(&kept.segment.0);
    format!("{}…", base.unwrap_or_default())
}
