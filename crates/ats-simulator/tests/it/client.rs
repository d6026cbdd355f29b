//! A small HTTP client on a plain socket, so that the tests see exactly what was sent.

use std::io;
use std::net::SocketAddr;

use ats_simulator::{KeySpec, Options, Simulator, World};
use base64::Engine;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    pub(crate) fn code(&self) -> String {
        self.json()["errorInfo"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

pub(crate) async fn start(world: World) -> Simulator {
    Simulator::start(world, Options::default())
        .await
        .expect("a free port")
}

pub(crate) async fn small() -> Simulator {
    start(ats_simulator::ashby::small_world()).await
}

pub(crate) fn key_without(permission: &str) -> KeySpec {
    let all = Simulator::all_permissions();
    KeySpec::new(
        "limited",
        all.into_iter().filter(|name| *name != permission),
    )
}

pub(crate) fn basic(key: &str) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{key}:"));
    format!("Basic {encoded}")
}

/// Sends one request with exactly these headers.
pub(crate) async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    let mut text = format!("{method} /{path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(text.as_bytes()).await?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).await?;
    parse(&raw)
}

fn parse(raw: &[u8]) -> io::Result<Answer> {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .unwrap_or(0);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let body = raw[end + 4..].to_vec();
    Ok(Answer {
        status,
        headers,
        body,
    })
}

pub(crate) async fn try_ask(
    simulator: &Simulator,
    key: &str,
    endpoint: &str,
    body: Value,
) -> io::Result<Answer> {
    let credentials = basic(key);
    let headers = [
        ("authorization", &*credentials),
        ("content-type", "application/json"),
    ];
    send(
        simulator.address(),
        "POST",
        endpoint,
        &headers,
        &body.to_string(),
    )
    .await
}

pub(crate) async fn ask_as(
    simulator: &Simulator,
    key: &str,
    endpoint: &str,
    body: Value,
) -> Answer {
    try_ask(simulator, key, endpoint, body)
        .await
        .expect("an answer")
}

/// Asks with every permission.
pub(crate) async fn ask(simulator: &Simulator, endpoint: &str, body: Value) -> Answer {
    ask_as(simulator, &simulator.key(), endpoint, body).await
}

/// The ids of the rows of one answer that must be a success.
pub(crate) async fn ids(simulator: &Simulator, endpoint: &str, body: Value) -> Vec<String> {
    let answer = ask(simulator, endpoint, body).await.json();
    assert_eq!(answer["success"], true, "{endpoint}: {answer}");
    ids_of(&answer)
}

pub(crate) fn ids_of(answer: &Value) -> Vec<String> {
    let rows = answer["results"].as_array().expect("rows");
    rows.iter()
        .map(|row| row["id"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Walks a list to its end; gives the ids of each page and the token of the last.
pub(crate) async fn walk(
    simulator: &Simulator,
    endpoint: &str,
    body: Value,
) -> (Vec<Vec<String>>, String) {
    let mut pages = Vec::new();
    let mut request = body;
    loop {
        let answer = ask(simulator, endpoint, request.clone()).await.json();
        assert_eq!(answer["success"], true, "{endpoint}: {answer}");
        pages.push(ids_of(&answer));
        assert!(pages.len() < 200, "the walk does not end");
        if answer["moreDataAvailable"] == true {
            assert!(
                answer.get("syncToken").is_none(),
                "a token before the last page"
            );
            request["cursor"] = answer["nextCursor"].clone();
        } else {
            assert!(
                answer.get("nextCursor").is_none(),
                "a cursor on the last page"
            );
            return (
                pages,
                answer["syncToken"].as_str().unwrap_or_default().to_owned(),
            );
        }
    }
}

/// Ids of `collection` in the world for which `fits` holds.
pub(crate) fn where_(
    simulator: &Simulator,
    collection: &str,
    fits: impl Fn(&Value) -> bool,
) -> Vec<String> {
    simulator.read(|world| {
        let documents = world.collection(collection).documents();
        documents
            .filter(|d| fits(d.value()))
            .map(|d| d.id().to_owned())
            .collect()
    })
}

pub(crate) fn nothing() -> Value {
    json!({})
}
