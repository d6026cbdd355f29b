//! The actions: the caller's body and the ids of the path go to the engine, its answer comes back.
//!
//! What an action does and what it may be given is not known here.

use std::{collections::HashMap, sync::Arc};

use aide::{
    axum::{ApiRouter, routing},
    transform::TransformOperation,
};
use ats_core::{ActionKind, Connector, Outcome};
use ats_store::{Integration, IntegrationState, LogKind, Store};
use ats_sync::{ActError, ActRequest, Acted};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use schemars::JsonSchema;
use serde_json::{Map, Value};
use tokio::sync::OwnedSemaphorePermit;

use super::document;
use crate::{
    ApiError, App, Code,
    auth::Chosen,
    extract::Body,
    outer::Noted,
    respond::{Empty, Raw, Warned},
    wire::{
        self, ApplicationAttachments, CandidateAttachments, CandidateWithApplications,
        CreatedApplication,
    },
};

/// How many more actions of the integration may begin now.
const REMAINING: HeaderName = HeaderName::from_static("concurrency-remaining");

/// Names an intent, so that repeating it does nothing twice. An addition to the API.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// One endpoint that performs an action.
struct Endpoint {
    method: Method,
    path: &'static str,
    kind: ActionKind,
    id: &'static str,
    summary: &'static str,
    answers: fn(TransformOperation<'_>) -> TransformOperation<'_>,
}

/// Every action with its endpoint.
const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::POST,
        path: "/ats/candidates",
        kind: ActionKind::CreateCandidate,
        id: "createCandidate",
        summary: "Create a candidate with an application",
        answers: answers::<CandidateWithApplications>,
    },
    Endpoint {
        method: Method::POST,
        path: "/ats/jobs/{job_id}/applications",
        kind: ActionKind::CreateApplication,
        id: "createApplication",
        summary: "Create an application",
        answers: answers::<CreatedApplication>,
    },
    Endpoint {
        method: Method::POST,
        path: "/ats/candidates/{candidate_id}/tags",
        kind: ActionKind::AddTagToCandidate,
        id: "addCandidateTag",
        summary: "Add a tag to a candidate",
        answers: answers::<Empty>,
    },
    Endpoint {
        method: Method::DELETE,
        path: "/ats/candidates/{candidate_id}/tags",
        kind: ActionKind::RemoveTagFromCandidate,
        id: "removeCandidateTag",
        summary: "Remove a tag from a candidate",
        answers: answers::<Empty>,
    },
    Endpoint {
        method: Method::POST,
        path: "/ats/candidates/{candidate_id}/result-links",
        kind: ActionKind::AddResultLinkToCandidate,
        id: "addCandidateResultLink",
        summary: "Add a result link to a candidate",
        answers: answers::<Empty>,
    },
    Endpoint {
        method: Method::POST,
        path: "/ats/candidates/{candidate_id}/attachments",
        kind: ActionKind::AddAttachmentToCandidate,
        id: "addCandidateAttachment",
        summary: "Add a file to a candidate",
        answers: answers::<Empty>,
    },
    Endpoint {
        method: Method::GET,
        path: "/ats/candidates/{candidate_id}/attachments",
        kind: ActionKind::GetCandidateAttachments,
        id: "getCandidateAttachments",
        summary: "Get the files of a candidate",
        answers: answers::<CandidateAttachments>,
    },
    Endpoint {
        method: Method::PUT,
        path: "/ats/applications/{application_id}/stage",
        kind: ActionKind::MoveApplicationToStage,
        id: "moveApplicationToStage",
        summary: "Move an application to a stage",
        answers: answers::<Empty>,
    },
    Endpoint {
        method: Method::POST,
        path: "/ats/applications/{application_id}/reject",
        kind: ActionKind::RejectApplication,
        id: "rejectApplication",
        summary: "Reject an application",
        answers: answers::<Empty>,
    },
    Endpoint {
        method: Method::POST,
        path: "/ats/applications/{application_id}/notes",
        kind: ActionKind::AddNoteToApplication,
        id: "addApplicationNote",
        summary: "Add a note to an application",
        answers: answers::<Empty>,
    },
    Endpoint {
        method: Method::POST,
        path: "/ats/applications/{application_id}/result-links",
        kind: ActionKind::AddResultLinkToApplication,
        id: "addApplicationResultLink",
        summary: "Add a result link to an application",
        answers: answers::<Empty>,
    },
    Endpoint {
        method: Method::POST,
        path: "/ats/applications/{application_id}/attachments",
        kind: ActionKind::AddAttachmentToApplication,
        id: "addApplicationAttachment",
        summary: "Add a file to an application",
        answers: answers::<Empty>,
    },
    Endpoint {
        method: Method::GET,
        path: "/ats/applications/{application_id}/attachments",
        kind: ActionKind::GetApplicationAttachments,
        id: "getApplicationAttachments",
        summary: "Get the files of an application",
        answers: answers::<ApplicationAttachments>,
    },
];

/// The actions that take files, or those that do not.
pub(super) fn routes(with_files: bool) -> ApiRouter<App> {
    let mut router = ApiRouter::new();
    for endpoint in ENDPOINTS {
        if takes_files(endpoint.kind) != with_files {
            continue;
        }
        let kind = endpoint.kind;
        let handler = move |State(app): State<App>,
                            noted: Noted,
                            chosen: Chosen,
                            Path(ids): Path<HashMap<String, String>>,
                            headers: HeaderMap,
                            body: Body<Map<String, Value>>| {
            perform(app, noted, chosen, kind, ids, headers, body.0)
        };
        let route = match endpoint.method {
            Method::GET => {
                routing::get_with(handler, |operation| document_one(operation, endpoint))
            }
            Method::PUT => {
                routing::put_with(handler, |operation| document_one(operation, endpoint))
            }
            Method::DELETE => {
                routing::delete_with(handler, |operation| document_one(operation, endpoint))
            }
            _ => routing::post_with(handler, |operation| document_one(operation, endpoint)),
        };
        router = router.api_route(endpoint.path, route);
    }
    router
}

