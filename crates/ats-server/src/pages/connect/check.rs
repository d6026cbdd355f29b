//! The scope test: the key is tried at the vendor, and nothing is kept of it but in memory.

use std::{collections::BTreeMap, time::Duration};

use ats_core::{Connection, ErrorKind, Factory, Manifest};
use axum::{
    extract::{Path, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use secrecy::SecretString;
use url::Url;

use super::{Attempt, Flow, attempt, report::Report, steps};
use crate::{
    App,
    outer::Noted,
    outgoing,
    pages::{
        failure::Failure,
        operator::{inputs, text},
    },
};

/// How long the vendor may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest credential that is taken.
const LONGEST: usize = 10_000;

/// What was entered.
struct Entered {
    factory: &'static Factory,
    credentials: BTreeMap<String, SecretString>,
    base_url: Option<String>,
}

/// `POST /connect/{token}/check`.
pub(super) async fn check(
    State(app): State<App>,
    noted: Noted,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let flow = Flow::open(&app, &noted, &token).await?;
    let pairs = inputs(request, &app).await?;
    let again = text(&pairs, "attempt");
    let mut entered = match again.is_empty() {
        false => {
            let kept = attempt(&app, &flow, again)?;
            let kept = kept.lock().await;
            Entered {
                factory: kept.factory,
                credentials: kept.credentials.clone(),
                base_url: kept.base_url.clone(),
            }
        }
        true => match read(&app, &flow, &pairs) {
            Ok(entered) => entered,
            Err(problem) => {
                let page = steps::form(&app, &flow, text(&pairs, "tool"), Some(&problem))?;
                return Ok(page.into_response());
            }
        },
    };
    // A key that is renewed is tried where the old one was used.
    if entered.base_url.is_none()
        && let Some(id) = flow.relinked().cloned()
    {
        let found = app
            .stored(move |platform| platform.integration(&id))
            .await?;
        entered.base_url = found.and_then(|one| one.base_url);
    }
    match test(&app, &flow, &entered).await {
        Ok(report) => {
            let kept = Attempt {
                factory: entered.factory,
                credentials: entered.credentials,
                base_url: entered.base_url,
                report,
                connected: None,
            };
            let name = app.desk().keep(&flow.token, kept, app.now());
            Ok(Redirect::to(&flow.path(&format!("/scope/{name}"))).into_response())
        }
        Err(problem) => {
            let slug = entered.factory.manifest.slug;
            failed(&app, &flow, &noted, slug).await;
            Ok(steps::form(&app, &flow, slug, Some(&problem))?.into_response())
        }
    }
}

/// The inputs of the form, or what is wrong with them.
fn read(app: &App, flow: &Flow, pairs: &[(String, String)]) -> Result<Entered, String> {
    let factory = flow
        .factory(app, text(pairs, "tool"))
        .ok_or("Choose one of the tools that are offered.")?;
    let mut credentials = BTreeMap::new();
    for field in factory.manifest.credentials {
        // A key that is copied often brings a space or a line end.
        let value = text(pairs, &format!("credential-{}", field.name)).trim();
        if value.is_empty() {
            return Err(format!("{} is missing.", field.label));
        }
        if value.len() > LONGEST || value.chars().any(char::is_control) {
            return Err(format!("This does not look like: {}.", field.label));
        }
        credentials.insert(field.name.to_owned(), SecretString::from(value));
    }
    let base_url = match text(pairs, "base_url").trim() {
        "" => None,
        _ if !app.options().allow_private_network => None,
        url => Some(address(url).ok_or("The vendor address must be an http or https address.")?),
    };
    Ok(Entered {
        factory,
        credentials,
        base_url,
    })
}

fn address(text: &str) -> Option<String> {
    let url: Url = text.parse().ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_web.then(|| text.trim_end_matches('/').to_owned())
}

/// Asks the vendor; what goes wrong is told as a person reads it.
async fn test(app: &App, flow: &Flow, entered: &Entered) -> Result<Report, String> {
    let manifest = entered.factory.manifest;
    let connection = Connection {
        credentials: entered.credentials.clone(),
        base_url: entered.base_url.clone(),
        allow_private_network: app.options().allow_private_network,
        ..Connection::default()
    };
    let told = |error: &ats_core::Error| {
        tracing::info!(connector = manifest.slug, %error, "a key was not taken");
        words(error, manifest)
    };
    let connector = (entered.factory.connect)(&connection).map_err(|error| told(&error))?;
    let access = tokio::select! {
        access = connector.check() => access.map_err(|error| told(&error))?,
        () = app.clock().sleep(PATIENCE) => {
            tracing::info!(connector = manifest.slug, "a key could not be tried in time");
            return Err(format!("{} did not answer in time. The key may be right; try again in a moment.", manifest.name));
        }
    };
    let matrix = app.registry().matrix(manifest.slug);
    let matrix = matrix.map(|matrix| matrix.json);
    Ok(Report::of(
        connector.as_ref(),
        &access,
        &flow.settings,
        matrix,
    ))
}

fn words(error: &ats_core::Error, manifest: &Manifest) -> String {
    let name = manifest.name;
    match error.kind() {
        ErrorKind::CredentialsRejected => format!(
            "{name} does not know this key. Copy it once more, whole and without spaces; if it is lost, make a new one."
        ),
        ErrorKind::PermissionMissing { .. } => {
            format!(
                "{name} knows the key, but it may do nothing yet. Tick the boxes that are named below."
            )
        }
        ErrorKind::RateLimited { .. } => {
            format!(
                "{name} asks for patience: there were too many requests. Try again in a minute."
            )
        }
        ErrorKind::Unavailable => {
            format!("{name} could not be reached. The key may be right; try again in a moment.")
        }
        ErrorKind::ConfigInvalid => format!("This cannot be used: {}.", error.message()),
        _ => format!(
            "{name} answered something that was not expected. Try again; if it stays so, tell whoever sent the link."
        ),
    }
}

/// Tells whoever made the link that the customer did not get through.
async fn failed(app: &App, flow: &Flow, noted: &Noted, tool: &'static str) {
    let link = &flow.link;
    let log_id = noted.id();
    let told =
        outgoing::connection_flow_failed(app, &link.environment, tool, &link.end_user, &log_id);
    told.await;
    tracing::warn!(tool, "a customer's key was not taken");
}
