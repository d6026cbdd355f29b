//! What bytes look like, where nobody said what they are.
//!
//! It owns no table of its own but for plain text, which has no signature.

use std::str;

/// As many bytes tell every type but [`is_compound`] ones.
pub(super) const HEAD: usize = 64 * 1024;

/// What a server says that does not know either.
const UNKNOWN: &[&str] = &["application/octet-stream", "binary/octet-stream"];

/// The MIME type that bytes look like; `application/octet-stream` if they look like none.
///
/// ```
/// assert_eq!(ats_http::sniff_content_type(b"%PDF-1.7 ..."), "application/pdf");
/// assert_eq!(ats_http::sniff_content_type(b"Dear all,\n"), "text/plain");
/// ```
pub fn sniff_content_type(bytes: &[u8]) -> &'static str {
    match infer::get(bytes) {
        Some(kind) => kind.mime_type(),
        None if is_text(bytes) => "text/plain",
        None => UNKNOWN[0],
    }
}

/// The type that a `Content-Type` header names, without parameters; `None` if it says nothing.
pub(super) fn declared(header: &str) -> Option<String> {
    let essence = header.split(';').next()?.trim().to_ascii_lowercase();
    let (kind, subtype) = essence.split_once('/')?;
    let token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let known = token(kind) && token(subtype) && !UNKNOWN.contains(&essence.as_str());
    known.then_some(essence)
}

/// Whether the type is told only by the whole file: older documents of Office keep their table of
/// contents anywhere.
pub(super) fn is_compound(head: &[u8]) -> bool {
    head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])
}

fn is_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD)];
    let text = match str::from_utf8(head) {
        Ok(text) => text,
        // A character may be cut in two at the end.
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let printable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    !text.is_empty() && text.chars().all(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_that_candidates_send_are_told_apart() {
        let mut docx = b"PK\x03\x04".to_vec();
        docx.resize(30, 0);
        docx.extend_from_slice(b"word/document.xml");
        let cases: &[(&[u8], &str)] = &[
            (b"%PDF-1.4\n", "application/pdf"),
            (b"\x89PNG\r\n\x1a\n", "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"{\\rtf1\\ansi", "application/rtf"),
            (b"<!DOCTYPE html><p>", "text/html"),
            (
                &docx,
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            ("Lebenslauf: Jürgen\r\n".as_bytes(), "text/plain"),
            ("Lebenslauf: Jü".as_bytes().split_at(14).0, "text/plain"),
            (b"plain until \x00", "application/octet-stream"),
            (b"not \xff UTF-8", "application/octet-stream"),
            (b"", "application/octet-stream"),
        ];
        for (bytes, kind) in cases {
            assert_eq!(sniff_content_type(bytes), *kind);
        }
    }

    #[test]
    fn a_header_counts_without_parameters_and_only_if_it_says_something() {
        let cases = [
            ("application/pdf", Some("application/pdf")),
            ("Text/HTML; charset=utf-8", Some("text/html")),
            (
                "application/vnd.ms-word.document+xml",
                Some("application/vnd.ms-word.document+xml"),
            ),
            ("application/octet-stream", None),
            ("binary/octet-stream", None),
            ("", None),
            ("pdf", None),
            ("a/", None),
            ("a b/c", None),
            ("a/b, c/d", None),
        ];
        for (header, kind) in cases {
            assert_eq!(declared(header).as_deref(), kind, "{header:?}");
        }
    }
}
