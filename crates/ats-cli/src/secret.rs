//! Reading a secret: from a variable, from standard input, or from a person at a terminal.
//!
//! A secret is never an argument, since those show in lists of processes and in shell histories.

use std::io::{self, IsTerminal, Read};

use anyhow::{Context, Result};
use ats_core::CredentialField;
use clap::Args;
use console::Term;
use secrecy::{ExposeSecret, SecretString};

use crate::exit::usage;

/// More than any vendor's key has; whatever is longer is no key.
const LONGEST: u64 = 64 * 1024;

/// Where the secret comes from.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct SecretSource {
    /// Name of the environment variable that holds the API key.
    #[arg(long, value_name = "VAR")]
    api_key_env: Option<String>,

    /// Reads the API key from standard input.
    #[arg(long)]
    api_key_stdin: bool,
}

impl SecretSource {
    /// Reads the secret and looks whether it can be one.
    pub(crate) fn read(&self, field: &CredentialField) -> Result<SecretString> {
        let secret = if let Some(variable) = &self.api_key_env {
            let text = std::env::var(variable).map_err(|_| {
                usage(
                    "no_key",
                    format!(
                        "the environment variable {variable} is not set, or is no text; \
                         set it to the {} and try again",
                        field.label
                    ),
                )
            })?;
            SecretString::from(text)
        } else if self.api_key_stdin {
            from_stdin()?
        } else {
            from_terminal(field)?
        };
        examine(&secret, field)?;
        Ok(secret)
    }
}

fn from_stdin() -> Result<SecretString> {
    let mut text = String::new();
    io::stdin()
        .take(LONGEST)
        .read_to_string(&mut text)
        .context("cannot read the key from standard input")?;
    // What `echo` and text files add is not part of the key.
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Ok(SecretString::from(line))
}

fn from_terminal(field: &CredentialField) -> Result<SecretString> {
    let terminal = Term::stderr();
    if !io::stdin().is_terminal() || !terminal.is_term() {
        return Err(usage(
            "no_key",
            format!(
                "no {} was given; name a variable with --api-key-env VAR, or send it with \
                 --api-key-stdin",
                field.label
            ),
        ));
    }
    terminal.write_line(&format!("{}: {}", field.label, field.help))?;
    terminal.write_str(&format!("{} (not shown): ", field.label))?;
    Ok(SecretString::from(terminal.read_secure_line()?))
}

/// Refuses what cannot be a key before anything is sent. The message never holds a part of it.
fn examine(secret: &SecretString, field: &CredentialField) -> Result<()> {
    let text = secret.expose_secret();
    let problem = if text.is_empty() {
        "is empty"
    } else if text.contains(['\n', '\r']) {
        "has a line break in it"
    } else if text.chars().any(char::is_whitespace) {
        "has a space in it"
    } else if text.chars().any(char::is_control) {
        "has a character in it that cannot be typed"
    } else {
        return Ok(());
    };
    Err(usage(
        "bad_key",
        format!(
            "the {} {problem}; copy it again as a whole and without anything around it. \
             Nothing was sent",
            field.label
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: CredentialField = CredentialField {
        name: "api_key",
        label: "API key",
        help: "",
    };

    #[test]
    fn what_cannot_be_a_key_is_refused_without_showing_it() {
        let cases = [
            ("", "is empty"),
            (" ", "has a space"),
            ("canary\n", "line break"),
            ("can\r\nary", "line break"),
            ("can ary", "has a space"),
            ("can\u{a0}ary", "has a space"),
            ("can\u{7}ary", "cannot be typed"),
        ];
        for (text, expected) in cases {
            let error = examine(&SecretString::from(text), &FIELD).unwrap_err();
            let message = error.to_string();
            assert!(message.contains(expected), "{message}");
            assert!(!message.contains("can ary") && !message.contains("canary"));
        }
        assert!(examine(&SecretString::from("a1-_~:/+="), &FIELD).is_ok());
    }
}
