//! Measures the server: `cargo bench -p ats-cli --bench server`, or rather `cargo xtask bench --server`.
//!
//! `ats serve` runs as a process of its own; the simulated vendor, the load and whoever listens to
//! webhooks run in this one. Run as a test it measures nothing and proves that the comparison can fail.

#[path = "../mirror/ats.rs"]
#[expect(dead_code, reason = "the bench of the mirror uses the rest")]
mod ats;
mod client;
mod hooks;
mod load;
#[path = "../mirror/machine.rs"]
#[expect(dead_code, reason = "the bench of the mirror uses the rest")]
mod machine;
mod measure;
mod page;
mod process;
mod proof;
mod same;
#[path = "../mirror/spread.rs"]
mod spread;
mod state;
#[path = "../mirror/text.rs"]
#[expect(dead_code, reason = "the bench of the mirror uses the rest")]
mod text;
mod truth;
mod vendor;
mod walk;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::Parser;
use libtest_mimic::{Failed, Trial};
use tokio::runtime::Runtime;

use crate::measure::{Plan, Server};

/// Measures the server against the simulated vendor.
#[derive(Debug, Parser)]
struct Arguments {
    /// A small organisation and short rounds; nothing is kept, and the page is left alone.
    #[arg(long)]
    quick: bool,

    /// Where figures are kept, so that the page can be written again.
    #[arg(long)]
    kept: Option<PathBuf>,

    /// The page to write.
    #[arg(long)]
    page: Option<PathBuf>,

    /// Measures nothing, and writes the page from the figures that are kept.
    #[arg(long)]
    only_page: bool,

    /// Serves this file's bytes from memory and nothing else; the bench starts itself so.
    #[arg(long, hide = true)]
    serve_bytes: Option<PathBuf>,

    /// Cargo says so when it runs a bench rather than a test.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    if !std::env::args().any(|argument| argument == "--bench") {
        return test();
    }
    match bench(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Proves, without a figure, that the bench can be trusted.
fn test() -> ExitCode {
    let trials = vec![Trial::test("a_damaged_answer_is_found", || {
        let proved = runtime().and_then(|runtime| proof::the_check_finds_damage(&runtime));
        proved.map_err(|error| Failed::from(format!("{error:#}")))
    })];
    let arguments = libtest_mimic::Arguments::from_args();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn bench(arguments: &Arguments) -> Result<()> {
    if let Some(file) = &arguments.serve_bytes {
        return same::serve(file);
    }
    if arguments.only_page {
        let kept = arguments.kept.as_deref().context("--kept is missing")?;
        let figures = serde_json::from_str(&std::fs::read_to_string(kept)?)?;
        return tell(arguments.page.as_deref(), &figures);
    }
    let runtime = runtime()?;
    proof::the_check_finds_damage(&runtime)?;
    eprintln!("the check finds damage");
    let plan = match arguments.quick {
        true => Plan::QUICK,
        false => Plan::WHOLE,
    };
    let figures = measure::measure(&runtime, &plan)?;
    if arguments.quick {
        return tell(None, &figures);
    }
    if let Some(path) = &arguments.kept {
        let text = serde_json::to_string_pretty(&figures)?;
        std::fs::write(path, text).context("cannot keep the figures")?;
    }
    tell(arguments.page.as_deref(), &figures)
}

/// Prints what was measured, and writes the page.
fn tell(page: Option<&Path>, figures: &Server) -> Result<()> {
    println!("{}", page::tables(figures));
    if let Some(path) = page {
        let text = page::page(&machine::look()?, figures);
        std::fs::write(path, text).context("cannot write the page")?;
    }
    Ok(())
}

/// One thread: its processor time is that of the load.
fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().context("no runtime")
}
