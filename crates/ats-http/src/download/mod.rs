//! Fetching a file from an address that a stranger chose.
//!
//! It owns the guard against requests to machines that only we can reach: every address that a
//! name leads to is checked, again after each redirect, and the connection goes to a checked
//! address and no other. It must not send credentials, nor show the query of a URL, which may hold
//! some.

mod guard;
mod run;
mod sniff;
#[cfg(test)]
mod tests;

use std::{fmt, io, net::IpAddr, sync::Arc, time::Duration};

use ats_core::Result;
use futures_util::future::BoxFuture;
use tokio::time::Instant;
use url::Url;

pub(crate) use self::guard::forbidden;
use self::run::Run;
use crate::Spooled;
pub use sniff::sniff_content_type;

/// How much and how long a download may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadLimits {
    /// The most bytes, after decompression; 50 MiB by default.
    pub bytes: u64,
    /// Time for everything, looking up the name and redirects included; 60 s by default.
    pub time: Duration,
    /// The most redirects; 5 by default.
    pub redirects: u32,
}

impl Default for DownloadLimits {
    fn default() -> Self {
        Self {
            bytes: 50 << 20,
            time: Duration::from_secs(60),
            redirects: 5,
        }
    }
}

/// Where a download may go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DownloadPolicy {
    /// Lets it reach private, loopback and link-local addresses. Only the operator may say so:
    /// with it, whoever names a URL can read what this machine can reach.
    pub allow_private_network: bool,
}

/// Finds the addresses of a name.
pub trait Resolver: Send + Sync + fmt::Debug {
    /// The addresses of `host`, in the order in which they are to be tried.
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Fetches files. It goes through no proxy, whatever the environment says: behind one, nobody
/// could tell which address is reached.
#[derive(Debug, Clone)]
pub struct Downloader {
    policy: DownloadPolicy,
    limits: DownloadLimits,
    resolver: Arc<dyn Resolver>,
    forbidden: fn(IpAddr) -> Option<&'static str>,
}

impl Downloader {
    /// A downloader with the default limits and the system's resolver.
    pub fn new(policy: DownloadPolicy) -> Self {
        Self {
            policy,
            limits: DownloadLimits::default(),
            resolver: Arc::new(SystemResolver),
            forbidden: guard::forbidden,
        }
    }

    /// With other limits.
    #[must_use]
    pub fn limits(mut self, limits: DownloadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// With another resolver, for tests.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Fetches the file at `url`. Nothing is sent but the request itself: no credentials, no
    /// cookies, no referer. It is tried once.
    ///
    /// `operation` and `field` are what errors call the action and the input that held the URL.
    /// Errors name the host and nothing else of the URL.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InputInvalid`](ats_core::ErrorKind::InputInvalid): the URL is not usable or leads to a forbidden address, the
    ///   host refuses, or the file is too large.
    /// - [`ErrorKind::Unavailable`](ats_core::ErrorKind::Unavailable): the host is not found, not reached, fails or is too slow.
    /// - [`ErrorKind::Unexpected`](ats_core::ErrorKind::Unexpected): the temporary file cannot be written.
    pub async fn download(&self, operation: &str, field: &str, url: &str) -> Result<Spooled> {
        let run = Run {
            settings: self,
            operation,
            field,
            deadline: Instant::now() + self.limits.time,
        };
        let url = Url::parse(url).map_err(|_| {
            run.invalid(
                "the file's URL is not a URL; give an absolute one that begins with https://",
            )
        })?;
        run.follow(url).await
    }
}
