//! The vendor's dialect: authentication, envelope, errors, paging.
//!
//! It owns everything that all endpoints share. It must know no model. The envelope is judged
//! before the rows are looked at: an answer that is not understood is an error, never an empty
//! page.

use ats_core::{
    Checkpoint, Connection, Error, ErrorKind, Next, PageCursor, PageRequest, RawJson, Result,
    Start, Usage,
};
use ats_http::{
    Auth, Call, CallKind, Client as Http, DownloadPolicy, Downloader, Lane, RawCall, RawResponse,
    Response, Verdict,
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

mod files;

pub(crate) use files::Outgoing;

/// Where the vendor's API is reached.
pub(crate) const BASE_URL: &str = "https://api.ashbyhq.com";

/// The only dated version that is active; pinned so that a new one changes nothing by surprise.
/// Ashby documentation, "API versioning".
const VERSION: &str = "2026-01-01";

/// The greatest page the vendor gives on any endpoint.
const PAGE_SIZE: u32 = 100;

/// The body of a request.
pub(crate) type Body = Map<String, Value>;

/// Speaks to the vendor with one integration's key.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: Http,
    downloader: Downloader,
    read_only: bool,
}

/// No answer that refuses is longer: it has a code and a sentence, and no results.
const LONGEST_REFUSAL: usize = 64 * 1024;

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The value of `results`.
    pub(crate) results: Box<RawValue>,
}

/// A successful answer where it lies. Pages are long, so their rows are copied once and no more.
#[derive(Debug)]
struct Decoded<'r> {
    results: &'r RawValue,
    next_cursor: Option<String>,
    more: bool,
    sync_token: Option<String>,
    request_id: Option<String>,
    endpoint: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'r> {
    success: Option<bool>,
    #[serde(borrow)]
    results: Option<&'r RawValue>,
    more_data_available: Option<bool>,
    next_cursor: Option<String>,
    sync_token: Option<String>,
    error_info: Option<ErrorInfo>,
    errors: Option<Value>,
}

#[derive(Deserialize)]
struct ErrorInfo {
    code: Option<String>,
    message: Option<String>,
}

impl Client {
    /// A client for the integration.
    pub(crate) fn new(connection: &Connection) -> Result<Self> {
        let invalid = |message: &str| Error::new(ErrorKind::ConfigInvalid, "connect", message);
        let key = connection.credentials.get("api_key").ok_or_else(|| {
            invalid(
                "the credential `api_key` is missing; create a key in Ashby under Admin, API keys",
            )
        })?;
        let base_url = connection.base_url.as_deref().unwrap_or(BASE_URL);
        let base_url = url::Url::parse(base_url)
            .map_err(|error| invalid("the base URL is not a URL").because(error))?;
        let mut builder = Http::builder(base_url)
            .auth(Auth::Basic {
                user: key.clone(),
                password: SecretString::default(),
            })
            .header("accept", "application/json; version=1")
            .header("ashby-version", VERSION)
            .keep_header("ashby-version-status")
            .request_id_header("x-ashby-request-id");
        if let Some(clock) = &connection.clock {
            builder = builder.clock(clock.clone());
        }
        let policy = DownloadPolicy {
            allow_private_network: connection.allow_private_network,
        };
        Ok(Self {
            http: builder.build()?,
            downloader: Downloader::new(policy),
            read_only: connection.read_only,
        })
    }

    /// Requests so far.
    pub(crate) fn usage(&self) -> Usage {
        let ats_http::Stats {
            sent,
            retried,
            throttled,
            waited,
        } = self.http.stats();
        Usage {
            requests: sent,
            retries: retried,
            throttled,
            waited,
        }
    }

    /// Calls a reading endpoint.
    pub(crate) async fn read(
        &self,
        endpoint: &'static str,
        body: Body,
        lane: Lane,
    ) -> Result<Answer> {
        let response = self.send(endpoint, &body, lane).await?;
        let results = decode(endpoint, &response)?.results.to_owned();
        Ok(Answer { results })
    }

