//! The program as its users meet it: the official SDKs, a browser, and a tool that makes up requests.
//!
//! Node.js, Python and Chromium do what they do for a user; `cargo xtask e2e` installs what is missing
//! and runs this suite. What cannot run is reported as ignored, with the reason; with `ATS_E2E=require`
//! it fails instead. One server serves all trials.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may panic"
)]

mod bench;
mod browser;
mod driver;
mod fuzz;
mod sdk;
mod tools;

use std::{collections::BTreeMap, process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Trial};

use crate::{bench::Shared, tools::Tools};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let tools = Arc::new(Tools::look());
    let shared = Arc::new(Shared::default());
    let mut trials = sdk::trials(&tools, &shared);
    trials.extend(browser::trials(&tools, &shared));
    trials.extend(fuzz::trials(&tools, &shared));
    libtest_mimic::run(&arguments, taking_turns(trials)).exit_code()
}

/// The first trial of each program first, then the second of each, and so on: a program runs when its
/// first trial does, and they may run side by side.
fn taking_turns(trials: Vec<Trial>) -> Vec<Trial> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let turns = trials.into_iter().map(|trial| {
        let program = trial
            .name()
            .rsplit_once("::")
            .map_or("", |(program, _)| program);
        let turn = seen.entry(program.to_owned()).or_default();
        *turn += 1;
        (*turn, trial)
    });
    let mut turns: Vec<_> = turns.collect();
    turns.sort_by_key(|(turn, _)| *turn);
    turns.into_iter().map(|(_, trial)| trial).collect()
}
