//! Sending a file where the vendor said: an absolute URL that is good for this one form.
//!
//! It owns what such a target may be and what its answers mean. It must not send the integration's
//! credentials there, and must not know any vendor.

use std::fmt;

use ats_core::{Error, ErrorKind, Result};
use url::Url;

use crate::{
    CallKind, Client, Part,
    attempts::{Errand, Repeat},
    dial,
    failure::{Cause, Failure},
    form::form,
    wire::Reply,
};

/// A file for a target that the vendor has prepared.
#[derive(Clone, Copy)]
pub struct Upload<'a> {
    /// What errors and logs call it.
    pub operation: &'a str,
    /// The target. Its query is a secret: whoever has it can send a file there.
    pub url: &'a str,
    /// What the vendor wants in the form, in its order; it goes before the file.
    pub fields: &'a [(String, String)],
    /// The last part.
    pub file: &'a Part,
    /// Whether it may be sent again after a lost answer. A file that nothing refers to yet does no
    /// harm twice, so that most uploads are a [`CallKind::Read`].
    pub kind: CallKind,
}

/// Leaves out all but the name: the rest is secret or personal.
impl fmt::Debug for Upload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("operation", &self.operation)
            .field("file", &self.file)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Sends a file to a target of the vendor. Nothing of this client goes with it but the user
    /// agent: no credentials, no headers. It takes no permit, because the target is not the API
    /// whose rate the limiter learns; it is counted like every other request.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Malformed`]: the target is no URL that a file can be sent to.
    /// - [`ErrorKind::InputInvalid`]: the name or type of the file cannot be sent.
    /// - [`ErrorKind::InputRejected`]: the target refuses the file.
    /// - [`ErrorKind::Unavailable`]: the target is not reached, or its time is up, so that a new one
    ///   is needed; for a [`CallKind::Read`] also: its answer is lost.
    /// - [`ErrorKind::RateLimited`]: the target asks for fewer requests.
    /// - [`ErrorKind::OutcomeUnknown`]: the answer to a [`CallKind::Write`] is lost.
    pub async fn upload(&self, upload: Upload<'_>) -> Result<()> {
        let operation = upload.operation;
        let url = self.target(operation, upload.url)?;
        let host = url.origin().ascii_serialization();
        let parts = self.parts();
        let builder = dial::dialer(&url, &parts.user_agent)?
            .connect_timeout(parts.connect_timeout)
            .timeout(parts.upload_timeout);
        let http = dial::finish(builder, &parts.wire.redactor)?;

        let fields = upload.fields.iter();
        let mut form_parts: Vec<Part> = fields
            .map(|(name, value)| Part::new(name, value.clone()))
            .collect();
        form_parts.push(upload.file.clone());
        let errand = Errand {
            operation,
            kind: upload.kind,
            repeat: Repeat::of(upload.kind),
            lane: None,
        };
        let request = || {
            Ok(http
                .post(url.clone())
                .multipart(form(operation, &form_parts)?))
        };
        let attempt = async |request| {
            let (reply, _) = parts.wire.exchange(request, &host).await?;
            // What counts is the status; nobody reads the body of an answer that broke off.
            match failed(reply.response.status, &host) {
                Some(failure) => Err(reply.explain(failure, parts.clock.wall()).into()),
                None => Ok(reply),
            }
        };
        let reply = self.run(&errand, request, attempt).await?;
        if reply.response.is_success() {
            return Ok(());
        }
        Err(refused(operation, &reply, &host))
    }

    /// The vendor named the target, so a bad one is the vendor's fault.
    fn target(&self, operation: &str, url: &str) -> Result<Url> {
        let malformed = |message: &str| Err(Error::malformed(operation, "", message));
        let Ok(url) = Url::parse(url) else {
            return malformed("the vendor's target for the file is not a URL");
        };
        let secure = self.parts().base_url.scheme() == "https";
        match url.scheme() {
            "https" => {}
            "http" if !secure => {}
            _ => return malformed("the vendor's target for the file is not https"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return malformed("the vendor's target for the file holds a user or password");
        }
        Ok(url)
    }
}

fn failed(status: u16, host: &str) -> Option<Failure> {
    match status {
        429 => Some(Failure::new(
            Cause::Throttled,
            format!("{host} asks for fewer requests"),
        )),
        408 | 500..=599 => Some(Failure::new(Cause::Lost, format!("{host} failed"))),
        _ => None,
    }
}

fn refused(operation: &str, reply: &Reply, host: &str) -> Error {
    let status = reply.response.status;
    let (kind, advice) = match status {
        // What such a target says when it is used too late.
        403 | 404 | 410 => (
            ErrorKind::Unavailable,
            "ask for a new target and send it there",
        ),
        413 => (
            ErrorKind::InputRejected { field: None },
            "it is too large; send a smaller one",
        ),
        300..=399 => (
            ErrorKind::Unavailable,
            "it redirects, which is not followed; try again later",
        ),
        _ => (
            ErrorKind::InputRejected { field: None },
            "check its name, type and size",
        ),
    };
    let message = format!("{host} does not take the file: {advice}");
    let error = Error::new(kind, operation, message).with("status", status.to_string());
    match code(&reply.response.body) {
        Some(code) => error.with("code", code),
        None => error,
    }
}

/// The code in the XML that stores of files answer with. A word and nothing else, since the rest of
/// such an answer repeats what was sent.
fn code(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let word =
        (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    word.then_some(code)
}
