//! Errors as the unified API names them. Clients branch on the code; no other code may be sent.

use ats_core::{Error, ErrorKind};
use serde::Serialize;

/// An error as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiError {
    /// What kind of error it is.
    pub code: Code,
    /// What a person reads.
    pub message: String,
}

/// Declares the codes once, each with the text that goes over the wire.
macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $text:literal;)*) => {
        /// A code of the unified API. The list is closed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $code,)*
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// The code as text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $text,)* }
            }
        }
    };
}

codes! {
    /// The server asks for fewer requests.
    RateLimitExceeded = "PLATFORM.RATE_LIMIT_EXCEEDED";
    /// Too many actions run at once.
    ConcurrencyLimitExceeded = "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED";
    /// There is no such integration, or not for this key.
    IntegrationNotFound = "PLATFORM.INTEGRATION_NOT_FOUND";
    /// An input cannot be used.
    InputInvalid = "PLATFORM.INPUT_INVALID";
    /// A defect.
    UnknownError = "PLATFORM.UNKNOWN_ERROR";
    /// The caller's address is not allowed.
    IpNotWhitelisted = "PLATFORM.IP_NOT_WHITELISTED";
    /// The API key is missing or wrong.
    AuthenticationInvalid = "PLATFORM.AUTHENTICATION_INVALID";
    /// It took too long.
    TaskTimedOut = "PLATFORM.TASK_TIMED_OUT";
    /// The vendor's credentials lack a permission.
    PermissionMissing = "INTEGRATION.PERMISSION_MISSING";
    /// The vendor does not accept the credentials.
    IntegrationAuthenticationInvalid = "INTEGRATION.AUTHENTICATION_INVALID";
    /// The integration is being checked.
    QaFailed = "INTEGRATION.QA_FAILED";
    /// The first sync is not over.
    SetupSyncPending = "INTEGRATION.SETUP_SYNC_PENDING";
    /// The integration's settings cannot work.
    SetupIncomplete = "INTEGRATION.SETUP_INCOMPLETE";
    /// The integration is disabled.
    Inactive = "INTEGRATION.INACTIVE";
    /// The vendor has no such model.
    ModelNotAvailable = "INTEGRATION.MODEL_NOT_AVAILABLE";
    /// The model is switched off.
    ModelDisabled = "INTEGRATION.MODEL_DISABLED";
    /// The vendor has no such action.
    ActionNotAvailable = "INTEGRATION.ACTION_NOT_AVAILABLE";
    /// The action is switched off.
    ActionDisabled = "INTEGRATION.ACTION_DISABLED";
    /// The vendor could not be reached.
    ServiceUnavailable = "REMOTE.SERVICE_UNAVAILABLE";
    /// The vendor asks for fewer requests.
    RemoteRateLimitExceeded = "REMOTE.RATE_LIMIT_EXCEEDED";
    /// The vendor refuses an input.
    RemoteInputInvalid = "REMOTE.INPUT_INVALID";
    /// The vendor answered in a way that cannot be understood, or not at all.
    UnknownHttpError = "REMOTE.UNKNOWN_HTTP_ERROR";
    /// The job takes no applications.
    JobClosed = "ATS.JOB_CLOSED";
    /// The candidate has an application for this job.
    ApplicationAlreadyExists = "ATS.APPLICATION_ALREADY_EXISTS";
}

impl From<&Error> for Code {
    fn from(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::ConfigInvalid => Self::SetupIncomplete,
            ErrorKind::CredentialsRejected => Self::IntegrationAuthenticationInvalid,
            ErrorKind::PermissionMissing { .. } => Self::PermissionMissing,
            ErrorKind::RateLimited { .. } => Self::RemoteRateLimitExceeded,
            ErrorKind::Unavailable => Self::ServiceUnavailable,
            ErrorKind::InputInvalid { .. } => Self::InputInvalid,
            ErrorKind::InputRejected { .. } | ErrorKind::NotFound => Self::RemoteInputInvalid,
            ErrorKind::Conflict { what: "job_closed" } => Self::JobClosed,
            ErrorKind::Conflict {
                what: "application_already_exists",
            } => Self::ApplicationAlreadyExists,
            ErrorKind::Conflict {
                what: "action_under_way",
            } => Self::ConcurrencyLimitExceeded,
            ErrorKind::Conflict { .. } => Self::RemoteInputInvalid,
            ErrorKind::NotAvailable => Self::ActionNotAvailable,
            ErrorKind::OutcomeUnknown | ErrorKind::Malformed { .. } => Self::UnknownHttpError,
            _ => Self::UnknownError,
        }
    }
}

impl From<&Error> for ApiError {
    fn from(error: &Error) -> Self {
        let mut message = error.to_string();
        if let ErrorKind::PermissionMissing {
            permission: Some(permission),
        } = error.kind()
            && !message.contains(permission.as_str())
        {
            message.push_str(&format!("; the missing permission is {permission}"));
        }
        Self {
            code: error.into(),
            message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_api_is_there_once() {
        let mut texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), 24);
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 24);
        for code in Code::ALL {
            let text = serde_json::to_value(code).unwrap();
            assert_eq!(text, code.as_str());
        }
    }

    #[test]
    fn an_error_names_the_permission_that_is_missing() {
        let kind = ErrorKind::PermissionMissing {
            permission: Some("candidatesWrite".into()),
        };
        let error = ApiError::from(&Error::new(kind, "candidate.addTag", "the key lacks it"));
        assert_eq!(error.code, Code::PermissionMissing);
        assert!(error.message.ends_with("candidatesWrite"), "{error:?}");
    }

    #[test]
    fn what_the_caller_did_wrong_is_told_from_what_the_vendor_refused() {
        let code = |kind| Code::from(&Error::new(kind, "x", "y"));
        let field = None;
        assert_eq!(
            code(ErrorKind::InputInvalid { field: None }),
            Code::InputInvalid
        );
        assert_eq!(
            code(ErrorKind::InputRejected { field }),
            Code::RemoteInputInvalid
        );
        let closed = ErrorKind::Conflict { what: "job_closed" };
        assert_eq!(code(closed), Code::JobClosed);
    }
}
