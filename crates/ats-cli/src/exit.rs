//! Exit codes, and how a failure is told.

use std::{fmt, process::ExitCode};

use anyhow::Error;
use ats_core::ErrorKind;
use ats_store::{PassState, vault};
use serde_json::json;

use crate::output;

/// What `ats --help` says about exit codes.
pub(crate) const HELP: &str = "\
Exit codes:
  0    everything was done
  1    something failed that the other codes do not name
  2    the command line was not understood, or names something that is not there
  3    done in part: some models could not be read; the report says which and why
  4    the vendor does not accept the credentials
  5    the vendor could not be reached, or asked for fewer requests; try again later
  6    the time limit was reached; the next run carries on
  7    another process is at work on the same integration or database
  130  stopped by Ctrl-C; what was read is kept, and the next run carries on

Set ATS_LOG=debug to see what is sent and when.";

/// How a command ended when nothing failed outright. The worst one comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Everything was done.
    Complete,
    /// Some models could not be read.
    Partial,
    /// It took too long.
    TimedOut,
    /// Something else is at work.
    Busy,
    /// The vendor was out of reach.
    Unavailable,
    /// The credentials were refused.
    CredentialsRejected,
    /// The command line names something that is not there.
    Usage,
    /// Something else failed.
    Failed,
    /// The user stopped it.
    Interrupted,
}

impl Exit {
    /// The exit that `kind` leads to when nothing at all could be done.
    pub(crate) fn for_failure(kind: &ErrorKind) -> Self {
        match kind {
            ErrorKind::CredentialsRejected => Self::CredentialsRejected,
            ErrorKind::Unavailable | ErrorKind::RateLimited { .. } => Self::Unavailable,
            _ => Self::Partial,
        }
    }

    /// The exit of a pass. `unreachable` says whether the vendor gave no answer.
    pub(crate) fn of_pass(state: PassState, unreachable: bool) -> Self {
        match state {
            PassState::Succeeded => Self::Complete,
            PassState::PartiallyFailed => Self::Partial,
            PassState::AuthenticationFailed => Self::CredentialsRejected,
            PassState::Failed if unreachable => Self::Unavailable,
            PassState::Failed | PassState::Running => Self::Failed,
            PassState::Cancelled => Self::Interrupted,
            PassState::TimedOut => Self::TimedOut,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::CredentialsRejected => 4,
            Self::Unavailable => 5,
            Self::TimedOut => 6,
            Self::Busy => 7,
            Self::Interrupted => 130,
        }
    }
}

/// Something that cannot be done as it was asked for. The message says what can.
#[derive(Debug)]
struct Refusal {
    exit: Exit,
    code: &'static str,
    message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

/// A failure with one word for machines.
pub(crate) fn refusal(exit: Exit, code: &'static str, message: impl Into<String>) -> Error {
    let message = message.into();
    Refusal {
        exit,
        code,
        message,
    }
    .into()
}

/// A failure of the command line.
pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Error {
    refusal(Exit::Usage, code, message)
}

/// Tells a failure to the user and gives the exit code.
pub(crate) fn report(outcome: Result<Exit, Error>, json: bool) -> ExitCode {
    let error = match outcome {
        Ok(exit) => return exit.code().into(),
        Err(error) => error,
    };
    if error.is::<output::Closed>() {
        return Exit::Complete.code().into();
    }
    let (exit, code) = classify(&error);
    tell(code, &format!("{error:#}"), json);
    exit.code().into()
}

/// Prints what went wrong, for machines on standard output and for people on standard error.
pub(crate) fn tell(code: &str, message: &str, json: bool) {
    if json {
        // Nothing is left to do if nobody reads it.
        let _ = output::json(&json!({ "error": { "code": code, "message": message } }));
    } else {
        eprintln!("ats: {message}");
    }
}

/// The exit code of a failure, and one word for it.
pub(crate) fn classify(error: &Error) -> (Exit, &'static str) {
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<ats_core::Error>() {
            let exit = match Exit::for_failure(error.kind()) {
                Exit::Partial => Exit::Failed,
                exit => exit,
            };
            return (exit, error.kind().code());
        }
        if let Some(error) = cause.downcast_ref::<ats_store::Error>() {
            return of_store(error);
        }
        if let Some(ats_sync::Error::Store(error)) = cause.downcast_ref() {
            return of_store(error);
        }
        if let Some(error) = cause.downcast_ref::<vault::Error>() {
            return (Exit::Failed, of_vault(error));
        }
        if let Some(error) = cause.downcast_ref::<Refusal>() {
            return (error.exit, error.code);
        }
    }
    (Exit::Failed, "failed")
}

fn of_store(error: &ats_store::Error) -> (Exit, &'static str) {
    use ats_store::Error;
    match error {
        Error::NotADatabase { .. } => (Exit::Failed, "not_a_database"),
        Error::NewerVersion { .. } => (Exit::Failed, "newer_version"),
        Error::Locked => (Exit::Busy, "locked"),
        Error::ReadOnly => (Exit::Failed, "read_only"),
        Error::DiskFull => (Exit::Failed, "disk_full"),
        Error::Busy { .. } => (Exit::Busy, "busy"),
        Error::UnknownUrl { .. } => (Exit::Usage, "unknown_url"),
        Error::Damaged { .. } => (Exit::Failed, "damaged"),
        Error::Vault(error) => (Exit::Failed, of_vault(error)),
        Error::UnknownIntegration { .. } => (Exit::Usage, "unknown_integration"),
        _ => (Exit::Failed, "database_failed"),
    }
}

fn of_vault(error: &vault::Error) -> &'static str {
    match error {
        vault::Error::Missing { .. } => "key_missing",
        vault::Error::Exposed { .. } => "key_exposed",
        vault::Error::BadKey { .. } => "key_unusable",
        vault::Error::UnknownVersion { .. } | vault::Error::DoesNotOpen => "credentials_sealed",
        _ => "vault_failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(error: impl Into<Error>) -> (Exit, &'static str) {
        classify(&error.into().context("while something was done"))
    }

    #[test]
    fn the_cause_of_a_failure_decides_about_the_code() {
        let busy = || ats_store::Error::Busy {
            holder: "x".to_owned(),
        };
        assert_eq!(of(busy()), (Exit::Busy, "busy"));
        assert_eq!(of(ats_sync::Error::Store(busy())), (Exit::Busy, "busy"));
        assert_eq!(of(ats_store::Error::DiskFull), (Exit::Failed, "disk_full"));
        let refused = ats_core::Error::new(ErrorKind::CredentialsRejected, "x", "y");
        assert_eq!(
            of(refused),
            (Exit::CredentialsRejected, "credentials_rejected")
        );
        let odd = ats_core::Error::malformed("x", "", "y");
        assert_eq!(of(odd), (Exit::Failed, "malformed"));
        assert_eq!(
            of(usage("unknown_model", "x")),
            (Exit::Usage, "unknown_model")
        );
        let sealed = ats_store::Error::Vault(vault::Error::DoesNotOpen);
        assert_eq!(of(sealed).1, "credentials_sealed");
        assert_eq!(of(std::io::Error::other("x")), (Exit::Failed, "failed"));
    }

    #[test]
    fn of_several_exits_the_worst_one_wins() {
        let several = [Exit::Complete, Exit::CredentialsRejected, Exit::Partial];
        assert_eq!(several.into_iter().max(), Some(Exit::CredentialsRejected));
    }
}
