//! The file storage beside the API: forms posted to a signed address, links that need no key. It
//! lives under paths of its own on the simulator's port, and speaks as S3 does, not as Ashby.
//!
//! <https://developers.ashbyhq.com/reference/filecreatefileuploadhandle> says what to post; that an
//! `Authorization` header, a missing length or a field too many is refused is the storage's habit.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::desk::Desk;
use super::envelope::Refusal;
use super::memory::Memory;
use super::text;
use super::view::View;
use crate::fault::FaultKind;
use crate::payload::{Part, Payload};
use crate::server::{Call, Reply, Shared};

/// Where forms with a file are posted to.
const UPLOAD: &str = "upload/candidate-files";

/// Where links to files point.
const DOWNLOAD: &str = "files/download";

/// Answers a request for the storage; none when the path is not the storage's.
pub(crate) fn answer(
    shared: &Shared,
    memory: &Memory,
    call: &Call,
    harm: Option<&FaultKind>,
) -> Option<Reply> {
    let result = match &*call.endpoint {
        UPLOAD if matches!(harm, Some(FaultKind::Status { .. } | FaultKind::Html)) => {
            Ok(Reply::empty(204))
        }
        UPLOAD => upload(shared, memory, call, harm),
        DOWNLOAD => download(shared, memory, call, harm),
        _ => return None,
    };
    Some(result.unwrap_or_else(|trouble| trouble.reply()))
}

/// A "no" in the storage's words.
struct Trouble(u16, &'static str, String);

impl Trouble {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self(status, code, message.into())
    }

    fn reply(&self) -> Reply {
        let Self(status, code, message) = self;
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        Reply {
            content_type: "application/xml".to_owned(),
            body: body.into(),
            ..Reply::empty(*status)
        }
    }
}

impl Reply {
    fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: "application/octet-stream".to_owned(),
            body: Bytes::new(),
            key_name: String::new(),
            first: Vec::new(),
        }
    }
}

fn check_access(call: &Call, method: &Method, harm: Option<&FaultKind>) -> Result<(), Trouble> {
    match harm {
        Some(FaultKind::TooMany { .. }) => {
            return Err(Trouble::new(
                503,
                "SlowDown",
                "Please reduce your request rate.",
            ));
        }
        Some(FaultKind::SuccessFalse { code, http }) => {
            // A logical error of the API has no like here.
            let status = if *http == 200 { 500 } else { *http };
            return Err(Trouble::new(status, "InternalError", code.clone()));
        }
        Some(FaultKind::RevokedPermission) => {
            return Err(Trouble::new(403, "AccessDenied", "Access Denied"));
        }
        _ => {}
    }
    if call.method != *method {
        let message = "The request signature does not match";
        return Err(Trouble::new(403, "SignatureDoesNotMatch", message));
    }
    if call.headers.contains_key(AUTHORIZATION) {
        let message = "Only one auth mechanism allowed";
        return Err(Trouble::new(400, "InvalidArgument", message));
    }
    Ok(())
}

fn upload(
    shared: &Shared,
    memory: &Memory,
    call: &Call,
    harm: Option<&FaultKind>,
) -> Result<Reply, Trouble> {
    check_access(call, &Method::POST, harm)?;
    if !call.headers.contains_key(CONTENT_LENGTH) {
        let message = "You must provide the Content-Length HTTP header.";
        return Err(Trouble::new(411, "MissingContentLength", message));
    }
    let malformed = |message: &str| Trouble::new(400, "MalformedPOSTRequest", message);
    let Payload::Parts(parts) = &call.body else {
        return Err(malformed(
            "The body is not well-formed multipart/form-data.",
        ));
    };
    let (file, fields) = parts
        .split_last()
        .filter(|(last, _)| last.name == "file")
        .ok_or_else(|| malformed("The last part must be the file."))?;
    let mut world = shared.world_mut();
    let sent = |name: &str| fields.iter().find(|field| field.name == name);
    let key = sent("key").and_then(Part::text).unwrap_or_default();
    let denied = |message: &str| Trouble::new(403, "AccessDenied", message);
    let announced = world
        .collection("uploads")
        .values()
        .find(|upload| text(upload, "key") == Some(key))
        .cloned()
        .ok_or_else(|| denied("Invalid according to Policy"))?;
    let wanted = fields_of(&announced);
    for (name, value) in &wanted {
        if sent(name).and_then(Part::text) != Some(value) {
            return Err(denied(&format!("Invalid according to Policy: {name}")));
        }
    }
    if fields.len() != wanted.len() {
        return Err(denied("Invalid according to Policy: Extra input fields"));
    }
    if announced["age"] != memory.uploads.now() {
        return Err(denied("Invalid according to Policy: Policy expired."));
    }
    let kind = text(&announced, "contentType");
    if file.content_type.is_some() && file.content_type.as_deref() != kind {
        return Err(denied("Invalid according to Policy: Content-Type"));
    }
    let wanted = announced["contentLength"].as_u64().unwrap_or_default();
    match (file.data.len() as u64).cmp(&wanted) {
        std::cmp::Ordering::Less => {
            return Err(Trouble::new(400, "EntityTooSmall", "The file is too small"));
        }
        std::cmp::Ordering::Greater => {
            return Err(Trouble::new(400, "EntityTooLarge", "The file is too large"));
        }
        std::cmp::Ordering::Equal => {}
    }
    memory.store(key, file.data.clone());
    let digest = sha256(&file.data);
    world.update_silently(
        "uploads",
        announced["id"].as_str().unwrap_or_default(),
        |u| {
            u["sha256"] = json!(digest);
        },
    );
    Ok(Reply::empty(204))
}

