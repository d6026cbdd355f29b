//! Something that takes the messages of webhooks, so that the tests see what arrived.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use ats_simulator::{Simulator, ashby};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::done;

pub(crate) const SECRET: &str = "a-secret-of-the-tests";

/// One message as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) signature: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    pub(crate) fn is_genuine(&self) -> bool {
        self.signature.as_deref() == Some(&*ashby::signature(SECRET, &self.body))
    }
}

/// Something that takes messages, and answers as told: with 200 when it was told nothing.
pub(crate) struct Receiver {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Message>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!(
            "http://{}/hook/1",
            listener.local_addr().expect("an address")
        );
        let (seen, answers) = (Arc::default(), Arc::default());
        let (messages, statuses) = (Arc::clone(&seen), Arc::clone(&answers));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                take(stream, &messages, &statuses).await;
            }
        });
        Self { url, seen, answers }
    }

    pub(crate) fn seen(&self) -> Vec<Message> {
        lock(&self.seen).clone()
    }

    pub(crate) fn answer_with(&self, statuses: &[u16]) {
        lock(&self.answers).extend(statuses);
    }

    /// What came since the last time.
    pub(crate) fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *lock(&self.seen))
    }

    /// What came since the last time, as action names.
    pub(crate) fn actions(&self) -> Vec<String> {
        let messages = self.take();
        let action = |message: &Message| message.json()["action"].as_str().unwrap_or("").to_owned();
        messages.iter().map(action).collect()
    }

    pub(crate) async fn subscribe(&self, simulator: &Simulator, kind: &str) -> String {
        let body = json!({ "webhookType": kind, "requestUrl": self.url, "secretToken": SECRET });
        let made = done(simulator, "webhook.create", body).await;
        made["id"].as_str().expect("an id").to_owned()
    }
}

async fn take(
    mut stream: TcpStream,
    messages: &Mutex<Vec<Message>>,
    statuses: &Mutex<VecDeque<u16>>,
) {
    let mut raw = Vec::new();
    let mut part = [0_u8; 65_536];
    loop {
        let count = stream.read(&mut part).await.unwrap_or(0);
        raw.extend_from_slice(&part[..count]);
        let Some(end) = raw.windows(4).position(|window| window == b"\r\n\r\n") else {
            assert!(count > 0, "a request breaks off");
            continue;
        };
        let head = String::from_utf8_lossy(&raw[..end]).to_lowercase();
        let header = |name: &str| {
            let found = head.lines().find_map(|line| line.strip_prefix(name));
            found.map(|value| value.trim_start_matches(':').trim().to_owned())
        };
        let length: usize = header("content-length")
            .expect("a length")
            .parse()
            .expect("a number");
        if raw.len() < end + 4 + length {
            assert!(count > 0, "a body breaks off");
            continue;
        }
        lock(messages).push(Message {
            signature: header("ashby-signature"),
            body: raw[end + 4..].to_vec(),
        });
        break;
    }
    let status = lock(statuses).pop_front().unwrap_or(200);
    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(answer.as_bytes()).await;
}
