//! `ats custom-fields`: names of your own for what vendors call differently.

use anyhow::Result;
use ats_core::{Id, ModelKind, fields};
use ats_server::model_name;
use ats_store::{CustomField, PRODUCTION};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    context::{Context, Global},
    exit::{Exit, usage},
    names,
    output::{self, say},
};

/// The options of `ats custom-fields`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats custom-fields add ats_candidates notice_period --label \"Notice period\"
  ats custom-fields list
  ats custom-fields remove ats_candidates notice_period

Every record of the model shows the key among its custom_fields. Which of the vendor's fields it has
its value from is said for each integration: PUT /integrations/{id}/custom-fields/{id}.")]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Adds a custom field, or changes what it is called.
    Add {
        #[command(flatten)]
        named: Named,
        /// What people call it.
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        /// What it is for.
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Lists the custom fields.
    List {
        /// The environment that they belong to.
        #[arg(long, value_name = "ENV", default_value = PRODUCTION)]
        environment: String,
    },
    /// Removes a custom field, and what was mapped to it.
    Remove(Named),
}

/// Which custom field.
#[derive(Debug, Args)]
struct Named {
    /// The model, such as `ats_candidates`.
    model: String,
    /// What records call it.
    key: String,
    /// The environment that it belongs to.
    #[arg(long, value_name = "ENV", default_value = PRODUCTION)]
    environment: String,
}

/// Runs the command.
pub(crate) fn run(options: Options, global: &Global) -> Result<Exit> {
    match options.command {
        Command::Add {
            named,
            label,
            description,
        } => add(global, &named, label, description)?,
        Command::List { environment } => list(&Context::open(global)?, &environment)?,
        Command::Remove(named) => remove(&Context::open(global)?, &named)?,
    }
    Ok(Exit::Complete)
}

/// The models whose records have custom fields.
fn with_fields() -> impl Iterator<Item = ModelKind> {
    let all = ModelKind::ALL.iter().copied();
    all.filter(|kind| fields(*kind).contains_key("integration_fields"))
}

fn add(
    global: &Global,
    named: &Named,
    label: Option<String>,
    description: Option<String>,
) -> Result<()> {
    let model = names::model(&named.model).filter(|kind| with_fields().any(|other| other == *kind));
    let Some(model) = model else {
        let known: Vec<&str> = with_fields().map(model_name).collect();
        return Err(usage(
            "unknown_model",
            format!(
                "`{}` is no model with custom fields; these have some: {}",
                named.model,
                known.join(", ")
            ),
        ));
    };
    if named.key.trim().is_empty() || named.key.chars().any(char::is_control) {
        return Err(usage("bad_name", "the key must have a letter"));
    }
    let context = Context::open_for_server(global)?;
    let model = model_name(model);
    let field = CustomField {
        id: Id::derive(["custom field", &named.environment, model, &named.key]).to_string(),
        environment: named.environment.clone(),
        model: model.to_owned(),
        key: named.key.clone(),
        label,
        description,
    };
    context.platform.save_custom_field(&field)?;
    drop_answers(&context, &field.environment)?;
    if context.json {
        return output::json(&to_json(&field));
    }
    say!(
        "{}.{} is there; its id is {}.",
        field.model,
        field.key,
        field.id
    );
    Ok(())
}

fn list(context: &Context, environment: &str) -> Result<()> {
    let all = context.platform.custom_fields(environment)?;
    if context.json {
        let all: Vec<Value> = all.iter().map(to_json).collect();
        return output::json(&json!({ "custom_fields": all }));
    }
    if all.is_empty() {
        say!("There is none yet; `ats custom-fields add MODEL KEY` adds one.");
        return Ok(());
    }
    let rows = all.iter().map(|field| {
        vec![
            field.model.clone(),
            field.key.clone(),
            field.label.clone().unwrap_or_default(),
            field.id.clone(),
        ]
    });
    let head = ["model", "key", "label", "id"];
    output::line(output::table(&head, rows.collect(), &[]))
}

fn remove(context: &Context, named: &Named) -> Result<()> {
    let model = names::model(&named.model).map_or(named.model.as_str(), |kind| model_name(kind));
    let all = context.platform.custom_fields(&named.environment)?;
    let found = all
        .iter()
        .find(|field| field.model == model && field.key == named.key);
    let Some(field) = found else {
        return Err(usage(
            "unknown_custom_field",
            format!(
                "there is no custom field `{}` of {model}; `ats custom-fields list` shows those \
                 that are there",
                named.key
            ),
        ));
    };
    context.platform.remove_custom_field(&field.id)?;
    drop_answers(context, &field.environment)?;
    if context.json {
        return output::json(&json!({ "id": field.id, "removed": true }));
    }
    say!("{model}.{} is removed.", field.key);
    Ok(())
}

/// Lets records be shown anew.
fn drop_answers(context: &Context, environment: &str) -> Result<()> {
    for one in context.store.integrations()? {
        if one.environment == environment {
            context.store.drop_answers(&one.id)?;
        }
    }
    Ok(())
}

fn to_json(field: &CustomField) -> Value {
    json!({
        "id": field.id,
        "environment": field.environment,
        "model": field.model,
        "key": field.key,
        "label": field.label,
        "description": field.description,
    })
}
