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
const SCRIPTS: &[(&str, &[&str])] = &[
    (
        "connect",
        &[
            "says_who_asks_for_what",
            "lets_the_customer_choose_the_tool",
            "tells_that_a_key_is_wrong",
            "shows_what_to_tick_when_a_permission_is_missing",
            "connects_and_the_link_works_once",
            "works_without_scripts",
            "works_on_a_phone",
            "works_with_a_keyboard",
            "an_embedded_link_gives_the_activation_token",
            "an_embedded_link_can_be_closed",
            "a_link_that_is_sent_cannot_be_embedded",
            "a_relink_replaces_the_key",
            "a_link_that_leads_nowhere_says_so",
        ],
    ),
    (
        "operator",
        &[
            "asks_for_a_login",
            "every_page_can_be_reached_and_read",
            "every_page_fits_a_phone",
            "works_without_scripts",
            "a_sync_is_started_and_its_pass_is_shown",
            "data_is_filtered_followed_and_shown_with_its_source",
            "a_key_is_made_shown_once_and_revoked",
            "a_form_of_another_site_changes_nothing",
        ],
    ),
];

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
