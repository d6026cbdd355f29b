//! The least that can ask the server: kept connections, one request at a time on each.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, Uri, body::Incoming, client::conn::http1, header,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Where requests go, and on whose behalf.
#[derive(Debug)]
pub(crate) struct Target {
    address: SocketAddr,
    headers: HeaderMap,
}

/// A connection that is kept.
#[derive(Debug)]
pub(crate) struct Connection(http1::SendRequest<Full<Bytes>>);

impl Target {
    /// The server, about one integration.
    pub(crate) fn new(address: SocketAddr, key: &str, integration: &str) -> Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, address.to_string().parse()?);
        headers.insert(header::AUTHORIZATION, format!("Bearer {key}").parse()?);
        headers.insert("x-integration-id", integration.parse()?);
        Ok(Self { address, headers })
    }

    /// The same requests, sent elsewhere.
    pub(crate) fn at(&self, address: SocketAddr) -> Result<Self> {
        let mut headers = self.headers.clone();
        headers.insert(header::HOST, address.to_string().parse()?);
        Ok(Self { address, headers })
    }

    /// A new connection.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the connection; what goes wrong is seen by whoever sends.
        tokio::spawn(driver);
        Ok(Connection(connection))
    }

    /// Begins a pass; gives its id.
    pub(crate) async fn force(&self, kind: &str) -> Result<String> {
        let mut connection = self.connect().await?;
        let body = format!(r#"{{"type":"{kind}"}}"#);
        let mut request = self.request(Method::POST, Uri::from_static("/v1/force-sync"), body);
        let json = header::HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        let answer = connection.send(request).await?;
        let body = answer.into_body().collect().await?.to_bytes();
        let said: Value = serde_json::from_slice(&body)?;
        let data = &said["data"];
        ensure!(
            data["already_queued"] == false && data["type"] == kind,
            "the pass did not begin: {said}"
        );
        let id = data["sync_id"].as_str().context("a pass without an id")?;
        Ok(id.to_owned())
    }

    fn request(&self, method: Method, uri: Uri, body: String) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        request.headers_mut().clone_from(&self.headers);
        request
    }
}

impl Connection {
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>> {
        self.0.ready().await?;
        let answer = self.0.send_request(request).await?;
        ensure!(
            answer.status().is_success(),
            "the server refused: {}",
            answer.status()
        );
        Ok(answer)
    }

    /// A whole page.
    pub(crate) async fn get(&mut self, target: &Target, uri: &Uri) -> Result<Bytes> {
        let request = target.request(Method::GET, uri.clone(), String::new());
        let answer = self.send(request).await?;
        Ok(answer.into_body().collect().await?.to_bytes())
    }

    /// The length of a page, whose bytes are dropped as they come.
    pub(crate) async fn weigh(&mut self, target: &Target, uri: &Uri) -> Result<usize> {
        let request = target.request(Method::GET, uri.clone(), String::new());
        let mut body = self.send(request).await?.into_body();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            length += frame?.data_ref().map_or(0, Bytes::len);
        }
        Ok(length)
    }
}
