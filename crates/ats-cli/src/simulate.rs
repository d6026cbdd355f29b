//! `ats simulate`: a simulated vendor that anyone can curl.

use std::time::Duration;

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

    /// Every answer comes so many milliseconds later, as it would over a network. Requests wait
    /// side by side.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=600_000))]
    latency_ms: u64,
}

impl Options {
    fn settings(&self) -> SimulatorOptions {
        SimulatorOptions {
            port: self.port,
            key: self.key.clone(),
            latency: Duration::from_millis(self.latency_ms),
            // Nobody reads the log here, and it would grow for as long as the command runs.
            log_limit: Some(0),
            ..SimulatorOptions::default()
        }
    }
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
    let simulator = Simulator::start(world, options.settings())
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn settings(arguments: &[&str]) -> SimulatorOptions {
        let line = ["simulate", "ashby"].iter().chain(arguments);
        Line::try_parse_from(line).unwrap().options.settings()
    }

    #[test]
    fn the_latency_is_what_was_asked_for_and_no_log_grows() {
        let plain = settings(&[]);
        assert_eq!((plain.latency, plain.log_limit), (Duration::ZERO, Some(0)));
        let slow = settings(&["--latency-ms", "100", "--port", "8787", "--key", "test"]);
        assert_eq!(slow.latency, Duration::from_millis(100));
        assert_eq!((slow.port, slow.key.as_deref()), (8787, Some("test")));
    }
}
