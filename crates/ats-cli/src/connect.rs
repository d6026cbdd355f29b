//! `ats connect`: tests a key and keeps it as an integration.
//!
//! The vendor is asked before anything is written, so that a key that does not work leaves no trace.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Context as _, Result};
use ats_core::{Access, Clock, Connection, Connector, Factory, IntegrationId, Timestamp};
use ats_http::SystemClock;
use ats_store::{
    EndUser, Integration, IntegrationState, PRODUCTION, ScopeConfig, Settings,
    vault::{self, KeyRing},
};
use chrono::DateTime;
use clap::Args;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::{
    access,
    context::{Context, Global, database_file, first_keys, key_source, without_password},
    exit::{Exit, usage},
    integration,
    output::{self, say},
    secret::SecretSource,
    settings,
};

/// The options of `ats connect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats connect ashby --name acme --api-key-env ASHBY_API_KEY
  pass show ashby | ats connect ashby --name acme --api-key-stdin
  ats connect ashby --name acme --set remote_data=false --set delta_interval=1h
  ats connect ashby --name test --base-url http://127.0.0.1:8787 --api-key-env KEY

Connecting a name again replaces its key and keeps what was read with the old one.")]
pub(crate) struct Options {
    /// The connector, for example `ashby`.
    connector: String,

    /// What you call the integration. The ids of all records follow from it.
    #[arg(long, value_name = "NAME")]
    name: String,

    #[command(flatten)]
    secret: SecretSource,

    /// Another address of the vendor's API, for example that of `ats simulate`.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,

    /// The environment whose API keys reach it [default: production, or the one it is in].
    #[arg(long, value_name = "ENV")]
    environment: Option<String>,

    /// A setting, as in `ats integrations set`. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = settings::parse_pair)]
    settings: Vec<(String, String)>,
}

/// Runs the command.
pub(crate) async fn run(options: Options, global: &Global) -> Result<Exit> {
    let factory = integration::factory(&options.connector)?;
    let [field] = factory.manifest.credentials else {
        return Err(usage(
            "not_available",
            format!(
                "{} needs more than one credential; this command takes one",
                factory.manifest.name
            ),
        ));
    };
    examine_name(&options.name)?;
    if let Some(environment) = &options.environment {
        examine_name(environment)?;
    }
    let place = Place::look(global, factory, &options.name)?;
    let mut settings = place.settings();
    settings::apply(&mut settings, factory.manifest, &options.settings)?;
    let secret = options.secret.read(field)?;
    let request = Request {
        factory,
        name: options.name,
        credentials: BTreeMap::from([(field.name.to_owned(), secret)]),
        base_url: options
            .base_url
            .or_else(|| place.known.as_ref()?.base_url.clone()),
        environment: options
            .environment
            .or_else(|| Some(place.known.as_ref()?.environment.clone()))
            .unwrap_or_else(|| PRODUCTION.to_owned()),
        settings,
    };
    let connected = connect(place, request).await?;
    if global.json {
        output::json(&connected.to_json())?;
    } else {
        connected.print()?;
    }
    Ok(Exit::Complete)
}

/// What is to be connected.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) factory: &'static Factory,
    pub(crate) name: String,
    pub(crate) credentials: BTreeMap<String, SecretString>,
    pub(crate) base_url: Option<String>,
    pub(crate) environment: String,
    pub(crate) settings: Settings,
}

/// Where it is kept, and what is there already.
#[derive(Debug)]
pub(crate) struct Place {
    database: PathBuf,
    json: bool,
    /// The database, if there is one.
    context: Option<Context>,
    /// The keys for credentials, if there are some or there must be some.
    ring: Option<KeyRing>,
    /// The integration of this name.
    known: Option<Integration>,
}

impl Place {
    /// Opens what is there. Makes nothing, so that a key that is refused later leaves no trace.
    pub(crate) fn look(global: &Global, factory: &Factory, name: &str) -> Result<Self> {
        let database = database_file(global.database())?;
        let context = match database.exists() {
            true => Some(Context::open_or_create(database.clone(), global.json)?),
            false => None,
        };
        let (all, holds_secrets) = match &context {
            Some(context) => (context.store.integrations()?, context.holds_secrets()?),
            None => (Vec::new(), false),
        };
        let id = IntegrationId::derive(factory.manifest.slug, name);
        let known = all.iter().find(|one| one.id == id).cloned();
        // A new key for credentials may only be made where no other is wanted: not beside secrets that
        // it does not open, unless a person gives the credentials anew.
        let ring = match holds_secrets && known.is_none() {
            true => Some(KeyRing::load(&key_source(&database))?),
            false => None,
        };
        Ok(Self {
            database,
            json: global.json,
            context,
            ring,
            known,
        })
    }

    fn settings(&self) -> Settings {
        let known = self.known.as_ref();
        known.map_or_else(Settings::default, |known| known.settings.clone())
    }
}

