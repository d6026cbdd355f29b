//! Servers, clients and calls that the tests share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ats_core::Result;
use ats_http::{Builder, Call, CallKind, Client, Lane, Response, testing::FakeClock};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

pub(crate) fn builder(base_url: &str, clock: &FakeClock) -> Builder {
    Client::builder(Url::parse(base_url).unwrap())
        .clock(Arc::new(clock.clone()))
        .jitter_seed(1)
        .request_id_header("x-request-id")
}

pub(crate) fn call(kind: CallKind) -> Call<'static, Value> {
    static BODY: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| json!({"limit": 100}));
    let lane = if kind == CallKind::Read {
        Lane::Full
    } else {
        Lane::Write
    };
    Call {
        operation: "thing.list",
        path: "thing.list",
        body: &BODY,
        kind,
        lane,
    }
}

pub(crate) async fn read(client: &Client) -> Result<Response> {
    client.post_json(call(CallKind::Read)).await
}

pub(crate) async fn write(client: &Client) -> Result<Response> {
    client.post_json(call(CallKind::Write)).await
}

/// Answers with each template in turn and then with the last one for ever.
pub(crate) async fn server(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let next = AtomicUsize::new(0);
    let answer = move |_: &wiremock::Request| {
        let index = next.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        answers[index].clone()
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

pub(crate) fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

pub(crate) fn ok() -> ResponseTemplate {
    status(200).set_body_json(json!({"success": true}))
}

pub(crate) async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

/// What a raw server does with one connection after it has read the request.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// Sends these bytes and closes.
    Send(&'static str),
    /// Closes without a byte.
    Drop,
    /// Keeps the connection open and says nothing.
    Hang,
}

/// A server that breaks the protocol on purpose, one act a connection, the last one for ever.
/// Returns its base URL and the count of requests it has read.
pub(crate) async fn raw_server(acts: Vec<Act>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (url, serve(listener, acts))
}

/// Serves one act a connection, the last one for ever, and counts the requests it has read.
pub(crate) fn serve(listener: TcpListener, acts: Vec<Act>) -> Arc<AtomicUsize> {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    tokio::spawn(async move {
        let mut hanging = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await;
            let index = counter.fetch_add(1, Ordering::SeqCst).min(acts.len() - 1);
            match acts[index] {
                Act::Send(bytes) => {
                    stream.write_all(bytes.as_bytes()).await.unwrap();
                    stream.shutdown().await.unwrap();
                }
                Act::Drop => {}
                Act::Hang => hanging.push(stream),
            }
        }
    });
    seen
}

/// Reads up to the end of the body: every test sends a small JSON object or a form.
async fn read_request(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    let mut buffer = [0; 1024];
    while !seen.ends_with(b"}") && !seen.ends_with(b"--\r\n") {
        let count = stream.read(&mut buffer).await.unwrap();
        if count == 0 {
            return;
        }
        seen.extend_from_slice(&buffer[..count]);
    }
}

pub(crate) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
