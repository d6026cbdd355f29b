//! What commands on a database start from: the store, and the way from a name to an integration and
//! from an integration to its connector.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use ats_core::{Connection, Connector};
use ats_store::{
    Error as StoreError, Integration, Platform, Store,
    sqlite::SqliteStore,
    vault::{self, KeyRing, KeySource, key_file},
};
use clap::Args;
use secrecy::SecretString;

use crate::{exit::usage, integration};

/// The database unless another one is named.
const DATABASE: &str = "sqlite://ats.db";

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Prints one JSON document on standard output, and nothing else there.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// The database, as sqlite://FILE [default: sqlite://ats.db].
    #[arg(long, global = true, value_name = "URL", env = "ATS_DATABASE")]
    pub(crate) database: Option<String>,

    /// A file with settings [default: ats.toml, if it is there].
    #[arg(long, global = true, value_name = "FILE", env = "ATS_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Files, webhooks and vendors may be at addresses of private networks, and without TLS.
    #[arg(long, global = true, env = "ATS_ALLOW_PRIVATE_NETWORK", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) allow_private_network: bool,
}

impl Global {
    /// The URL of the database.
    pub(crate) fn database(&self) -> &str {
        self.named().unwrap_or(DATABASE)
    }

    /// The URL that was given. A variable that is set to nothing is as good as none.
    pub(crate) fn named(&self) -> Option<&str> {
        self.database.as_deref().filter(|url| !url.is_empty())
    }
}

/// An open database.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) store: Arc<dyn Store>,
    /// The same with what a server keeps beside the mirror.
    pub(crate) platform: Arc<dyn Platform>,
    pub(crate) json: bool,
    /// Whether files may be fetched from private networks.
    pub(crate) allow_private_network: bool,
    /// The file.
    pub(crate) database: PathBuf,
}

impl Context {
    /// Opens the database, which must be there.
    pub(crate) fn open(global: &Global) -> Result<Self> {
        let database = database_file(global.database())?;
        if !database.exists() {
            return Err(usage(
                "no_database",
                format!(
                    "there is no database at {0}; `ats connect CONNECTOR --name NAME` begins one, \
                     `ats demo` shows everything without a key, and --database URL names another",
                    database.display()
                ),
            ));
        }
        let mut context = Self::open_or_create(database, global.json)?;
        context.allow_private_network = global.allow_private_network;
        Ok(context)
    }

    /// Opens the database, and makes it if it is not there: a server may begin with nothing.
    pub(crate) fn open_for_server(global: &Global) -> Result<Self> {
        let database = database_file(global.database())?;
        let mut context = Self::open_or_create(database, global.json)?;
        context.allow_private_network = global.allow_private_network;
        Ok(context)
    }

    /// Opens a database file, and makes it if it is not there.
    pub(crate) fn open_or_create(database: PathBuf, json: bool) -> Result<Self> {
        let platform: Arc<dyn Platform> = Arc::new(SqliteStore::open(&database)?);
        Ok(Self {
            store: platform.clone(),
            platform,
            json,
            allow_private_network: false,
            database,
        })
    }

    /// The integration called `text`: by its id, by its name, or by connector and name.
    pub(crate) fn integration(&self, text: &str) -> Result<Integration> {
        let mut all = self.store.integrations()?;
        if let Some(place) = find(&all, text)? {
            return Ok(all.swap_remove(place));
        }
        let known: Vec<String> = all
            .iter()
            .map(|known| format!("{} ({})", known.name, known.id))
            .collect();
        let known = match known.as_slice() {
            [] => "there are none yet, and `ats connect CONNECTOR --name NAME` adds one".to_owned(),
            known => format!("these are there: {}", known.join(", ")),
        };
        Err(usage(
            "unknown_integration",
            format!("there is no integration `{text}`; {known}"),
        ))
    }

    /// The connector of an integration, with its credentials.
    pub(crate) fn connector(&self, integration: &Integration) -> Result<Arc<dyn Connector>> {
        self.connect(integration, false)
    }

    /// The same, for nothing but reading.
    pub(crate) fn reader(&self, integration: &Integration) -> Result<Arc<dyn Connector>> {
        self.connect(integration, true)
    }

    fn connect(&self, integration: &Integration, read_only: bool) -> Result<Arc<dyn Connector>> {
        let factory = integration::factory(&integration.connector)?;
        let ring = KeyRing::load(&self.keys())?;
        let credentials = ring
            .open_credentials(&integration.credentials, &integration.id)
            .with_context(|| format!("the integration `{}` cannot be used", integration.name))?;
        let connection = Connection {
            credentials,
            base_url: integration.base_url.clone(),
            settings: integration.settings.switches.clone(),
            clock: None,
            allow_private_network: self.allow_private_network,
            read_only,
        };
        let connector = (factory.connect)(&connection)
            .with_context(|| format!("the integration `{}` cannot be used", integration.name))?;
        Ok(connector.into())
    }

