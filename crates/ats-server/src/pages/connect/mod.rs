//! The connect flow: what a customer sees who was sent a link.
//!
//! The secret of the link stands in every address and is what a form is trusted for. Credentials are
//! never written into a page: between the test and the customer's word they wait in memory. The pages
//! of an embedded link end by telling the page around them, by `postMessage` to any origin: the frame
//! cannot know who holds it, and the token that it sends is worth nothing without an API key of the
//! environment.

mod check;
mod finish;
mod report;
mod scope;
mod steps;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ats_core::{Factory, IntegrationId};
use ats_store::{Link, LinkKind, LogKind, Scope, ScopeConfig, ScopeSetting, ScopeSettings};
use axum::{
    Router,
    routing::{get, post},
};
use maud::{Markup, html};
use secrecy::SecretString;

use super::{failure::Failure, layout::Framed};
use crate::{App, outer::Noted};
use report::Report;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/connect/{token}", get(steps::start))
        .route("/connect/{token}/key", get(steps::key))
        .route("/connect/{token}/check", post(check::check))
        .route("/connect/{token}/scope/{attempt}", get(scope::scope))
        .route("/connect/{token}/connect", post(finish::connect))
}

/// What a customer has entered and not yet confirmed.
pub(super) struct Attempt {
    pub(super) factory: &'static Factory,
    pub(super) credentials: BTreeMap<String, SecretString>,
    pub(super) base_url: Option<String>,
    pub(super) report: Report,
    /// What came of it, once it is confirmed: a form that is sent twice does nothing twice.
    pub(super) connected: Option<Connected>,
}

/// What came of an attempt.
#[derive(Clone)]
pub(super) struct Connected {
    pub(super) activation_token: String,
    pub(super) tool: &'static str,
}

/// A link with what belongs to it.
pub(super) struct Flow {
    pub(super) token: String,
    pub(super) link: Link,
    /// What is on for what will be connected.
    pub(super) settings: ScopeSettings,
    /// The scope config that says so, if one does.
    pub(super) config: Option<String>,
}

impl Flow {
    /// The link of this token, whether or not it can still be used.
    pub(super) async fn find(app: &App, noted: &Noted, token: &str) -> Result<Self, Failure> {
        noted.kind(LogKind::ConnectionFlow);
        let asked = token.to_owned();
        let found = app.stored(move |platform| {
            let Some(link) = platform.link(&asked)? else {
                return Ok(None);
            };
            let configs = platform.scope_configs(&link.environment)?;
            let renewed = match &link.integration {
                Some(id) if link.kind == LinkKind::Relink => platform.integration(id)?,
                _ => None,
            };
            Ok(Some((link, configs, renewed)))
        });
        let Some((mut link, configs, renewed)) = found.await? else {
            return Err(Failure::Unknown(
                "This link leads nowhere. Perhaps a part of it is missing; ask whoever sent it for a new one.",
            ));
        };
        noted.environment(&link.environment);
        let (settings, config) = match (link.kind, &renewed) {
            (LinkKind::Connect, _) => chosen(&link, configs),
            (LinkKind::Relink, Some(one)) => {
                noted.integration(&one.id);
                link.connector = Some(one.connector.clone());
                match link.scope_config {
                    Some(_) => chosen(&link, configs),
                    None => (settings_of(&one.settings.scope), None),
                }
            }
            (LinkKind::Relink, None) => {
                return Err(Failure::Unknown(
                    "The connection that this link is for is no longer there.",
                ));
            }
        };
        Ok(Self {
            token: token.to_owned(),
            link,
            settings,
            config,
        })
    }

    /// The link of this token, if it can be used.
    pub(super) async fn open(app: &App, noted: &Noted, token: &str) -> Result<Self, Failure> {
        let flow = Self::find(app, noted, token).await?;
        flow.check_open(app)?;
        Ok(flow)
    }

    /// Whether the link can be used.
    pub(super) fn check_open(&self, app: &App) -> Result<(), Failure> {
        let sender = "ask whoever sent it for a new one";
        if self.link.used_at.is_some() {
            return Err(Failure::Gone {
                title: "This link was used already",
                text: format!(
                    "The connection was made. A link works once; to connect something else, {sender}."
                ),
                framed: self.framed(),
            });
        }
        if self.link.expires_at <= app.now() {
            return Err(Failure::Gone {
                title: "This link has expired",
                text: format!("Nothing was connected with it; {sender}."),
                framed: self.framed(),
            });
        }
        Ok(())
    }

    /// The connector: the link's own, or else the one that the customer chose.
    pub(super) fn factory(&self, app: &App, chosen: &str) -> Option<&'static Factory> {
        let slug = self.link.connector.as_deref().unwrap_or(chosen);
        app.registry().find(slug)
    }

    pub(super) fn framed(&self) -> Framed {
        match self.link.embedded {
            true => Framed::Anywhere,
            false => Framed::Never,
        }
    }

    /// A page's address within the flow.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/connect/{}{rest}", self.token)
    }

    pub(super) fn is_relink(&self) -> bool {
        self.link.kind == LinkKind::Relink
    }

    /// The integration that gets new credentials.
    pub(super) fn relinked(&self) -> Option<&IntegrationId> {
        self.link.integration.as_ref().filter(|_| self.is_relink())
    }

    /// Where the customer is, and a way out.
    pub(super) fn head(&self, step: usize) -> Markup {
        const STEPS: [&str; 4] = ["Begin", "Make a key", "Check it", "Done"];
        html! {
            div.head {
                p.quiet { "Connecting " strong { (self.link.end_user.organization_name) } }
                @if self.link.embedded { button type="button" data-close hidden { "Close" } }
            }
            ol.progress aria-label="Steps" {
                @for (index, name) in STEPS.iter().enumerate() {
                    li class=[(index < step).then_some("past")] aria-current=[(index == step).then_some("step")] {
                        (index + 1) span { ". " (name) }
                    }
                }
            }
        }
    }
}

/// What is on: what the link names, or else the environment's default.
fn chosen(link: &Link, configs: Vec<ScopeConfig>) -> (ScopeSettings, Option<String>) {
    let wanted = |config: &ScopeConfig| match &link.scope_config {
        Some(id) => config.id == *id,
        None => config.is_default,
    };
    match configs.into_iter().find(wanted) {
        Some(config) => (config.settings, Some(config.id)),
        None => (ScopeSettings::default(), None),
    }
}

/// What is on for an integration that is there: nothing about it changes with its credentials.
fn settings_of(scope: &Scope) -> ScopeSettings {
    let off = |names: &BTreeSet<String>| -> BTreeMap<String, ScopeSetting> {
        let names = names.iter().cloned();
        names.map(|name| (name, ScopeSetting::Disabled)).collect()
    };
    let fields = scope.fields_off.iter();
    ScopeSettings {
        models: off(&scope.models_off),
        fields: fields
            .map(|(model, fields)| (model.clone(), off(fields)))
            .collect(),
        actions: off(&scope.actions_off),
    }
}

/// The attempt of this name, made with the link.
pub(super) fn attempt(
    app: &App,
    flow: &Flow,
    name: &str,
) -> Result<Arc<tokio::sync::Mutex<Attempt>>, Failure> {
    let found = app.desk().attempt(&flow.token, name, app.now());
    found.ok_or_else(|| Failure::Gone {
        title: "That took too long",
        text: "What you entered was forgotten, to be safe. Open the link again and enter the key once more.".to_owned(),
        framed: flow.framed(),
    })
}
