//! `ats act`: performs an action at the vendor, or says what it would send.

use std::{fmt::Write as _, fs, io::Read, sync::Arc};

use anyhow::{Context as _, Result};
use ats_core::{ActionKind, ErrorKind, Outcome, PlannedCall, Warning};
use ats_server::ApiError;
use ats_store::{Integration, Store};
use ats_sync::{ActError, ActRequest, Acted};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    context::{Context, Global},
    exit::{Exit, refusal, usage},
    output::{self, say},
    sync::engine,
};

/// The options of `ats act`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats act --schema create_application
  ats act acme add_note_to_application --input '{\"application_id\": \"remote:…\", \"content\": \"Hi\"}'
  ats act acme create_application --input application.json --dry-run
  ats act acme create_application --input application.json --idempotency-key signup-4711

The input is the request body of the unified API together with the ids of its path. Every id is one of
the mirror, or `remote:` and the vendor's. With an idempotency key, running the same command again
sends nothing and prints the first answer; without one, each run is an intent of its own.")]
pub(crate) struct Options {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    #[arg(required_unless_present = "schema")]
    integration: Option<String>,

    /// The action, such as create_application.
    #[arg(required_unless_present = "schema")]
    action: Option<String>,

    /// The input: a file, `-` for standard input, or the JSON itself.
    #[arg(long, value_name = "FILE|-|JSON", required_unless_present = "schema")]
    input: Option<String>,

    /// Says what would be sent, call by call, and sends nothing.
    #[arg(long)]
    dry_run: bool,

    /// Names this intent: repeating it does nothing twice.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,

    /// Prints the JSON Schema of an action's input.
    #[arg(long, value_name = "ACTION", conflicts_with_all = ["integration", "input", "dry_run", "idempotency_key"])]
    schema: Option<String>,
}

/// Runs the command.
pub(crate) async fn run(options: &Options, global: &Global) -> Result<Exit> {
    if let Some(action) = &options.schema {
        let schema = kind(action)?.schema().to_value();
        output::line(serde_json::to_string_pretty(&schema)?)?;
        return Ok(Exit::Complete);
    }
    let (Some(integration), Some(action), Some(input)) =
        (&options.integration, &options.action, &options.input)
    else {
        return Err(usage(
            "missing_argument",
            "name an integration, an action and its input",
        ));
    };
    let kind = kind(action)?;
    let request = ActRequest {
        kind,
        input: read(input)?,
        idempotency_key: options.idempotency_key.clone(),
        dry_run: options.dry_run,
    };
    let context = Context::open(global)?;
    let one = context.integration(integration)?;
    if !one.settings.scope.allows_action(kind) {
        return Err(switched_off(kind, &one));
    }
    let connector = context.connector(&one)?;
    let platform = Arc::clone(&context.platform);
    let render = move |_: &dyn Store, one: &Integration, outcome: &Outcome| {
        ats_server::answer(&*platform, one, outcome)
    };
    let acted = engine(&context)
        .act(&one, connector, request, Arc::new(render))
        .await;
    match acted {
        Ok(Acted::Done(answer)) if global.json => output::line(answer)?,
        Ok(Acted::Done(answer)) => tell(kind, &answer)?,
        Ok(Acted::Planned { calls, warnings }) if global.json => {
            let warnings: Vec<Value> = warnings.iter().map(shown).collect();
            output::json(&json!({ "dry_run": true, "calls": calls, "warnings": warnings }))?;
        }
        Ok(Acted::Planned { calls, warnings }) => tell_plan(&calls, &warnings)?,
        Err(ActError::Action(error)) => return Err(refused(&error)),
        Err(ActError::Engine(error)) => return Err(error.into()),
        Err(other) => return Err(other.into()),
    }
    Ok(Exit::Complete)
}

fn kind(name: &str) -> Result<ActionKind> {
    ActionKind::from_name(name).ok_or_else(|| {
        let all: Vec<&str> = ActionKind::ALL.iter().map(|kind| kind.name()).collect();
        usage(
            "unknown_action",
            format!(
                "there is no action `{name}`; these are there: {}",
                all.join(", ")
            ),
        )
    })
}

/// The refusal of an action that the integration's scope leaves out.
fn switched_off(kind: ActionKind, one: &Integration) -> anyhow::Error {
    refusal(
        Exit::Usage,
        ats_server::Code::ActionDisabled.as_str(),
        format!(
            "`{kind}` is switched off for {0}; `ats integrations show {0}` lists what is, and \
             `ats scopes set` switches it on",
            one.name
        ),
    )
}

/// The input: JSON as it stands, a file, or standard input.
fn read(input: &str) -> Result<Value> {
    let text = match input {
        "-" => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("cannot read standard input")?;
            text
        }
        json if json.trim_start().starts_with('{') => json.to_owned(),
        file => fs::read_to_string(file).map_err(|error| {
            usage(
                ats_server::Code::InputInvalid.as_str(),
                format!("cannot read the input from {file}: {error}"),
            )
        })?,
    };
    serde_json::from_str(&text).map_err(|error| {
        usage(
            ats_server::Code::InputInvalid.as_str(),
            format!(
                "the input is not JSON: line {}, column {}",
                error.line(),
                error.column()
            ),
        )
    })
}

/// What the unified API would answer, as a failure of the command.
pub(crate) fn refused(error: &ats_core::Error) -> anyhow::Error {
    let exit = match error.kind() {
        ErrorKind::InputInvalid { .. } => Exit::Usage,
        ErrorKind::Conflict {
            what: "action_under_way",
        } => Exit::Busy,
        kind => match Exit::for_failure(kind) {
            Exit::Partial => Exit::Failed,
            exit => exit,
        },
    };
    let api = ApiError::from(error);
    let mut message = api.message;
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let _ = write!(message, ": {cause}");
        source = cause.source();
    }
    refusal(exit, api.code.as_str(), message)
}

fn shown(warning: &Warning) -> Value {
    json!({ "message": warning.message })
}

fn tell(kind: ActionKind, answer: &str) -> Result<()> {
    let answer: Value = serde_json::from_str(answer)?;
    say!("{kind}: done");
    for warning in answer["warnings"].as_array().into_iter().flatten() {
        let text = warning["message"].as_str().unwrap_or_default();
        for line in output::wrapped(&format!("warning: {text}"), 2) {
            say!("{line}");
        }
    }
    let data = &answer["data"];
    if data.as_object().is_some_and(|data| !data.is_empty()) {
        say!();
        say!("{}", serde_json::to_string_pretty(data)?);
    }
    Ok(())
}

fn tell_plan(calls: &[PlannedCall], warnings: &[Warning]) -> Result<()> {
    match calls.len() {
        0 => say!("Nothing would be sent."),
        count => say!(
            "{} would be sent:",
            output::count(count as u64, "call", "calls")
        ),
    }
    for (index, call) in calls.iter().enumerate() {
        say!();
        say!("{}. {}", index + 1, call.endpoint);
        say!("{}", serde_json::to_string_pretty(&call.body)?);
    }
    for warning in warnings {
        say!();
        for line in output::wrapped(&format!("warning: {}", warning.message), 0) {
            say!("{line}");
        }
    }
    Ok(())
}
