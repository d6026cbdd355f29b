//! The official SDKs, unmodified: every method, every list to its end, every action, every error that
//! can be brought about.

use std::{process::Command, sync::Arc};

use libtest_mimic::{Failed, Trial};

use crate::{
    bench::Shared,
    driver::Run,
    tools::{self, Need, Tools},
};

/// Every method of the SDKs, as it is called in Python. In TypeScript it is called `getUsers`.
const METHODS: &[&str] = &[
    "get_users",
    "get_roles",
    "get_jobs",
    "get_candidates",
    "get_applications",
    "get_application_stages",
    "get_tags",
    "get_interviews",
    "get_offers",
    "get_rejection_reasons",
    "get_notes",
    "get_ats_scorecards",
    "get_ats_attachments",
    "create_candidate",
    "create_application",
    "add_candidate_tag",
    "remove_candidate_tag",
    "add_candidate_result_link",
    "add_candidate_attachment",
    "get_candidate_attachments",
    "move_application_to_stage",
    "add_application_note",
    "add_application_result_link",
    "add_application_attachment",
    "get_application_attachments",
    "reject_application",
    "import_tracked_application",
    "check_api_key",
    "trigger_sync",
    "send_passthrough_request",
    "get_integration_details",
    "set_integration_enabled",
    "create_reconnection_link",
    "create_setup_link",
    "get_integration_fields",
    "update_integration_field",
    "get_custom_fields",
    "update_custom_field_mapping",
    "get_tools",
    "create_connection_link",
    "get_integration_by_token",
    "delete_integration",
];

/// What the SDK for TypeScript does not have yet.
const ONLY_IN_PYTHON: &[&str] = &["get_notes", "get_ats_scorecards", "get_ats_attachments"];

/// The errors that can be brought about from outside.
const CODES: &[&str] = &[
    "PLATFORM.AUTHENTICATION_INVALID",
    "PLATFORM.INTEGRATION_NOT_FOUND",
    "PLATFORM.INPUT_INVALID",
    "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED",
    "INTEGRATION.PERMISSION_MISSING",
    "INTEGRATION.AUTHENTICATION_INVALID",
    "INTEGRATION.SETUP_SYNC_PENDING",
    "INTEGRATION.INACTIVE",
    "INTEGRATION.MODEL_NOT_AVAILABLE",
    "INTEGRATION.MODEL_DISABLED",
    "INTEGRATION.ACTION_NOT_AVAILABLE",
    "INTEGRATION.ACTION_DISABLED",
    "REMOTE.SERVICE_UNAVAILABLE",
    "REMOTE.RATE_LIMIT_EXCEEDED",
    "REMOTE.INPUT_INVALID",
    "REMOTE.UNKNOWN_HTTP_ERROR",
    "ATS.JOB_CLOSED",
    "ATS.APPLICATION_ALREADY_EXISTS",
];

/// An SDK.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sdk {
    /// How its trials are called.
    pub(crate) name: &'static str,
    /// What runs its driver.
    need: Need,
}

/// All that are tried. Each has an integration of its own, of the same name.
pub(crate) const SDKS: [Sdk; 2] = [
    Sdk {
        name: "typescript",
        need: Need::Node,
    },
    Sdk {
        name: "python",
        need: Need::Python,
    },
];

pub(crate) fn trials(tools: &Arc<Tools>, shared: &Arc<Shared>) -> Vec<Trial> {
    SDKS.iter()
        .flat_map(|sdk| of_one(*sdk, tools, shared))
        .collect()
}

fn of_one(sdk: Sdk, tools: &Arc<Tools>, shared: &Arc<Shared>) -> Vec<Trial> {
    let run = Arc::new(Run::default());
    let methods = METHODS.iter().filter_map(|method| match sdk.need {
        Need::Node if ONLY_IN_PYTHON.contains(method) => None,
        Need::Node => Some(in_typescript(method)),
        _ => Some((*method).to_owned()),
    });
    let rest = CODES.iter().chain(&["all_methods"]);
    let rest = rest.map(|check| (*check).to_owned());
    let trial = |check: String| {
        let (tools, shared, run) = (Arc::clone(tools), Arc::clone(shared), Arc::clone(&run));
        let name = format!("sdk::{}::{check}", sdk.name);
        let judge = {
            let tools = Arc::clone(&tools);
            move || -> Result<(), Failed> { run.verdict(&check, || command(sdk, &tools, &shared)) }
        };
        tools.trial(&name, &[sdk.need], judge)
    };
    methods.chain(rest).map(trial).collect()
}

/// The name of a method in TypeScript.
fn in_typescript(method: &str) -> String {
    let mut words = method.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_uppercase());
        name.push_str(rest);
    }
    name
}

fn command(sdk: Sdk, tools: &Tools, shared: &Shared) -> Result<Command, String> {
    let plan = shared.bench(tools)?.plan(sdk.name);
    let mut command = match sdk.need {
        Need::Node => {
            let mut command = Command::new(tools.node());
            command.arg(tools.script("sdk/typescript.mjs"));
            command
        }
        _ => {
            let mut command = Command::new(tools.python());
            command.arg(tools::sources().join("sdk/python.py"));
            command.env("PYTHONDONTWRITEBYTECODE", "1");
            command
        }
    };
    command.arg(plan);
    Ok(command)
}
