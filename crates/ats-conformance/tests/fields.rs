//! The field cases: an honest connector passes them all.

use std::sync::Arc;

use ats_conformance::{runner::prove, toy::Toy};

#[test]
fn an_honest_connector_passes_every_case() {
    let entries = prove(Arc::new(Toy), Vec::new(), |id| !id.contains("::feature::")).unwrap();
    let red: Vec<&String> = entries
        .values()
        .filter_map(|entry| entry.result.as_ref().err())
        .collect();
    assert!(
        red.is_empty(),
        "{}",
        red.into_iter().map(String::as_str).collect::<String>()
    );
    assert!(entries.len() > 20, "only {} cases ran", entries.len());
}
