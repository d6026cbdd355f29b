//! Ashby's envelope: success, refusal, and the faults that bend it. Knows no endpoint.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::fault::FaultKind;

/// A "no" in Ashby's words.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    code: String,
    messages: Vec<String>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            code: code.to_owned(),
            messages: vec![message.to_owned()],
        }
    }

    /// A logical error: status 200 and `invalid_input`.
    pub(crate) fn invalid(message: impl AsRef<str>) -> Self {
        Self::new(200, "invalid_input", message.as_ref())
    }

    /// A logical error with several reasons.
    pub(crate) fn invalid_because(messages: Vec<String>) -> Self {
        Self {
            messages,
            ..Self::invalid("")
        }
    }

    /// A logical error: the thing that was asked for is not there, or not for this key.
    pub(crate) fn not_found(code: &str) -> Self {
        Self::new(200, code, &code.replace('_', " "))
    }

    pub(crate) fn missing_permission(permission: &str) -> Self {
        let message = format!("The API key lacks the {permission} permission for this endpoint");
        Self::new(403, "missing_endpoint_permission", &message)
    }

    pub(crate) fn too_many(retry_after: Option<String>, scope: Option<String>) -> Self {
        let mut refusal = Self::new(429, "rate_limit_exceeded", "Too many requests");
        refusal
            .headers
            .extend(retry_after.map(|value| ("retry-after", value)));
        refusal
            .headers
            .extend(scope.map(|value| ("x-ratelimit-scope", value)));
        refusal
    }

    /// The body: the deprecated `errors` beside `errorInfo`.
    pub(crate) fn body(&self, request_id: &str) -> Bytes {
        let body = json!({
            "success": false,
            "errors": self.messages,
            "errorInfo": {
                "code": self.code,
                "message": self.messages.join("; "),
                "requestId": request_id,
            },
        });
        body.to_string().into()
    }
}

/// Room for what follows the results of an answer: a cursor or a token and their names.
pub(crate) const TAIL: usize = 256;

/// Puts a result, given as JSON text, into the envelope of a success.
pub(crate) fn success(results: &str, rest: &[(&str, Value)]) -> Bytes {
    close(open(results.as_bytes()), rest)
}

/// The beginning of a success, with results or a first part of them.
pub(crate) fn open(results: &[u8]) -> Vec<u8> {
    const OPENING: &[u8] = b"{\"success\":true,\"results\":";
    let mut text = Vec::with_capacity(OPENING.len() + results.len() + TAIL);
    text.extend_from_slice(OPENING);
    text.extend_from_slice(results);
    text
}

/// The whole of a success that was begun with [`open`].
pub(crate) fn close(mut text: Vec<u8>, rest: &[(&str, Value)]) -> Bytes {
    for (name, value) in rest {
        text.extend_from_slice(b",\"");
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b"\":");
        text.extend_from_slice(value.to_string().as_bytes());
    }
    text.push(b'}');
    text.into()
}

/// Bends a finished answer. `asked` is the cursor that the request carried.
pub(crate) fn disfigure(text: Bytes, harm: &FaultKind, asked: Option<&str>) -> Bytes {
    let bend: fn(&mut Map<String, Value>, Option<&str>) = match harm {
        FaultKind::MissingResults => |body, _| {
            body.remove("results");
        },
        FaultKind::MoreWithoutCursor => |body, _| {
            body.remove("nextCursor");
            body.remove("syncToken");
            body.insert("moreDataAvailable".to_owned(), Value::Bool(true));
        },
        FaultKind::RepeatCursor => repeat_cursor,
        FaultKind::BadRow(row) => return with_row(text, row),
        _ => return text,
    };
    match serde_json::from_slice::<Value>(&text) {
        Ok(Value::Object(mut body)) => {
            bend(&mut body, asked);
            Value::Object(body).to_string().into()
        }
        _ => text,
    }
}

/// Names the cursor that was asked for as the next one. The first page keeps its own cursor.
fn repeat_cursor(body: &mut Map<String, Value>, asked: Option<&str>) {
    if let Some(cursor) = asked {
        body.insert("nextCursor".to_owned(), Value::from(cursor));
        body.insert("moreDataAvailable".to_owned(), Value::Bool(true));
        body.remove("syncToken");
    }
}

/// Puts a row before the rows of a list.
fn with_row(text: Bytes, row: &Value) -> Bytes {
    match serde_json::from_slice::<Value>(&text) {
        Ok(mut body) if body["results"].is_array() => {
            if let Some(rows) = body["results"].as_array_mut() {
                rows.insert(0, row.clone());
            }
            body.to_string().into()
        }
        _ => text,
    }
}
