//! Who looks at the operator's pages: the session in a cookie, and the proof that a form is ours.
//!
//! The cookie holds a random secret; the store knows only its hash. The proof in forms is derived from
//! the same secret, which no script and no other site can read.

use std::convert::Infallible;

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Redirect, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode, Uri,
    header::{COOKIE, SET_COOKIE},
    request::Parts,
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::{
    ApiError, App,
    pages::{failure::Failure, guard},
    token,
};

/// How long a login lasts.
pub(super) const HOURS: i64 = 12;

/// Somebody who is logged in.
#[derive(Debug)]
pub(in crate::pages) struct Operator {
    csrf: String,
}

/// Anybody, logged in or not.
#[derive(Debug)]
pub(in crate::pages) struct Visitor(Option<Operator>);

/// A form of somebody who is logged in, from a page of ours.
#[derive(Debug)]
pub(super) struct Posted {
    operator: Operator,
    pairs: Vec<(String, String)>,
}

/// The secret of a session.
pub(super) struct Secret(String);

impl Operator {
    /// What forms carry.
    pub(in crate::pages) fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl Visitor {
    /// What forms carry, for somebody who is logged in.
    pub(in crate::pages) fn csrf(&self) -> Option<&str> {
        self.0.as_ref().map(Operator::csrf)
    }
}

impl Posted {
    pub(super) fn operator(&self) -> &Operator {
        &self.operator
    }

    /// The value of an input; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        text(&self.pairs, name)
    }
}

impl Secret {
    pub(super) fn new() -> Self {
        Self(token::secret())
    }

    /// The one in the cookie.
    pub(super) fn of(headers: &HeaderMap, app: &App) -> Option<Self> {
        let wanted = cookie_name(app);
        let cookies = headers.get_all(COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|text| text.split(';'));
        let found = pairs.find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == wanted).then(|| value.to_owned())
        })?;
        (!found.is_empty()).then_some(Self(found))
    }

    /// The secret itself; the store keeps its hash.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// What forms carry: it tells nothing about the secret.
    fn csrf(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update("form\0");
        hasher.update(&self.0);
        bs58::encode(hasher.finalize()).into_string()
    }

    /// Puts the cookie on an answer.
    pub(super) fn give(&self, app: &App, response: &mut Response) {
        set_cookie(app, response, &self.0, HOURS * 60 * 60);
    }
}

/// Takes the cookie away.
pub(super) fn forget(app: &App, response: &mut Response) {
    set_cookie(app, response, "", 0);
}

fn set_cookie(app: &App, response: &mut Response, value: &str, seconds: i64) {
    let name = cookie_name(app);
    let secure = if is_https(app) { "; Secure" } else { "" };
    let text =
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    // The alphabet of secrets is that of cookies.
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

fn cookie_name(app: &App) -> &'static str {
    match is_https(app) {
        true => "__Host-ats_session",
        false => "ats_session",
    }
}

fn is_https(app: &App) -> bool {
    app.options().public_url.scheme() == "https"
}

/// The value of an input; empty where there is none.
pub(in crate::pages) fn text<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    let mut found = pairs.iter().filter(|(known, _)| known == name);
    found.next().map_or("", |(_, value)| value)
}

/// The inputs of a form.
pub(in crate::pages) async fn inputs(
    request: Request,
    app: &App,
) -> Result<Vec<(String, String)>, Failure> {
    if !guard::is_own(request.headers(), &app.options().public_url) {
        return Err(Failure::Refused(
            "The form came from another site. Open the page here and try again.",
        ));
    }
    let body = axum::body::Bytes::from_request(request, app).await;
    let body = body.map_err(|_| Failure::Invalid("The form did not arrive whole.".to_owned()))?;
    Ok(form_urlencoded::parse(&body).into_owned().collect())
}

async fn session(app: &App, headers: &HeaderMap) -> Result<Option<Operator>, ApiError> {
    let Some(secret) = Secret::of(headers, app) else {
        return Ok(None);
    };
    let (csrf, now) = (secret.csrf(), app.now());
    let is_known = app
        .stored(move |platform| platform.has_session(secret.text(), now))
        .await?;
    Ok(is_known.then_some(Operator { csrf }))
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        // A store that fails is told about where something is asked of it.
        Ok(Self(session(app, &parts.headers).await.ok().flatten()))
    }
}

impl FromRequestParts<App> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match session(app, &parts.headers).await {
            Ok(Some(operator)) => Ok(operator),
            Ok(None) => Err(to_login(&parts.uri)),
            Err(error) => Err(Failure::Failed(error).into_response()),
        }
    }
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let operator = match session(app, request.headers()).await {
            Ok(Some(operator)) => operator,
            Ok(None) => return Err(Redirect::to("/login").into_response()),
            Err(error) => return Err(Failure::Failed(error).into_response()),
        };
        let pairs = inputs(request, app)
            .await
            .map_err(IntoResponse::into_response)?;
        let given = text(&pairs, "csrf").as_bytes();
        if !bool::from(given.ct_eq(operator.csrf.as_bytes())) {
            let refused = Failure::Refused(
                "The form is older than your login. Go back, load the page anew, and try again.",
            );
            return Err(refused.into_response());
        }
        Ok(Self { operator, pairs })
    }
}

/// Lets a person log in and come back.
fn to_login(uri: &Uri) -> Response {
    let here = uri.path_and_query().map_or("/", |here| here.as_str());
    let mut query = form_urlencoded::Serializer::new(String::new());
    if here != "/" {
        query.append_pair("next", here);
    }
    let query = query.finish();
    let target = match query.is_empty() {
        true => "/login".to_owned(),
        false => format!("/login?{query}"),
    };
    (StatusCode::SEE_OTHER, [(http::header::LOCATION, target)]).into_response()
}

/// A path of this server, whatever was asked for.
pub(super) fn own_path(wanted: &str) -> &str {
    let is_own = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && !wanted.contains('\\')
        && !wanted.chars().any(char::is_control);
    if is_own { wanted } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_no_other_site() {
        assert_eq!(own_path("/logs?type=API"), "/logs?type=API");
        for wanted in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/a\r\nb",
        ] {
            assert_eq!(own_path(wanted), "/", "{wanted}");
        }
    }

    #[test]
    fn what_forms_carry_is_of_one_session_and_not_its_secret() {
        let (one, other) = (Secret::new(), Secret::new());
        assert_ne!(one.csrf(), other.csrf());
        assert_ne!(one.csrf(), one.text());
    }
}
