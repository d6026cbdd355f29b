//! Receivers of webhooks that cannot be trusted, or that never answer: nothing is told to the first,
//! nobody waits for the second, and neither loses anything.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use ats_core::Clock;
use ats_server::{App, Options, Parts, Registry};
use ats_store::{
    NewEvent, OutgoingDelivery, OutgoingQuery, OutgoingState, PRODUCTION, sqlite::SqliteStore,
    vault::KeyRing,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use tempfile::TempDir;
use tokio::{
    io::AsyncReadExt as _,
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
    time::{advance, pause, resume},
};
use tokio_rustls::TlsAcceptor;

use crate::support::receiver::{Hand, Receiver, listen};

/// A server without vendors, whose time is moved by hand.
struct Lone {
    app: App,
    hand: Hand,
    stop: watch::Sender<bool>,
    served: JoinHandle<Result<(), ats_server::ServeError>>,
    _folder: TempDir,
}

impl Lone {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hand = Hand::new();
        let mut options = Options::new("https://ats.example.com".parse().unwrap());
        options.allow_private_network = true;
        let app = App::new(Parts {
            platform: Arc::new(SqliteStore::open(&folder.path().join("ats.db")).unwrap()),
            registry: Registry::new(ats_connectors::all(), |_| None),
            keys: Arc::new(KeyRing::generate().unwrap()),
            clock: Arc::new(hand.clone()) as Arc<dyn Clock>,
            options,
            figures: None,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (stop, stopping) = watch::channel(false);
        let served = tokio::spawn(ats_server::serve(app.clone(), listener, stopping));
        Self {
            app,
            hand,
            stop,
            served,
            _folder: folder,
        }
    }

    fn emit(&self, id: &str) {
        let event = NewEvent {
            id: id.to_owned(),
            environment: PRODUCTION.to_owned(),
            integration: None,
            kind: "data-changed".to_owned(),
            body: format!(r#"{{"id":"{id}","type":"data-changed","data":{{}}}}"#),
            at: self.app.now(),
        };
        assert_eq!(self.app.platform().emit(&event).unwrap(), 1);
    }

    /// The one delivery that there is.
    fn delivery(&self) -> OutgoingDelivery {
        let query = OutgoingQuery {
            limit: 9,
            ..OutgoingQuery::default()
        };
        let mut found = self.app.platform().outgoing(&query).unwrap();
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    fn attempts(&self) -> u32 {
        self.delivery().progress.attempts
    }

    fn is_delivered(&self) -> bool {
        self.delivery().progress.state == OutgoingState::Delivered
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.served.await.unwrap().unwrap();
    }
}

/// What became of the connections to somebody who speaks TLS with a certificate of their own making.
#[derive(Debug, Default)]
struct Seen {
    /// Why a connection did not come about.
    refused: Vec<String>,
    /// What was said on one that did.
    said: Vec<u8>,
}

async fn self_signed() -> (String, Arc<Mutex<Seen>>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}/hook",
        listener.local_addr().unwrap().port()
    );
    let seen = Arc::new(Mutex::new(Seen::default()));
    let noted = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let said = async {
                // In TLS 1.3 the refusal comes after the handshake, as far as the server sees.
                let mut stream = acceptor.accept(stream).await?;
                let mut said = Vec::new();
                stream.read_buf(&mut said).await?;
                io::Result::Ok(said)
            };
            match said.await {
                Ok(said) => noted.lock().unwrap().said.extend(said),
                Err(why) => noted.lock().unwrap().refused.push(why.to_string()),
            }
        }
    });
    (url, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_certificate_of_their_own_making_is_told_nothing_and_loses_nothing() {
    let lone = Lone::start().await;
    let (url, seen) = self_signed().await;
    let (mut endpoint, _) = listen(&lone.app, &url, None);
    lone.emit("e");
    lone.hand.until(|| lone.attempts() >= 2).await;
    let progress = lone.delivery().progress;
    let outcome = progress.outcome.unwrap();
    assert!(
        outcome.contains("its certificate is not valid"),
        "{outcome}"
    );
    assert_eq!(progress.state, OutgoingState::Waiting);
    lone.hand
        .until(|| seen.lock().unwrap().refused.len() >= 2)
        .await;
    {
        let seen = seen.lock().unwrap();
        assert_eq!(seen.said, b"");
        let by_the_sender = |why: &String| why.contains("UnknownCA");
        assert!(seen.refused.iter().all(by_the_sender), "{seen:?}");
    }
    // Once there is somebody who can be trusted, they get it.
    let mut receiver = Receiver::start().await;
    endpoint.url.clone_from(&receiver.url);
    lone.app.platform().save_endpoint(&endpoint).unwrap();
    lone.hand.until(|| lone.is_delivered()).await;
    assert_eq!(receiver.next().await.id(), "e");
    lone.end().await;
}

// The wait for an answer is real time, which can be moved where there is one thread.
#[tokio::test]
async fn whoever_does_not_answer_within_ten_seconds_is_told_again() {
    let lone = Lone::start().await;
    let mut receiver = Receiver::start().await;
    let _held = receiver.hold();
    listen(&lone.app, &receiver.url, None);
    lone.emit("e");
    while receiver.rest().is_empty() {
        lone.hand.advance(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    pause();
    advance(Duration::from_secs(5)).await;
    resume();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(lone.attempts(), 0, "it is waited for");
    pause();
    advance(Duration::from_secs(5)).await;
    resume();
    lone.hand.until(|| lone.attempts() == 1).await;
    let progress = lone.delivery().progress;
    let outcome = progress.outcome.unwrap();
    assert_eq!(outcome, "127.0.0.1 did not answer in 10s");
    assert_eq!(progress.state, OutgoingState::Waiting);
    receiver.let_go();
    lone.hand.until(|| lone.is_delivered()).await;
    assert_eq!(receiver.next().await.id(), "e");
    assert_eq!(lone.attempts(), 2);
    lone.end().await;
}
