//! API keys: the list, a new one, and the end of one.

use ats_store::{ApiKey, NewApiKey, PRODUCTION};
use axum::{
    extract::{Path, State},
    response::Redirect,
};
use http::StatusCode;
use maud::{Markup, html};

use super::session::{Operator, Posted};
use crate::{
    App,
    pages::{
        failure::Failure,
        layout::{Page, Section, Tone, moment, tag, token, wide},
    },
};

/// The longest name of a key or an environment.
const LONGEST: usize = 100;

/// `GET /keys`.
pub(super) async fn all(State(app): State<App>, operator: Operator) -> Result<Page, Failure> {
    page(&app, &operator, None, None).await
}

/// `POST /keys`.
pub(super) async fn create(State(app): State<App>, posted: Posted) -> Result<Page, Failure> {
    let name = posted.text("name").trim().to_owned();
    let environment = match posted.text("environment").trim() {
        "" => PRODUCTION.to_owned(),
        given => given.to_owned(),
    };
    let is_plain = |text: &str| text.len() <= LONGEST && !text.chars().any(char::is_control);
    if name.is_empty() || !is_plain(&name) || !is_plain(&environment) {
        let problem = "A key needs a name that says what it is for, of at most 100 characters.";
        let page = page(&app, posted.operator(), None, Some(problem)).await?;
        return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY));
    }
    let now = app.now();
    let made = app
        .stored(move |platform| platform.create_api_key(&name, &environment, now))
        .await?;
    tracing::info!(
        key = made.id,
        environment = made.environment,
        "an API key was made"
    );
    page(&app, posted.operator(), Some(&made), None).await
}

/// `POST /keys/{id}/revoke`.
pub(super) async fn revoke(
    State(app): State<App>,
    Path(id): Path<String>,
    _posted: Posted,
) -> Result<Redirect, Failure> {
    let now = app.now();
    let asked = id.clone();
    if app
        .stored(move |platform| platform.revoke_api_key(&asked, now))
        .await?
    {
        tracing::info!(key = id, "an API key was revoked");
    }
    Ok(Redirect::to("/keys"))
}

async fn page(
    app: &App,
    operator: &Operator,
    made: Option<&NewApiKey>,
    problem: Option<&str>,
) -> Result<Page, Failure> {
    let keys = app.stored(|platform| platform.api_keys()).await?;
    let csrf = operator.csrf();
    let content = html! {
        h1 { "API keys" }
        @if let Some(made) = made {
            div.note.good role="status" #made {
                h2 { "This is the key" }
                p { "It is shown once. Copy it now and keep it like a password." }
                pre tabindex="0" aria-label="The new key" { code #new-key { (made.key) } }
                p { "It reaches the integrations of the environment " strong { (made.environment) } "." }
            }
        }
        @if let Some(problem) = problem { p.note.bad role="alert" { (problem) } }
        @if keys.is_empty() { p { "There is none yet." } } @else { (table(app, &keys, csrf)) }
        section.sheet aria-labelledby="new" {
            h2 #new { "Make a key" }
            form method="post" action="/keys" data-once {
                (token(csrf))
                div.filters {
                    div.field {
                        label for="name" { "Name" }
                        p.hint #name-hint { "What it is for" }
                        input #name name="name" required maxlength=(LONGEST) autocomplete="off" aria-describedby="name-hint";
                    }
                    div.field {
                        label for="environment" { "Environment" }
                        p.hint #environment-hint { "Whose integrations it reaches" }
                        input #environment name="environment" value=(PRODUCTION) maxlength=(LONGEST) autocomplete="off" aria-describedby="environment-hint";
                    }
                }
                div.actions { button.main type="submit" { "Make the key" } }
            }
        }
    };
    Ok(Page::operator(
        "API keys",
        Section::Keys,
        Some(csrf),
        content,
    ))
}

fn table(app: &App, keys: &[ApiKey], csrf: &str) -> Markup {
    let now = app.now();
    wide(
        "API keys",
        html! {
            table {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Environment" } th scope="col" { "Id" } th scope="col" { "Made" } th scope="col" { "Last used" } th scope="col" { "State" } th scope="col" { span.visually-hidden { "Revoke" } } } }
                tbody {
                    @for key in keys {
                        tr {
                            th scope="row" { (key.name) }
                            td { (key.environment) }
                            td { code { (key.id) } }
                            td { (moment(key.created_at, now)) }
                            td { @match key.last_used_at { Some(at) => { (moment(at, now)) }, None => { "never" } } }
                            td { @match key.revoked_at { Some(_) => { (tag(Tone::Plain, "revoked")) }, None => { (tag(Tone::Good, "good")) } } }
                            td {
                                @if key.revoked_at.is_none() {
                                    form method="post" action=(format!("/keys/{}/revoke", key.id)) {
                                        (token(csrf))
                                        button.danger type="submit" aria-label=(format!("Revoke {}", key.name)) { "Revoke" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        },
    )
}
