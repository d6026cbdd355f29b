//! From command-line options to a connector.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use ats_core::{Connection, Connector, Factory, IntegrationId};
use secrecy::SecretString;

use crate::exit::usage;

/// A connector and the integration that its records belong to.
#[derive(Debug)]
pub(crate) struct Integration {
    pub(crate) id: IntegrationId,
    pub(crate) connector: Arc<dyn Connector>,
}

/// The connector called `slug`.
pub(crate) fn factory(slug: &str) -> Result<&'static Factory> {
    if let Some(factory) = ats_connectors::find(slug) {
        return Ok(factory);
    }
    let known: Vec<_> = ats_connectors::all()
        .iter()
        .map(|factory| factory.manifest.slug)
        .collect();
    Err(usage(
        "unknown_connector",
        format!(
            "there is no connector `{slug}`; these are there: {}",
            known.join(", ")
        ),
    ))
}

/// Makes the connector of an integration. The secret is the connector's only credential.
pub(crate) fn connect(
    factory: &Factory,
    name: &str,
    secret: SecretString,
    base_url: Option<String>,
    settings: &[(String, bool)],
) -> Result<Integration> {
    let [credential] = factory.manifest.credentials else {
        bail!(
            "{} needs more than one credential; this command takes one",
            factory.manifest.name
        )
    };
    for (setting, _) in settings {
        if !factory
            .manifest
            .settings
            .iter()
            .any(|known| known.name == setting)
        {
            let known: Vec<_> = factory
                .manifest
                .settings
                .iter()
                .map(|known| known.name)
                .collect();
            bail!(
                "{} has no setting `{setting}`; it has: {}",
                factory.manifest.name,
                known.join(", ")
            )
        }
    }
    let connection = Connection {
        credentials: [(credential.name.to_owned(), secret)].into(),
        base_url,
        settings: settings.iter().cloned().collect(),
        clock: None,
        allow_private_network: false,
        read_only: false,
    };
    let connector = (factory.connect)(&connection).context("the integration cannot be set up")?;
    let id = IntegrationId::derive(factory.manifest.slug, name);
    Ok(Integration {
        id,
        connector: connector.into(),
    })
}

/// Reads `name=on` or `name=off`.
pub(crate) fn parse_setting(text: &str) -> Result<(String, bool), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write it as NAME=on or NAME=off")?;
    let on = match value {
        "on" | "true" => true,
        "off" | "false" => false,
        _ => return Err(format!("`{value}` is neither on nor off")),
    };
    Ok((name.to_owned(), on))
}
