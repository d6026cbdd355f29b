//! Measures the mirror: `cargo bench -p ats-cli --bench mirror`, or rather `cargo xtask bench`.
//!
//! The simulated vendor runs in one process, `ats sync` in another, and this one only starts them,
//! weighs them and compares what they hold. Run as a test it measures nothing and proves that the
//! comparison can fail.

mod aims;
mod ats;
mod client;
mod figures;
mod machine;
mod measure;
mod mirror;
mod page;
mod profile;
mod proof;
mod rows;
mod rules;
mod spread;
mod text;
mod truth;
mod walk;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use libtest_mimic::{Failed, Trial};
use tokio::runtime::Runtime;

use crate::{figures::Figures, profile::Profile};

/// So many candidates are enough to prove that the bench can be trusted.
const PROOF: usize = 60;

/// Measures the mirror against the simulated vendor.
#[derive(Debug, Parser)]
struct Arguments {
    /// Each profile once, and only `1k` if none is named; nothing is kept, and the page is left alone.
    #[arg(long)]
    quick: bool,

    /// Only these profiles, such as `20k` or `1k-answers-100ms`.
    #[arg(long = "profile")]
    profiles: Vec<String>,

    /// Where figures are kept from one run to the next.
    #[arg(long)]
    kept: Option<PathBuf>,

    /// The page to write; it names the profiles that have not been measured with this build.
    #[arg(long)]
    page: Option<PathBuf>,

    /// Measures nothing, and writes the page from the figures that are kept.
    #[arg(long)]
    only_page: bool,

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
    let trial = |name, proof: fn(&Runtime, usize) -> Result<()>| {
        Trial::test(name, move || {
            let proved = runtime().and_then(|runtime| proof(&runtime, PROOF));
            proved.map_err(|error| Failed::from(format!("{error:#}")))
        })
    };
    let trials = vec![
        trial("damage_to_a_mirror_is_found", proof::the_check_finds_damage),
        trial(
            "the_floor_asks_for_what_a_pass_asks_for",
            proof::the_floor_asks_for_the_same,
        ),
    ];
    let mut arguments = libtest_mimic::Arguments::from_args();
    // The processor time of children is counted for all of them together.
    arguments.test_threads = Some(1);
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn bench(arguments: &Arguments) -> Result<()> {
    if arguments.only_page {
        return tell(arguments, &Kept::open(arguments.kept.clone())?);
    }
    let runtime = runtime()?;
    proof::the_check_finds_damage(&runtime, PROOF)?;
    proof::the_floor_asks_for_the_same(&runtime, PROOF)?;
    eprintln!("the check finds damage, and the floor asks for what a pass asks for");
    let named = arguments.profiles.iter().map(|name| profile::named(name));
    let named: Vec<Profile> = named.collect::<Result<_>>()?;
    if arguments.quick {
        let quick = match named.is_empty() {
            true => vec![profile::named("1k")?],
            false => named,
        };
        let once = quick.into_iter().map(|one| Profile { runs: 1, ..one });
        let figures = once.map(|one| measure::measure(&runtime, &one));
        println!("{}", page::tables(&figures.collect::<Result<Vec<_>>>()?));
        return Ok(());
    }
    let wanted = match named.is_empty() {
        true => profile::all()?,
        false => named,
    };
    let mut kept = Kept::open(arguments.kept.clone())?;
    for profile in &wanted {
        let figures = measure::measure(&runtime, profile)?;
        kept.add(figures)?;
    }
    tell(arguments, &kept)
}

/// Prints what was measured, and writes the page.
fn tell(arguments: &Arguments, kept: &Kept) -> Result<()> {
    let names: Vec<String> = profile::all()?.into_iter().map(|one| one.name).collect();
    let (there, missing) = kept.of(&names);
    println!("{}", page::tables(&there));
    if let Some(path) = &arguments.page {
        let page = page::page(&machine::look()?, &there, &missing);
        std::fs::write(path, page).context("cannot write the page")?;
    }
    Ok(())
}

fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().context("no runtime")
}

/// Figures of one build of the program; those of another build do not stand beside them.
struct Kept {
    path: Option<PathBuf>,
    build: String,
    figures: Vec<Figures>,
}

impl Kept {
    fn open(path: Option<PathBuf>) -> Result<Self> {
        let build = machine::build()?;
        let text = path
            .as_ref()
            .and_then(|path| std::fs::read_to_string(path).ok());
        let (of, figures): (String, Vec<Figures>) = text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let figures = if of == build { figures } else { Vec::new() };
        Ok(Self {
            path,
            build,
            figures,
        })
    }

    fn add(&mut self, figures: Figures) -> Result<()> {
        self.figures.retain(|one| one.profile != figures.profile);
        self.figures.push(figures);
        if let Some(path) = &self.path {
            let text = serde_json::to_string_pretty(&(&self.build, &self.figures))?;
            std::fs::write(path, text).context("cannot keep the figures")?;
        }
        Ok(())
    }

    /// The figures with these names, in their order, and the names without figures.
    fn of(&self, names: &[String]) -> (Vec<Figures>, Vec<String>) {
        let find = |name: &&String| self.figures.iter().find(|one| one.profile == **name);
        let there = names
            .iter()
            .filter_map(|name| find(&name).cloned())
            .collect();
        let missing = names
            .iter()
            .filter(|name| find(name).is_none())
            .cloned()
            .collect();
        (there, missing)
    }
}
