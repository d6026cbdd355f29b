//! The customer's word: credentials are sealed and kept, and whoever made the link is told.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{IntegrationId, Timestamp};
use ats_store::{
    Activation, Connecting, Integration, IntegrationState, Platform, Scope, Settings,
    vault::{KeyRing, Sealed},
};
use axum::extract::{Path, Request, State};
use chrono::{DateTime, TimeDelta, Utc};
use maud::html;
use secrecy::SecretString;

use super::{Attempt, Connected, Flow, attempt};
use crate::{
    ApiError, App, Code,
    outer::Noted,
    outgoing,
    pages::{
        failure::Failure,
        layout::Page,
        operator::{inputs, text},
    },
    token,
};

/// How long whoever made the link can ask what came of it.
const ACTIVATION_HOURS: i64 = 1;

/// The longest name that is made of an organisation's.
const LONGEST_NAME: usize = 80;

/// `POST /connect/{token}/connect`.
pub(super) async fn connect(
    State(app): State<App>,
    noted: Noted,
    Path(token): Path<String>,
    request: Request,
) -> Result<Page, Failure> {
    let flow = Flow::find(&app, &noted, &token).await?;
    let pairs = inputs(request, &app).await?;
    let name = text(&pairs, "attempt");
    // A link that cannot be used is told about first, unless it was this attempt that used it.
    if app.desk().attempt(&flow.token, name, app.now()).is_none() {
        flow.check_open(&app)?;
    }
    let kept = attempt(&app, &flow, name)?;
    let mut kept = kept.lock().await;
    if let Some(connected) = &kept.connected {
        return Ok(done(&flow, connected));
    }
    flow.check_open(&app)?;
    let shared: BTreeSet<&str> = pairs
        .iter()
        .filter(|(name, _)| name == "share")
        .map(|(_, value)| value.as_str())
        .collect();
    let opted_out = kept.report.optional().filter(|name| !shared.contains(name));
    let opted_out: BTreeSet<String> = opted_out.map(str::to_owned).collect();
    let scope = flow.settings.scope(&opted_out);
    let (integration, activation_token) = keep(&app, &flow, &kept, scope).await?;
    noted.integration(&integration.id);
    outgoing::wake(&app);
    tracing::info!(integration = %integration.id, relinked = flow.is_relink(), "a customer connected");
    app.wake();
    let connected = Connected {
        activation_token,
        tool: kept.factory.manifest.name,
    };
    kept.connected = Some(connected.clone());
    kept.credentials.clear();
    Ok(done(&flow, &connected))
}

