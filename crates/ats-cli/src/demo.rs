//! `ats demo`: the whole way from a vendor to files, on this machine alone.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ats_simulator::{Options as SimulatorOptions, Simulator, ashby};
use clap::Args;

use crate::{
    exit::Exit,
    integration::{self, Integration},
    pull::pull,
};

/// The options of `ats demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ats demo --candidates 2000 --out demo/")]
pub(crate) struct Options {
    /// How many candidates the simulated organisation has.
    #[arg(long, default_value_t = 500)]
    candidates: usize,

    /// What the simulated organisation is drawn from; the same seed gives the same organisation.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// The folder for the files; it is created.
    #[arg(long, value_name = "DIR", default_value = "ats-demo")]
    out: PathBuf,
}

/// Runs the command.
pub(crate) async fn run(options: Options, json: bool) -> Result<Exit> {
    let world = ashby::generated_world(options.seed, options.candidates);
    let simulator = Simulator::start(world, SimulatorOptions::default())
        .await
        .context("cannot start the simulated vendor on a free port of this machine")?;
    let factory = integration::factory("ashby")?;
    let base_url = Some(simulator.base_url());
    let integration = integration::connect(factory, "demo", simulator.key().into(), base_url, &[])?;
    if !json {
        println!(
            "A simulated Ashby with {} candidates answers at {}.",
            options.candidates,
            simulator.base_url()
        );
        show_access(&integration).await?;
    }
    let summary = pull(&integration, &options.out, json).await?;
    if json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        summary.print();
        show_one(&options.out)?;
    }
    Ok(summary.exit())
}

async fn show_access(integration: &Integration) -> Result<()> {
    let access = integration.connector.check().await?;
    let title = access.title.as_deref().unwrap_or("the key");
    println!(
        "`{title}` may use {} permissions; {} models are out of its reach.",
        access.granted.len(),
        access.missing.len()
    );
    println!();
    Ok(())
}

/// Shows one record, so that the newcomer sees what the files hold.
fn show_one(out: &Path) -> Result<()> {
    let path = out.join("applications.jsonl");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let Some(line) = text.lines().next() else {
        return Ok(());
    };
    let mut record: serde_json::Value = serde_json::from_str(line)?;
    if let Some(fields) = record.as_object_mut() {
        fields.remove("remote_data");
        fields.remove("integration_fields");
    }
    println!("\nThe first application, without its raw data:\n{record:#}\n");
    println!("Next:");
    println!(
        "  ls {}                                    every model, one record a line",
        out.display()
    );
    println!("  ats simulate ashby                          the simulated vendor alone, to curl");
    println!("  ats pull ashby --api-key-env VAR --out DIR  the same with a key of your own");
    Ok(())
}
