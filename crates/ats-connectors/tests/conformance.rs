//! The conformance suite of every connector in the registry.

mod harness;

use std::{process::ExitCode, sync::Arc};

use ats_conformance::Harness;

fn main() -> ExitCode {
    let connectors: Vec<&str> = ats_connectors::all()
        .iter()
        .map(|factory| factory.manifest.slug)
        .collect();
    let harnesses: Vec<Arc<dyn Harness>> = vec![
        Arc::new(harness::ashby::Ashby),
        // new-connector: its line goes above this one
    ];
    ats_conformance::runner::main(&connectors, harnesses)
}