    /// Calls a listing endpoint.
    async fn rows(&self, endpoint: &'static str, body: &Body, lane: Lane) -> Result<Page> {
        let response = self.send(endpoint, body, lane).await?;
        decode(endpoint, &response)?.into_page()
    }

    async fn send(&self, endpoint: &'static str, body: &Body, lane: Lane) -> Result<Response> {
        self.ensure_allowed(endpoint)?;
        let call = Call {
            operation: endpoint,
            path: endpoint,
            body,
            kind: CallKind::Read,
            lane,
        };
        let response = self.http.post_json_judged(call, judge).await?;
        warn_of_version(endpoint, &response);
        Ok(response)
    }

    /// An integration that may only be read calls nothing but endpoints that need a permission to
    /// read. What is not in the list is not called.
    pub(crate) fn ensure_allowed(&self, endpoint: &str) -> Result<()> {
        let reads = || {
            let permission = crate::permission::of(endpoint);
            permission.is_some_and(|permission| permission.ends_with("Read"))
        };
        if !self.read_only || reads() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::ConfigInvalid,
            endpoint,
            "the integration is connected for reading only, and this call may write",
        ))
    }

    /// Calls a listing endpoint for the page that `request` names.
    ///
    /// The original body goes with every page, the sync token included, and the cursor is added:
    /// clients in the field do both this and cursor alone, and the vendor documents the former.
    pub(crate) async fn page(
        &self,
        endpoint: &'static str,
        mut body: Body,
        request: &PageRequest,
    ) -> Result<Page> {
        body.insert("limit".into(), PAGE_SIZE.into());
        if let Start::Since(Checkpoint(token)) = &request.start {
            body.insert("syncToken".into(), token.as_str().into());
        }
        if let Some(PageCursor(cursor)) = &request.cursor {
            body.insert("cursor".into(), cursor.as_str().into());
        }
        self.rows(endpoint, &body, lane(request)).await
    }

    /// Calls a listing endpoint for as many rows as the body asks for, whatever comes after them.
    pub(crate) async fn some(
        &self,
        endpoint: &'static str,
        body: Body,
        lane: Lane,
    ) -> Result<Vec<RawJson>> {
        Ok(self.rows(endpoint, &body, lane).await?.rows)
    }

    /// Calls an endpoint that changes something, once. An answer that does not tell whether it was
    /// carried out is [`ErrorKind::OutcomeUnknown`].
    pub(crate) async fn write(&self, endpoint: &'static str, body: Body) -> Result<Answer> {
        self.ensure_allowed(endpoint)?;
        let call = Call {
            operation: endpoint,
            path: endpoint,
            body: &body,
            kind: CallKind::Write,
            lane: Lane::Write,
        };
        let response = self.http.post_json_judged(call, judge_write).await?;
        warn_of_version(endpoint, &response);
        let decoded = decode(endpoint, &response).map_err(|error| match error.kind() {
            ErrorKind::Unavailable | ErrorKind::Malformed { .. } => Error::new(
                ErrorKind::OutcomeUnknown,
                endpoint,
                "the vendor does not tell whether it carried this out",
            )
            .because(error),
            // It did not say which, but what it refused is what was sent.
            ErrorKind::Unexpected => error.into_kind(ErrorKind::InputRejected { field: None }),
            _ => error,
        })?;
        Ok(Answer {
            results: decoded.results.to_owned(),
        })
    }

    /// Makes a call in the caller's own words.
    pub(crate) async fn raw(&self, call: RawCall<'_>) -> Result<RawResponse> {
        self.http.raw(call).await
    }

    /// Calls a listing endpoint for all its rows, page by page.
    pub(crate) async fn all(
        &self,
        endpoint: &'static str,
        mut body: Body,
        lane: Lane,
    ) -> Result<Vec<RawJson>> {
        if !matches!(
            endpoint,
            "archiveReason.list" | "customField.list" | "source.list"
        ) {
            body.insert("limit".into(), PAGE_SIZE.into());
        }
        self.whole(endpoint, body, lane).await
    }

    /// Calls a listing endpoint that has no paging of its own, and follows a cursor all the same
    /// if one comes: the vendor's document declares the keys on some of these answers.
    pub(crate) async fn whole(
        &self,
        endpoint: &'static str,
        body: Body,
        lane: Lane,
    ) -> Result<Vec<RawJson>> {
        let mut rows = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut cursor = None;
        loop {
            let mut body = body.clone();
            if let Some(PageCursor(cursor)) = cursor.take() {
                body.insert("cursor".into(), cursor.into());
            }
            let page = self.rows(endpoint, &body, lane).await?;
            rows.extend(page.rows);
            match page.next {
                Next::Done { .. } => return Ok(rows),
                Next::Page(next) if seen.insert(next.clone()) => cursor = Some(next),
                Next::Page(_) => {
                    return Err(Error::malformed(
                        endpoint,
                        "/nextCursor",
                        "the page cursor came twice",
                    ));
                }
            }
        }
    }
}

