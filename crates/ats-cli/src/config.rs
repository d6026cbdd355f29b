//! `ats config`, and the file that settings may stand in.
//!
//! A setting is a flag with a variable. It comes from the command line, else from the environment,
//! else from the file, else from its default. The list of settings is read off the flags, so that no
//! second list can drift from it.

use std::{collections::BTreeMap, ffi::OsString, fs, path::PathBuf};

use anyhow::{Context as _, Result};
use clap::{Arg, Args, Command, ValueEnum};
use serde_json::{Value, json};

use crate::{
    context::Global,
    exit::{Exit, usage},
    output::{self, say},
};

/// The file that is read where none is named, if it is there.
const FILE: &str = "ats.toml";

/// Names the file.
const VARIABLE: &str = "ATS_CONFIG";

/// The command whose flags are settings too.
const SERVER: &str = "serve";

/// The options of `ats config`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats config
  ats config --format md

Write settings into ats.toml, or into another file that --config or ATS_CONFIG names:
  database = \"sqlite://ats.db\"
  public_url = \"https://ats.example.com\"
  passes_at_once = 8")]
pub(crate) struct Options {
    /// For people, or as a table in Markdown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines.
    Text,
    /// A table in Markdown.
    Md,
}

/// One setting, as its flag describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    key: String,
    flag: String,
    variable: String,
    of: &'static str,
    default: String,
    help: String,
}

/// Prints every setting.
pub(crate) fn run(options: &Options, global: &Global, command: &Command) -> Result<Exit> {
    let all = settings(command);
    if global.json {
        let all = all.iter().map(|one| {
            json!({
                "key": one.key, "flag": one.flag, "variable": one.variable, "of": one.of,
                "default": one.default, "help": one.help,
            })
        });
        output::json(&json!({ "settings": all.collect::<Vec<Value>>() }))?;
        return Ok(Exit::Complete);
    }
    match options.format {
        Format::Md => output::line(markdown(&all).trim_end())?,
        Format::Text => {
            for one in all {
                say!(
                    "{}  ({}, {})",
                    console::style(&one.key).bold(),
                    one.flag,
                    one.variable
                );
                for line in output::wrapped(&one.help, 4) {
                    say!("{line}");
                }
                if !one.default.is_empty() {
                    say!("    default: {}", one.default);
                }
            }
        }
    }
    Ok(Exit::Complete)
}

fn markdown(all: &[Setting]) -> String {
    let mut table = String::from(
        "| in the file | flag | variable | of | default | what it does |\n|---|---|---|---|---|---|\n",
    );
    for one in all {
        let default = match one.default.as_str() {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        table.push_str(&format!(
            "| `{}` | `{}` | `{}` | {} | {default} | {} |\n",
            one.key,
            one.flag,
            one.variable,
            one.of,
            one.help.replace('|', "\\|")
        ));
    }
    table
}

/// Every flag with a variable.
fn settings(command: &Command) -> Vec<Setting> {
    let mut all: Vec<Setting> = command
        .get_arguments()
        .filter_map(|argument| setting(argument, "every command"))
        .collect();
    let server = command.find_subcommand(SERVER);
    let of_server = server.into_iter().flat_map(Command::get_arguments);
    for one in of_server.filter_map(|argument| setting(argument, "`ats serve`")) {
        if all.iter().all(|known| known.key != one.key) {
            all.push(one);
        }
    }
    all
}

fn setting(argument: &Arg, of: &'static str) -> Option<Setting> {
    let variable = argument.get_env()?.to_str()?.to_owned();
    let long = argument.get_long()?;
    if variable == VARIABLE {
        return None;
    }
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<_> = defaults.map(|value| value.to_string_lossy()).collect();
    let default = match argument.get_action().takes_values() {
        true => defaults.join(","),
        false => "false".to_owned(),
    };
    Some(Setting {
        key: long.replace('-', "_"),
        flag: format!("--{long}"),
        variable,
        of,
        default,
        help: argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default(),
    })
}

/// The flags with what the file says as their defaults.
///
/// # Errors
///
/// A file that was named and cannot be read, or that says something that is no setting.
pub(crate) fn with_file(command: Command, arguments: &[OsString]) -> Result<Command> {
    let Some(path) = file(arguments) else {
        return Ok(command);
    };
    let text = fs::read_to_string(&path).map_err(|error| {
        usage(
            "bad_config",
            format!("cannot read the settings in {}: {error}", path.display()),
        )
    })?;
    let found = parse(&text, &settings(&command))
        .with_context(|| format!("the settings in {} cannot be used", path.display()))?;
    Ok(apply(command, found))
}

/// The file to read: the one that is named, or the usual one if it is there.
fn file(arguments: &[OsString]) -> Option<PathBuf> {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--config" {
            return rest.next().map(PathBuf::from);
        }
        if let Some(path) = argument
            .to_str()
            .and_then(|text| text.strip_prefix("--config="))
        {
            return Some(PathBuf::from(path));
        }
    }
    match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => Some(PathBuf::from(path)),
        None => Some(PathBuf::from(FILE)).filter(|path| path.exists()),
    }
}

