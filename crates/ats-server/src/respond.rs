//! Answers that went well: always 200, with `status` and `data`, and `warnings` where the endpoint
//! has them.

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as DocumentedResponse, StatusCode},
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use schemars::JsonSchema;
use serde::Serialize;

/// An answer that went well.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Success_{T}", inline)]
pub(crate) struct Success<T> {
    status: Status,
    data: T,
}

/// The same with what the caller is to be warned of.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "SuccessWithWarnings_{T}", inline)]
pub(crate) struct Warned<T> {
    status: Status,
    data: T,
    warnings: Vec<Warning>,
}

/// Something that did not keep the call from being done.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Warning {
    /// For a person.
    pub(crate) message: String,
}

/// How it went.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Status {
    Success,
}

/// An answer without content.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Empty {}

impl<T> Success<T> {
    pub(crate) fn new(data: T) -> Self {
        Self {
            status: Status::Success,
            data,
        }
    }
}

impl<T> Warned<T> {
    pub(crate) fn new(data: T, warnings: Vec<Warning>) -> Self {
        Self {
            status: Status::Success,
            data,
            warnings,
        }
    }
}

/// JSON text that is made elsewhere, in the shape of `T`.
#[derive(Debug)]
pub(crate) struct Raw<T> {
    body: Bytes,
    shape: std::marker::PhantomData<fn() -> T>,
}

impl<T> Raw<T> {
    pub(crate) fn new(body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            shape: std::marker::PhantomData,
        }
    }
}

impl<T: Serialize> IntoResponse for Success<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

impl<T: Serialize> IntoResponse for Warned<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

impl<T> IntoResponse for Raw<T> {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json")], self.body).into_response()
    }
}

/// Documents an answer by a shape: its own, or that of the text in it.
macro_rules! documented {
    ($answer:ident as $shape:ty) => {
        impl<T: JsonSchema> OperationOutput for $answer<T> {
            type Inner = $shape;

            fn operation_response(
                context: &mut GenContext,
                operation: &mut Operation,
            ) -> Option<DocumentedResponse> {
                Json::<$shape>::operation_response(context, operation)
            }

            fn inferred_responses(
                context: &mut GenContext,
                operation: &mut Operation,
            ) -> Vec<(Option<StatusCode>, DocumentedResponse)> {
                let response = Self::operation_response(context, operation);
                response
                    .map(|mut response| {
                        response.description = "What was asked for.".to_owned();
                        vec![(Some(StatusCode::Code(200)), response)]
                    })
                    .unwrap_or_default()
            }
        }
    };
}

documented!(Success as Self);
documented!(Warned as Self);
documented!(Raw as T);
