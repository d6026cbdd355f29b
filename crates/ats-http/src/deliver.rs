//! Handing a message to an address that a customer of the operator chose.
//!
//! It shares the guard of downloads: every address that a name leads to is checked, and the
//! connection goes to a checked one. Redirects are not followed, and nothing of the answer is read
//! but its status.

use std::{
    fmt,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use url::{Host, Url};

use crate::{
    Resolver, SystemResolver, dial,
    download::{Pinned, forbidden},
    redact::Redactor,
    retry::parse_retry_after,
};

/// What came of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The HTTP status.
    pub status: u16,
    /// How long the receiver asks to be left alone.
    pub retry_after: Option<Duration>,
}

/// Why nothing was delivered. It names the host and nothing else of the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotDelivered(String);

/// Hands messages over. It goes through no proxy, so that it is known which address is reached.
#[derive(Debug, Clone)]
pub struct Deliverer {
    allow_private_network: bool,
    time: Duration,
    resolver: Arc<dyn Resolver>,
}

impl Deliverer {
    /// Delivers to the public internet over TLS; with `allow_private_network` also to private
    /// addresses and over plain HTTP. A receiver has `time` to answer.
    pub fn new(allow_private_network: bool, time: Duration) -> Self {
        Self {
            allow_private_network,
            time,
            resolver: Arc::new(SystemResolver),
        }
    }

    /// With another resolver, for tests.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Whether messages may be delivered there at all, as far as the address itself tells.
    ///
    /// # Errors
    ///
    /// Why not, for whoever gave the address.
    pub fn accepts(&self, url: &Url) -> Result<(), NotDelivered> {
        let refuse = |text: &str| Err(NotDelivered(text.to_owned()));
        match url.scheme() {
            "https" => {}
            "http" if self.allow_private_network => {}
            "http" => {
                return refuse(
                    "the address must begin with https://; --allow-private-network allows http://",
                );
            }
            _ => return refuse("the address must begin with https://"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("the address must not hold a user or a password");
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) => None,
            None => return refuse("the address has no host"),
        };
        match address.and_then(forbidden) {
            Some(kind) if !self.allow_private_network => Err(NotDelivered(format!(
                "the address is {kind} one; --allow-private-network allows it"
            ))),
            _ => Ok(()),
        }
    }

    /// Posts a JSON body once.
    ///
    /// # Errors
    ///
    /// Nobody was reached, or nobody answered in time.
    pub async fn post(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Delivered, NotDelivered> {
        self.accepts(url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let late = |_| NotDelivered(format!("{host} did not answer in {:?}", self.time));
        tokio::time::timeout(self.time, self.send(url, &host, headers, body))
            .await
            .map_err(late)?
    }

    async fn send(
        &self,
        url: &Url,
        host: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Delivered, NotDelivered> {
        let failed = |what: &str| NotDelivered(format!("{host} {what}"));
        let addresses = match url.host() {
            Some(Host::Ipv4(address)) => vec![address.into()],
            Some(Host::Ipv6(address)) => vec![address.into()],
            Some(Host::Domain(name)) => {
                let found = self.resolver.resolve(name).await;
                found.map_err(|_| failed("was not found"))?
            }
            None => Vec::new(),
        };
        if addresses.is_empty() {
            return Err(failed("was not found"));
        }
        let kind = addresses.iter().find_map(|address| forbidden(*address));
        if let Some(kind) = kind.filter(|_| !self.allow_private_network) {
            return Err(failed(&format!(
                "has {kind} address; --allow-private-network allows it"
            )));
        }
        let addresses = addresses
            .into_iter()
            .map(|address| SocketAddr::new(address, 0));
        let builder = dial::dialer(url, dial::USER_AGENT)
            .map_err(|error| NotDelivered(error.to_string()))?
            .no_proxy()
            .dns_resolver(Arc::new(Pinned(addresses.collect())));
        let client = dial::finish(builder, &Redactor::default())
            .map_err(|error| NotDelivered(error.to_string()))?;
        let request = client
            .post(url.clone())
            .headers(header_map(headers))
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let answer = request.send().await.map_err(|error| {
            failed(match error.is_connect() {
                true => "could not be connected to, or its certificate is not valid",
                false => "gave no answer",
            })
        })?;
        let retry_after = answer.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        Ok(Delivered {
            status: answer.status().as_u16(),
            retry_after: retry_after.and_then(|value| parse_retry_after(value, SystemTime::now())),
        })
    }
}

/// Headers whose values can stand in one.
fn header_map(headers: &[(&'static str, String)]) -> HeaderMap {
    let usable = headers.iter().filter_map(|(name, value)| {
        let value = HeaderValue::from_str(value).ok()?;
        Some((HeaderName::from_static(name), value))
    });
    usable.collect()
}

impl fmt::Display for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "answered {}", self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(private: bool, url: &str) -> bool {
        let deliverer = Deliverer::new(private, Duration::from_secs(1));
        deliverer.accepts(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn only_tls_to_the_public_internet_is_allowed_unless_the_operator_says_so() {
        assert!(accepts(false, "https://hooks.example.com/x"));
        let refused = [
            "http://hooks.example.com/x",
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "https://169.254.169.254/latest",
        ];
        for url in refused {
            assert!(!accepts(false, url), "{url}");
            assert!(accepts(true, url), "{url}");
        }
        for url in [
            "ftp://hooks.example.com/",
            "https://me:pw@hooks.example.com/",
        ] {
            assert!(!accepts(true, url), "{url}");
        }
    }
}
