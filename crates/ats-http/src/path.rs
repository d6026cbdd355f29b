//! Paths that a caller of the vendor's own API names.
//!
//! It owns the rule that no path leaves the base URL, however it is spelled. It must not know what
//! is sent there.

use percent_encoding::percent_decode_str;
use url::Url;

/// Nobody encodes a path more often than this without meaning harm.
const DEEPEST: usize = 3;

/// The URL of `path` below `base`, with the query that the path may hold. The error says what is
/// wrong with the path, and does not repeat it.
pub(crate) fn below(base: &Url, path: &str) -> Result<Url, &'static str> {
    if !path.starts_with('/') || path.starts_with("//") {
        return Err("must begin with one `/` and name no host");
    }
    if path.contains(|c: char| c.is_control() || matches!(c, '\\' | '#')) {
        return Err("holds a backslash, a `#` or a control character");
    }
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    check_encoding(path)?;

    let root = base.path().trim_end_matches('/');
    let mut url = base.clone();
    url.set_path(&format!("{root}{path}"));
    url.set_query(query);
    // The checks above make this certain; it is looked at all the same, because a key is at stake.
    let below = url.path().strip_prefix(root);
    if url.origin() != base.origin() || !below.is_some_and(|rest| rest.starts_with('/')) {
        return Err("leads away from the base URL");
    }
    Ok(url)
}

/// Servers decode paths once or several times, before or after they look at the segments. So at no
/// depth may a path have other segments than it seems to have.
fn check_encoding(path: &str) -> Result<(), &'static str> {
    let complete = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !path.split('%').skip(1).all(complete) {
        return Err("holds a `%` that encodes nothing; write it as %25");
    }
    let slashes = path.matches('/').count();
    let mut text = path.to_owned();
    for _ in 0..=DEEPEST {
        if text.contains(|c: char| c.is_control() || c == '\\') {
            return Err("holds an encoded backslash or control character");
        }
        if text.matches('/').count() != slashes {
            return Err("holds an encoded slash");
        }
        // Some servers cut parameters off a segment before they look at it.
        let name = |segment: &str| segment.split(';').next().map(str::to_owned);
        let dots = |name: String| name == "." || name == "..";
        if text.split('/').filter_map(name).any(dots) {
            return Err("holds a segment of dots, which would lead elsewhere");
        }
        let decoded = percent_decode_str(&text)
            .decode_utf8()
            .map_err(|_| "is encoded as something other than UTF-8")?
            .into_owned();
        if decoded == text {
            return Ok(());
        }
        text = decoded;
    }
    Err("is encoded too many times")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base: &str, path: &str) -> Result<String, &'static str> {
        below(&Url::parse(base).unwrap(), path).map(String::from)
    }

    #[test]
    fn a_path_goes_below_the_base_url() {
        let cases = [
            ("https://a.example", "/", "https://a.example/"),
            ("https://a.example/", "/x.y", "https://a.example/x.y"),
            ("https://a.example/v1", "/x/y", "https://a.example/v1/x/y"),
            (
                "https://a.example/v1/",
                "/x//y/",
                "https://a.example/v1/x//y/",
            ),
            (
                "https://a.example",
                "/x?a=1&b=%2F",
                "https://a.example/x?a=1&b=%2F",
            ),
            (
                "https://a.example",
                "/x?u=http://b/../c",
                "https://a.example/x?u=http://b/../c",
            ),
            (
                "https://a.example",
                "/a b/ü",
                "https://a.example/a%20b/%C3%BC",
            ),
            ("https://a.example", "/100%25", "https://a.example/100%25"),
            (
                "https://a.example",
                "/a..b/...;x/.c",
                "https://a.example/a..b/...;x/.c",
            ),
            (
                "https://a.example",
                "/user@b:80",
                "https://a.example/user@b:80",
            ),
        ];
        for (base, path, expected) in cases {
            assert_eq!(url(base, path).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn no_path_leaves_the_base_url() {
        for path in [
            "",
            "x",
            "x.y/z",
            "?x",
            "http://b.example/x",
            "https:/b.example",
            "//b.example/x",
            "///b.example/x",
            "/\\b.example/x",
            "\\\\b.example",
            "/x\\..\\y",
            "/x#y",
            "/x\ny",
            "/\t/b.example",
            "/x\u{0}",
            "/..",
            "/../x",
            "/x/../../y",
            "/x/./y",
            "/x/..",
            "/%2e%2e/x",
            "/.%2E/x",
            "/%2e/x",
            "/%252e%252e/x",
            "/%25252e%25252e/x",
            "/%2525252525252e/x",
            "/x/..;/y",
            "/x/..;a=b/y",
            "/x/%2e%2e%3b/y",
            "/x%2fy",
            "/x%2F..%2Fy",
            "/x%252fy",
            "/%2f%2fb.example",
            "/x%5cy",
            "/x%255cy",
            "/x%00",
            "/x%0d%0ahost:%20b",
            "/x%250a",
            "/x%",
            "/x%2",
            "/x%zz",
            "/x%u002e",
            "/x%ff",
            "/x%c0%ae",
        ] {
            let outcome = url("https://a.example/v1", path);
            assert!(outcome.is_err(), "{path:?} became {outcome:?}");
        }
    }
}
