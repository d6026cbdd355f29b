//! `ats sync`: passes, one or for ever.

mod observer;
pub(crate) mod report;
mod watch;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use anyhow::Result;
use ats_core::ModelKind;
use ats_http::SystemClock;
use ats_store::{Integration, IntegrationState, Pass, PassKind};
use ats_sync::{Engine, Observer, PassOptions, Unobserved};
use clap::Args;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;

use crate::{
    context::{Context, Global},
    exit::{Exit, refusal, usage},
    names,
    output::{self, say},
    process, stop,
};
pub(crate) use observer::Watcher;
pub(crate) use watch::due;

/// The options of `ats sync`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats sync acme
  ats sync acme --full
  ats sync acme --only candidates,applications --time-limit 10m
  ats sync --all
  ats sync acme --watch

A pass that was stopped, by Ctrl-C or otherwise, is taken up by the next one where it stood.
Ctrl-C once ends a pass soon, twice at once. --watch runs until it is stopped so, and then ends with
code 0; with --json it prints one document a pass, each on a line of its own.")]
pub(crate) struct Options {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    #[arg(required_unless_present = "all")]
    integration: Option<String>,

    /// Every integration that is not disabled, one after the other.
    #[arg(long, conflicts_with = "integration")]
    all: bool,

    /// Reads everything from the beginning, which is what finds deletions. Without it: only what
    /// changed, unless nothing was ever read completely.
    #[arg(long)]
    full: bool,

    /// Goes on for ever, with the intervals of the settings.
    #[arg(long, conflicts_with_all = ["full", "only", "accept_deletions", "time_limit"])]
    watch: bool,

    /// Only these models and what they need, with commas between them.
    #[arg(
        long,
        value_name = "MODEL,...",
        value_delimiter = ',',
        value_parser = names::model_parser(),
        hide_possible_values = true
    )]
    only: Vec<ModelKind>,

    /// Marks records as deleted however many are missing.
    #[arg(long)]
    accept_deletions: bool,

    /// The longest a pass may take, such as 90s or 10m.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    time_limit: Option<Duration>,
}

/// Runs the command.
pub(crate) async fn run(options: &Options, global: &Global) -> Result<Exit> {
    let context = Context::open(global)?;
    if options.watch {
        let chosen = options.integration.as_deref();
        return watch::run(&context, chosen).await;
    }
    let pass_options = PassOptions {
        kind: options.full.then_some(PassKind::Full),
        only: options.only.iter().copied().collect::<BTreeSet<_>>(),
        accept_deletions: options.accept_deletions,
        time_limit: options.time_limit,
        ..PassOptions::default()
    };
    let watcher = (!global.json).then(|| Arc::new(Watcher::new()));
    let stop = stop_of(watcher.clone());
    match &options.integration {
        Some(text) => {
            let one = context.integration(text)?;
            refuse_disabled(&one)?;
            let pass = pass(&context, &one, &pass_options, watcher, stop).await?;
            if global.json {
                output::json(&report::to_json(&one, &pass))?;
            } else {
                report::print(&one, &pass)?;
            }
            Ok(report::exit(&pass))
        }
        None => all(&context, &pass_options, watcher, stop).await,
    }
}

/// One pass after the other. One that cannot even begin does not keep the others from running.
async fn all(
    context: &Context,
    options: &PassOptions,
    watcher: Option<Arc<Watcher>>,
    stop: Receiver<bool>,
) -> Result<Exit> {
    let all = context.store.integrations()?;
    let active: Vec<Integration> = all
        .into_iter()
        .filter(|one| one.state == IntegrationState::Active)
        .collect();
    if active.is_empty() {
        return Err(usage(
            "no_integration",
            "there is no active integration; `ats integrations` lists them, \
             `ats connect CONNECTOR --name NAME` adds one",
        ));
    }
    let mut worst = Exit::Complete;
    let mut passes: Vec<Value> = Vec::new();
    for one in active {
        if *stop.borrow() {
            worst = Exit::Interrupted;
            break;
        }
        if !context.json {
            say!("{}", console::style(&one.name).bold());
        }
        match pass(context, &one, options, watcher.clone(), stop.clone()).await {
            Ok(pass) => {
                worst = worst.max(report::exit(&pass));
                if context.json {
                    passes.push(report::to_json(&one, &pass));
                } else {
                    report::print(&one, &pass)?;
                    say!();
                }
            }
            Err(error) => {
                let (exit, code) = crate::exit::classify(&error);
                worst = worst.max(exit);
                let message = format!("{error:#}");
                if context.json {
                    let error = json!({ "code": code, "message": message });
                    passes.push(json!({
                        "integration_id": one.id.as_str(), "name": one.name, "error": error,
                    }));
                } else {
                    eprintln!("ats: {}: {message}", one.name);
                }
            }
        }
    }
    if context.json {
        output::json(&json!({ "passes": passes, "process": process::Used::now() }))?;
    }
    Ok(worst)
}

/// Runs one pass.
pub(crate) async fn pass(
    context: &Context,
    one: &Integration,
    options: &PassOptions,
    watcher: Option<Arc<Watcher>>,
    stop: Receiver<bool>,
) -> Result<Pass> {
    let connector = context.connector(one)?;
    let engine = engine(context);
    let observer: Arc<dyn Observer> = match &watcher {
        Some(watcher) => Arc::clone(watcher) as Arc<dyn Observer>,
        None => Arc::new(Unobserved),
    };
    let outcome = engine.run(one, connector, options, observer, stop).await;
    if let Some(watcher) = watcher {
        watcher.finish();
    }
    Ok(outcome?)
}

/// The engine on the context's store, with the machine's clock.
pub(crate) fn engine(context: &Context) -> Engine {
    Engine::new(Arc::clone(&context.store), Arc::new(SystemClock))
}

/// What ends a pass soon when Ctrl-C is pressed. `watcher` shows a person that it was heard.
pub(crate) fn stop_of(watcher: Option<Arc<Watcher>>) -> Receiver<bool> {
    stop::on_ctrl_c(move || {
        if let Some(watcher) = &watcher {
            watcher.say("stopping; what was read is kept. Ctrl-C again ends it at once");
        }
    })
}

fn refuse_disabled(one: &Integration) -> Result<()> {
    match one.state {
        IntegrationState::Active => Ok(()),
        IntegrationState::Invalid => Err(refusal(
            Exit::CredentialsRejected,
            "invalid",
            format!(
                "the vendor has refused the key of {0} for days; `ats connect {1} --name {0}` takes \
                 a new one",
                one.name, one.connector
            ),
        )),
        IntegrationState::Disabled => Err(refusal(
            Exit::Failed,
            "disabled",
            format!(
                "{0} is disabled; `ats integrations enable {0}` lets passes run again",
                one.name
            ),
        )),
    }
}
