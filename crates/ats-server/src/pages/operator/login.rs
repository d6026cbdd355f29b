//! In and out: the link that the server prints, or the password it was given.

use axum::{
    extract::{Path, Query, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, StatusCode};
use maud::html;
use serde::Deserialize;

use super::session::{self, HOURS, Posted, Secret, Visitor, inputs, own_path};
use crate::{
    App,
    pages::{desk::Try, failure::Failure, guard, layout::Page},
};

#[derive(Debug, Default, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

/// `GET /login`.
pub(super) async fn form(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(query): Query<Next>,
) -> Response {
    if visitor.csrf().is_some() {
        return Redirect::to(own_path(&query.next)).into_response();
    }
    let from_elsewhere = guard::is_from_elsewhere(&headers);
    page(&app, &query.next, from_elsewhere, None).into_response()
}

/// `POST /login`.
pub(super) async fn login(State(app): State<App>, request: Request) -> Result<Response, Failure> {
    let pairs = inputs(request, &app).await?;
    let next = session::text(&pairs, "next");
    let given = session::text(&pairs, "password").to_owned();
    let problem = match app.desk().try_password(&given, app.now()) {
        Try::Right => return enter(&app, next).await,
        Try::Wrong => "This is not the password.",
        Try::TooMany => {
            "Too many wrong passwords. Wait 15 minutes, or use the link that the server printed when it started."
        }
    };
    tracing::warn!("somebody could not log in");
    let page = page(&app, next, false, Some(problem)).with_status(StatusCode::UNAUTHORIZED);
    Ok(page.into_response())
}

/// `GET /login/{token}`.
pub(super) async fn by_link(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    match app.desk().opens(&token) {
        true => enter(&app, "/").await,
        false => Err(Failure::NotFound(
            "This link logs nobody in. The server prints a new one each time it starts.",
        )),
    }
}

/// `POST /logout`.
pub(super) async fn logout(
    State(app): State<App>,
    headers: HeaderMap,
    _posted: Posted,
) -> Result<Response, Failure> {
    if let Some(secret) = Secret::of(&headers, &app) {
        app.stored(move |platform| platform.end_session(secret.text()))
            .await?;
    }
    let mut response = Redirect::to("/login").into_response();
    session::forget(&app, &mut response);
    Ok(response)
}

async fn enter(app: &App, next: &str) -> Result<Response, Failure> {
    let secret = Secret::new();
    let until = DateTime::<Utc>::from(app.now()) + TimeDelta::hours(HOURS);
    let kept = secret.text().to_owned();
    app.stored(move |platform| platform.add_session(&kept, until.into()))
        .await?;
    let mut response = Redirect::to(own_path(next)).into_response();
    secret.give(app, &mut response);
    Ok(response)
}

fn page(app: &App, next: &str, from_elsewhere: bool, problem: Option<&str>) -> Page {
    let has_password = app.desk().has_password();
    let content = html! {
        div.sheet {
            h1 { "Sign in" }
            @if from_elsewhere {
                p.note { "A link of another page led here, so the browser has kept your login back. If you are signed in, " a href=(own_path(next)) { "go on" } "." }
            }
            @if let Some(problem) = problem { p.note.bad role="alert" id="problem" { (problem) } }
            @if has_password {
                form method="post" action="/login" data-once {
                    input type="hidden" name="next" value=(own_path(next));
                    div.field {
                        label for="password" { "Password" }
                        p.hint #hint { "The one in " code { "ATS_OPERATOR_PASSWORD" } " of the server." }
                        input #password name="password" type="password" autocomplete="current-password" required autofocus aria-describedby="hint";
                    }
                    div.actions { button.main type="submit" { "Sign in" } }
                }
            } @else {
                p { "Open the link that the server printed when it started. It ends in " code { "/login/…" } "." }
                p { "For a password instead, start the server with " code { "ATS_OPERATOR_PASSWORD" } " set." }
            }
        }
    };
    Page::plain("Sign in", content)
}
