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

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::Arguments;

use crate::{bench::Shared, tools::Tools};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let tools = Arc::new(Tools::look());
    let shared = Arc::new(Shared::default());
    let mut trials = sdk::trials(&tools, &shared);
    trials.extend(browser::trials(&tools, &shared));
    trials.extend(fuzz::trials(&tools, &shared));
    libtest_mimic::run(&arguments, trials).exit_code()
}
