//! The pages, in Chromium: what a person sees and does there, on a desk and on a phone, with and
//! without a mouse. Each page is looked at by axe too, and kept as a screenshot.

use std::{process::Command, sync::Arc};

use libtest_mimic::{Failed, Trial};

use crate::{
    bench::Shared,
    driver::Run,
    tools::{Need, Tools},
};

/// Each script with its checks.
const SCRIPTS: &[(&str, &[&str])] = &[];

pub(crate) fn trials(tools: &Arc<Tools>, shared: &Arc<Shared>) -> Vec<Trial> {
    SCRIPTS
        .iter()
        .flat_map(|(script, checks)| {
            let run = Arc::new(Run::default());
            checks.iter().map(move |check| {
                let (with, shared, run) = (Arc::clone(tools), Arc::clone(shared), Arc::clone(&run));
                let judge = move || -> Result<(), Failed> {
                    run.verdict(check, || command(script, &with, &shared))
                };
                let name = format!("browser::{script}::{check}");
                tools.trial(&name, &[Need::Node, Need::Chromium], judge)
            })
        })
        .collect()
}

fn command(script: &str, tools: &Tools, shared: &Shared) -> Result<Command, String> {
    let plan = shared.bench(tools)?.plan("shown");
    let mut command = Command::new(tools.node());
    command.arg(tools.script(&format!("browser/{script}.mjs")));
    command.arg(plan);
    command.env("CHROMIUM", tools.chromium());
    command.env("SCREENSHOTS", tools.kept("screenshots"));
    Ok(command)
}
