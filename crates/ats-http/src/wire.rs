//! One attempt: a request out, an answer or a [`Failure`] back.
//!
//! It owns reading the answer and what a status means by itself. It must not know about permits,
//! retries or time.

use std::{collections::BTreeMap, time::SystemTime};

use bytes::{Bytes, BytesMut};
use reqwest::{
    RequestBuilder,
    header::{HeaderMap, LOCATION},
};
use url::Url;

use crate::{
    Response, Verdict,
    failure::{Cause, Failure, Transport},
    redact::Redactor,
    retry::parse_retry_after,
};

/// A connector's opinion of an answer.
pub(crate) type Judge<'a> = &'a (dyn Fn(&Response) -> Verdict + Send + Sync);

/// Connections, and what to keep of an answer.
pub(crate) struct Wire {
    pub(crate) http: reqwest::Client,
    pub(crate) redactor: Redactor,
    /// Response headers to keep.
    pub(crate) kept: Vec<&'static str>,
    pub(crate) request_id: Option<&'static str>,
    pub(crate) response_cap: usize,
}

impl Wire {
    /// Sends once and says what the answer means. `wall` is the present, for a `Retry-After` that
    /// is a date.
    pub(crate) async fn attempt(
        &self,
        request: RequestBuilder,
        host: &str,
        judge: Judge<'_>,
        wall: SystemTime,
    ) -> Result<Reply, Setback> {
        let (reply, broken) = self.exchange(request, host).await?;
        let response = &reply.response;
        let failure = refused(response.status, &reply.headers)
            .or(broken)
            .or_else(|| judged(judge(response)));
        match failure {
            Some(failure) => Err(reply.explain(failure, wall).into()),
            None => Ok(reply),
        }
    }

    /// Sends once and reads the answer; no status is a failure here. An answer that broke off has
    /// an empty body, and stands beside what broke it.
    pub(crate) async fn exchange(
        &self,
        request: RequestBuilder,
        host: &str,
    ) -> Result<(Reply, Option<Failure>), Failure> {
        let mut answer = request
            .send()
            .await
            .map_err(|error| self.not_answered(host, error))?;
        let headers = std::mem::take(answer.headers_mut());
        let mut response = Response {
            status: answer.status().as_u16(),
            headers: self.kept(&headers),
            request_id: self.request_id(&headers),
            body: Bytes::new(),
        };
        // The body of a refusal is read too, to keep the connection.
        let broken = match self.read_body(answer).await {
            Ok(body) => {
                response.body = body;
                None
            }
            Err(broken) => Some(broken),
        };
        Ok((Reply { response, headers }, broken))
    }

    /// The body, never more of it than the cap, measured after decompression.
    async fn read_body(&self, mut answer: reqwest::Response) -> Result<Bytes, Failure> {
        let cap = self.response_cap;
        let mut body = BytesMut::new();
        loop {
            let chunk = answer.chunk().await.map_err(|error| {
                let message = if error.is_timeout() {
                    "the answer did not arrive in full in time"
                } else {
                    "the answer was cut off"
                };
                self.transport(Failure::new(Cause::Lost, message), error)
            })?;
            let Some(chunk) = chunk else {
                return Ok(body.freeze());
            };
            if body.len() + chunk.len() > cap {
                let message = format!("the answer is larger than the cap of {cap} bytes");
                return Err(Failure::new(Cause::TooLarge, message));
            }
            body.extend_from_slice(&chunk);
        }
    }

    fn not_answered(&self, host: &str, error: reqwest::Error) -> Failure {
        let failure = if error.is_connect() {
            Failure::new(Cause::NotSent, format!("could not connect to {host}"))
        } else if error.is_timeout() {
            Failure::new(Cause::Lost, format!("{host} did not answer in time"))
        } else {
            Failure::new(Cause::Lost, format!("{host} gave no answer"))
        };
        self.transport(failure, error)
    }

    fn transport(&self, mut failure: Failure, error: reqwest::Error) -> Failure {
        failure.source = Some(Transport::new(error, &self.redactor));
        failure
    }

    fn kept(&self, headers: &HeaderMap) -> BTreeMap<&'static str, String> {
        let value = |name: &&'static str| {
            let value = headers.get(*name)?.to_str().ok()?;
            Some((*name, value.to_owned()))
        };
        self.kept.iter().filter_map(value).collect()
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        let value = headers.get(self.request_id?)?.to_str().ok()?;
        Some(self.redactor.id(value))
    }
}

/// A whole answer.
pub(crate) struct Reply {
    pub(crate) response: Response,
    pub(crate) headers: HeaderMap,
}

impl Reply {
    /// A failure that this answer is, with what it says about itself.
    pub(crate) fn explain(&self, mut failure: Failure, wall: SystemTime) -> Failure {
        let asked = self.response.header("retry-after");
        let asked = asked.and_then(|value| parse_retry_after(value, wall));
        failure.status = Some(self.response.status);
        failure.request_id.clone_from(&self.response.request_id);
        failure.retry_after = failure.retry_after.or(asked);
        failure
    }
}

/// An attempt that did not settle the call.
pub(crate) struct Setback {
    pub(crate) failure: Failure,
    /// The answer, for callers that want it as it is when there are no more attempts.
    pub(crate) reply: Option<Box<Reply>>,
}

impl From<Failure> for Setback {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            reply: None,
        }
    }
}

/// What the status alone says, before anyone looks into the body.
fn refused(status: u16, headers: &HeaderMap) -> Option<Failure> {
    match status {
        300..=399 => Some(redirected(status, headers)),
        _ => passing(status),
    }
}

/// What a status says that may be another one when the request is sent again.
pub(crate) fn passing(status: u16) -> Option<Failure> {
    match status {
        429 => Some(throttled()),
        408 | 500..=599 => Some(Failure::new(Cause::Lost, "the vendor's server failed")),
        _ => None,
    }
}

/// What the connector says about the answer.
fn judged(verdict: Verdict) -> Option<Failure> {
    match verdict {
        Verdict::Done => None,
        Verdict::RetryUnavailable => Some(Failure::new(Cause::Lost, "the vendor's server failed")),
        Verdict::RetryRateLimited { after } => Some(Failure {
            retry_after: after,
            ..throttled()
        }),
    }
}

fn throttled() -> Failure {
    Failure::new(Cause::Throttled, "the vendor asks for fewer requests")
}

/// 307 and 308 ask to repeat the request elsewhere, so nothing was done. After the others a POST may
/// have been carried out: "see other" is how some servers answer one.
fn redirected(status: u16, headers: &HeaderMap) -> Failure {
    let cause = if matches!(status, 307 | 308) {
        Cause::Redirected
    } else {
        Cause::SeeOther
    };
    let target = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let target = target.and_then(|value| Url::parse(value).ok());
    let target = target.map(|url| format!(" to {}", url.origin().ascii_serialization()));
    let target = target.unwrap_or_default();
    Failure::new(
        cause,
        format!("the vendor redirects{target}; check the base URL"),
    )
}
