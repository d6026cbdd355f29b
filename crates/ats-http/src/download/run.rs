//! One download, hop by hop.
//!
//! It owns the order of things: look at the URL, look up the name, check the addresses, ask, and
//! again for a redirect. It must not know what makes an address forbidden.

use std::{
    future::Future,
    io::{self, SeekFrom},
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use ats_core::{Error, ErrorKind, Result};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use tokio::{
    io::{AsyncSeekExt, AsyncWriteExt},
    time::Instant,
};
use url::{Host, Url};

use super::{Downloader, sniff, sniff_content_type};
use crate::{Spooled, dial, failure::Transport, redact::Redactor};

/// One download.
pub(super) struct Run<'a> {
    pub(super) settings: &'a Downloader,
    pub(super) operation: &'a str,
    pub(super) field: &'a str,
    pub(super) deadline: Instant,
}

impl Run<'_> {
    pub(super) async fn follow(&self, mut url: Url) -> Result<Spooled> {
        let most = self.settings.limits.redirects;
        for _ in 0..=most {
            let host = self.host(&url)?;
            let addresses = self.addresses(&url, &host).await?;
            let answer = self.get(&url, &host, addresses).await?;
            match self.redirect(&answer, &url, &host)? {
                Some(next) => url = next,
                None => return self.spool(answer, &host).await,
            }
        }
        Err(self.invalid(format!(
            "the file's URL redirects more than {most} times; give the URL that it ends at"
        )))
    }

    /// The host, if the URL is one that may be asked at all.
    fn host(&self, url: &Url) -> Result<String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(self.invalid(
                "the file's URL leads to something other than http or https; give one that begins with https://",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(self.invalid(
                "the file's URL holds a user or password; give one that works without, or send the file itself",
            ));
        }
        // http and https URLs always have a host.
        Ok(url.host_str().unwrap_or_default().to_owned())
    }

    /// The addresses to connect to, each one checked.
    async fn addresses(&self, url: &Url, host: &str) -> Result<Vec<SocketAddr>> {
        let addresses = match url.host() {
            Some(Host::Ipv4(address)) => vec![address.into()],
            Some(Host::Ipv6(address)) => vec![address.into()],
            Some(Host::Domain(name)) => {
                let looked_up = self.settings.resolver.resolve(name);
                let looked_up = self.within(host, looked_up).await?;
                looked_up.map_err(|error| self.not_found(host).because(error))?
            }
            None => Vec::new(),
        };
        if addresses.is_empty() {
            return Err(self.not_found(host));
        }
        let forbidden = |address: &IpAddr| (self.settings.forbidden)(*address);
        let kind = addresses.iter().find_map(forbidden);
        if let Some(kind) = kind.filter(|_| !self.settings.policy.allow_private_network) {
            return Err(self.invalid(format!(
                "{host} has {kind} address, and files are fetched from the public internet only; \
                 send the file itself, or let the operator allow it with --allow-private-network"
            )));
        }
        // The port of the URL counts.
        let socket = |address| SocketAddr::new(address, 0);
        Ok(addresses.into_iter().map(socket).collect())
    }

    async fn get(
        &self,
        url: &Url,
        host: &str,
        addresses: Vec<SocketAddr>,
    ) -> Result<reqwest::Response> {
        // A client of its own for each hop, which knows these addresses and can find no others.
        let builder = dial::dialer(url, dial::USER_AGENT)?
            .no_proxy()
            .dns_resolver(Arc::new(Pinned(addresses)));
        let client = dial::finish(builder, &Redactor::default())?;
        let answer = self.within(host, client.get(url.clone()).send()).await?;
        answer.map_err(|error| {
            let message = if error.is_connect() {
                format!("could not connect to {host}; check the file's URL, or try again later")
            } else {
                format!("{host} gave no answer; try again later")
            };
            self.broken(message, error)
        })
    }

    /// Where a redirect leads; `None` for the file itself.
    fn redirect(&self, answer: &reqwest::Response, url: &Url, host: &str) -> Result<Option<Url>> {
        let status = answer.status().as_u16();
        let error = match status {
            200..=299 => return Ok(None),
            301 | 302 | 303 | 307 | 308 => {
                let target = answer.headers().get(LOCATION);
                let target = target.and_then(|value| value.to_str().ok());
                if let Some(next) = target.and_then(|target| url.join(target).ok()) {
                    return Ok(Some(next));
                }
                self.invalid(format!(
                    "{host} redirects to nowhere; check that the file's URL is right"
                ))
            }
            408 | 425 | 429 | 500..=599 => {
                self.unavailable(format!("{host} cannot serve the file now; try again later"))
            }
            _ => self.invalid(format!(
                "{host} does not give the file; check that its URL is still valid and needs no login"
            )),
        };
        Err(error.with("status", status.to_string()))
    }

    /// Writes the body to a temporary file, never more of it than the cap.
    async fn spool(&self, mut answer: reqwest::Response, host: &str) -> Result<Spooled> {
        let most = self.settings.limits.bytes;
        let too_large = || {
            self.invalid(format!(
                "the file at {host} is larger than the cap of {most} bytes; send a smaller one"
            ))
        };
        if answer.content_length().is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let declared = answer.headers().get(CONTENT_TYPE);
        let declared = declared.and_then(|value| sniff::declared(value.to_str().ok()?));
        let not_kept = |error: io::Error| {
            Error::new(
                ErrorKind::Unexpected,
                self.operation,
                "could not keep the file; is there space for temporary files?",
            )
            .because(error)
        };
        let file = tempfile::tempfile().map_err(not_kept)?;
        let mut file = tokio::fs::File::from_std(file);
        let mut length = 0;
        let mut head = Vec::new();
        loop {
            let chunk = self.within(host, answer.chunk()).await?.map_err(|error| {
                let message = format!("the file from {host} was cut off; try again later");
                self.broken(message, error)
            })?;
            let Some(chunk) = chunk else {
                break;
            };
            length += chunk.len() as u64;
            if length > most {
                return Err(too_large());
            }
            let wanted = sniff::HEAD.saturating_sub(head.len()).min(chunk.len());
            head.extend_from_slice(&chunk[..wanted]);
            file.write_all(&chunk).await.map_err(not_kept)?;
        }
        file.flush().await.map_err(not_kept)?;
        file.seek(SeekFrom::Start(0)).await.map_err(not_kept)?;
        let file = file.into_std().await;
        let spooled = |kind| Spooled::new(file, length, kind);
        Ok(match declared {
            Some(kind) => spooled(kind),
            None if sniff::is_compound(&head) => {
                let spooled = spooled(String::new());
                let bytes = spooled.bytes().await.map_err(not_kept)?;
                spooled.typed(sniff_content_type(&bytes))
            }
            None => spooled(sniff_content_type(&head).to_owned()),
        })
    }

    /// What `future` gives, if it does so in time.
    async fn within<F: Future>(&self, host: &str, future: F) -> Result<F::Output> {
        let outcome = tokio::time::timeout_at(self.deadline, future).await;
        outcome.map_err(|_| {
            let limit = self.settings.limits.time;
            self.unavailable(format!(
                "{host} did not give the file within {limit:?}; try again later, or send the file itself"
            ))
        })
    }

    fn not_found(&self, host: &str) -> Error {
        self.unavailable(format!(
            "the host {host} was not found; check the file's URL, or try again later"
        ))
    }

    fn broken(&self, message: String, error: reqwest::Error) -> Error {
        self.unavailable(message)
            .because(Transport::new(error, &Redactor::default()))
    }

    fn unavailable(&self, message: String) -> Error {
        Error::new(ErrorKind::Unavailable, self.operation, message).with("input", self.field)
    }

    pub(super) fn invalid(&self, message: impl Into<String>) -> Error {
        let kind = ErrorKind::InputInvalid {
            field: Some(self.field.to_owned()),
        };
        Error::new(kind, self.operation, message).with("input", self.field)
    }
}

/// Answers with the checked addresses, whatever the name.
struct Pinned(Vec<SocketAddr>);

impl reqwest::dns::Resolve for Pinned {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let addresses: reqwest::dns::Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}
