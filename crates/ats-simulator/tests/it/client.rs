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
    send_bytes(address, method, path, headers, body.as_bytes()).await
}

/// Sends one request with exactly these headers and these bytes.
pub(crate) async fn send_bytes(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    let mut text = format!("{method} /{path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(text.as_bytes()).await?;
    stream.write_all(body).await?;
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

/// Asks for what must succeed; gives the results.
pub(crate) async fn done(simulator: &Simulator, endpoint: &str, body: Value) -> Value {
    let answer = ask(simulator, endpoint, body).await.json();
    assert_eq!(answer["success"], true, "{endpoint}: {answer}");
    answer["results"].clone()
}

/// Asks for what must be refused with status 200; gives the code.
pub(crate) async fn refused(simulator: &Simulator, endpoint: &str, body: Value) -> String {
    let before = simulator.read(World::revision);
    let answer = ask(simulator, endpoint, body).await;
    assert_eq!(answer.status, 200, "{endpoint}");
    assert_eq!(answer.json()["success"], false, "{endpoint}");
    assert_eq!(
        simulator.read(World::revision),
        before,
        "{endpoint} changed the world and refused"
    );
    answer.code()
}

/// One part of a form: name, file name and content type of a file, and its bytes.
pub(crate) type Part<'a> = (&'a str, Option<(&'a str, &'a str)>, &'a [u8]);

/// A form as bytes, and its content type.
pub(crate) fn form(parts: &[Part<'_>]) -> (Vec<u8>, String) {
    let mut body = Vec::new();
    for (name, file, data) in parts {
        body.extend_from_slice(b"--frontier\r\nContent-Disposition: form-data; name=\"");
        body.extend_from_slice(name.as_bytes());
        body.push(b'"');
        if let Some((file, kind)) = file {
            let head = format!("; filename=\"{file}\"\r\nContent-Type: {kind}");
            body.extend_from_slice(head.as_bytes());
        }
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(data);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--frontier--\r\n");
    (body, "multipart/form-data; boundary=frontier".to_owned())
}

/// Posts a form to an endpoint, with every permission.
pub(crate) async fn post_form(simulator: &Simulator, endpoint: &str, parts: &[Part<'_>]) -> Answer {
    let (body, kind) = form(parts);
    let credentials = basic(&simulator.key());
    let headers = [("authorization", &*credentials), ("content-type", &*kind)];
    send_bytes(simulator.address(), "POST", endpoint, &headers, &body)
        .await
        .expect("an answer")
}

/// Announces and makes an upload; gives the handle.
pub(crate) async fn upload(
    simulator: &Simulator,
    context: &str,
    name: &str,
    data: &[u8],
) -> String {
    let announced = announce(simulator, context, name, data.len()).await;
    let answer = post_file(simulator, &announced, data).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    announced["handle"].as_str().expect("a handle").to_owned()
}

pub(crate) async fn announce(
    simulator: &Simulator,
    context: &str,
    name: &str,
    length: usize,
) -> Value {
    let body = json!({
        "fileUploadContext": context,
        "filename": name,
        "contentType": "application/pdf",
        "contentLength": length,
    });
    done(simulator, "file.createFileUploadHandle", body).await
}

/// Posts a file with the fields of an announcement.
pub(crate) async fn post_file(simulator: &Simulator, announced: &Value, data: &[u8]) -> Answer {
    let fields = announced["fields"].as_object().expect("fields");
    let mut parts: Vec<Part<'_>> = fields
        .iter()
        .map(|(name, value)| (&**name, None, value.as_str().expect("text").as_bytes()))
        .collect();
    parts.push(("file", Some(("ignored", "application/pdf")), data));
    let (body, kind) = form(&parts);
    let path = path_of(simulator, announced["url"].as_str().expect("an address"));
    let headers = [("content-type", &*kind)];
    send_bytes(simulator.address(), "POST", &path, &headers, &body)
        .await
        .expect("an answer")
}

/// The path of an address on the simulator's own port.
pub(crate) fn path_of(simulator: &Simulator, url: &str) -> String {
    let path = url.strip_prefix(&simulator.base_url());
    path.expect("the simulator's own port")
        .trim_start_matches('/')
        .to_owned()
}

pub(crate) fn nothing() -> Value {
    json!({})
}
