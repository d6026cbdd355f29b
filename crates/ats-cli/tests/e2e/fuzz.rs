//! Requests that a tool makes up from the OpenAPI document, and whether each answer is one that the
//! document foresees.

use std::{process::Command, sync::Arc};

use libtest_mimic::{Failed, Trial};

use crate::{
    bench::Shared,
    tools::{Need, Tools},
};

/// What every answer is held to.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

pub(crate) fn trials(tools: &Arc<Tools>, shared: &Arc<Shared>) -> Vec<Trial> {
    let (with, shared) = (Arc::clone(tools), Arc::clone(shared));
    let name = "schemathesis::no_server_error_and_no_answer_that_is_not_documented";
    let trial = tools.trial(name, &[Need::Python], move || run(&with, &shared));
    vec![trial]
}

fn run(tools: &Tools, shared: &Shared) -> Result<(), Failed> {
    let bench = shared.bench(tools)?;
    let mut command = Command::new(tools.python_folder().join("schemathesis"));
    let document = format!("{}/openapi.json", bench.base);
    command.args(["run", &document, "--url", &bench.base]);
    let key = format!("Authorization: Bearer {}", bench.told("/key"));
    let integration = format!("X-Integration-Id: {}", bench.told("/own/fuzzed/id"));
    command.args(["--header", &key, "--header", &integration]);
    command.args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
    // The same requests each time, and no more of them than a minute allows.
    command.args(["--seed", "1", "--max-examples", "8", "--workers", "2"]);
    command.args(["--suppress-health-check", "all", "--no-color"]);
    command.env("NO_PROXY", "127.0.0.1");
    command.current_dir(tools.kept(""));
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    std::fs::write(tools.kept("schemathesis.log"), &said)?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{said}{errors}").into())
}
