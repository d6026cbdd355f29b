//! The style sheet and the script of all pages. They are part of the program and are served under a
//! name that changes with their content, so that browsers may keep them for ever.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{
    StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use sha2::{Digest, Sha256};

use crate::App;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const ICON: &str = include_str!("icon.svg");

/// The addresses, made once.
struct Addresses {
    style: String,
    script: String,
    icon: String,
}

static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| Addresses {
    style: address("style", "css", STYLE),
    script: address("script", "js", SCRIPT),
    icon: address("icon", "svg", ICON),
});

/// Where the style sheet is.
pub(super) fn style() -> &'static str {
    &ADDRESSES.style
}

/// Where the script is.
pub(super) fn script() -> &'static str {
    &ADDRESSES.script
}

/// Where the icon is.
pub(super) fn icon() -> &'static str {
    &ADDRESSES.icon
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/assets/{name}", get(asset))
        .route("/assets/tools/{name}", get(tool))
}

/// A picture of a connector: its initial, since no vendor's mark is ours to show.
async fn tool(State(app): State<App>, Path(name): Path<String>) -> Response {
    let slug = name.strip_suffix(".svg").unwrap_or_default();
    let Some(factory) = app.registry().find(slug) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let initial = factory
        .manifest
        .name
        .chars()
        .find(char::is_ascii_alphanumeric);
    let picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\"><rect width=\"64\" \
         height=\"64\" rx=\"14\" fill=\"#3b4a6b\"/><text x=\"32\" y=\"44\" font-family=\"sans-serif\" \
         font-size=\"34\" text-anchor=\"middle\" fill=\"#fff\">{}</text></svg>\n",
        initial.unwrap_or('?')
    );
    let headers = [
        (CONTENT_TYPE, "image/svg+xml"),
        (CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, picture).into_response()
}

async fn asset(Path(name): Path<String>) -> Response {
    let path = format!("/assets/{name}");
    let (kind, text) = match path.as_str() {
        path if path == style() => ("text/css; charset=utf-8", STYLE),
        path if path == script() => ("text/javascript; charset=utf-8", SCRIPT),
        path if path == icon() => ("image/svg+xml", ICON),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, text).into_response()
}

fn address(name: &str, kind: &str, text: &str) -> String {
    let hash = bs58::encode(Sha256::digest(text)).into_string();
    let short = hash.get(..12).unwrap_or(&hash);
    format!("/assets/{name}-{short}.{kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_content_has_another_address() {
        assert_ne!(address("a", "css", "1"), address("a", "css", "2"));
        assert!(style().starts_with("/assets/style-") && style().ends_with(".css"));
    }
}
