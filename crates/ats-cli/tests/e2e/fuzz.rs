//! Requests that a tool makes up from the OpenAPI document, and whether each answer is one that the
//! document foresees.

use std::{fmt::Write as _, fs, process::Command, sync::Arc};

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::{
    bench::{Bench, Shared},
    tools::{Need, Tools},
};

/// What every answer is held to.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// Parameters that are an id of something that is there in most requests, and made up in the others.
const IDS: &[(&str, &str)] = &[
    ("path.candidate_id", "candidates"),
    ("path.application_id", "applications"),
    ("path.job_id", "jobs"),
    ("body.application.job_id", "jobs"),
    ("body.stage_id", "application_stages"),
    ("body.rejection_reason_id", "rejection_reasons"),
];

pub(crate) fn trials(tools: &Arc<Tools>, shared: &Arc<Shared>) -> Vec<Trial> {
    let (with, shared) = (Arc::clone(tools), Arc::clone(shared));
    let name = "schemathesis::no_server_error_and_no_answer_that_is_not_documented";
    let trial = tools.trial(name, &[Need::Python], move || run(&with, &shared));
    vec![trial]
}

fn run(tools: &Tools, shared: &Shared) -> Result<(), Failed> {
    let bench = shared.bench(tools)?;
    let settings = tools.kept("schemathesis.toml");
    fs::write(&settings, settings_of(bench))?;
    let mut command = Command::new(tools.python_folder().join("schemathesis"));
    command.arg("--config-file").arg(settings);
    let document = tools.kept("openapi.json");
    fs::write(&document, document_without_addresses()?)?;
    command.arg("run").arg(document);
    command.args(["--url", &bench.base]);
    let key = format!("Authorization: Bearer {}", bench.text("/key"));
    let integration = format!("X-Integration-Id: {}", bench.text("/own/fuzzed/id"));
    command.args(["--header", &key, "--header", &integration]);
    command.args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
    // The same requests each time, and no more of them than a minute allows.
    command.args(["--seed", "1", "--max-examples", "30", "--workers", "2"]);
    command.args(["--suppress-health-check", "all", "--no-color"]);
    command.env("NO_PROXY", "127.0.0.1");
    command.current_dir(tools.kept(""));
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    fs::write(tools.kept("schemathesis.log"), &said)?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{said}{errors}").into())
}

/// The program's document without the members that name a file elsewhere: the server would look for
/// hosts that are made up, and these may be somebody's.
fn document_without_addresses() -> Result<String, Failed> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ats"));
    let output = program.arg("openapi").output()?;
    let mut document: Value = serde_json::from_slice(&output.stdout)?;
    without(&mut document, "data_url");
    Ok(document.to_string())
}

fn without(value: &mut Value, name: &str) {
    match value {
        Value::Object(members) => {
            members.remove(name);
            members
                .values_mut()
                .for_each(|member| without(member, name));
        }
        Value::Array(items) => {
            items.retain(|item| item != name);
            items.iter_mut().for_each(|item| without(item, name));
        }
        _ => {}
    }
}

/// The tool's settings: which ids there are. What it removes is the spare integration.
fn settings_of(bench: &Bench) -> String {
    let spare = json!([bench.told("/own/spare/id")]);
    let mut text = format!("[dictionaries.integrations]\nvalues = {spare}\n");
    for list in [
        "candidates",
        "applications",
        "jobs",
        "application_stages",
        "rejection_reasons",
    ] {
        let ids = bench.told(&format!("/own/fuzzed/ids/{list}"));
        writeln!(text, "[dictionaries.{list}]\nvalues = {ids}").unwrap();
    }
    text.push_str("[parameters]\n");
    for (parameter, list) in [("path.integration_id", "integrations")].iter().chain(IDS) {
        let bound = format!("{{ dictionary = \"{list}\", probability = 0.7 }}");
        writeln!(text, "\"{parameter}\" = {bound}").unwrap();
    }
    text
}
