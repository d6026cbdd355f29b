//! What a person sees when there is nothing to see.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::html;

use super::layout::{Framed, Page, sentence};
use crate::ApiError;

/// Why a page cannot be shown.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no such thing.
    NotFound(&'static str),
    /// A link of the connect flow that leads nowhere; where it stands is not known.
    Unknown(&'static str),
    /// A link of the connect flow that leads nowhere any more.
    Gone {
        /// What a person reads first.
        title: &'static str,
        /// What to do.
        text: String,
        /// Whether it stands in a frame.
        framed: Framed,
    },
    /// The form cannot be taken.
    Refused(&'static str),
    /// What was entered cannot be used.
    Invalid(String),
    /// The server itself, or the store.
    Failed(ApiError),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, title, text, framed) = match self {
            Self::NotFound(text) => (
                StatusCode::NOT_FOUND,
                "Nothing here",
                text.to_owned(),
                Framed::Never,
            ),
            Self::Unknown(text) => (
                StatusCode::NOT_FOUND,
                "Nothing here",
                text.to_owned(),
                Framed::Anywhere,
            ),
            Self::Gone {
                title,
                text,
                framed,
            } => (StatusCode::GONE, title, text, framed),
            Self::Refused(text) => (
                StatusCode::FORBIDDEN,
                "Not accepted",
                text.to_owned(),
                Framed::Never,
            ),
            Self::Invalid(text) => (
                StatusCode::BAD_REQUEST,
                "That cannot be used",
                text,
                Framed::Never,
            ),
            Self::Failed(error) => (
                error.status(),
                "That did not work",
                sentence(&error.message),
                Framed::Never,
            ),
        };
        let content = html! {
            div.sheet {
                h1 { (title) }
                p { (text) }
                @if framed == Framed::Anywhere {
                    div.actions { button type="button" data-close hidden { "Close" } }
                }
            }
        };
        Page::connect(title, framed, content)
            .with_status(status)
            .into_response()
    }
}