    /// Where the keys to stored credentials may be.
    pub(crate) fn keys(&self) -> KeySource {
        key_source(&self.database)
    }

    /// The keys to seal something with. They are made only where nothing is sealed yet: new ones would
    /// not open what is there.
    pub(crate) fn sealing_keys(&self) -> Result<KeyRing> {
        Ok(match self.holds_secrets()? {
            true => KeyRing::load(&self.keys())?,
            false => first_keys(&self.keys())?,
        })
    }

    /// Whether anything in the database is sealed: credentials, or the secrets of endpoints.
    pub(crate) fn holds_secrets(&self) -> Result<bool> {
        Ok(!self.store.integrations()?.is_empty() || !self.platform.endpoints()?.is_empty())
    }
}

/// The keys of a database in which nothing is sealed yet. Two processes may make them at the same
/// time; then the file of one of them serves both.
pub(crate) fn first_keys(source: &KeySource) -> vault::Result<KeyRing> {
    match KeyRing::load_or_create(source) {
        Err(vault::Error::Exists { .. }) => KeyRing::load(source),
        keys => keys,
    }
}

/// Where the keys to the credentials in a database file may be.
pub(crate) fn key_source(database: &Path) -> KeySource {
    KeySource {
        variable: env::var(vault::VARIABLE).ok().map(SecretString::from),
        file: key_file(database),
    }
}

/// The place of the integration that `text` means.
fn find(all: &[Integration], text: &str) -> Result<Option<usize>> {
    let place = |means: &dyn Fn(&Integration) -> bool| all.iter().position(means);
    if let Some(found) = place(&|one| one.id.as_str() == text) {
        return Ok(Some(found));
    }
    if let Some((connector, name)) = text.split_once(':')
        && let Some(found) = place(&|one| one.connector == connector && one.name == name)
    {
        return Ok(Some(found));
    }
    let of_name: Vec<usize> = (0..all.len())
        .filter(|one| all[*one].name == text)
        .collect();
    if let [_, _, ..] = of_name.as_slice() {
        let full = of_name
            .iter()
            .map(|one| format!("{}:{text}", all[*one].connector));
        return Err(usage(
            "ambiguous_integration",
            format!(
                "several integrations are called `{text}`; write {}",
                full.collect::<Vec<_>>().join(" or ")
            ),
        ));
    }
    Ok(of_name.first().copied())
}

/// The file that a database URL names.
pub(crate) fn database_file(url: &str) -> Result<PathBuf> {
    match url.strip_prefix("sqlite://") {
        Some(file) if !file.is_empty() => Ok(PathBuf::from(file)),
        _ => Err(StoreError::UnknownUrl {
            url: without_password(url),
        }
        .into()),
    }
}

/// A URL without what stands before its host: it may be a password.
pub(crate) fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::SystemTime};

    use ats_core::{IntegrationId, Timestamp};
    use ats_store::{IntegrationState, Settings, vault::Sealed};

    use super::*;

    fn integration(connector: &str, name: &str) -> Integration {
        let now = Timestamp::from(chrono::DateTime::from(SystemTime::UNIX_EPOCH));
        Integration {
            id: IntegrationId::derive(connector, name),
            connector: connector.to_owned(),
            name: name.to_owned(),
            base_url: None,
            state: IntegrationState::Active,
            environment: ats_store::PRODUCTION.to_owned(),
            end_user: ats_store::EndUser::default(),
            credentials: Sealed(Vec::new()),
            settings: Settings {
                switches: BTreeMap::new(),
                ..Settings::default()
            },
            created_at: now,
            credentials_changed_at: now,
        }
    }

    #[test]
    fn an_integration_is_found_by_id_by_name_and_by_both() {
        let all = [
            integration("a", "one"),
            integration("b", "one"),
            integration("b", "x:two"),
        ];
        let id = all[1].id.to_string();
        assert_eq!(find(&all, &id).unwrap(), Some(1));
        assert_eq!(find(&all, "b:one").unwrap(), Some(1));
        assert_eq!(find(&all, "x:two").unwrap(), Some(2));
        assert_eq!(find(&all, "three").unwrap(), None);
        let message = find(&all, "one").unwrap_err().to_string();
        assert!(message.contains("write a:one or b:one"), "{message}");
    }

    #[test]
    fn a_database_url_names_a_file_and_a_refusal_shows_no_password() {
        assert_eq!(
            database_file("sqlite://ats.db").unwrap(),
            Path::new("ats.db")
        );
        assert_eq!(database_file("sqlite:///a/b").unwrap(), Path::new("/a/b"));
        for url in ["ats.db", "sqlite://", ""] {
            assert!(database_file(url).is_err(), "{url}");
        }
        let message = database_file("postgres://me:canary@host/x").unwrap_err();
        assert!(message.to_string().contains("`postgres://host/x`"));
    }
}
