//! Every kind of fault, seen from the client.

use std::time::Duration;

use ats_simulator::{Fault, FaultKind, Options, Simulator, ashby};
use serde_json::{Value, json};

use crate::client::{ask, ids, nothing, small, try_ask};

const LIST: &str = "candidate.list";

async fn hit(simulator: &Simulator, kind: FaultKind, body: Value) -> crate::client::Answer {
    simulator.inject(Fault::once(LIST, kind));
    ask(simulator, LIST, body).await
}

#[tokio::test]
async fn a_fault_hits_its_endpoint_after_the_skipped_ones_as_often_as_it_says() {
    let simulator = small().await;
    simulator.inject(Fault {
        endpoint: Some("user.list".to_owned()),
        skip: 1,
        times: 2,
        kind: FaultKind::SuccessFalse {
            code: "oops".to_owned(),
            http: 500,
        },
    });
    let mut seen = Vec::new();
    for endpoint in [
        "job.list",
        "user.list",
        "user.list",
        "user.list",
        "user.list",
    ] {
        seen.push(ask(&simulator, endpoint, nothing()).await.status);
    }
    assert_eq!(seen, [200, 200, 500, 500, 200]);
    simulator.inject(Fault {
        endpoint: None,
        skip: 0,
        times: 9,
        kind: FaultKind::Html,
    });
    simulator.clear_faults();
    ids(&simulator, "job.list", nothing()).await;
}

#[tokio::test]
async fn statuses_and_bodies() {
    let simulator = small().await;
    let kind = FaultKind::Status {
        code: 502,
        body: "bad gateway".to_owned(),
        content_type: "text/plain".to_owned(),
    };
    let answer = hit(&simulator, kind, nothing()).await;
    assert_eq!(
        (answer.status, answer.body.as_slice()),
        (502, "bad gateway".as_bytes())
    );
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    let many = FaultKind::TooMany {
        retry_after: Some("7".to_owned()),
        scope: Some("integration-partner".to_owned()),
    };
    let answer = hit(&simulator, many, nothing()).await;
    assert_eq!(
        (answer.status, &*answer.code()),
        (429, "rate_limit_exceeded")
    );
    assert_eq!(answer.header("retry-after"), Some("7"));
    assert_eq!(
        answer.header("x-ratelimit-scope"),
        Some("integration-partner")
    );
    let refused = FaultKind::SuccessFalse {
        code: "generic_internal_error".to_owned(),
        http: 200,
    };
    let answer = hit(&simulator, refused, nothing()).await;
    assert_eq!(
        (answer.status, &*answer.code()),
        (200, "generic_internal_error")
    );
    let answer = hit(&simulator, FaultKind::Html, nothing()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.starts_with(b"<!DOCTYPE html>"));
    let answer = hit(&simulator, FaultKind::Malformed, nothing()).await;
    assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
    let answer = hit(&simulator, FaultKind::RevokedPermission, nothing()).await;
    assert_eq!(
        (answer.status, &*answer.code()),
        (403, "missing_endpoint_permission")
    );
    ids(&simulator, LIST, nothing()).await;
}

#[tokio::test]
async fn broken_connections() {
    let options = Options {
        record_responses: true,
        ..Options::default()
    };
    let simulator = Simulator::start(ashby::small_world(), options)
        .await
        .expect("a free port");
    let answer = hit(&simulator, FaultKind::Truncated, nothing()).await;
    let announced: usize = answer
        .header("content-length")
        .and_then(|length| length.parse().ok())
        .expect("a length");
    assert!(!answer.body.is_empty() && answer.body.len() < announced);
    for kind in [FaultKind::Reset, FaultKind::ApplyThenReset] {
        simulator.inject(Fault::once(LIST, kind));
        let lost = try_ask(&simulator, &simulator.key(), LIST, nothing()).await;
        assert!(lost.is_err(), "no answer comes");
    }
    let log = simulator.log();
    assert_eq!(
        log.iter()
            .map(|exchange| exchange.status)
            .collect::<Vec<_>>(),
        [200, 0, 0]
    );
    assert!(
        log[1].response.is_none(),
        "a reset request was never carried out"
    );
    assert!(log[2].response.is_some(), "an applied one was");
    let answer = ask(&simulator, LIST, nothing()).await;
    assert_eq!(
        simulator.log()[3].response.as_deref(),
        Some(answer.body.as_slice())
    );
}

#[tokio::test]
async fn envelopes_that_lie() {
    let simulator = small().await;
    let answer = hit(&simulator, FaultKind::MissingResults, nothing())
        .await
        .json();
    assert_eq!(answer["success"], true);
    assert!(answer.get("results").is_none());
    let answer = hit(&simulator, FaultKind::MoreWithoutCursor, nothing())
        .await
        .json();
    assert_eq!(answer["moreDataAvailable"], true);
    assert!(answer.get("nextCursor").is_none() && answer.get("syncToken").is_none());
    let first = ask(&simulator, LIST, json!({ "limit": 2 })).await.json();
    let second = json!({ "limit": 2, "cursor": first["nextCursor"] });
    let repeated = hit(&simulator, FaultKind::RepeatCursor, second.clone())
        .await
        .json();
    assert_eq!(repeated["nextCursor"], first["nextCursor"]);
    assert_eq!(repeated["moreDataAvailable"], true);
    let empty = hit(&simulator, FaultKind::EmptyMiddlePage, second.clone())
        .await
        .json();
    assert_eq!(
        (&empty["results"], &empty["moreDataAvailable"]),
        (&json!([]), &json!(true))
    );
    assert_ne!(empty["nextCursor"], first["nextCursor"]);
    let after = json!({ "limit": 2, "cursor": empty["nextCursor"] });
    assert_eq!(
        ids(&simulator, LIST, after).await,
        ids(&simulator, LIST, second).await
    );
}

#[tokio::test]
async fn expiry_waits_for_a_request_that_carries_the_thing() {
    let simulator = small().await;
    let page = ask(&simulator, LIST, json!({ "limit": 2 })).await.json();
    let last = ask(&simulator, LIST, nothing()).await.json();
    let too_large = "incremental_sync_too_large".to_owned();
    simulator.inject(Fault::once(
        LIST,
        FaultKind::ExpireToken {
            code: too_large.clone(),
        },
    ));
    let invalid = "cursor_invalid".to_owned();
    simulator.inject(Fault::once(
        LIST,
        FaultKind::ExpireCursor {
            code: invalid.clone(),
        },
    ));
    ids(&simulator, LIST, nothing()).await;
    let body = json!({ "limit": 2, "cursor": page["nextCursor"] });
    assert_eq!(ask(&simulator, LIST, body.clone()).await.code(), invalid);
    let token = json!({ "syncToken": last["syncToken"] });
    assert_eq!(ask(&simulator, LIST, token.clone()).await.code(), too_large);
    ids(&simulator, LIST, body).await;
    ids(&simulator, LIST, token).await;
}

#[tokio::test]
async fn a_delay_adds_to_another_fault() {
    let simulator = small().await;
    simulator.inject(Fault::once(
        LIST,
        FaultKind::Delay(Duration::from_millis(1)),
    ));
    let answer = hit(&simulator, FaultKind::Html, nothing()).await;
    assert!(
        answer.body.starts_with(b"<!DOCTYPE html>"),
        "the delay does not stop the other one"
    );
    assert_eq!(ids(&simulator, LIST, nothing()).await.len(), 8);
}
