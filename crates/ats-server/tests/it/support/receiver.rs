//! Somebody who listens to webhooks, and a clock that is moved by hand.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use ats_core::Clock;
use ats_server::App;
use ats_store::{WebhookEndpoint, vault::KeyRing};
use axum::{Router, body::Bytes, extract::State, response::Response, routing::post};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::BoxFuture;
use hmac::{Hmac, Mac};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc, watch},
};

use super::PRODUCTION;

/// A message as it came.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Message {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub(crate) fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// What a message is signed with, as its receiver makes it out.
pub(crate) fn signed(secret: &SecretString, body: &[u8]) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.expose_secret().as_bytes()).unwrap();
    mac.update(body);
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// Somebody who listens. It says yes unless it was told to say something else.
pub(crate) struct Receiver {
    pub(crate) url: String,
    shared: Arc<Shared>,
    messages: mpsc::UnboundedReceiver<Message>,
}

/// The status and the headers of an answer.
type Planned = (u16, Vec<(&'static str, String)>);

struct Shared {
    answers: Mutex<VecDeque<Planned>>,
    always: Mutex<u16>,
    held: Mutex<Option<Arc<Notify>>>,
    came: mpsc::UnboundedSender<Message>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (came, messages) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            answers: Mutex::default(),
            always: Mutex::new(200),
            held: Mutex::default(),
            came,
        });
        let routes = Router::new()
            .route("/hook", post(take))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            url,
            shared,
            messages,
        }
    }

    /// What it says from now on.
    pub(crate) fn says(&self, status: u16) {
        *self.shared.always.lock().unwrap() = status;
    }

    /// What it says once, before that.
    pub(crate) fn says_once(&self, status: u16, headers: &[(&'static str, &str)]) {
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| (*name, (*value).to_owned()));
        let answer = (status, headers.collect());
        self.shared.answers.lock().unwrap().push_back(answer);
    }

    /// It takes messages and says nothing until it is notified.
    pub(crate) fn hold(&self) -> Arc<Notify> {
        let held = Arc::new(Notify::new());
        *self.shared.held.lock().unwrap() = Some(Arc::clone(&held));
        held
    }

    /// It answers again, also to what comes only now.
    pub(crate) fn let_go(&self) {
        *self.shared.held.lock().unwrap() = None;
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Message {
        let next = tokio::time::timeout(Duration::from_secs(20), self.messages.recv());
        next.await.unwrap().unwrap()
    }

    /// The next message of this type; others are passed over.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Message {
        loop {
            let next = self.next().await;
            if next.kind() == kind {
                return next;
            }
        }
    }

    /// What came and was not looked at.
    pub(crate) fn rest(&mut self) -> Vec<Message> {
        std::iter::from_fn(|| self.messages.try_recv().ok()).collect()
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let _ = shared.came.send(Message { headers, body });
    let held = shared.held.lock().unwrap().clone();
    if let Some(held) = held {
        held.notified().await;
    }
    let once = shared.answers.lock().unwrap().pop_front();
    let (status, headers) = once.unwrap_or((*shared.always.lock().unwrap(), Vec::new()));
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(axum::body::Body::empty()).unwrap()
}

/// Lets `url` listen to everything, or to some types of events.
pub(crate) fn listen(
    app: &App,
    url: &str,
    events: Option<&[&str]>,
) -> (WebhookEndpoint, SecretString) {
    let events = events.map(|events| events.iter().map(|event| (*event).to_owned()).collect());
    let keys: &KeyRing = app.keys();
    let made = WebhookEndpoint::generate(keys, PRODUCTION, url, events, app.now()).unwrap();
    app.platform().save_endpoint(&made.0).unwrap();
    made
}

/// A clock that stands still until it is moved.
#[derive(Debug, Clone)]
pub(crate) struct Hand {
    zero: Instant,
    passed: watch::Sender<Duration>,
}

/// 2026-01-01T00:00:00Z.
const START: Duration = Duration::from_secs(1_767_225_600);

impl Hand {
    pub(crate) fn new() -> Self {
        Self {
            zero: Instant::now(),
            passed: watch::channel(Duration::ZERO).0,
        }
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.passed.send_modify(|passed| *passed += by);
    }

    pub(crate) fn passed(&self) -> Duration {
        *self.passed.borrow()
    }

    /// Lets time pass, a second at a time, until it is so.
    pub(crate) async fn until(&self, is_so: impl Fn() -> bool) {
        self.until_by(Duration::from_secs(1), is_so).await;
    }

    /// The same with other steps.
    pub(crate) async fn until_by(&self, step: Duration, is_so: impl Fn() -> bool) {
        for round in 0..20_000 {
            if is_so() {
                return;
            }
            // Others get their turn before time passes.
            tokio::time::sleep(Duration::from_millis(1)).await;
            if round % 5 == 4 {
                self.advance(step);
            }
        }
        panic!("it never is so");
    }
}

impl Clock for Hand {
    fn now(&self) -> Instant {
        self.zero + self.passed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + START + self.passed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut passed = self.passed.subscribe();
        let until = self.passed().saturating_add(duration);
        Box::pin(async move {
            if passed.wait_for(|passed| *passed >= until).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
