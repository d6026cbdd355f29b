//! What a request carries: parameters of the query and JSON bodies, each refused in the API's own
//! form.

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{
        Operation, Parameter, ParameterData, ParameterSchemaOrContent, ReferenceOr, SchemaObject,
    },
};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE, request::Parts};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{ApiError, App};

/// Parameters of the query. Unknown ones are left alone.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

/// Parameters of the query as they stand, in their order. Whoever takes them documents them.
#[derive(Debug)]
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(found)) => Ok(Self(found)),
            Err(error) => Err(ApiError::input(format!(
                "the query cannot be understood: {}",
                innermost(&error)
            ))),
        }
    }
}

impl FromRequestParts<App> for Pairs {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Params(pairs) = Params::from_request_parts(parts, app).await?;
        Ok(Self(pairs))
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let is_json = is_json(request.headers());
        let bytes = read(request, app).await?;
        if !is_json && !bytes.is_empty() {
            return Err(ApiError::input(
                "the body must be JSON, with the header `Content-Type: application/json`",
            ));
        }
        // Some clients send no body where every member may be left out.
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        // A list would be taken for the members in their order.
        if text.trim_ascii_start().first() != Some(&b'{') {
            return Err(ApiError::input("the body must be a JSON object, as in {}"));
        }
        let mut json = serde_json::Deserializer::from_slice(text);
        let found = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.into_inner();
            match inner.is_data() && path != "." {
                true => ApiError::input(format!("`{path}`: {}", said(&inner))),
                false => {
                    ApiError::input(format!("the body is not as it must be: {}", said(&inner)))
                }
            }
        })?;
        json.end().map_err(|error| {
            ApiError::input(format!("something follows the body: {}", said(&error)))
        })?;
        Ok(Self(found))
    }
}

/// The bytes of a body, within the limit of its route.
async fn read(request: Request, app: &App) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, app)
        .await
        .map_err(|rejection| {
            let status = rejection.status();
            let message = match status {
                http::StatusCode::PAYLOAD_TOO_LARGE => {
                    "the body is too large: 1 MB, or 80 MB where files may be sent"
                }
                _ => "the body did not arrive whole",
            };
            ApiError::input(message).with_status(status)
        })
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = value.split(';').next().unwrap_or("").trim();
    let kind = kind.to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// What the parser says, without values of the body.
fn said(error: &serde_json::Error) -> String {
    if error.is_data() {
        let text = error.to_string();
        // A value in the message may be a person's name or a secret.
        return match text.split_once(": string \"") {
            Some((said, rest)) => match rest.rsplit_once("\", ") {
                Some((_, expected)) => format!("{said}: a text, {expected}"),
                None => format!("{said}: a text"),
            },
            None => text,
        };
    }
    format!(
        "no JSON at line {}, column {}",
        error.line(),
        error.column()
    )
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut found = error;
    while let Some(source) = found.source() {
        found = source;
    }
    found.to_string()
}

impl<T: JsonSchema> OperationInput for Params<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Query::<T>::operation_input(context, operation);
    }
}

impl OperationInput for Pairs {}

impl<T: JsonSchema> OperationInput for Body<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        axum::Json::<T>::operation_input(context, operation);
    }
}

/// Documents a header that must be there.
pub(crate) fn document_header(
    context: &mut GenContext,
    operation: &mut Operation,
    name: &str,
    description: &str,
) {
    let schema = context.schema.subschema_for::<String>();
    let data = ParameterData {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: true,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(SchemaObject {
            json_schema: schema,
            external_docs: None,
            example: None,
        }),
        example: None,
        examples: Default::default(),
        explode: None,
        extensions: Default::default(),
    };
    let parameter = Parameter::Header {
        parameter_data: data,
        style: Default::default(),
    };
    operation.parameters.push(ReferenceOr::Item(parameter));
}
