//! `ats simulate`: a simulated vendor that anyone can curl.

use anyhow::{Context, Result, bail};
use ats_simulator::{Options as SimulatorOptions, Simulator, ashby};
use clap::Args;
use serde_json::json;

use crate::exit::Exit;

/// The options of `ats simulate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ats simulate ashby --port 8787 --candidates 1000 --key test &
  curl -u test: -H 'Content-Type: application/json' -d '{\"limit\": 1}' http://127.0.0.1:8787/candidate.list")]
pub(crate) struct Options {
    /// The vendor, for example `ashby`.
    vendor: String,

    /// The port on this machine; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,

    /// What the organisation is drawn from; the same seed gives the same organisation.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How many candidates the organisation has. Without it: the small, hand-made world of the tests.
    #[arg(long)]
    candidates: Option<usize>,

    /// The API key to accept; drawn if none is given.
    #[arg(long)]
    key: Option<String>,
}

/// Runs until Ctrl-C.
pub(crate) async fn run(options: Options, json: bool) -> Result<Exit> {
    if options.vendor != "ashby" {
        bail!(
            "there is no simulated `{}`; `ashby` is there",
            options.vendor
        );
    }
    let world = match options.candidates {
        Some(candidates) => ashby::generated_world(options.seed, candidates),
        None => ashby::small_world(),
    };
    let settings = SimulatorOptions {
        port: options.port,
        key: options.key,
        ..SimulatorOptions::default()
    };
    let simulator = Simulator::start(world, settings)
        .await
        .with_context(|| format!("cannot listen on port {} of this machine", options.port))?;
    let (base_url, key) = (simulator.base_url(), simulator.key());
    if json {
        println!("{}", json!({ "base_url": base_url, "key": key }));
    } else {
        println!("listening on {base_url}");
        println!("API key      {key}");
        println!(
            "Try:         curl -u {key}: -H 'Content-Type: application/json' -d '{{}}' {base_url}/user.list"
        );
        println!("Stop it with Ctrl-C.");
    }
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for Ctrl-C")?;
    Ok(Exit::Complete)
}