/// One page of rows.
#[derive(Debug)]
pub(crate) struct Page {
    /// The rows as they came.
    pub(crate) rows: Vec<RawJson>,
    /// What comes next.
    pub(crate) next: Next,
}

impl Decoded<'_> {
    fn into_page(self) -> Result<Page> {
        let malformed = |path: &str, message: &str| {
            let error = Error::malformed(self.endpoint, path, message);
            match &self.request_id {
                Some(id) => error.with("request id", id.clone()),
                None => error,
            }
        };
        let rows: Vec<Box<RawValue>> = serde_json::from_str(self.results.get())
            .map_err(|_| malformed("/results", "`results` is not a list"))?;
        let next = match (self.more, self.next_cursor.clone()) {
            (true, Some(cursor)) => Next::Page(PageCursor(cursor)),
            (true, None) => {
                return Err(malformed(
                    "/nextCursor",
                    "more data is announced without a cursor to it",
                ));
            }
            (false, _) => Next::Done {
                checkpoint: self.sync_token.clone().map(Checkpoint),
            },
        };
        Ok(Page {
            rows: rows.into_iter().map(RawJson::from).collect(),
            next,
        })
    }
}

/// The lane of the budget that a pass runs in.
pub(crate) fn lane(request: &PageRequest) -> Lane {
    match request.start {
        Start::Full => Lane::Full,
        Start::Since(_) => Lane::Delta,
    }
}

/// Finds the rate limit and the passing server trouble that the vendor wraps in an ordinary answer.
fn judge(response: &Response) -> Verdict {
    if response.body().len() > LONGEST_REFUSAL {
        return Verdict::Done;
    }
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(response.body()) else {
        return Verdict::Done;
    };
    match envelope.error_info.and_then(|info| info.code).as_deref() {
        Some("rate_limit_exceeded" | "concurrent_limit_exceeded")
            if envelope.success == Some(false) =>
        {
            Verdict::RetryRateLimited { after: None }
        }
        Some("generic_internal_error") if envelope.success == Some(false) => {
            Verdict::RetryUnavailable
        }
        _ => Verdict::Done,
    }
}

/// As [`judge`], for what must not be sent twice: only a refusal for too many requests says that
/// nothing was done.
fn judge_write(response: &Response) -> Verdict {
    match judge(response) {
        Verdict::RetryUnavailable => Verdict::Done,
        verdict => verdict,
    }
}

fn warn_of_version(endpoint: &str, response: &Response) {
    match response.header("ashby-version-status") {
        None | Some("active") => {}
        Some(status) => tracing::warn!(
            endpoint,
            version = VERSION,
            status,
            "the pinned API version is no longer active"
        ),
    }
}

