//! `ats serve`: the unified API over HTTP, with everything that runs beside it.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context as _, Result};
use ats_http::SystemClock;
use ats_server::{App, Matrix, Parts, Registry};
use clap::Args;
use secrecy::SecretString;
use serde_json::json;
use tokio::{net::TcpListener, sync::watch};
use url::Url;

use crate::{
    context::{Context, Global},
    exit::{Exit, usage},
    matrix,
    output::{self, say},
    sync,
};

/// The options of `ats serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats serve
  ats serve --bind 0.0.0.0:8080 --public-url https://ats.example.com
  ats serve --bind 127.0.0.1:0 --allow-private-network

Prints `listening on http://ADDRESS:PORT` once it is ready, and a link that opens the operator's
pages; with ATS_OPERATOR_PASSWORD set, they ask for that password instead. Ctrl-C ends it: requests
are answered, and passes that run are taken up by the next start.
`ats api-keys create --name NAME` makes a key for it.")]
pub(crate) struct Options {
    /// Where it listens; port 0 takes a free one.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8080",
        env = "ATS_BIND"
    )]
    bind: SocketAddr,

    /// Where people, customers and vendors reach it [default: where it listens].
    #[arg(long, value_name = "URL", env = "ATS_PUBLIC_URL")]
    public_url: Option<Url>,

    /// How many passes run at once.
    #[arg(long, value_name = "N", default_value_t = 4, env = "ATS_PASSES_AT_ONCE", value_parser = clap::value_parser!(u16).range(1..))]
    passes_at_once: u16,

    /// Runs no passes by itself; only those that clients ask for.
    #[arg(long, env = "ATS_NO_SCHEDULE", value_parser = clap::builder::FalseyValueParser::new())]
    no_schedule: bool,

    /// Who asks customers for access, as the connect pages name them [default: the host].
    #[arg(long, value_name = "NAME", env = "ATS_OPERATOR_NAME")]
    operator_name: Option<String>,
}

impl Options {
    /// A server on a free port of this machine.
    pub(crate) fn of_demo() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            passes_at_once: 4,
            no_schedule: false,
            operator_name: Some("The demo".to_owned()),
        }
    }
}

/// What opens the operator's pages instead of a link that is printed.
const PASSWORD: &str = "ATS_OPERATOR_PASSWORD";

/// Runs until Ctrl-C.
pub(crate) async fn run(options: &Options, global: &Global) -> Result<Exit> {
    let context = Context::open_for_server(global)?;
    let stop = sync::stop_of(None);
    let serving = Serving::begin(&context, options).await?;
    if global.json {
        output::json(&json!({
            "address": serving.address.to_string(),
            "public_url": serving.public_url.as_str(),
            "login_link": serving.login_link(),
        }))?;
    } else {
        say!("listening on http://{}", serving.address);
        match serving.login_link() {
            Some(link) => say!("sign in at {link}"),
            None => say!(
                "sign in at {} with the password",
                serving.app.public("/login")
            ),
        }
    }
    serving.run(stop).await
}

/// A server that is about to serve.
pub(crate) struct Serving {
    pub(crate) app: App,
    listener: TcpListener,
    pub(crate) address: SocketAddr,
    pub(crate) public_url: Url,
}

impl Serving {
    /// Listens; nothing is answered yet.
    pub(crate) async fn begin(context: &Context, options: &Options) -> Result<Self> {
        let listener = TcpListener::bind(options.bind).await.with_context(|| {
            format!(
                "cannot listen on {}; --bind names another address, and port 0 takes a free one",
                options.bind
            )
        })?;
        let address = listener
            .local_addr()
            .context("the listener has no address")?;
        let public_url = match &options.public_url {
            Some(url) if url.has_host() && url.path() == "/" => url.clone(),
            Some(url) => {
                return Err(usage(
                    "bad_public_url",
                    format!("`{url}` cannot be the public address: write it as https://HOST"),
                ));
            }
            None => {
                Url::parse(&format!("http://{address}")).context("no address to be called at")?
            }
        };
        let mut behaviour = ats_server::Options::new(public_url.clone());
        behaviour.allow_private_network = context.allow_private_network;
        behaviour.passes_at_once = usize::from(options.passes_at_once);
        behaviour.scheduled = !options.no_schedule;
        behaviour.operator_name = options.operator_name.clone();
        behaviour.operator_password = password();
        let app = App::new(Parts {
            platform: Arc::clone(&context.platform),
            registry: Registry::new(ats_connectors::all(), proven),
            keys: Arc::new(context.sealing_keys()?),
            clock: Arc::new(SystemClock),
            options: behaviour,
            figures: figures(),
        });
        Ok(Self {
            app,
            listener,
            address,
            public_url,
        })
    }

    /// The link that opens the operator's pages, unless a password does.
    pub(crate) fn login_link(&self) -> Option<String> {
        password().is_none().then(|| self.app.login_link())
    }

    /// Serves until `stop` turns true.
    pub(crate) async fn run(self, stop: watch::Receiver<bool>) -> Result<Exit> {
        ats_server::serve(self.app, self.listener, stop).await?;
        Ok(Exit::Complete)
    }
}

/// The password for the operator's pages, if one is set.
fn password() -> Option<SecretString> {
    let text = std::env::var(PASSWORD).ok()?;
    (!text.is_empty()).then(|| SecretString::from(text))
}

/// Collects figures for as long as the process lives.
fn figures() -> Option<metrics_exporter_prometheus::PrometheusHandle> {
    metrics_exporter_prometheus::PrometheusBuilder::new()
        .install_recorder()
        .inspect_err(|error| tracing::warn!(%error, "no figures are collected"))
        .ok()
}

/// The support matrix of a connector.
fn proven(slug: &str) -> Option<Matrix> {
    matrix::of(slug).map(|pages| Matrix {
        json: pages.json,
        markdown: pages.markdown,
    })
}
