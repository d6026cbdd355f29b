//! The least that can speak to the simulated vendor: one request on a kept connection, its answer as
//! bytes. It owns connections and counts, and knows no endpoint.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result, ensure};
use base64::Engine;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

type Connection = http1::SendRequest<Full<Bytes>>;

/// A client with as many connections as it needs at once; each is used again.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    authorization: String,
    idle: Mutex<Vec<Connection>>,
    traffic: Mutex<Traffic>,
}

/// What went over the wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traffic {
    /// Requests by endpoint.
    pub(crate) requests: BTreeMap<String, u64>,
    /// Bytes of all answers' bodies.
    pub(crate) bytes: u64,
}

impl Traffic {
    /// All requests.
    pub(crate) fn total(&self) -> u64 {
        self.requests.values().sum()
    }
}

impl Client {
    /// A client for the vendor at `base_url`, such as `http://127.0.0.1:8787`.
    pub(crate) fn new(base_url: &str, key: &str) -> Result<Self> {
        let address = base_url
            .strip_prefix("http://")
            .context("the simulated vendor is reached over http")?
            .parse()
            .context("the simulated vendor's address is no socket address")?;
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{key}:"));
        Ok(Self {
            address,
            authorization: format!("Basic {encoded}"),
            idle: Mutex::default(),
            traffic: Mutex::default(),
        })
    }

    /// What went over the wire so far.
    pub(crate) fn traffic(&self) -> Traffic {
        lock(&self.traffic).clone()
    }

    /// Asks once; a refusal is an error.
    pub(crate) async fn post(&self, endpoint: &str, body: String) -> Result<Bytes> {
        let idle = lock(&self.idle).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let request = Request::post(format!("/{endpoint}"))
            .header("host", self.address.to_string())
            .header("authorization", &self.authorization)
            .header("content-type", "application/json")
            .header("accept", "application/json; version=1")
            .header("ashby-version", "2026-01-01")
            .body(Full::from(body))?;
        connection.ready().await?;
        let answer = connection.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        lock(&self.idle).push(connection);
        ensure!(
            status.is_success() && body.starts_with(b"{\"success\":true"),
            "{endpoint} was refused ({status})"
        );
        let mut traffic = lock(&self.traffic);
        traffic.bytes += body.len() as u64;
        match traffic.requests.get_mut(endpoint) {
            Some(count) => *count += 1,
            None => {
                traffic.requests.insert(endpoint.to_owned(), 1);
            }
        }
        Ok(body)
    }

    async fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the connection; what goes wrong is seen by whoever sends.
        tokio::spawn(driver);
        Ok(connection)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
