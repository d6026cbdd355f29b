//! The schemas of the unified API, as they were published for its clients.
//!
//! They are not ours to publish. They lie beside the clone, or where `ATS_SCHEMAS` says; where they are
//! not there, nothing is checked by them.

use std::{fs, path::PathBuf};

use serde_json::Value;

/// Fails unless `value` is what the schema file of this name says.
pub(crate) fn assert_schema(name: &str, value: &Value) {
    let Some(folder) = folder() else { return };
    let path = folder.join(format!("{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{value:#}");
}

/// The same for the body of a webhook.
pub(crate) fn assert_webhook(kind: &str, value: &Value) {
    assert_schema(
        &format!("webhook_{}.request", kind.replace('-', "_")),
        value,
    );
}

fn folder() -> Option<PathBuf> {
    let beside = "../../../shared/contracts/unified-api-schemas";
    let named = std::env::var_os("ATS_SCHEMAS");
    let is_named = named.is_some();
    let folder = match named {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(beside),
    };
    let is_there = folder.join("index.json").is_file();
    assert!(
        is_there || !is_named,
        "there are no schemas in {}",
        folder.display()
    );
    is_there.then_some(folder)
}
