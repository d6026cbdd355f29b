//! The lists: pages of one model from the mirror.
//!
//! A page is put together from texts that are kept; only what has none yet is made here.

mod buffer;
mod cursor;
mod filters;
mod moment;
mod query;
mod readable;
mod table;

use aide::{
    OperationInput,
    axum::{ApiRouter, routing::get_with},
    generate::GenContext,
    openapi::Operation,
};
use ats_core::{Coverage, ModelKind};
use ats_store::{Integration, IntegrationState, Page, Platform};
use ats_sync::History;
use axum::{
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use schemars::JsonSchema;
use serde::Serialize;

use super::document;
use crate::{
    ApiError, App, Code,
    auth::{Chosen, Claim},
    extract::Pairs,
    respond::{Raw, Success},
    wire,
};
use query::Asked;
use table::{LISTS, List};

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "List_{T}")]
pub(super) struct Listing<T> {
    /// Where the next page begins; `null` on the last one.
    next: Option<String>,
    /// The records.
    results: Vec<T>,
}

/// Every list.
pub(super) fn routes() -> ApiRouter<App> {
    let mut router = ApiRouter::new();
    for list in LISTS {
        let handler = move |State(app): State<App>, request: Request| async move {
            // Everything that the store is asked is asked on one thread: to change it takes longer than
            // to find a page.
            app.apart(move |app| show(app, list, request)).await
        };
        let route = get_with(handler, |operation| {
            let mut operation = (list.answers)(operation)
                .id(list.id)
                .tag("Lists")
                .summary(list.summary);
            for (name, what) in query::COMMON {
                operation = document::query_parameter(operation, name, what);
            }
            for filter in list.filters {
                operation = document::query_parameter(operation, filter.name, filter.what);
            }
            operation
        });
        router = router.api_route(list.path, route);
    }
    router
}

/// Who asks, and for what.
struct Request {
    claim: Claim,
    /// Whoever may not ask is told so first.
    query: Result<Pairs, ApiError>,
}

impl FromRequestParts<App> for Request {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Ok(Self {
            claim: Claim::from_request_parts(parts, app).await?,
            query: Pairs::from_request_parts(parts, app).await,
        })
    }
}

impl OperationInput for Request {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Chosen::operation_input(context, operation);
    }
}

fn show(app: &App, list: &'static List, request: Request) -> Result<Response, ApiError> {
    let integration = request.claim.integration(app)?;
    let Pairs(query) = request.query?;
    let model = available(app, &integration, list)?;
    let asked = Asked::read(query, list, model)?;
    may_read(app, &integration)?;
    let coverage = match asked.filters.is_empty() {
        true => None,
        false => Some(Coverage::of(&*app.connector(&integration)?)),
    };
    let Some(filters) = filters::of(&asked, &integration, coverage.as_ref())? else {
        return Ok(finished(HEAD.to_vec(), None));
    };
    let query = asked.into_query(model, filters);
    let platform = &**app.platform();
    let mut text = buffer::take();
    text.extend_from_slice(HEAD);
    let page = platform.list(&integration.id, &query, &mut text)?;
    if !page.is_whole() {
        text = completed(platform, &integration, model, &page, &text)?;
        app.runner().fill_soon(&integration.id);
    } else if text.len() == HEAD.len() {
        let connector = app.connector(&integration)?;
        readable::check(platform, &*connector, &integration, model, list.name)?;
    }
    let next = page.next.map(|place| cursor::write(list, place));
    Ok(finished(text, next))
}

/// What stands before the records of a page.
const HEAD: &[u8] = br#"{"status":"success","data":{"results":["#;

/// Makes the answers that are missing.
fn completed(
    platform: &dyn Platform,
    integration: &Integration,
    model: ModelKind,
    page: &Page,
    text: &[u8],
) -> ats_store::Result<Vec<u8>> {
    let missing: Vec<_> = page.without_answer().collect();
    let made = wire::answers(platform, integration, model, &missing)?;
    let array = page.put_together(text, made.iter().map(String::as_bytes));
    Ok([HEAD, &array].concat())
}

fn finished(mut text: Vec<u8>, next: Option<String>) -> Response {
    match next {
        // A cursor is made of letters that need no quoting.
        Some(next) => {
            text.extend_from_slice(br#"],"next":""#);
            text.extend_from_slice(next.as_bytes());
            text.extend_from_slice(b"\"}}");
        }
        None => text.extend_from_slice(br#"],"next":null}}"#),
    }
    Raw::<Success<Listing<serde_json::Value>>>::new(buffer::sent(text)).into_response()
}

/// The model of a list, if the connector has it and the integration shows it.
fn available(app: &App, integration: &Integration, list: &List) -> Result<ModelKind, ApiError> {
    let not_available = || {
        let message = format!("`{}` has no {}", integration.connector, list.name);
        ApiError::new(Code::ModelNotAvailable, message)
    };
    let model = list.model.ok_or_else(not_available)?;
    let connector = app.connector(integration)?;
    let reads = connector.reads();
    let mut slots = reads.slots().into_iter();
    let is_there = slots.any(|(kind, slot)| kind == model && slot.yes().is_some());
    if !is_there {
        return Err(not_available());
    }
    if !integration.settings.scope.allows_model(model) {
        return Err(ApiError::new(
            Code::ModelDisabled,
            format!("{} are switched off for this integration", list.name),
        ));
    }
    Ok(model)
}

/// Whether there is a mirror to read. One with dead credentials still is.
fn may_read(app: &App, integration: &Integration) -> Result<(), ApiError> {
    if integration.state == IntegrationState::Disabled {
        return Err(ApiError::new(
            Code::Inactive,
            "the integration is disabled; enable it first",
        ));
    }
    if app.runner().was_read(integration) {
        return Ok(());
    }
    let history = History::read(&**app.platform(), &integration.id)?;
    if history.last_full.is_none() {
        return Err(ApiError::new(
            Code::SetupSyncPending,
            "the first sync of this integration is not over; try again later",
        ));
    }
    app.runner().note_read(integration);
    Ok(())
}
