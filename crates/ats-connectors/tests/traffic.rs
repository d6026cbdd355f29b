//! Full and delta passes of every kind, for those who compare the exchanges with the vendor's own
//! contract: `ATS_TRAFFIC` names a file, one JSON line an exchange is written to it.

#[path = "harness/simulated.rs"]
mod simulated;

use std::{env, fs};

use ats_conformance::{Mirror, Remote, WorldKind};
use ats_simulator::Exchange;
use serde_json::{Value, json};
use simulated::Simulated;

const WORLDS: [WorldKind; 3] = [
    WorldKind::SMALL,
    WorldKind::Small {
        page_size_cap: Some(3),
    },
    WorldKind::Generated {
        seed: 5,
        candidates: 150,
        page_size_cap: None,
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn every_exchange_is_well_formed_and_can_be_written_down() {
    let mut exchanges = Vec::new();
    for world in WORLDS {
        exchanges.extend(passes(world).await);
    }
    let lines: Vec<String> = exchanges.iter().map(line).collect();
    assert!(lines.len() > 200, "only {} exchanges", lines.len());
    let refused: Vec<&Exchange> = exchanges
        .iter()
        .filter(|exchange| exchange.status != 200)
        .collect();
    assert!(refused.is_empty(), "refused: {refused:?}");
    if let Some(file) = env::var_os("ATS_TRAFFIC") {
        fs::write(file, lines.join("\n") + "\n").unwrap();
    }
}

/// Everything that a full pass, a quiet delta pass and a delta pass after every change exchange.
async fn passes(world: WorldKind) -> Vec<Exchange> {
    let remote = Simulated::start(world, true).await;
    let connector = remote.connector();
    let mut mirror = Mirror::new("ashby");
    let report = mirror.full_pass(&*connector).await;
    assert!(
        report.complete(),
        "{:?}",
        report.errors().collect::<Vec<_>>()
    );
    assert!(mirror.delta_pass(&*connector).await.quiet());
    for change in remote.changes() {
        remote.apply(change.name, 1);
    }
    let report = mirror.delta_pass(&*connector).await;
    assert!(
        report.complete(),
        "{:?}",
        report.errors().collect::<Vec<_>>()
    );
    remote.simulator.log()
}

fn line(exchange: &Exchange) -> String {
    let body = exchange.response.as_deref().unwrap_or_default();
    // A body that is no JSON is null here, which no contract allows.
    let response: Value = serde_json::from_slice(body).unwrap_or_default();
    json!({
        "endpoint": exchange.endpoint,
        "request": exchange.request,
        "status": exchange.status,
        "response": response,
    })
    .to_string()
}
