//! Settings of a [`Client`], checked once so that no call can fail for them later.
//!
//! It owns defaults and validation. It must not know how TLS is set up.

use std::{fmt, sync::Arc, time::Duration};

use ats_core::Result;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::{
    Auth, Client, Clock, Limiter, LimiterSettings, RetryPolicy, SystemClock,
    client::Parts,
    dial::{self, invalid, is_loopback},
    redact::{Redactor, bare_url},
    retry::Jitter,
    wire::Wire,
};

/// Builds a [`Client`]; see [`Client::builder`].
#[must_use]
pub struct Builder {
    base_url: Url,
    user_agent: String,
    auth: Option<Auth>,
    headers: Vec<(&'static str, String)>,
    kept: Vec<&'static str>,
    request_id: Option<&'static str>,
    connect_timeout: Duration,
    read_timeout: Duration,
    total_timeout: Duration,
    upload_timeout: Duration,
    response_cap: usize,
    retry: RetryPolicy,
    limiter: Option<Limiter>,
    clock: Arc<dyn Clock>,
    jitter_seed: Option<u64>,
}

impl Builder {
    pub(crate) fn new(base_url: Url) -> Self {
        Self {
            base_url,
            user_agent: dial::USER_AGENT.to_owned(),
            auth: None,
            headers: Vec::new(),
            kept: vec!["content-type", "retry-after"],
            request_id: None,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(120),
            upload_timeout: Duration::from_secs(10 * 60),
            response_cap: 64 << 20,
            retry: RetryPolicy::default(),
            limiter: None,
            clock: Arc::new(SystemClock),
            jitter_seed: None,
        }
    }

    /// The `User-Agent`; by default `unified-ats/<version>`.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Credentials, sent with every request.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = Some(auth);
        self
    }

    /// A header sent with every request, such as an API version. Never a secret: use
    /// [`Builder::auth`] for those.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A response header to keep for [`Response::header`](crate::Response::header), in lower case.
    pub fn keep_header(mut self, name: &'static str) -> Self {
        self.kept.push(name);
        self
    }

    /// The response header that carries the vendor's id of a request, in lower case. The id then
    /// stands in errors and logs.
    pub fn request_id_header(mut self, name: &'static str) -> Self {
        self.request_id = Some(name);
        self
    }

    /// Time to open a connection, TLS included; 10 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Time without a byte from the vendor; 30 s by default.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// Time for one attempt from connecting to the last byte; 120 s by default.
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = timeout;
        self
    }

    /// Time for one attempt of a [`Client::upload`]; 10 minutes by default.
    pub fn upload_timeout(mut self, timeout: Duration) -> Self {
        self.upload_timeout = timeout;
        self
    }

    /// The most bytes an answer may have after decompression; 64 MiB by default.
    pub fn response_cap(mut self, bytes: usize) -> Self {
        self.response_cap = bytes;
        self
    }

    /// How calls are retried.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// A limiter shared with other clients of the same integration, or one with its own settings.
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Where time comes from. A limiter given by [`Builder::limiter`] has its own clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Makes the random part of backoff the same in every run, for tests.
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.jitter_seed = Some(seed);
        self
    }

    /// Checks the settings and builds the client. Opens no connection.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ConfigInvalid`](ats_core::ErrorKind::ConfigInvalid) for a base URL that is not http(s) or holds credentials, for a
    /// header or secret that cannot be sent, and when TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        check_url(&self.base_url)?;
        let redactor = Redactor::new(self.auth.as_ref().map(Auth::spellings).unwrap_or_default());
        let http = self.transport(&redactor)?;
        let limiter = self
            .limiter
            .unwrap_or_else(|| Limiter::new(LimiterSettings::default(), Arc::clone(&self.clock)));
        Ok(Client::from_parts(Parts {
            wire: Wire {
                http,
                redactor,
                kept: self.kept,
                request_id: self.request_id,
                response_cap: self.response_cap,
            },
            base_url: self.base_url,
            user_agent: self.user_agent,
            connect_timeout: self.connect_timeout,
            upload_timeout: self.upload_timeout,
            retry: self.retry,
            jitter: Jitter::new(self.jitter_seed.unwrap_or_else(rand::random)),
            limiter,
            clock: self.clock,
        }))
    }

    fn transport(&self, redactor: &Redactor) -> Result<reqwest::Client> {
        let builder = dial::dialer(&self.base_url, &self.user_agent)?
            .default_headers(self.default_headers()?)
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.read_timeout)
            .timeout(self.total_timeout);
        dial::finish(builder, redactor)
    }

    fn default_headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in &self.headers {
            let bad = || invalid(format!("the header {name} cannot be sent"));
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
            headers.insert(header, HeaderValue::from_str(value).map_err(|_| bad())?);
        }
        if let Some(auth) = &self.auth {
            let value = auth.header().ok_or_else(|| {
                invalid(
                    "the key has characters that cannot be sent; was it pasted with a line break?",
                )
            })?;
            headers.insert(AUTHORIZATION, value);
        }
        Ok(headers)
    }
}

/// Shows no header values: a careless caller may have put a secret there.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("base_url", &bare_url(&self.base_url))
            .field("auth", &self.auth)
            .field(
                "headers",
                &self
                    .headers
                    .iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>(),
            )
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

fn check_url(url: &Url) -> Result<()> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("the base URL must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(invalid(
            "the base URL must hold no user, password or query; give the key as credentials",
        ));
    }
    if url.scheme() == "http" && !is_loopback(url) {
        tracing::warn!(
            base_url = bare_url(url),
            "the base URL is not https: the key travels unencrypted"
        );
    }
    Ok(())
}
