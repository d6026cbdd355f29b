//! A request body, read: JSON, or the parts of a form in the order they were sent. Knows no vendor.

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;
use serde_json::{Value, json};

/// A request body, as far as it could be read.
#[derive(Debug)]
pub(crate) enum Payload {
    /// A JSON value, whatever the content type said.
    Json(Value),
    /// The parts of a `multipart/form-data` body.
    Parts(Vec<Part>),
    /// Neither.
    Unreadable,
}

/// One part of a form.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) data: Bytes,
}

impl Part {
    /// The part as text; none for a file, or for bytes that are no text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self.file_name {
            Some(_) => None,
            None => std::str::from_utf8(&self.data).ok(),
        }
    }
}

impl Payload {
    pub(crate) fn read(headers: &HeaderMap, body: &Bytes) -> Self {
        let content_type = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if let Some(boundary) = boundary(content_type) {
            return parts(&boundary, body).map_or(Self::Unreadable, Self::Parts);
        }
        serde_json::from_slice(body).map_or(Self::Unreadable, Self::Json)
    }

    pub(crate) fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(value) => Some(value),
            Self::Parts(_) | Self::Unreadable => None,
        }
    }

    /// What the log keeps: JSON as it is, of each part what it is but not its bytes.
    pub(crate) fn into_log(self) -> Value {
        match self {
            Self::Json(value) => value,
            Self::Parts(parts) => parts.iter().map(sketch).collect(),
            Self::Unreadable => Value::Null,
        }
    }
}

fn sketch(part: &Part) -> Value {
    json!({
        "name": part.name,
        "filename": part.file_name,
        "contentType": part.content_type,
        "length": part.data.len(),
    })
}

fn boundary(content_type: &str) -> Option<String> {
    let mut pieces = content_type.split(';').map(str::trim);
    let kind = pieces.next()?;
    if !kind.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = pieces.find_map(|piece| parameter(piece, "boundary"))?;
    (!value.is_empty()).then_some(value)
}

/// The value of `name=value` or `name="value"`.
fn parameter(piece: &str, name: &str) -> Option<String> {
    let (key, value) = piece.split_once('=')?;
    if !key.trim().eq_ignore_ascii_case(name) {
        return None;
    }
    let value = value.trim();
    let quoted = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    Some(
        quoted
            .unwrap_or(value)
            .replace("\\\"", "\"")
            .replace("%22", "\""),
    )
}

/// The parts between the boundaries; none when the last boundary is missing.
fn parts(boundary: &str, body: &Bytes) -> Option<Vec<Part>> {
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut place = find(body, first.as_bytes(), 0)? + first.len();
    let mut parts = Vec::new();
    loop {
        if body[place..].starts_with(b"--") {
            return Some(parts);
        }
        let begin = find(body, b"\r\n", place)? + 2;
        let end = find(body, next.as_bytes(), begin.checked_sub(2)?)?;
        parts.push(part(body, begin, end)?);
        place = end + next.len();
    }
}

fn part(body: &Bytes, begin: usize, end: usize) -> Option<Part> {
    let data = find(body, b"\r\n\r\n", begin).filter(|found| *found <= end)? + 4;
    let head = std::str::from_utf8(&body[begin..data - 4]).ok()?;
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim()
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    let disposition = header("content-disposition")?;
    let member = |name| {
        split_quoted(&disposition)
            .into_iter()
            .find_map(|piece| parameter(piece.trim(), name))
    };
    Some(Part {
        name: member("name")?,
        file_name: member("filename"),
        content_type: header("content-type"),
        data: body.slice(data.min(end)..end),
    })
}

/// Splits at `;`, except inside quotes: file names may hold one.
fn split_quoted(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |letter| {
        quoted ^= letter == '"';
        letter == ';' && !quoted
    })
    .collect()
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let rest = body.get(from..)?;
    let first = *wanted.first()?;
    let mut place = 0;
    // Most bytes are passed by a search for a single byte: files may be large.
    while let Some(step) = rest[place..].iter().position(|byte| *byte == first) {
        place += step;
        if rest[place..].starts_with(wanted) {
            return Some(from + place);
        }
        place += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Payload {
        let mut headers = HeaderMap::new();
        let kind = "multipart/form-data; charset=utf-8; boundary=\"xx\"";
        headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        Payload::read(&headers, &Bytes::from(body.to_owned()))
    }

    #[test]
    fn parts_come_in_order_and_keep_their_bytes() {
        let body = "--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--y\r\n--xx\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"b; c.pdf\"\r\n\
            Content-Type: application/pdf\r\n\r\n\r\n--xx--\r\n";
        let Payload::Parts(parts) = read(body) else {
            unreachable!("a form")
        };
        assert_eq!((&*parts[0].name, parts[0].text()), ("a", Some("1\r\n--y")));
        assert_eq!(parts[1].file_name.as_deref(), Some("b; c.pdf"));
        assert_eq!((parts[1].data.len(), parts[1].text()), (0, None));
        let log = Payload::Parts(parts).into_log();
        let file = json!({
            "name": "file", "filename": "b; c.pdf", "contentType": "application/pdf", "length": 0,
        });
        assert_eq!(log[1], file);
    }

    #[test]
    fn a_form_that_breaks_off_is_unreadable() {
        for body in [
            "",
            "--xx",
            "--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1",
            "--xx\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xx--",
        ] {
            assert!(matches!(read(body), Payload::Unreadable), "{body:?}");
        }
    }
}
