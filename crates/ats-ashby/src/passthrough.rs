//! Calls of Ashby's own API as the caller words them.
//!
//! It owns how a call of the port is sent with Ashby's client. It must not judge an answer.

use async_trait::async_trait;
use ats_core::{
    Error, ErrorKind, FileContent, FileInput, Passthrough, PassthroughAnswer, PassthroughBody,
    PassthroughCall, PassthroughPart, Result,
};
use ats_http::{CallKind, Content, Lane, Part, RawBody, RawCall};

use crate::{actions::type_of_name, client::Client};

const OPERATION: &str = "passthrough";

#[async_trait]
impl Passthrough for Client {
    fn apis(&self) -> &'static [&'static str] {
        &["v1"]
    }

    async fn call(&self, call: &PassthroughCall) -> Result<PassthroughAnswer> {
        self.ensure_allowed(call.path.trim_start_matches('/'))?;
        let pairs = |pairs: &std::collections::BTreeMap<String, String>| -> Vec<(String, String)> {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        };
        let (query, headers) = (pairs(&call.params), pairs(&call.headers));
        let parts = match &call.body {
            PassthroughBody::Multipart(parts) => self.parts(parts).await?,
            _ => Vec::new(),
        };
        let body = match &call.body {
            PassthroughBody::Empty => RawBody::Empty,
            PassthroughBody::Json(value) => RawBody::Json(value),
            PassthroughBody::Text(text) => RawBody::Text(text),
            PassthroughBody::Multipart(_) => RawBody::Parts(&parts),
        };
        let answer = self
            .raw(RawCall {
                operation: OPERATION,
                method: &call.method.to_ascii_uppercase(),
                path: &call.path,
                query: &query,
                headers: &headers,
                body,
                kind: kind_of(&call.method, &call.path),
                lane: Lane::Write,
            })
            .await?;
        Ok(PassthroughAnswer {
            url: answer.url.into(),
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
        })
    }
}

impl Client {
    async fn parts(&self, given: &[(String, PassthroughPart)]) -> Result<Vec<Part>> {
        let mut parts = Vec::with_capacity(given.len());
        for (name, part) in given {
            parts.push(match part {
                PassthroughPart::Text(text) => Part::new(name, text.clone()),
                PassthroughPart::File(file) => self.file_part(name, file).await?,
            });
        }
        Ok(parts)
    }

    async fn file_part(&self, name: &str, file: &FileInput) -> Result<Part> {
        const FIELD: &str = "multipart_form_data";
        let (content, found) = match file.content() {
            Some(FileContent::Bytes(bytes)) => (Content::from(bytes.clone()), None),
            Some(FileContent::Url(url)) => {
                let file = self.download(FIELD, url).await?;
                let found = file.content_type().to_owned();
                (Content::from(file), Some(found))
            }
            None => {
                let kind = ErrorKind::InputInvalid {
                    field: Some(FIELD.to_owned()),
                };
                let message = "a file of the form has neither `data` nor `data_url`";
                return Err(Error::new(kind, OPERATION, message));
            }
        };
        let given = file.content_type.clone().or(found);
        let content_type = given.or_else(|| type_of_name(&file.name));
        Ok(match content_type {
            Some(content_type) => Part::file(name, &*file.name, content_type, content),
            None => Part::file(name, &*file.name, "application/octet-stream", content),
        })
    }
}

/// Whether sending it again would be harmless. Nearly all of Ashby's endpoints are POST, and their
/// names say what they do.
fn kind_of(method: &str, path: &str) -> CallKind {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let only_reads = [".info", ".list", ".search"]
        .iter()
        .any(|end| path.ends_with(end));
    match only_reads || method.eq_ignore_ascii_case("GET") {
        true => CallKind::Read,
        false => CallKind::Write,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reads_is_repeated() {
        for (method, path) in [
            ("POST", "/job.list"),
            ("post", "/job.info?x=.create"),
            ("get", "/x"),
        ] {
            assert_eq!(kind_of(method, path), CallKind::Read, "{path}");
        }
        for path in [
            "/candidate.create",
            "/job.list.create",
            "/candidate.addTag?x=.list",
        ] {
            assert_eq!(kind_of("POST", path), CallKind::Write, "{path}");
        }
    }
}
