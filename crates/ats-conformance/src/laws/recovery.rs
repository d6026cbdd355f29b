//! Laws of passing trouble: what goes wrong once is tried again, and nothing is lost by it.

use ats_simulator::FaultKind;

use super::{
    Judged, LawEvidence,
    faults::status,
    probe::{Bench, End},
};
use crate::{Failure, Harness};

super::declare! {
    "recovery/server-errors-pass",
    "a server that fails twice and then answers costs nothing but time",
    "every hiccup of the vendor ends a pass" => server_errors;

    "recovery/broken-connections-pass",
    "a connection that breaks once, before or within the answer, costs nothing but time",
    "every hiccup of the network ends a pass" => broken_connections;

    "recovery/throttling-passes",
    "a vendor that throttles once, in whatever form it says for how long, costs nothing but time",
    "an ordinary throttle ends a pass" => throttling;
}

async fn server_errors(harness: &dyn Harness) -> Judged {
    let kinds = [500, 502, 503].map(|code| (status(code, "out of order"), 2));
    passes(harness, &kinds).await
}

async fn broken_connections(harness: &dyn Harness) -> Judged {
    passes(harness, &[(FaultKind::Reset, 1), (FaultKind::Truncated, 1)]).await
}

async fn throttling(harness: &dyn Harness) -> Judged {
    let waits = [
        Some("1"),
        Some("Tue, 14 Nov 2023 22:13:40 GMT"),
        Some("soon"),
        None,
    ];
    let kinds = waits.map(|wait| {
        let retry_after = wait.map(str::to_owned);
        (
            FaultKind::TooMany {
                retry_after,
                scope: None,
            },
            1,
        )
    });
    passes(harness, &kinds).await
}

/// Every endpoint is hit at its first and at its last request, and the walk brings the same.
async fn passes(harness: &dyn Harness, kinds: &[(FaultKind, u32)]) -> Judged {
    let bench = Bench::start(harness, 3).await?;
    let mut judged = 0;
    for spot in bench.spots() {
        for skip in spot.ends() {
            for (kind, times) in kinds {
                let read = bench.harmed(&spot, skip, *times, kind.clone()).await?;
                let came = match &read.end {
                    End::Complete => bench.difference(spot.stream, &read),
                    end => Some(end.to_string()),
                };
                if let Some(came) = came {
                    return Err(Failure::default()
                        .expected(format!("the same bundles in spite of {kind:?}: {spot}"), "")
                        .came(came));
                }
                judged += usize::from(read.calls_of(&spot.endpoint) > spot.calls);
            }
        }
    }
    Ok(LawEvidence::judged(judged))
}
