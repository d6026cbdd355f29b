//! Laws of lasting trouble: failure is never emptiness, and each failure says what it is.

use std::collections::BTreeSet;

use ats_core::ErrorKind;
use ats_simulator::{Fault, FaultKind};

use super::{
    Judged, LawEvidence,
    compare::{View, difference, fresh, spared, view, with_users},
    probe::{Bench, End, from_the_start, walk},
};
use crate::{Failure, Harness, Mirror};

super::declare! {
    "faults/html-is-not-emptiness",
    "an HTML page in place of an answer is a malformed answer",
    "a page of the network in front of the vendor empties a customer's mirror" => html;

    "faults/missing-results-are-not-emptiness",
    "a success without results is a malformed answer",
    "an answer of another shape empties a customer's mirror" => missing_results;

    "faults/refusal-is-not-emptiness",
    "a refusal with a code that nobody foresaw is an error, with status 200 and 400",
    "the vendor's logical errors pass for empty lists" => refusal;

    "faults/malformed-is-not-emptiness",
    "broken JSON is a malformed answer",
    "half an answer passes for a whole one" => malformed;

    "faults/truncated-is-not-emptiness",
    "an answer that is cut off each time makes the vendor unavailable",
    "half an answer passes for a whole one" => truncated;

    "faults/server-error-is-not-emptiness",
    "a server that fails each time makes the vendor unavailable",
    "an outage of the vendor empties a customer's mirror" => server_error;

    "faults/reset-is-not-emptiness",
    "a connection that breaks each time makes the vendor unavailable",
    "an outage of the network empties a customer's mirror" => reset;

    "faults/not-found-is-not-emptiness",
    "an endpoint that is not found is an error",
    "an endpoint that the vendor renamed passes for an empty list" => not_found;

    "faults/others-are-unaffected",
    "trouble with one endpoint leaves the streams alone that do not ask it",
    "one broken list stops everything" => others;

    "faults/throttled-for-ever-is-rate-limited",
    "a vendor that throttles each time ends the walk as rate limited, with the wait it asks for",
    "the engine hammers a vendor that asked for patience" => throttled_for_ever;

    "faults/bad-key-is-rejected",
    "a key that the vendor does not know is rejected credentials, at the check and at every stream",
    "a customer is told to wait where a new key is needed" => bad_key;

    "faults/unauthorized-is-rejected",
    "status 401 is rejected credentials",
    "a customer is told to wait where a new key is needed" => unauthorized;

    "faults/revoked-permission-is-named",
    "a permission that is taken away while a walk runs is a missing permission, by its right name",
    "one missing permission passes for an empty list, or for a bad key" => revoked;

    "faults/errors-name-the-operation",
    "an error says which endpoint was asked",
    "nobody can tell where a pass failed" => operation;
}

async fn html(harness: &dyn Harness) -> Judged {
    never_empty(harness, FaultKind::Html, is_malformed).await
}

async fn missing_results(harness: &dyn Harness) -> Judged {
    never_empty(harness, FaultKind::MissingResults, is_malformed).await
}

async fn malformed(harness: &dyn Harness) -> Judged {
    never_empty(harness, FaultKind::Malformed, is_malformed).await
}

async fn truncated(harness: &dyn Harness) -> Judged {
    never_empty(harness, FaultKind::Truncated, is_unavailable).await
}

async fn reset(harness: &dyn Harness) -> Judged {
    never_empty(harness, FaultKind::Reset, is_unavailable).await
}

async fn server_error(harness: &dyn Harness) -> Judged {
    never_empty(harness, status(500, "out of order"), is_unavailable).await
}

async fn not_found(harness: &dyn Harness) -> Judged {
    let right = |kind: &ErrorKind| *kind == ErrorKind::NotFound || is_malformed(kind);
    never_empty(harness, status(404, "Not Found"), right).await
}

async fn unauthorized(harness: &dyn Harness) -> Judged {
    let right = |kind: &ErrorKind| *kind == ErrorKind::CredentialsRejected;
    never_empty(harness, status(401, "Unauthorized"), right).await
}

async fn refusal(harness: &dyn Harness) -> Judged {
    let mut judged = 0;
    for http in [200, 400] {
        let code = "nobody_foresaw_this".to_owned();
        let right = |kind: &ErrorKind| *kind == ErrorKind::Unexpected;
        judged += never_empty(harness, FaultKind::SuccessFalse { code, http }, right)
            .await?
            .judged;
    }
    Ok(LawEvidence::judged(judged))
}

fn is_malformed(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Malformed { .. })
}

fn is_unavailable(kind: &ErrorKind) -> bool {
    *kind == ErrorKind::Unavailable
}

/// An answer with this status and a body that is not the vendor's envelope.
pub(super) fn status(code: u16, body: &str) -> FaultKind {
    let content_type = "text/plain".to_owned();
    FaultKind::Status {
        code,
        body: body.to_owned(),
        content_type,
    }
}

