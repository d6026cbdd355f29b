//! Calls of the vendor's own API: handed on unchanged, and never elsewhere.

use ats_core::{ErrorKind, PassthroughCall};

use super::failed;
use crate::{Context, Failure, act::Stage};

/// A call is handed on and its answer handed back, and no path leads elsewhere.
pub(super) async fn own_calls(context: &Context) -> Result<(), Failure> {
    const FEATURE: &str = "api_passthrough";
    let harness = context.harness();
    let stage = Stage::set(harness).await?;
    let (Some(passthrough), Some(call)) = (stage.connector.passthrough(), harness.own_call())
    else {
        return Err(failed(FEATURE)
            .expected(
                "calls of the vendor's API, and one to try",
                "the connector and the harness",
            )
            .came("none"));
    };
    let answer = passthrough.call(&call).await;
    let answer = answer.map_err(|error| failed(FEATURE).came(error))?;
    let sent = stage.remote.requests();
    if answer.status != 200 || answer.body.is_empty() || sent.len() != 1 {
        return Err(failed(FEATURE)
            .expected("one request, and its answer", "the rule")
            .came(format_args!(
                "{} requests, status {}",
                sent.len(),
                answer.status
            )));
    }
    let lost = PassthroughCall {
        path: "/no.such.endpoint".to_owned(),
        ..call.clone()
    };
    let answer = passthrough.call(&lost).await;
    let answer = answer.map_err(|error| failed(FEATURE).came(error))?;
    if answer.status < 400 {
        return Err(failed(FEATURE)
            .expected("the vendor's refusal, handed back", "the rule")
            .came(answer.status));
    }
    stage.remote.clear_requests();
    for path in [
        "https://example.com/x",
        "//example.com/x",
        "/../x",
        "/%2e%2e/x",
        "/a/%2F/b",
        "\\\\example.com",
        "no-slash",
        "",
    ] {
        let elsewhere = PassthroughCall {
            path: path.to_owned(),
            ..call.clone()
        };
        let refused = passthrough.call(&elsewhere).await;
        let is_input = matches!(
            refused.as_ref().map_err(ats_core::Error::kind),
            Err(ErrorKind::InputInvalid { .. })
        );
        if !is_input || !stage.remote.requests().is_empty() {
            return Err(failed(FEATURE)
                .record(format_args!("path `{path}`"))
                .expected("an error of the input, and no request", "the rule")
                .came(format_args!("{refused:?}")));
        }
    }
    Ok(())
}