fn takes_files(kind: ActionKind) -> bool {
    matches!(
        kind,
        ActionKind::CreateCandidate
            | ActionKind::CreateApplication
            | ActionKind::AddAttachmentToCandidate
            | ActionKind::AddAttachmentToApplication
    )
}

fn answers<T: JsonSchema + serde::Serialize>(
    operation: TransformOperation<'_>,
) -> TransformOperation<'_> {
    operation.response::<200, Warned<T>>()
}

/// Documents an endpoint by the action's own schema. The ids of the path are no part of the body.
fn document_one<'a>(
    operation: TransformOperation<'a>,
    endpoint: &Endpoint,
) -> TransformOperation<'a> {
    let ids = document::placeholders(endpoint.path);
    let mut operation = (endpoint.answers)(operation)
        .id(endpoint.id)
        .tag("Actions")
        .summary(endpoint.summary);
    for id in &ids {
        operation = document::path_parameter(operation, id);
    }
    operation = document::header(
        operation,
        "Idempotency-Key",
        "Names the intent: repeating it does nothing twice and gives the first answer. An addition \
         to the API.",
    );
    if endpoint.method == Method::GET {
        return operation;
    }
    let mut schema = endpoint.kind.schema();
    document::without_members(&mut schema, &ids);
    document::body(operation, schema)
}

/// Performs an action. It goes on to its end even if the caller hangs up.
async fn perform(
    app: App,
    noted: Noted,
    chosen: Chosen,
    kind: ActionKind,
    ids: HashMap<String, String>,
    headers: HeaderMap,
    body: Map<String, Value>,
) -> Result<Response, ApiError> {
    noted.kind(LogKind::Action);
    let integration = chosen.integration;
    may_act(&integration, kind)?;
    let Some((permit, remaining)) = app.runner().begin_action(&integration.id) else {
        let mut error = ApiError::new(
            Code::ConcurrencyLimitExceeded,
            "too many actions of this integration run at once; try again in a moment",
        );
        error.retry_after = Some(1);
        let mut response = error.into_response();
        response
            .headers_mut()
            .insert(REMAINING, HeaderValue::from(0));
        return Ok(response);
    };
    let mut input = body;
    for (name, id) in ids {
        input.insert(name, id.into());
    }
    let key = headers.get(IDEMPOTENCY_KEY);
    let key = key.and_then(|key| key.to_str().ok()).map(str::to_owned);
    let request = ActRequest {
        kind,
        input: Value::Object(input),
        idempotency_key: key.filter(|key| !key.is_empty()),
        dry_run: false,
    };
    let connector = app.connector(&integration)?;
    let work = act(app.clone(), integration, connector, request, permit);
    let acted = app.runner().finish(work).await?;
    let mut response = match acted {
        Ok(Acted::Done(answer)) => Raw::<Warned<Value>>::new(with_status(&answer)).into_response(),
        Ok(Acted::Planned { .. }) => {
            ApiError::new(Code::UnknownError, "nothing was done").into_response()
        }
        Err(error) => refusal(error).into_response(),
    };
    let remaining = HeaderValue::from(u64::try_from(remaining).unwrap_or(0));
    response.headers_mut().insert(REMAINING, remaining);
    Ok(response)
}

/// The action and what follows it.
fn act(
    app: App,
    integration: Integration,
    connector: Arc<dyn Connector>,
    request: ActRequest,
    permit: OwnedSemaphorePermit,
) -> BoxFuture<'static, Result<Acted, ActError>> {
    Box::pin(async move {
        let kind = request.kind;
        let platform = Arc::clone(app.platform());
        let render = Arc::new(move |_: &dyn Store, one: &Integration, outcome: &Outcome| {
            wire::answer(&*platform, one, outcome)
        });
        let acted = app
            .engine()
            .act(&integration, connector, request, render)
            .await;
        drop(permit);
        let failed = acted.is_err();
        app.runner().acted(&app, &integration, kind, failed).await;
        acted
    })
}

/// The engine's answer, an object with `data` and `warnings`, as a success.
fn with_status(answer: &str) -> String {
    let members = answer.trim_start().trim_start_matches('{');
    format!(r#"{{"status":"success",{members}"#)
}

fn refusal(error: ActError) -> ApiError {
    match error {
        ActError::Action(error) => ApiError::from(&error),
        ActError::Engine(error) => error.into(),
        other => {
            tracing::error!(error = %other, "an action failed");
            ApiError::new(
                Code::UnknownError,
                "the action failed; the server's log says why",
            )
        }
    }
}

/// Whether the integration's state and scope let the action begin.
fn may_act(integration: &Integration, kind: ActionKind) -> Result<(), ApiError> {
    match integration.state {
        IntegrationState::Active => {}
        IntegrationState::Disabled => {
            return Err(ApiError::new(
                Code::Inactive,
                "the integration is disabled; enable it first",
            ));
        }
        IntegrationState::Invalid => {
            return Err(ApiError::new(
                Code::IntegrationAuthenticationInvalid,
                "the vendor has refused the credentials for days; the customer has to connect again",
            ));
        }
    }
    if !integration.settings.scope.allows_action(kind) {
        return Err(ApiError::new(
            Code::ActionDisabled,
            format!("`{kind}` is switched off for this integration"),
        ));
    }
    Ok(())
}
