//! What a reading brought, for people and for machines.

use std::{collections::BTreeMap, time::Duration};

use ats_core::{Error, ModelKind, Usage};
use serde::Serialize;

use crate::exit::Exit;

/// The result of one reading.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) integration: String,
    pub(crate) out: String,
    pub(crate) complete: bool,
    pub(crate) seconds: f64,
    pub(crate) requests: u64,
    pub(crate) retries: u64,
    pub(crate) throttled: u64,
    pub(crate) losses: u64,
    pub(crate) rejects: u64,
    /// Records by model; a model that is missing here could not be read completely.
    pub(crate) models: BTreeMap<ModelKind, u64>,
    pub(crate) problems: Vec<Problem>,
    #[serde(skip)]
    pub(crate) interrupted: bool,
    #[serde(skip)]
    pub(crate) worst: Option<Exit>,
}

/// Why a stream could not be read.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Problem {
    pub(crate) stream: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    /// The models that are not complete because of it.
    pub(crate) models: Vec<ModelKind>,
}

impl Problem {
    pub(crate) fn new(stream: &'static str, error: &Error, models: Vec<ModelKind>) -> Self {
        Self {
            stream,
            kind: error.kind().code(),
            message: chain(error),
            models,
        }
    }
}

/// The error with its causes, in one line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

impl Summary {
    /// The exit of the command.
    pub(crate) fn exit(&self) -> Exit {
        match self.worst {
            _ if self.interrupted => Exit::Interrupted,
            Some(exit) if self.models.is_empty() => exit,
            _ if !self.complete => Exit::Partial,
            _ => Exit::Complete,
        }
    }

    pub(crate) fn set_usage(&mut self, usage: Usage, took: Duration) {
        self.requests = usage.requests;
        self.retries = usage.retries;
        self.throttled = usage.throttled;
        self.seconds = (took.as_secs_f64() * 1000.0).round() / 1000.0;
    }

    /// The summary as people read it.
    pub(crate) fn print(&self) {
        println!();
        for (model, count) in &self.models {
            println!("  {:<26} {count:>8}", model.name());
        }
        let records: u64 = self.models.values().sum();
        println!();
        println!(
            "{records} records in {:.1} s with {} requests ({} repeated, {} turned away for their rate)",
            self.seconds, self.requests, self.retries, self.throttled
        );
        println!(
            "{} losses, {} rejects; files in {}",
            self.losses, self.rejects, self.out
        );
        if self.losses + self.rejects > 0 {
            println!("  what was lost and why: {}/report/", self.out);
        }
        for Problem {
            stream,
            message,
            models,
            ..
        } in &self.problems
        {
            let models: Vec<_> = models.iter().map(|model| model.name()).collect();
            println!("not read: {stream}: {message}");
            if !models.is_empty() {
                println!("  incomplete because of it: {}", models.join(", "));
            }
        }
        if self.interrupted {
            println!("stopped before the end; files named .partial hold what had arrived");
        }
    }
}
