//! Checks of inputs that a JSON Schema does not make. Messages never quote a value.

use crate::{Error, Result};

/// The input at `path` cannot be used.
pub(crate) fn invalid(path: &str, message: &str) -> Error {
    Error::invalid_input(path, message)
}

pub(super) fn not_empty(path: &str, text: &str) -> Result<()> {
    match text.trim().is_empty() {
        true => Err(invalid(path, "must not be empty")),
        false => Ok(()),
    }
}

/// An address that mail can be sent to, as far as its form tells.
pub(super) fn email(path: &str, text: &str) -> Result<()> {
    let parts = text.rsplit_once('@');
    let good = parts.is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !text.contains(|c: char| c.is_whitespace() || c.is_control())
    });
    match good {
        true => Ok(()),
        false => Err(invalid(path, "is not an e-mail address")),
    }
}

/// An address that a browser can open.
pub(super) fn web_url(path: &str, text: &str) -> Result<()> {
    let host = ["https://", "http://"]
        .iter()
        .find_map(|scheme| {
            let start = text.get(..scheme.len())?;
            start
                .eq_ignore_ascii_case(scheme)
                .then(|| &text[scheme.len()..])
        })
        .filter(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#']));
    match host.is_some() && !text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        true => Ok(()),
        false => Err(invalid(
            path,
            "must be a URL that begins with https:// or http://",
        )),
    }
}

/// `type/subtype` without parameters, in the characters that the unified API takes and `+`.
pub(super) fn content_type(path: &str, text: &str) -> Result<()> {
    let good = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c))
    };
    match text.split_once('/') {
        Some((kind, subtype)) if good(kind) && good(subtype) => Ok(()),
        _ => Err(invalid(path, "must be a MIME type such as application/pdf")),
    }
}

/// An ISO 3166 alpha-2 code.
pub(super) fn country(path: &str, text: &str) -> Result<()> {
    match text.len() == 2 && text.chars().all(|c| c.is_ascii_uppercase()) {
        true => Ok(()),
        false => Err(invalid(
            path,
            "must be a country code of two capital letters, such as DE",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_takes_the_good_and_refuses_the_bad() {
        type Check = fn(&str, &str) -> Result<()>;
        let cases: [(Check, &[&str], &[&str]); 5] = [
            (
                email,
                &["a@b.co", "first.last+tag@sub.example.com"],
                &["", "a", "a@", "@b.co", "a@b", "a b@c.de", "a@.de", "a@de."],
            ),
            (
                web_url,
                &["https://a.de/b?c#d", "HTTP://localhost:80"],
                &[
                    "",
                    "a.de",
                    "ftp://a.de",
                    "https://",
                    "https:///x",
                    "https://a b",
                ],
            ),
            (
                content_type,
                &["application/pdf", "image/svg+xml", "a.b/c-d_e"],
                &["", "pdf", "a/", "/b", "a/b;c=d", "a/b c"],
            ),
            (country, &["DE", "US"], &["", "de", "DEU", "D1"]),
            (not_empty, &["x"], &["", "  "]),
        ];
        for (check, good, bad) in cases {
            for text in good {
                assert!(check("p", text).is_ok(), "{text}");
            }
            for text in bad {
                assert!(check("p", text).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn an_error_names_the_input_and_not_its_value() {
        let error = email("candidate.email_address", "secret").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("candidate.email_address") && !text.contains("secret"));
    }
}