/// Uses the link, keeps the integration, and gives the token for whoever made the link.
async fn keep(
    app: &App,
    flow: &Flow,
    kept: &Attempt,
    scope: Scope,
) -> Result<(Integration, String), Failure> {
    let _naming = app.desk().naming.lock().await;
    let now = app.now();
    let manifest = kept.factory.manifest;
    let base_url = kept.base_url.clone().filter(|url| url != manifest.base_url);
    let keys = std::sync::Arc::clone(app.keys());
    let credentials = kept.credentials.clone();
    let seal = move |id: &IntegrationId| seal(&keys, &credentials, id);
    let made = match flow.relinked() {
        Some(id) => {
            let id = id.clone();
            let found = app
                .stored(move |platform| platform.integration(&id))
                .await?;
            let mut one = found.ok_or(Failure::Unknown(
                "The connection that this link is for is no longer there.",
            ))?;
            if flow.config.is_some() {
                one.settings.scope_config = flow.config.clone();
                if one.settings.scope != scope {
                    one.settings.scope = scope;
                    one.settings.scope_changed_at = Some(now);
                }
            }
            Integration {
                credentials: seal(&one.id)?,
                base_url: base_url.or(one.base_url.clone()),
                state: IntegrationState::Active,
                credentials_changed_at: now,
                ..one
            }
        }
        None => {
            let wanted = name_of(&flow.link.end_user.organization_name, manifest.name);
            let slug = manifest.slug;
            let (id, name) = app
                .stored(move |platform| free(platform, slug, &wanted))
                .await?;
            Integration {
                credentials: seal(&id)?,
                id,
                connector: slug.to_owned(),
                name,
                base_url,
                state: IntegrationState::Active,
                environment: flow.link.environment.clone(),
                end_user: flow.link.end_user.clone(),
                settings: Settings {
                    scope,
                    scope_config: flow.config.clone(),
                    ..Settings::default()
                },
                created_at: now,
                credentials_changed_at: now,
            }
        }
    };
    let activation_token = token::secret();
    let (link, activation, saved) = (flow.token.clone(), activation_token.clone(), made.clone());
    let event = match flow.is_relink() {
        true => outgoing::integration_state_changed(&made, now),
        false => outgoing::integration_created(&made, now),
    };
    let used = app.stored(move |platform| {
        let activated = Activation {
            integration: saved.id.clone(),
            expires_at: later(now),
        };
        platform.connect(&Connecting {
            link: &link,
            integration: &saved,
            activation_token: &activation,
            activation: &activated,
            event: &event,
            now,
        })
    });
    match used.await? {
        true => Ok((made, activation_token)),
        false => Err(Failure::Gone {
            title: "This link was used already",
            text: "Somebody connected with it while you were here; nothing of yours was kept."
                .to_owned(),
            framed: flow.framed(),
        }),
    }
}

fn later(now: Timestamp) -> Timestamp {
    (DateTime::<Utc>::from(now) + TimeDelta::hours(ACTIVATION_HOURS)).into()
}

fn seal(
    keys: &KeyRing,
    credentials: &BTreeMap<String, SecretString>,
    id: &IntegrationId,
) -> Result<Sealed, ApiError> {
    keys.seal_credentials(credentials, id).map_err(|error| {
        tracing::error!(%error, "credentials cannot be sealed");
        ApiError::new(Code::UnknownError, "the key could not be kept; try again")
    })
}

/// A name that is free, and the id that follows from it.
fn free(
    platform: &dyn Platform,
    slug: &str,
    wanted: &str,
) -> ats_store::Result<(IntegrationId, String)> {
    let mut name = wanted.to_owned();
    let mut number = 2_u32;
    loop {
        let id = IntegrationId::derive(slug, &name);
        if platform.integration(&id)?.is_none() {
            return Ok((id, name));
        }
        name = format!("{wanted} {number}");
        number += 1;
    }
}

/// A name that can be printed and typed.
fn name_of(organization: &str, otherwise: &str) -> String {
    let plain = organization.chars().filter(|c| !c.is_control());
    let plain: String = plain.take(LONGEST_NAME).collect();
    match plain.trim() {
        "" => otherwise.to_owned(),
        plain => plain.to_owned(),
    }
}

fn done(flow: &Flow, connected: &Connected) -> Page {
    let title = "Connected";
    let token = flow
        .link
        .embedded
        .then_some(connected.activation_token.as_str());
    let content = html! {
        (flow.head(4))
        div.sheet data-activation-token=[token] {
            h1 { "Thank you" }
            p role="status" { (connected.tool) " is connected. The first reading has begun; it takes between a minute and a few hours." }
            p { "You can disable the key in " (connected.tool) " at any time." }
            @if flow.link.embedded {
                noscript { p.note { "Go back to the page that you came from; it learns of the connection by itself." } }
                div.actions { button.main type="button" data-close hidden { "Close" } }
            }
            p { "You can close this window." }
        }
    };
    Page::connect(title, flow.framed(), content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_organisations_and_can_be_typed() {
        assert_eq!(name_of(" Acme\u{7} Inc. ", "Ashby"), "Acme Inc.");
        assert_eq!(name_of(" \n", "Ashby"), "Ashby");
        assert_eq!(name_of(&"x".repeat(500), "Ashby").len(), LONGEST_NAME);
    }
}
