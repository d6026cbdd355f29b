//! Errors of a connector, as problems that a report shows and as what a step needs to know.
//!
//! It owns the sentences that say what to do. Messages never hold a secret or a value of a record.

use ats_core::{Error, ErrorKind, Manifest};
use ats_store::Problem;

use crate::walk::Failure;

/// What a step needs to know of an error.
pub(crate) fn failure(error: &Error, manifest: &Manifest) -> Failure {
    Failure {
        recovery: error.recovery(),
        unreachable: matches!(
            error.kind(),
            ErrorKind::Unavailable | ErrorKind::RateLimited { .. }
        ),
        problem: problem(error, manifest),
    }
}

/// What a report says of an error.
pub(crate) fn problem(error: &Error, manifest: &Manifest) -> Problem {
    let vendor = manifest.name;
    let advice = match error.kind() {
        ErrorKind::ConfigInvalid => "change the settings of the integration".to_owned(),
        ErrorKind::CredentialsRejected => format!(
            "{vendor} does not accept the credentials; make new ones there and enter them with \
             `ats connect`"
        ),
        ErrorKind::PermissionMissing { permission } => match permission {
            Some(permission) => format!(
                "tick `{}` for the key at {vendor} and sync again; what was read before is kept",
                manifest.label_of(permission)
            ),
            None => format!(
                "`ats check` names what the key lacks at {vendor}; what was read before is kept"
            ),
        },
        ErrorKind::RateLimited { .. } => {
            format!("{vendor} wants fewer requests; sync again later")
        }
        ErrorKind::Unavailable => format!("{vendor} could not be reached; sync again later"),
        ErrorKind::CheckpointExpired | ErrorKind::CursorExpired => {
            format!("{vendor} refused again after the walk had begun anew; sync again later")
        }
        ErrorKind::Malformed { .. } => format!(
            "the answer is not what {vendor} documents, and guessing would lose data; sync again, \
             and report it if it stays so"
        ),
        ErrorKind::OutcomeUnknown
        | ErrorKind::NotFound
        | ErrorKind::Conflict { .. }
        | ErrorKind::InputInvalid { .. }
        | ErrorKind::InputRejected { .. }
        | ErrorKind::NotAvailable
        | ErrorKind::Unexpected => "sync again, and report it if it stays so".to_owned(),
        // New kinds come with an answer of their own.
        _ => "sync again, and report it if it stays so".to_owned(),
    };
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    Problem {
        kind: error.kind().code().to_owned(),
        message: format!("{message}. {}", upper(&advice)),
    }
}

/// A defect of ours while a stream's page was mapped.
pub(crate) fn defect(stream: &str) -> Problem {
    Problem {
        kind: "unexpected".to_owned(),
        message: format!(
            "a page of `{stream}` could not be mapped, which is a defect of this program; nothing \
             of the page is kept. Please report it with the log"
        ),
    }
}

fn upper(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) if first.is_ascii_alphabetic() => {
            first.to_uppercase().chain(characters).collect()
        }
        _ => text.to_owned(),
    }
}