fn decode<'r>(endpoint: &'static str, response: &'r Response) -> Result<Decoded<'r>> {
    let envelope: Envelope<'r> = match response.json(endpoint) {
        Ok(envelope) => envelope,
        // Without an envelope the status is all there is to go by.
        Err(_) if !response.is_success() => return Err(refusal(endpoint, response, None, None)),
        Err(error) => return Err(error),
    };
    // Some endpoints leave `success` out of a good answer.
    let success = envelope.success.unwrap_or(envelope.results.is_some());
    if !success || !response.is_success() {
        let code = envelope
            .error_info
            .as_ref()
            .and_then(|info| info.code.clone());
        let message = envelope.error_info.and_then(|info| info.message);
        let (old_code, old_message) = old_errors(envelope.errors);
        return Err(refusal(
            endpoint,
            response,
            code.or(old_code),
            message.or(old_message),
        ));
    }
    let results = envelope.results.ok_or_else(|| {
        response.label(Error::malformed(
            endpoint,
            "/results",
            "`results` is missing from the answer",
        ))
    })?;
    Ok(Decoded {
        results,
        next_cursor: envelope.next_cursor.filter(|cursor| !cursor.is_empty()),
        more: envelope.more_data_available.unwrap_or(false),
        sync_token: envelope.sync_token,
        request_id: response.request_id().map(str::to_owned),
        endpoint,
    })
}

/// The deprecated `errors`: texts, objects with a code and a message, or null.
fn old_errors(errors: Option<Value>) -> (Option<String>, Option<String>) {
    let Some(Value::Array(errors)) = errors else {
        return (None, None);
    };
    let first = |key: &str| {
        errors
            .iter()
            .find_map(|error| error.get(key)?.as_str().map(str::to_owned))
    };
    let text = errors
        .iter()
        .find_map(|error| error.as_str().map(str::to_owned));
    // The texts are codes as often as sentences.
    let code = text.clone().filter(|text| !text.contains(' '));
    (first("code").or(code), first("message").or(text))
}

fn refusal(
    endpoint: &'static str,
    response: &Response,
    code: Option<String>,
    message: Option<String>,
) -> Error {
    let (kind, advice) = kind_of(endpoint, response.status(), code.as_deref());
    let text = match (&code, &message) {
        (_, Some(message)) => format!("{advice}: {message}"),
        (Some(code), None) => format!("{advice}: {code}"),
        (None, None) => advice.to_owned(),
    };
    let error = response.label(Error::new(kind, endpoint, text));
    match code {
        Some(code) => error.with("code", code),
        None => error,
    }
}

fn kind_of(endpoint: &str, status: u16, code: Option<&str>) -> (ErrorKind, &'static str) {
    match (code, status) {
        (Some("sync_token_expired" | "sync_token_invalid" | "incremental_sync_too_large"), _) => (
            ErrorKind::CheckpointExpired,
            "the vendor no longer takes the sync token; a full pass is due",
        ),
        (Some("next_cursor_expired" | "invalid_next_cursor" | "cursor_invalid"), _) => (
            ErrorKind::CursorExpired,
            "the vendor no longer takes the page cursor; the pass starts again",
        ),
        (Some("missing_endpoint_permission"), _) => {
            let permission = crate::permission::of(endpoint).map(str::to_owned);
            (
                ErrorKind::PermissionMissing { permission },
                "the API key lacks the permission for this endpoint",
            )
        }
        (Some("rate_limit_exceeded" | "concurrent_limit_exceeded"), _) => (
            ErrorKind::RateLimited { retry_after: None },
            "the vendor asks for fewer requests",
        ),
        (Some("generic_internal_error"), _) | (_, 500..) => (
            ErrorKind::Unavailable,
            "the vendor's server failed; try again later",
        ),
        (_, 401) => (
            ErrorKind::CredentialsRejected,
            "the vendor does not accept the API key; enter it again",
        ),
        (_, 403) => (
            ErrorKind::CredentialsRejected,
            "the API key is wrong or deactivated; create a new one",
        ),
        (Some(code), _) if code.ends_with("_not_found") => {
            (ErrorKind::NotFound, "the vendor has no such thing")
        }
        (Some("invalid_input"), _) => (
            ErrorKind::InputRejected { field: None },
            "the vendor refuses the input",
        ),
        (_, 404 | 405) => (
            ErrorKind::Malformed {
                path: String::new(),
            },
            "the vendor does not know this endpoint",
        ),
        _ => (ErrorKind::Unexpected, "the vendor refused the request"),
    }
}

#[cfg(test)]
mod tests;