/// The fields that a form has to carry before its file.
fn fields_of(upload: &Value) -> Vec<(&'static str, String)> {
    let part = |member| text(upload, member).unwrap_or_default().to_owned();
    let key = part("key");
    let policy = json!({
        "conditions": [["eq", "$key", key], ["eq", "$Content-Type", part("contentType")]],
    });
    vec![
        ("key", key.clone()),
        ("bucket", "candidate-files".to_owned()),
        ("Content-Type", part("contentType")),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("Policy", URL_SAFE_NO_PAD.encode(policy.to_string())),
        (
            "X-Amz-Signature",
            sha256(format!("policy {key}").as_bytes()),
        ),
    ]
}

/// Announces an upload: gives the handle, the address and the fields to post.
pub(crate) fn announce(desk: &mut Desk<'_>, mut upload: Value) -> Value {
    let own = desk.world.new_id();
    // The handle says nothing about the key, nor the key about the handle.
    let handle = URL_SAFE_NO_PAD.encode(format!("handle of {own}"));
    upload["id"] = json!(handle);
    upload["key"] = json!(format!("uploads/{own}"));
    upload["age"] = json!(desk.memory.uploads.now());
    upload["sha256"] = Value::Null;
    let fields: serde_json::Map<String, Value> = fields_of(&upload)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect();
    desk.world.insert("uploads", upload);
    json!({
        "handle": handle,
        "url": format!("{}/{UPLOAD}", desk.memory.base_url()),
        "fields": fields,
    })
}

/// Finds what was uploaded under a handle, for the use it was announced for.
pub(crate) fn uploaded(desk: &Desk<'_>, handle: &str, context: &str) -> Result<Value, Refusal> {
    let upload = desk.world.get("uploads", handle);
    let upload = upload.ok_or_else(|| Refusal::invalid("No such file handle"))?;
    if upload["context"] != context {
        let message = format!("The file handle was not made for {context}");
        return Err(Refusal::invalid(message));
    }
    if !upload["sha256"].is_string() {
        return Err(Refusal::invalid("Nothing was uploaded for the file handle"));
    }
    Ok(upload.clone())
}

/// Keeps the bytes of a part that came with a request itself, as if they had been uploaded.
pub(crate) fn received(desk: &mut Desk<'_>, part: &Part) -> Value {
    let key = format!("parts/{}", desk.world.new_id());
    desk.memory.store(&key, part.data.clone());
    json!({
        "name": part.file_name,
        "contentType": part.content_type.as_deref().unwrap_or("application/octet-stream"),
        "contentLength": part.data.len(),
        "sha256": sha256(&part.data),
        "key": key,
    })
}

/// Makes a file of an upload; gives what documents show of it. Doing so twice makes two files.
pub(crate) fn keep(desk: &mut Desk<'_>, upload: &Value) -> Value {
    let own = desk.world.new_id();
    let handle = URL_SAFE_NO_PAD.encode(format!("file {own}"));
    let now = desk.world.now();
    desk.world.insert(
        "files",
        json!({
            "id": own,
            "handle": handle,
            "name": upload["name"],
            "contentType": upload["contentType"],
            "length": upload["contentLength"],
            "sha256": upload["sha256"],
            "key": upload["key"],
            "createdAt": now,
        }),
    );
    json!({ "id": own, "name": upload["name"], "handle": handle })
}

/// A link to a file that needs no key. A handle that only stands for an upload has none.
pub(crate) fn link(view: &View<'_>, handle: &str) -> Result<String, Refusal> {
    if view.world.get("uploads", handle).is_some() {
        return Err(Refusal::invalid(
            "The handle stands for an upload, not for a file",
        ));
    }
    let (file, age) = (URL_SAFE_NO_PAD.encode(handle), view.memory.links.now());
    Ok(format!(
        "{}/{DOWNLOAD}?{}",
        view.memory.base_url(),
        query(&file, age)
    ))
}

fn query(file: &str, age: u64) -> String {
    let signature = sha256(format!("link {file} {age}").as_bytes());
    format!("file={file}&X-Amz-Expires=60&X-Amz-Signature={signature}")
}

fn download(
    shared: &Shared,
    memory: &Memory,
    call: &Call,
    harm: Option<&FaultKind>,
) -> Result<Reply, Trouble> {
    check_access(call, &Method::GET, harm)?;
    let file = call
        .query
        .strip_prefix("file=")
        .and_then(|rest| rest.split('&').next())
        .unwrap_or_default();
    if call.query != query(file, memory.links.now()) {
        return Err(Trouble::new(403, "AccessDenied", "Request has expired"));
    }
    let handle = URL_SAFE_NO_PAD.decode(file).ok();
    let handle = handle.and_then(|bytes| String::from_utf8(bytes).ok());
    let handle = handle.unwrap_or_default();
    let world = shared.world();
    let kept = world
        .collection("files")
        .values()
        .find(|file| text(file, "handle") == Some(&handle));
    let (content_type, body) = match kept {
        Some(file) => (
            text(file, "contentType").unwrap_or_default().to_owned(),
            text(file, "key")
                .and_then(|key| memory.fetch(key))
                .unwrap_or_default(),
        ),
        // A file that the world began with: its document holds no bytes.
        None => (
            "application/pdf".to_owned(),
            format!("%PDF-1.4\n% {handle}\n").into(),
        ),
    };
    Ok(Reply {
        content_type,
        body,
        ..Reply::empty(200)
    })
}

/// SHA-256 in lower-case hexadecimal digits.
pub(crate) fn sha256(data: &[u8]) -> String {
    hex(&Sha256::digest(data))
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
