//! Files on their way to the vendor and back: the storage beside the API, and addresses that callers
//! give.
//!
//! It owns the two calls that every upload needs. It must not know what a file is for.

use ats_core::{Error, Result};
use ats_http::{CallKind, Content, Lane, Part, Spooled, Upload};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Client;
use crate::listing::object;

const ENDPOINT: &str = "file.createFileUploadHandle";

/// A file that is ready to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    /// What the vendor is told that it is for; the handle is good for nothing else.
    pub(crate) context: &'a str,
    pub(crate) name: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) content: &'a Content,
}

/// Where the vendor wants a file. Ashby API reference, `file.createFileUploadHandle`.
#[derive(Deserialize)]
struct Target {
    handle: String,
    url: String,
    fields: Map<String, Value>,
}

impl Client {
    /// Fetches a file from the address that the input at `field` names, behind the guard.
    pub(crate) async fn download(&self, field: &str, url: &str) -> Result<Spooled> {
        self.downloader.download("file", field, url).await
    }

    /// Puts a file into the vendor's storage and gives its handle. Nothing refers to it yet, so
    /// doing it twice does no harm.
    pub(crate) async fn put_file(&self, file: Outgoing<'_>) -> Result<String> {
        let body = json!({
            "fileUploadContext": file.context,
            "filename": file.name,
            "contentType": file.content_type,
            "contentLength": file.content.len(),
        });
        let answer = self.read(ENDPOINT, object(body), Lane::Write).await?;
        let target: Target = ats_http::json::decode(ENDPOINT, answer.results.get().as_bytes())?;
        let field = |(name, value): (String, Value)| match value {
            Value::String(value) => Ok((name, value)),
            _ => {
                let message = "a field of the upload form is not a text";
                Err(Error::malformed(ENDPOINT, "/results/fields", message))
            }
        };
        let fields: Vec<(String, String)> = target
            .fields
            .into_iter()
            .map(field)
            .collect::<Result<_>>()?;
        let part = Part::file("file", file.name, file.content_type, file.content.clone());
        let upload = Upload {
            operation: "file upload",
            url: &target.url,
            fields: &fields,
            file: &part,
            kind: CallKind::Read,
        };
        self.http.upload(upload).await?;
        Ok(target.handle)
    }
}
