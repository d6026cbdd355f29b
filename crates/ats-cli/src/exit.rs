//! Exit codes, and how a failure is told.

use std::process::ExitCode;

use anyhow::Error;
use ats_core::ErrorKind;
use serde_json::json;

/// What `ats --help` says about exit codes.
pub(crate) const HELP: &str = "\
Exit codes:
  0    everything was done
  1    something failed that the other codes do not name
  2    the command line was not understood
  3    done in part: some models could not be read; the summary says which and why
  4    the vendor does not accept the credentials
  5    the vendor could not be reached, or asked for fewer requests; try again later
  130  stopped by Ctrl-C

Set ATS_LOG=debug to see what is sent and when.";

/// How a command ended when nothing failed outright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Complete,
    /// Some models could not be read.
    Partial,
    /// The credentials were refused.
    CredentialsRejected,
    /// The vendor was out of reach.
    Unavailable,
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

    fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Partial => 3,
            Self::CredentialsRejected => 4,
            Self::Unavailable => 5,
            Self::Interrupted => 130,
        }
    }
}

/// Tells a failure to the user and gives the exit code.
pub(crate) fn report(outcome: Result<Exit, Error>, json: bool) -> ExitCode {
    let error = match outcome {
        Ok(exit) => return exit.code().into(),
        Err(error) => error,
    };
    let core = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<ats_core::Error>());
    let code = match core.map(|error| Exit::for_failure(error.kind())) {
        Some(exit @ (Exit::CredentialsRejected | Exit::Unavailable)) => exit.code(),
        _ => 1,
    };
    if json {
        let kind = core.map_or("failed", |error| error.kind().code());
        println!(
            "{}",
            json!({ "error": { "code": kind, "message": format!("{error:#}") } })
        );
    } else {
        eprintln!("ats: {error:#}");
    }
    code.into()
}