/// An integration that was just connected.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) context: Context,
    pub(crate) integration: Integration,
    pub(crate) connector: Box<dyn Connector>,
    pub(crate) access: Access,
    /// The scope config that it follows from now on.
    follows: Option<String>,
    replaced: bool,
    made: bool,
}

/// Tests the credentials, and keeps them if the vendor accepts them.
pub(crate) async fn connect(place: Place, request: Request) -> Result<Connected> {
    let manifest = request.factory.manifest;
    let connection = Connection {
        credentials: request.credentials.clone(),
        base_url: request.base_url.clone(),
        settings: request.settings.switches.clone(),
        clock: None,
        allow_private_network: false,
        read_only: false,
    };
    let connector = (request.factory.connect)(&connection)
        .context("the integration cannot be set up; nothing was stored")?;
    let access = connector.check().await.with_context(|| {
        format!(
            "the key was tested at {} and nothing was stored",
            without_password(request.base_url.as_deref().unwrap_or(manifest.base_url))
        )
    })?;
    let made = place.context.is_none();
    let context = match place.context {
        Some(context) => context,
        None => Context::open_or_create(place.database, place.json)?,
    };
    let ring = match place.ring {
        Some(ring) => ring,
        None => first_keys(&context.keys())?,
    };
    let id = IntegrationId::derive(manifest.slug, &request.name);
    let now = Timestamp::from(DateTime::from(SystemClock.wall()));
    let mut settings = request.settings;
    let follows = match place.known {
        Some(_) => None,
        None => default_scope(&context, &request.environment)?,
    };
    if let Some(config) = &follows {
        settings.follow(None, Some(config), now);
    }
    let integration = Integration {
        credentials: ring.seal_credentials(&request.credentials, &id)?,
        id,
        connector: manifest.slug.to_owned(),
        name: request.name.clone(),
        base_url: request.base_url.filter(|url| url != manifest.base_url),
        state: place
            .known
            .as_ref()
            .map_or(IntegrationState::Active, |known| match known.state {
                // New credentials are a new beginning.
                IntegrationState::Invalid => IntegrationState::Active,
                state => state,
            }),
        environment: request.environment,
        end_user: match &place.known {
            Some(known) => known.end_user.clone(),
            None => EndUser::named(request.name),
        },
        settings,
        created_at: place.known.as_ref().map_or(now, |known| known.created_at),
        credentials_changed_at: now,
    };
    context.store.save_integration(&integration)?;
    Ok(Connected {
        context,
        integration,
        connector,
        access,
        follows: follows.map(|config| config.name),
        replaced: place.known.is_some(),
        made,
    })
}

/// What new integrations of an environment follow, if that was chosen.
fn default_scope(context: &Context, environment: &str) -> Result<Option<ScopeConfig>> {
    let configs = context.platform.scope_configs(environment)?;
    Ok(configs.into_iter().find(|config| config.is_default))
}

/// Whether a name can be printed and typed again.
fn examine_name(name: &str) -> Result<()> {
    if name.is_empty() || name.trim() != name || name.chars().any(char::is_control) {
        return Err(usage(
            "bad_name",
            "a name is at least one character, without spaces at its ends and without control characters",
        ));
    }
    Ok(())
}

impl Connected {
    fn to_json(&self) -> Value {
        json!({
            "id": self.integration.id.as_str(),
            "name": self.integration.name,
            "connector": self.integration.connector,
            "environment": self.integration.environment,
            "replaced": self.replaced,
            "scope_config": self.integration.settings.scope_config,
            "access": access::to_json(self.connector.as_ref(), &self.access),
        })
    }

    fn print(&self) -> Result<()> {
        let Integration { name, id, .. } = &self.integration;
        let manifest = self.connector.manifest();
        let title = self.access.title.as_deref();
        let title = title.map_or_else(String::new, |title| format!(" `{title}`"));
        say!("{} accepts the key{title}.", manifest.name);
        for line in access::lines(self.connector.as_ref(), &self.access) {
            say!("  {line}");
        }
        say!();
        let done = match self.replaced {
            true => "The credentials were replaced; what was read before is kept.",
            false => "Connected.",
        };
        say!(
            "{} Integration {} is {}",
            console::style(done).bold(),
            name,
            id
        );
        if self.made {
            say!("The database is {}.", self.context.database.display());
            if std::env::var_os(vault::VARIABLE).is_none() {
                say!(
                    "The key that opens the stored credentials is {}; keep a copy of it elsewhere.",
                    self.context.keys().file.display()
                );
            }
        }
        if let Some(config) = &self.follows {
            say!(
                "It follows the scope config `{config}`; `ats scopes show {config}` tells what is off."
            );
        }
        if self.integration.state == IntegrationState::Disabled {
            say!("It is disabled; `ats integrations enable {name}` lets passes run again.");
        }
        say!("Next: ats sync {name}");
        Ok(())
    }
}
