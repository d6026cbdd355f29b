//! Programs in other languages that check something and print one line of JSON for each check.

use std::{
    fmt::Write as _,
    process::{Command, Stdio},
    sync::OnceLock,
};

use libtest_mimic::Failed;
use serde::Deserialize;

/// What one check came to.
#[derive(Debug, Clone, Deserialize)]
struct Line {
    check: String,
    ok: bool,
    #[serde(default)]
    detail: String,
}

/// The checks of one run of a program. It runs once, when the first of them is asked for.
#[derive(Debug, Default)]
pub(crate) struct Run(OnceLock<Outcome>);

#[derive(Debug)]
struct Outcome {
    lines: Vec<Line>,
    /// What it said besides, and how it ended.
    rest: String,
}

impl Run {
    /// What the checks of this name came to; `command` is run if nobody did it before.
    pub(crate) fn verdict(
        &self,
        name: &str,
        command: impl FnOnce() -> Result<Command, String>,
    ) -> Result<(), Failed> {
        let outcome = self.0.get_or_init(|| match command() {
            Ok(command) => run(command),
            Err(rest) => Outcome {
                lines: Vec::new(),
                rest,
            },
        });
        let mut lines = outcome.lines.iter().filter(|line| line.check == name);
        let mut bad = String::new();
        let mut found = 0;
        for line in &mut lines {
            found += 1;
            if !line.ok {
                writeln!(bad, "{}", line.detail).unwrap();
            }
        }
        match found {
            0 => Err(format!("`{name}` was not checked\n{}", outcome.rest).into()),
            _ if bad.is_empty() => Ok(()),
            _ => Err(bad.into()),
        }
    }
}

fn run(mut command: Command) -> Outcome {
    command.stdin(Stdio::null());
    // A proxy of the machine would take requests to loopback away.
    command.env("NO_PROXY", "127.0.0.1,localhost");
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            return Outcome {
                lines: Vec::new(),
                rest: format!("{command:?}: {error}"),
            };
        }
    };
    let mut lines = Vec::new();
    let mut rest = format!("{}\n", output.status);
    for text in String::from_utf8_lossy(&output.stdout).lines() {
        match serde_json::from_str(text) {
            Ok(line) => lines.push(line),
            Err(_) => writeln!(rest, "{text}").unwrap(),
        }
    }
    rest.push_str(&String::from_utf8_lossy(&output.stderr));
    Outcome { lines, rest }
}