/// The settings in the text, by key.
fn parse(text: &str, known: &[Setting]) -> Result<BTreeMap<String, String>> {
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| usage("bad_config", error.message().to_owned()))?;
    let mut found = BTreeMap::new();
    for (key, value) in table {
        if known.iter().all(|setting| setting.key != key) {
            let known: Vec<_> = known.iter().map(|setting| setting.key.as_str()).collect();
            return Err(usage(
                "bad_config",
                format!(
                    "there is no setting `{key}`; these are there: {}",
                    known.join(", ")
                ),
            ));
        }
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(on) => on.to_string(),
            _ => {
                return Err(usage(
                    "bad_config",
                    format!("`{key}` must be a text, a whole number, or true or false"),
                ));
            }
        };
        found.insert(key, text);
    }
    Ok(found)
}

/// Makes what was found the default of its flags.
fn apply(command: Command, found: BTreeMap<String, String>) -> Command {
    fn into(command: Command, found: &BTreeMap<String, String>) -> Command {
        let names: Vec<_> = command
            .get_arguments()
            .filter(|argument| argument.get_env().is_some())
            .filter_map(|argument| {
                Some((
                    argument.get_id().clone(),
                    argument.get_long()?.replace('-', "_"),
                ))
            })
            .collect();
        names
            .into_iter()
            .fold(command, |command, (id, key)| match found.get(&key) {
                Some(value) => {
                    let value = value.clone();
                    command.mut_arg(id, |argument| argument.default_value(value))
                }
                None => command,
            })
    }
    into(command, &found).mut_subcommand(SERVER, |server| into(server, &found))
}

#[cfg(test)]
mod tests {
    use clap::{ArgAction, builder::FalseyValueParser};

    use super::*;

    fn command() -> Command {
        Command::new("ats")
            .arg(
                Arg::new("database")
                    .long("database")
                    .env("ATS_TEST_DATABASE_X")
                    .global(true),
            )
            .subcommand(
                Command::new(SERVER)
                    .arg(
                        Arg::new("many")
                            .long("many-things")
                            .env("ATS_TEST_MANY_X")
                            .default_value("4"),
                    )
                    .arg(
                        Arg::new("quiet")
                            .long("quiet")
                            .env("ATS_TEST_QUIET_X")
                            .action(ArgAction::SetTrue)
                            .value_parser(FalseyValueParser::new()),
                    ),
            )
    }

    fn served(file: &str, line: &[&str]) -> (String, String, bool) {
        let found = parse(file, &settings(&command())).unwrap();
        let matches = apply(command(), found).try_get_matches_from(line).unwrap();
        let (_, served) = matches.subcommand().unwrap();
        let text = |name| served.get_one::<String>(name).cloned().unwrap_or_default();
        (text("database"), text("many"), served.get_flag("quiet"))
    }

    #[test]
    fn the_file_fills_what_the_command_line_leaves_open() {
        let file = "database = \"a\"\nmany_things = 7\nquiet = true\n";
        let from_file = served(file, &["ats", "serve"]);
        assert_eq!(from_file, ("a".to_owned(), "7".to_owned(), true));
        let line = ["ats", "serve", "--many-things", "9", "--database", "b"];
        assert_eq!(served(file, &line), ("b".to_owned(), "9".to_owned(), true));
        let plain = served("", &["ats", "serve"]);
        assert_eq!(plain, (String::new(), "4".to_owned(), false));
    }

    #[test]
    fn a_setting_that_is_not_there_is_named_with_those_that_are() {
        let known = settings(&command());
        let refused = parse("many = 1", &known).unwrap_err().to_string();
        assert!(
            refused.contains("`many`") && refused.contains("many_things"),
            "{refused}"
        );
        assert!(parse("quiet = [1]", &known).is_err());
        assert!(parse("quiet = ", &known).is_err());
    }

    #[test]
    fn the_table_has_a_line_for_each_setting() {
        let table = markdown(&settings(&command()));
        assert_eq!(table.lines().count(), 2 + 3, "{table}");
        assert!(table.contains("| `many_things` | `--many-things` | `ATS_TEST_MANY_X` |"));
    }
}
