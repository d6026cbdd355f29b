//! The one error of the port: flat, and named for what the caller does next.
//!
//! Connectors build it, engines branch on [`Error::recovery`], people read its message. It must
//! never hold a secret, a header or a body; context is for names, ids and paths.

use std::{fmt, time::Duration};

/// What a caller gets from everything that may fail in core and in connectors.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why something failed, in terms of what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The integration's own settings cannot work, whatever the vendor says.
    ConfigInvalid,
    /// The vendor does not accept the credentials. A person has to replace them.
    CredentialsRejected,
    /// The credentials are good but lack a permission. Only what needs it is lost.
    PermissionMissing {
        /// The vendor's own name of the permission, when it is known.
        permission: Option<String>,
    },
    /// The vendor asks for fewer requests, and retrying within the call did not help.
    RateLimited {
        /// How long the vendor asked to wait, if it said.
        retry_after: Option<Duration>,
    },
    /// Network, server error or timeout of a read. Nothing happened; try again later.
    Unavailable,
    /// A write was sent and its answer was lost. It must be settled by reading back, never resent.
    OutcomeUnknown,
    /// The vendor no longer knows the checkpoint, or refuses to walk from it: a full pass is due.
    CheckpointExpired,
    /// The vendor no longer knows the page cursor: the pass starts again at its first page.
    CursorExpired,
    /// The vendor has no such record.
    NotFound,
    /// The vendor refuses because of the state of its records.
    Conflict {
        /// What is in the way, as a short code such as `job_closed`.
        what: &'static str,
    },
    /// An input cannot be used, which was found before anything was sent.
    InputInvalid {
        /// The input's path, when it is known.
        field: Option<String>,
    },
    /// The vendor refuses an input.
    InputRejected {
        /// The input's path, when it is known.
        field: Option<String>,
    },
    /// A slot was used that the connector declares a gap.
    NotAvailable,
    /// The vendor broke its own protocol; guessing on would lose data.
    Malformed {
        /// Where in the answer, as a JSON pointer or field path; empty for the whole answer.
        path: String,
    },
    /// None of the above: a defect of ours or something nobody foresaw.
    Unexpected,
}

/// What an engine does with an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Try the same thing again, after at least this long if given.
    Retry {
        /// The vendor's own wish.
        after: Option<Duration>,
    },
    /// Start the pass again from the same checkpoint.
    RestartPass,
    /// Forget the checkpoint and make a full pass.
    RestartFull,
    /// Leave out what needs the missing permission and go on with the rest.
    Skip,
    /// Stop and ask the user.
    AskUser,
    /// Read back before anything else; never send again.
    ReadBack,
    /// Tell the caller that this one request cannot be done.
    Report,
    /// Stop the pass: nothing after this can be trusted.
    Abort,
}

/// A failure with its kind, the operation, context and cause.
///
/// Messages are lower-case fragments that read on after "failed to do X:".
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    operation: String,
    message: String,
    context: Vec<(&'static str, String)>,
    source: Option<Source>,
}

impl Error {
    /// An error of `kind`, met during `operation` (for example `candidate.list`).
    pub fn new(kind: ErrorKind, operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            operation: operation.into(),
            message: message.into(),
            context: Vec::new(),
            source: None,
        }
    }

    /// Shorthand for [`ErrorKind::Malformed`].
    pub fn malformed(
        operation: impl Into<String>,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(
            ErrorKind::Malformed { path: path.into() },
            operation,
            message,
        )
    }

    /// Shorthand for [`ErrorKind::InputInvalid`]. An empty path stands for the whole input.
    pub fn invalid_input(path: &str, message: impl fmt::Display) -> Self {
        let kind = ErrorKind::InputInvalid {
            field: Some(path.to_owned()),
        };
        let message = match path {
            "" => message.to_string(),
            path => format!("`{path}`: {message}"),
        };
        Self::new(kind, "input", message)
    }

    /// Adds a key-value pair that helps a person to find the place. Never a secret.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.context.push((key, value.into()));
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error of another kind, for a caller that knows more about it.
    #[must_use]
    pub fn into_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// Why it failed.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// What was being done, usually the vendor's name of the endpoint.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The message alone, without operation and context.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The value stored under `key` by [`Error::with`].
    pub fn context(&self, key: &str) -> Option<&str> {
        self.context
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.as_str())
    }

    /// What an engine does about it.
    pub fn recovery(&self) -> Recovery {
        match &self.kind {
            ErrorKind::RateLimited { retry_after } => Recovery::Retry {
                after: *retry_after,
            },
            ErrorKind::Unavailable => Recovery::Retry { after: None },
            ErrorKind::CheckpointExpired => Recovery::RestartFull,
            ErrorKind::CursorExpired => Recovery::RestartPass,
            ErrorKind::PermissionMissing { .. } => Recovery::Skip,
            ErrorKind::ConfigInvalid | ErrorKind::CredentialsRejected => Recovery::AskUser,
            ErrorKind::OutcomeUnknown => Recovery::ReadBack,
            ErrorKind::NotFound
            | ErrorKind::Conflict { .. }
            | ErrorKind::InputInvalid { .. }
            | ErrorKind::InputRejected { .. }
            | ErrorKind::NotAvailable => Recovery::Report,
            ErrorKind::Malformed { .. } | ErrorKind::Unexpected => Recovery::Abort,
        }
    }
}

impl ErrorKind {
    /// The kind as one word for logs and machine-readable reports.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ConfigInvalid => "config_invalid",
            Self::CredentialsRejected => "credentials_rejected",
            Self::PermissionMissing { .. } => "permission_missing",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::CheckpointExpired => "checkpoint_expired",
            Self::CursorExpired => "cursor_expired",
            Self::NotFound => "not_found",
            Self::Conflict { .. } => "conflict",
            Self::InputInvalid { .. } => "input_invalid",
            Self::InputRejected { .. } => "input_rejected",
            Self::NotAvailable => "not_available",
            Self::Malformed { .. } => "malformed",
            Self::Unexpected => "unexpected",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.message)?;
        for (index, (key, value)) in self.context.iter().enumerate() {
            let open = if index == 0 { " (" } else { ", " };
            write!(f, "{open}{key} {value}")?;
        }
        if !self.context.is_empty() {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_as_one_line_and_keeps_its_cause() {
        let error = Error::malformed("candidate.list", "/results", "results are missing")
            .with("request id", "01H")
            .with("stream", "candidates")
            .because("the cause");
        assert_eq!(
            error.to_string(),
            "candidate.list: results are missing (request id 01H, stream candidates)"
        );
        assert_eq!(
            std::error::Error::source(&error).map(ToString::to_string),
            Some("the cause".into())
        );
        assert_eq!(error.context("stream"), Some("candidates"));
    }

    #[test]
    fn an_expired_checkpoint_restarts_fully_and_an_expired_cursor_only_the_pass() {
        let recovery = |kind| Error::new(kind, "x", "y").recovery();
        assert_eq!(
            recovery(ErrorKind::CheckpointExpired),
            Recovery::RestartFull
        );
        assert_eq!(recovery(ErrorKind::CursorExpired), Recovery::RestartPass);
        assert_eq!(recovery(ErrorKind::OutcomeUnknown), Recovery::ReadBack);
    }
}
