//! What the fault script does to the toy vendor's answers. It must not know what is listed.

use ats_simulator::{Fault, FaultKind};
use serde_json::Value;

use super::vendor::{Answer, DETAILS, refusal};

/// The fault of one request.
pub(super) type Harm<'a> = Option<&'a FaultKind>;

/// Takes the first fault that hits this request. Delays are nothing to a vendor without a clock.
pub(super) fn take(faults: &mut Vec<Fault>, endpoint: &str, body: &Value) -> Option<FaultKind> {
    let mut taken = None;
    for fault in faults.iter_mut() {
        let here = fault
            .endpoint
            .as_deref()
            .is_none_or(|name| name == endpoint);
        if taken.is_some() || !here || !concerns(&fault.kind, endpoint, body) {
            continue;
        }
        if fault.skip > 0 {
            fault.skip -= 1;
        } else if fault.times > 0 {
            fault.times -= 1;
            taken = Some(fault.kind.clone());
        }
    }
    faults.retain(|fault| fault.times > 0);
    taken
}

fn concerns(kind: &FaultKind, endpoint: &str, body: &Value) -> bool {
    match kind {
        FaultKind::MoreWithoutCursor | FaultKind::RepeatCursor | FaultKind::EmptyMiddlePage => {
            endpoint != DETAILS
        }
        FaultKind::ExpireToken { .. } => {
            body.get("token").is_some() && body.get("cursor").is_none()
        }
        FaultKind::ExpireCursor { .. } => body.get("cursor").is_some(),
        FaultKind::Delay(_) => false,
        _ => true,
    }
}

/// The answer as it arrives.
pub(super) fn spoil(answer: Answer, harm: Harm<'_>) -> Answer {
    let Some(kind) = harm else {
        return answer;
    };
    let with = |status, retry_after, body| Answer::Reply {
        status,
        retry_after,
        body,
    };
    match kind {
        FaultKind::Status { code, body, .. } => with(*code, None, body.clone()),
        FaultKind::TooMany { retry_after, .. } => with(429, retry_after.clone(), String::new()),
        FaultKind::SuccessFalse { code, http } => refusal(*http, code),
        FaultKind::ExpireToken { code } | FaultKind::ExpireCursor { code } => refusal(200, code),
        FaultKind::Html => with(
            200,
            None,
            "<html><body>Just a moment</body></html>".to_owned(),
        ),
        FaultKind::Truncated | FaultKind::Reset | FaultKind::ApplyThenReset => Answer::Lost,
        kind => rewrite(answer, kind),
    }
}

/// Faults that change an answer that was whole.
fn rewrite(answer: Answer, kind: &FaultKind) -> Answer {
    let Answer::Reply {
        status,
        retry_after,
        body,
    } = answer
    else {
        return answer;
    };
    let mut parsed: Value = serde_json::from_str(&body).unwrap_or_default();
    let body = match (kind, parsed.as_object_mut()) {
        (FaultKind::Malformed, _) => body[..body.len() / 2].to_owned(),
        (FaultKind::MissingResults, Some(fields)) => {
            fields.remove("results");
            parsed.to_string()
        }
        (FaultKind::MoreWithoutCursor, Some(fields)) => {
            fields.insert("more".to_owned(), true.into());
            fields.remove("cursor");
            fields.remove("token");
            parsed.to_string()
        }
        (FaultKind::BadRow(row), Some(fields)) => {
            if let Some(rows) = fields.get_mut("results").and_then(Value::as_array_mut) {
                rows.insert(0, row.clone());
            }
            parsed.to_string()
        }
        _ => body,
    };
    Answer::Reply {
        status,
        retry_after,
        body,
    }
}
