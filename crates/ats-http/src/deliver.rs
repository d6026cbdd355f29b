//! Handing a message to an address that a customer of the operator chose.
//!
//! It shares the guard of downloads: every address that a name leads to is checked, and the
//! connection goes to a checked one. Redirects are not followed, and nothing of the answer is kept
//! but its status. A connection is used again while it is open, so that not every message pays for
//! looking up a name and for TLS.

use std::{
    error::Error,
    fmt,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use reqwest::{
    Client,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use tokio::sync::OnceCell;
use url::{Host, Url};

use crate::{
    Resolver, SystemResolver, dial, download::forbidden, redact::Redactor, retry::parse_retry_after,
};

/// A connection that nobody used for so long is closed.
const IDLE: Duration = Duration::from_secs(60);

/// So many unused connections to one receiver are kept.
const IDLE_TO_ONE: usize = 8;

/// The rest of an answer is read up to here, and for so long, lest its connection be lost.
const LONGEST_REST: usize = 64 << 10;
const TIME_FOR_REST: Duration = Duration::from_millis(500);

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

/// Hands messages over. It goes through no proxy, so that it is known which address is reached. All
/// that are cloned from one share their connections.
#[derive(Debug, Clone)]
pub struct Deliverer {
    time: Duration,
    guard: Arc<Guard>,
    clients: Arc<Clients>,
}

/// The clients for `https` and `http`, each made when it is first needed.
#[derive(Debug, Default)]
struct Clients {
    secure: OnceCell<Client>,
    plain: OnceCell<Client>,
}

impl Deliverer {
    /// Delivers to the public internet over TLS; with `allow_private_network` also to private
    /// addresses and over plain HTTP. A receiver has `time` to answer.
    pub fn new(allow_private_network: bool, time: Duration) -> Self {
        Self {
            time,
            guard: Arc::new(Guard {
                allow_private_network,
                resolver: Arc::new(SystemResolver),
            }),
            clients: Arc::default(),
        }
    }

    /// With another resolver, for tests.
    #[must_use]
    pub fn resolver(self, resolver: Arc<dyn Resolver>) -> Self {
        Self {
            time: self.time,
            guard: Arc::new(Guard {
                allow_private_network: self.guard.allow_private_network,
                resolver,
            }),
            clients: Arc::default(),
        }
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
            "http" if self.guard.allow_private_network => {}
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
            Some(kind) if !self.guard.allow_private_network => Err(NotDelivered(format!(
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
        let answer = tokio::time::timeout(self.time, self.send(url, &host, headers, body))
            .await
            .map_err(late)??;
        let retry_after = answer.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        let delivered = Delivered {
            status: answer.status().as_u16(),
            retry_after: retry_after.and_then(|value| parse_retry_after(value, SystemTime::now())),
        };
        // Whatever comes of it, the receiver has answered.
        let _ = tokio::time::timeout(TIME_FOR_REST, read_rest(answer)).await;
        Ok(delivered)
    }

    async fn send(
        &self,
        url: &Url,
        host: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<reqwest::Response, NotDelivered> {
        let request = self
            .client(url)
            .await?
            .post(url.clone())
            .headers(header_map(headers))
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        request.send().await.map_err(|error| {
            let what = match (Unreached::behind(&error), error.is_connect()) {
                (Some(unreached), _) => unreached.to_string(),
                (None, true) => {
                    "could not be connected to, or its certificate is not valid".to_owned()
                }
                (None, false) => "gave no answer".to_owned(),
            };
            NotDelivered(format!("{host} {what}"))
        })
    }

    async fn client(&self, url: &Url) -> Result<&Client, NotDelivered> {
        let cell = match url.scheme() {
            "http" => &self.clients.plain,
            _ => &self.clients.secure,
        };
        let made = cell.get_or_try_init(|| async {
            let builder = dial::dialer(url, dial::USER_AGENT)?
                .no_proxy()
                .no_gzip()
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(IDLE_TO_ONE)
                .dns_resolver(Arc::clone(&self.guard));
            dial::finish(builder, &Redactor::default())
        });
        made.await.map_err(|error| NotDelivered(error.to_string()))
    }
}

/// Reads what is left of an answer: a connection is used again only behind its end.
async fn read_rest(mut answer: reqwest::Response) {
    let mut length = 0;
    while length <= LONGEST_REST
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        length += chunk.len();
    }
}

/// Looks names up for new connections, and lets none be made to an address that is forbidden. What
/// it has found is what is connected to; nobody looks the name up again.
#[derive(Debug)]
struct Guard {
    allow_private_network: bool,
    resolver: Arc<dyn Resolver>,
}

impl reqwest::dns::Resolve for Guard {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let found = self.resolver.resolve(name.as_str());
        let allow_private_network = self.allow_private_network;
        Box::pin(async move {
            let found = found.await.map_err(|_| Unreached::Unknown)?;
            if found.is_empty() {
                return Err(Unreached::Unknown.into());
            }
            let kind = found.iter().find_map(|address| forbidden(*address));
            if let Some(kind) = kind.filter(|_| !allow_private_network) {
                return Err(Unreached::Forbidden(kind).into());
            }
            let found = found.into_iter();
            let found = found.map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as reqwest::dns::Addrs)
        })
    }
}

/// Why a name leads nowhere.
#[derive(Debug, Clone, Copy, thiserror::Error)]
enum Unreached {
    #[error("was not found")]
    Unknown,
    #[error("has {0} address; --allow-private-network allows it")]
    Forbidden(&'static str),
}

impl Unreached {
    fn behind(error: &reqwest::Error) -> Option<Self> {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(one) = cause {
            if let Some(found) = one.downcast_ref::<Self>() {
                return Some(*found);
            }
            cause = one.source();
        }
        None
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
    use std::{
        io,
        net::IpAddr,
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
    };

    use futures_util::future::BoxFuture;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

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

    /// Names that lead where the test says.
    #[derive(Debug)]
    struct Leads(IpAddr, AtomicUsize);

    impl Resolver for Leads {
        fn resolve(&self, _: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            self.1.fetch_add(1, SeqCst);
            let found = vec![self.0];
            Box::pin(std::future::ready(Ok(found)))
        }
    }

    fn leads(to: &str) -> Arc<Leads> {
        Arc::new(Leads(to.parse().unwrap(), 0.into()))
    }

    async fn post(deliverer: &Deliverer, url: &str) -> Result<Delivered, NotDelivered> {
        let url = Url::parse(url).unwrap();
        deliverer.post(&url, &[], b"{}".to_vec()).await
    }

    /// A server that answers every request on a connection, and counts connections.
    async fn counting() -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, SeqCst);
                tokio::spawn(async move {
                    let mut buffer = Vec::new();
                    while stream
                        .read_buf(&mut buffer)
                        .await
                        .is_ok_and(|read| read > 0)
                    {
                        if buffer.ends_with(b"\r\n\r\n{}") {
                            buffer.clear();
                            // Longer than what comes with the head.
                            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 50000\r\n\r\n";
                            stream.write_all(head).await.unwrap();
                            let _ = stream.write_all(&[b'x'; 50_000]).await;
                        }
                    }
                });
            }
        });
        (port, count)
    }

    #[tokio::test]
    async fn a_connection_is_used_again_and_its_name_looked_up_once() {
        let (port, connections) = counting().await;
        let resolver = leads("127.0.0.1");
        let deliverer = Deliverer::new(true, Duration::from_secs(20)).resolver(resolver.clone());
        for _ in 0..5 {
            let url = format!("http://hooks.example.com:{port}/x");
            assert_eq!(post(&deliverer.clone(), &url).await.unwrap().status, 200);
        }
        let count = |of: &AtomicUsize| of.load(SeqCst);
        assert_eq!((count(&connections), count(&resolver.1)), (1, 1));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_is_not_connected_to() {
        let (port, connections) = counting().await;
        let url = format!("https://hooks.example.com:{port}/x");
        let deliverer = Deliverer::new(false, Duration::from_secs(20));
        for address in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"] {
            let deliverer = deliverer.clone().resolver(leads(address));
            let why = post(&deliverer, &url).await.unwrap_err().to_string();
            assert!(
                why.starts_with("hooks.example.com has ")
                    && why.ends_with("; --allow-private-network allows it"),
                "{why}"
            );
        }
        assert_eq!(connections.load(SeqCst), 0);
    }
}
