//! `ats keys`: the keys that stored credentials are sealed with.

use anyhow::{Context as _, Result};
use ats_store::vault::{KeyRing, VARIABLE};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    context::{Context, Global},
    exit::{Exit, usage},
    output::{self, say},
};

/// The options of `ats keys`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Seals all stored credentials with a new key and drops the old one.
    #[command(after_help = "\
The key file lies beside the database. If the keys are in ATS_ENCRYPTION_KEY, put a new one before the
old one first, run the command, and take the old one away when it says so:
  export ATS_ENCRYPTION_KEY=\"2:$(openssl rand -base64 32),1:OLD\"
  ats keys rotate")]
    Rotate,
}

/// Runs the command.
pub(crate) fn run(options: &Options, global: &Global) -> Result<Exit> {
    let context = Context::open(global)?;
    match options.command {
        Command::Rotate => rotate(&context)?,
    }
    Ok(Exit::Complete)
}

/// In the order that `ats_store::vault` gives: a crash anywhere leaves all credentials openable.
fn rotate(context: &Context) -> Result<()> {
    if !context.holds_secrets()? {
        return Err(usage(
            "no_integration",
            "no credentials are stored, so there is nothing to seal anew",
        ));
    }
    let source = context.keys();
    let old = KeyRing::load(&source)?;
    let of_variable = source.variable.is_some();
    let ring = if of_variable {
        old
    } else {
        let ring = old.rotated()?;
        ring.write_file(&source.file)?;
        ring
    };
    let resealed = reseal(context, &ring)?;
    if !of_variable {
        ring.without_old().write_file(&source.file)?;
    }
    if context.json {
        return output::json(&json!({
            "version": ring.version(),
            "resealed": resealed,
            "source": if of_variable { "variable" } else { "file" },
        }));
    }
    let integrations = output::count(resealed, "integration", "integrations");
    say!(
        "The credentials of {integrations} were sealed with version {} of the key.",
        ring.version()
    );
    if of_variable {
        say!("Every older version can be taken out of {VARIABLE} now.");
    } else {
        say!(
            "{} holds that version alone; keep a new copy of it.",
            source.file.display()
        );
    }
    Ok(())
}

/// Seals anew whatever another version sealed, until nothing is left.
fn reseal(context: &Context, ring: &KeyRing) -> Result<u64> {
    let mut resealed = 0;
    loop {
        let mut all = context.store.integrations()?;
        all.retain(|one| ring.needs_reseal(&one.credentials));
        let secrets = reseal_webhooks(context, ring)?;
        if all.is_empty() && !secrets {
            return Ok(resealed);
        }
        for mut one in all {
            let credentials = ring
                .open_credentials(&one.credentials, &one.id)
                .with_context(|| {
                    format!(
                        "the credentials of `{}` keep the rotation from ending",
                        one.name
                    )
                })?;
            one.credentials = ring.seal_credentials(&credentials, &one.id)?;
            context.store.save_integration(&one)?;
            resealed += 1;
        }
    }
}

/// Seals anew the secrets that vendors sign events with, and those that we sign with. Tells whether there were any.
fn reseal_webhooks(context: &Context, ring: &KeyRing) -> Result<bool> {
    let mut any = false;
    for one in context.store.integrations()? {
        let mut kept = context.store.subscriptions(&one.id)?;
        kept.retain(|kept| kept.needs_reseal(ring));
        for mut kept in kept {
            kept.reseal(ring).with_context(|| {
                format!(
                    "a webhook secret of `{}` keeps the rotation from ending",
                    one.name
                )
            })?;
            context.store.save_subscription(&kept)?;
            any = true;
        }
    }
    let mut endpoints = context.platform.endpoints()?;
    endpoints.retain(|endpoint| endpoint.needs_reseal(ring));
    for mut endpoint in endpoints {
        endpoint.reseal(ring).with_context(|| {
            format!(
                "the secret of the webhook endpoint {} keeps the rotation from ending",
                endpoint.id
            )
        })?;
        context.platform.save_endpoint(&endpoint)?;
        any = true;
    }
    Ok(any)
}
