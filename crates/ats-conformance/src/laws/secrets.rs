//! The law of secrets: a key stands in no error and in no debug print.

use std::{error::Error as _, fmt::Write as _};

use ats_core::{Connector, Error};
use ats_simulator::FaultKind;
use base64::Engine as _;

use super::{
    Judged, LawEvidence,
    faults::status,
    probe::{Bench, End, from_the_start, walk},
};
use crate::{Failure, Harness};

super::declare! {
    "secrets/nothing-leaks",
    "neither the key nor its base64 form stands in an error, its causes or a debug print",
    "a key ends up in a log or in a support ticket" => nothing_leaks;
}

async fn nothing_leaks(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 3).await?;
    let canaries = canaries(&bench.remote.secret());
    let mut judged = 0;
    let mut look = |place: &str, text: &str| {
        judged += 1;
        match canaries.iter().any(|canary| text.contains(canary)) {
            true => Err(Failure::default()
                .expected(format!("no key in {place}"), "")
                .came("the key")),
            false => Ok(()),
        }
    };
    look(
        "the debug print of the connector",
        &prints(&*bench.connector),
    )?;
    let kinds = [
        FaultKind::Html,
        FaultKind::MissingResults,
        FaultKind::Malformed,
        FaultKind::Reset,
        FaultKind::RevokedPermission,
        FaultKind::SuccessFalse {
            code: "nobody_foresaw_this".to_owned(),
            http: 200,
        },
        FaultKind::TooMany {
            retry_after: Some("3600".to_owned()),
            scope: None,
        },
        status(500, "out of order"),
        status(401, "Unauthorized"),
        status(404, "Not Found"),
    ];
    for spot in bench.spots() {
        for kind in &kinds {
            let read = bench.harmed(&spot, 0, u32::MAX, kind.clone()).await?;
            if let End::Failed(error) = &read.end {
                look(&format!("the error after {kind:?}: {spot}"), &chain(error))?;
            }
        }
    }
    let expired = bench.remote.connector();
    bench.remote.expire_cursors();
    for stream in expired.streams() {
        let second = bench
            .streams
            .get(stream.name())
            .and_then(|read| read.pages.get(1));
        let request = second.map_or_else(from_the_start, |page| page.request.clone());
        let shelf = bench.before(stream.name());
        if let End::Failed(error) = walk(&*bench.remote, stream, request, &shelf).await.end {
            look(
                &format!("the error of an expired cursor in {}", stream.name()),
                &chain(&error),
            )?;
        }
    }
    look(
        "the debug print of the connector after trouble",
        &prints(&*bench.connector),
    )?;
    Ok(LawEvidence::judged(judged))
}

/// The key as it might be printed. The last characters of a base64 text depend on what follows the
/// key in the header, so they are left out.
fn canaries(secret: &str) -> Vec<String> {
    let whole = secret.len() - secret.len() % 3;
    let encoded = base64::engine::general_purpose::STANDARD.encode(&secret.as_bytes()[..whole]);
    vec![secret.to_owned(), encoded]
}

fn prints(connector: &dyn Connector) -> String {
    let mut text = format!("{connector:?} {connector:#?}");
    for stream in connector.streams() {
        let _ = write!(text, " {stream:?} {stream:#?}");
    }
    text
}

/// The error and all its causes, in both forms.
fn chain(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, " {error} {error:?} {error:#?}");
        cause = error.source();
    }
    text
}
