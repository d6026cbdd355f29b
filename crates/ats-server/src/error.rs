//! Errors as the unified API names them. Clients branch on the code; no other code may be sent.

use aide::{OperationOutput, generate::GenContext, openapi::Operation};
use ats_core::{Error, ErrorKind};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

/// An error as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiError {
    /// What kind of error it is.
    pub code: Code,
    /// What a person reads.
    pub message: String,
    /// The HTTP status, if it is another one than the code's usual one.
    #[serde(skip)]
    pub status: Option<u16>,
    /// After how many seconds it is worth trying again.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

impl ApiError {
    /// An error with the code's usual status.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            status: None,
            retry_after: None,
        }
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status.as_u16());
        self
    }

    /// An input that cannot be used.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(Code::InputInvalid, message)
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        let own = self.status.map(StatusCode::from_u16);
        own.and_then(Result::ok).unwrap_or(self.code.status())
    }

    /// The body of the answer. `is_ats` says whether the codes of the lists and actions may be named
    /// there; the other endpoints know eight codes only, and `null`.
    pub(crate) fn body(&self, is_ats: bool, log_url: Option<&str>) -> ErrorBody {
        let may_be_named = is_ats || self.code.is_general();
        ErrorBody {
            status: "error",
            error: ErrorDetails {
                code: may_be_named.then_some(self.code),
                title: Some(self.code.title()),
                message: self.message.clone(),
                log_url: log_url.map(str::to_owned),
            },
        }
    }
}

/// The body of every answer that is an error.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ErrorBody {
    #[schemars(extend("const" = "error"))]
    status: &'static str,
    error: ErrorDetails,
}

/// What went wrong.
#[derive(Debug, Serialize, JsonSchema)]
struct ErrorDetails {
    /// What to branch on.
    code: Option<Code>,
    /// What kind of error it is, for a person.
    title: Option<&'static str>,
    /// What happened and what to do.
    message: String,
    /// Where the request can be looked at.
    log_url: Option<String>,
}

/// The error travels beside an empty answer; whoever knows the request writes the body.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl OperationOutput for ApiError {
    type Inner = Self;

    fn operation_response(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Option<aide::openapi::Response> {
        axum::Json::<ErrorBody>::operation_response(context, operation)
    }

    fn inferred_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, aide::openapi::Response)> {
        let response = Self::operation_response(context, operation);
        response
            .map(|mut response| {
                response.description = "It could not be done; `error.code` says why.".to_owned();
                vec![
                    (Some(aide::openapi::StatusCode::Range(4)), response.clone()),
                    (Some(aide::openapi::StatusCode::Range(5)), response),
                ]
            })
            .unwrap_or_default()
    }
}

impl From<ats_store::Error> for ApiError {
    fn from(error: ats_store::Error) -> Self {
        tracing::error!(%error, "the store failed");
        Self::new(
            Code::UnknownError,
            "the server's store failed; its log says why",
        )
    }
}

impl From<ats_sync::Error> for ApiError {
    fn from(error: ats_sync::Error) -> Self {
        tracing::error!(%error, "the engine failed");
        Self::new(
            Code::UnknownError,
            "the server's store failed; its log says why",
        )
    }
}

/// Declares the codes once, each with the text that goes over the wire.
macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $text:literal;)*) => {
        /// A code of the unified API. The list is closed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
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

impl Code {
    /// The status that goes with it. Clients branch on the code; the status is for those between.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::RateLimitExceeded
            | Self::ConcurrencyLimitExceeded
            | Self::RemoteRateLimitExceeded => StatusCode::TOO_MANY_REQUESTS,
            Self::IntegrationNotFound => StatusCode::NOT_FOUND,
            Self::InputInvalid
            | Self::RemoteInputInvalid
            | Self::JobClosed
            | Self::ModelNotAvailable
            | Self::ActionNotAvailable => StatusCode::BAD_REQUEST,
            Self::UnknownError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::AuthenticationInvalid => StatusCode::UNAUTHORIZED,
            Self::TaskTimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::IpNotWhitelisted
            | Self::PermissionMissing
            | Self::ModelDisabled
            | Self::ActionDisabled => StatusCode::FORBIDDEN,
            Self::IntegrationAuthenticationInvalid
            | Self::QaFailed
            | Self::SetupSyncPending
            | Self::SetupIncomplete
            | Self::Inactive
            | Self::ApplicationAlreadyExists => StatusCode::CONFLICT,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnknownHttpError => StatusCode::BAD_GATEWAY,
        }
    }

    /// Whether endpoints beside the lists and actions may name it.
    pub(crate) const fn is_general(self) -> bool {
        matches!(
            self,
            Self::RateLimitExceeded
                | Self::ConcurrencyLimitExceeded
                | Self::IntegrationNotFound
                | Self::InputInvalid
                | Self::UnknownError
                | Self::IpNotWhitelisted
                | Self::AuthenticationInvalid
                | Self::TaskTimedOut
        )
    }

    /// A few words for a person.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::RateLimitExceeded => "Too many requests",
            Self::ConcurrencyLimitExceeded => "Too many actions at once",
            Self::IntegrationNotFound => "Integration not found",
            Self::InputInvalid => "Input invalid",
            Self::UnknownError => "Unknown error",
            Self::IpNotWhitelisted => "Address not allowed",
            Self::AuthenticationInvalid => "API key invalid",
            Self::TaskTimedOut => "Timed out",
            Self::PermissionMissing => "Permission missing at the vendor",
            Self::IntegrationAuthenticationInvalid => "Credentials refused by the vendor",
            Self::QaFailed => "Quality assurance failed",
            Self::SetupSyncPending => "First sync not over",
            Self::SetupIncomplete => "Setup incomplete",
            Self::Inactive => "Integration inactive",
            Self::ModelNotAvailable => "Model not available",
            Self::ModelDisabled => "Model disabled",
            Self::ActionNotAvailable => "Action not available",
            Self::ActionDisabled => "Action disabled",
            Self::ServiceUnavailable => "Vendor out of reach",
            Self::RemoteRateLimitExceeded => "Too many requests for the vendor",
            Self::RemoteInputInvalid => "Input refused by the vendor",
            Self::UnknownHttpError => "Answer of the vendor not understood",
            Self::JobClosed => "Job closed",
            Self::ApplicationAlreadyExists => "Application already exists",
        }
    }
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
        let retry_after = match error.kind() {
            ErrorKind::RateLimited { retry_after } => retry_after.map(|wait| wait.as_secs().max(1)),
            _ => None,
        };
        Self {
            retry_after,
            ..Self::new(error.into(), message)
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
