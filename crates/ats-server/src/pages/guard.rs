//! What keeps pages to themselves: the headers of every answer, and where a form may come from.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use url::Url;

use super::layout::{Framed, policy};
use crate::outer::Noted;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Adds the headers that hold for all pages, where a handler has not set its own.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let is_connect = request.uri().path().starts_with("/connect/");
    if !is_connect {
        // The request log is about the API and about customers.
        Noted::of(request.extensions()).leave_out();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut usual = |name: HeaderName, value: &'static str| {
        let value = HeaderValue::from_static(value);
        headers.entry(name).or_insert(value);
    };
    usual(CONTENT_SECURITY_POLICY, policy(Framed::Never));
    usual(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Addresses hold tokens.
    usual(REFERRER_POLICY, "no-referrer");
    usual(CACHE_CONTROL, "no-store");
    // A connect page talks to the window that opened it.
    if !is_connect {
        usual(OPENER_POLICY, "same-origin");
    }
    response
}

/// Whether a link of another site led here. Then the browser keeps a strict cookie back.
pub(super) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get(FETCH_SITE);
    site.is_some_and(|site| site == "cross-site" || site == "same-site")
}

/// Whether a form comes from a page of this server, as far as the browser tells.
///
/// Pages ask for no referrer, and then a browser may say `Origin: null` of its own page. So this is
/// the second lock; the first is a secret in the form or in the address.
pub(super) fn is_own(headers: &HeaderMap, public: &Url) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(&FETCH_SITE) {
        return matches!(site, "same-origin" | "none");
    }
    match text(&ORIGIN) {
        None | Some("null") => true,
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            *origin == public.origin().ascii_serialization() || host == text(&HOST)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        is_own(&headers, &"https://ats.example.com".parse().unwrap())
    }

    #[test]
    fn a_form_of_another_site_is_not_ours() {
        assert!(own(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "null")
        ]));
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
        assert!(own(&[("origin", "https://ats.example.com")]));
        assert!(own(&[
            ("origin", "http://127.0.0.1:1"),
            ("host", "127.0.0.1:1")
        ]));
        assert!(!own(&[
            ("origin", "https://evil.example"),
            ("host", "ats.example.com")
        ]));
        assert!(own(&[]));
    }
}