/// Every endpoint, at its first and at its last request, fails for good: the walk must end with an
/// error of the right kind.
async fn never_empty(
    harness: &dyn Harness,
    kind: FaultKind,
    right: impl Fn(&ErrorKind) -> bool,
) -> Judged {
    let bench = Bench::start(harness, 2).await?;
    let mut judged = 0;
    for spot in bench.spots() {
        for skip in spot.ends() {
            let read = bench.harmed(&spot, skip, u32::MAX, kind.clone()).await?;
            let is_right = match &read.end {
                End::Failed(error) => right(error.kind()),
                // What the vendor refuses in any case carries no results that could be missing.
                End::Complete => {
                    kind == FaultKind::MissingResults
                        && bench.difference(spot.stream, &read).is_none()
                }
                End::Endless => false,
            };
            if !is_right {
                return Err(Failure::default()
                    .expected(
                        format!(
                            "an error of the right kind for {kind:?} after {skip} requests: {spot}"
                        ),
                        "",
                    )
                    .came(&read.end));
            }
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn others(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 3).await?;
    let whole = fresh(harness, &*bench.connector).await?;
    let honest = view(&whole);
    let endpoints: BTreeSet<String> = bench
        .spots()
        .into_iter()
        .map(|spot| spot.endpoint)
        .collect();
    let mut judged = 0;
    for endpoint in endpoints {
        let hit: BTreeSet<&str> = asking(&bench, &endpoint);
        let fault = Fault {
            endpoint: Some(endpoint.clone()),
            skip: 0,
            times: u32::MAX,
            kind: FaultKind::MissingResults,
        };
        bench.remote.inject(fault);
        let mut mirror = Mirror::new(harness.slug());
        let report = mirror.full_pass(&*bench.connector).await;
        bench.remote.clear_faults();
        let hurt = with_users(&*bench.connector, &hit);
        for (stream, outcome) in &report.streams {
            if !hurt.contains(stream) && !outcome.complete {
                let came = outcome
                    .error
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string);
                return Err(Failure::default()
                    .expected(
                        format!("stream {stream} completes while {endpoint} is broken"),
                        "",
                    )
                    .came(came));
            }
            judged += usize::from(!hurt.contains(stream));
        }
        let spared = |view: &View| spared(view, &whole, &*bench.connector, &hurt);
        if let Some(came) = difference(&spared(&honest), &spared(&view(&mirror))) {
            return Err(Failure::default()
                .expected(
                    format!("the records of other streams while {endpoint} is broken"),
                    "",
                )
                .came(came));
        }
    }
    Ok(LawEvidence::judged(judged))
}

/// The streams that ask an endpoint.
fn asking<'a>(bench: &'a Bench, endpoint: &str) -> BTreeSet<&'a str> {
    let streams = bench.streams.iter();
    streams
        .filter(|(_, read)| read.calls_of(endpoint) > 0)
        .map(|(name, _)| *name)
        .collect()
}

async fn throttled_for_ever(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 3).await?;
    let mut judged = 0;
    for spot in bench.spots() {
        for wait in [None, Some(3_600)] {
            let retry_after = wait.map(|seconds: u64| seconds.to_string());
            let kind = FaultKind::TooMany {
                retry_after,
                scope: None,
            };
            let read = bench.harmed(&spot, 0, u32::MAX, kind).await?;
            let right = match &read.end {
                End::Failed(error) => match error.kind() {
                    ErrorKind::RateLimited { retry_after } => {
                        wait.is_none() || retry_after.map(|asked| asked.as_secs()) == wait
                    }
                    _ => false,
                },
                _ => false,
            };
            if !right {
                return Err(Failure::default()
                    .expected(format!("rate limited, with the wait {wait:?}: {spot}"), "")
                    .came(format!("{}; {:?}", read.end, read.end)));
            }
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn bad_key(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 3).await?;
    let connector = bench.remote.connector_with_bad_key();
    let mut judged = 0;
    let rejected = |place: &str, came: Result<(), String>| match came {
        Ok(()) => Ok(1),
        Err(came) => Err(Failure::default()
            .expected(format!("rejected credentials at {place}"), "")
            .came(came)),
    };
    let check = match connector.check().await {
        Err(error) if *error.kind() == ErrorKind::CredentialsRejected => Ok(()),
        Err(error) => Err(error.to_string()),
        Ok(access) => Err(format!("the check succeeded: {access:?}")),
    };
    judged += rejected("the check", check)?;
    for stream in connector.streams() {
        let shelf = bench.before(stream.name());
        let read = walk(&*bench.remote, stream, from_the_start(), &shelf).await;
        let right = matches!(&read.end, End::Failed(error) if *error.kind() == ErrorKind::CredentialsRejected);
        let came = if right {
            Ok(())
        } else {
            Err(read.end.to_string())
        };
        judged += rejected(stream.name(), came)?;
    }
    Ok(LawEvidence::judged(judged))
}

async fn revoked(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 2).await?;
    let all: BTreeSet<String> = bench.remote.permissions().into_iter().collect();
    let mut judged = 0;
    for spot in bench.spots() {
        for skip in spot.ends() {
            let read = bench
                .harmed(&spot, skip, u32::MAX, FaultKind::RevokedPermission)
                .await?;
            let named = match &read.end {
                End::Failed(error) => match error.kind() {
                    ErrorKind::PermissionMissing { permission } => {
                        permission.as_ref().is_none_or(|name| all.contains(name))
                    }
                    _ => false,
                },
                _ => false,
            };
            if !named {
                return Err(Failure::default()
                    .expected(format!("a missing permission, one of {all:?}: {spot}"), "")
                    .came(&read.end));
            }
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn operation(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 3).await?;
    let mut judged = 0;
    for spot in bench.spots() {
        for kind in [FaultKind::Malformed, FaultKind::Reset, status(500, "")] {
            let read = bench.harmed(&spot, 0, u32::MAX, kind).await?;
            let names = |error: &ats_core::Error| error.operation() == spot.endpoint;
            let right = matches!(&read.end, End::Failed(error) if names(error));
            if !right {
                return Err(Failure::default()
                    .expected(format!("an error whose operation is {}", spot.endpoint), "")
                    .came(&read.end));
            }
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}
