//! What every connection of this crate has in common: TLS, no followed redirects, no referer.
//!
//! It must not know credentials, nor what is sent.

use std::sync::{Arc, OnceLock};

use ats_core::{Error, ErrorKind, Result};
use url::{Host, Url};

use crate::{failure::Transport, redact::Redactor};

/// The operation named in errors that no call caused.
const OPERATION: &str = "http client";

pub(crate) const USER_AGENT: &str = concat!("unified-ats/", env!("CARGO_PKG_VERSION"));

/// Starts a client for `url` and its neighbours. It sends nothing by itself but the user agent.
pub(crate) fn dialer(url: &Url, user_agent: &str) -> Result<reqwest::ClientBuilder> {
    let mut builder = reqwest::Client::builder()
        .user_agent(user_agent)
        // A followed redirect would repeat a POST elsewhere, or turn it into a GET.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .tcp_nodelay(true);
    if is_loopback(url) {
        // No proxy can reach this machine's own loopback.
        builder = builder.no_proxy();
    }
    if url.scheme() == "http" {
        builder = builder.tls_backend_preconfigured(trust_nobody()?);
    } else {
        install_crypto();
    }
    Ok(builder)
}

pub(crate) fn finish(
    builder: reqwest::ClientBuilder,
    redactor: &Redactor,
) -> Result<reqwest::Client> {
    builder.build().map_err(|error| {
        invalid("could not set up TLS; are the system's CA certificates installed?")
            .because(Transport::new(error, redactor))
    })
}

pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::ConfigInvalid, OPERATION, message)
}

/// Whether a URL leads to this machine itself.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// reqwest looks for the process-wide provider and panics without one. Someone else may have
/// installed theirs first, which is as good.
fn install_crypto() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// TLS that no certificate satisfies, for a plain-http URL: redirects are not followed, so no
/// TLS is ever spoken, and a machine without CA certificates can still talk to a local server.
fn trust_nobody() -> Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid("could not set up TLS").because(error))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
}
