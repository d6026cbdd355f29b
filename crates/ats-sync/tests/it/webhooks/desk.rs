//! Somebody who takes the vendor's calls, with the bench behind.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use ats_core::{Connector, Headers, IntegrationId};
use ats_simulator::{Options, ashby};
use ats_store::{DeliveryState, Integration, Segment, Store, StoredDelivery, vault::KeyRing};
use ats_sync::{Engine, IncomingCall, Received, Subscribing, WorkReport};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::bench::Bench;

/// The bench, and an address that the simulated vendor can call.
pub(crate) struct Desk {
    pub(crate) bench: Bench,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) address: String,
    answers: Arc<Mutex<Vec<Received>>>,
}

/// Headers of a call.
#[derive(Debug, Default)]
pub(crate) struct Given(BTreeMap<String, String>);

impl Given {
    pub(crate) fn signed(signature: &str) -> Self {
        Self([("ashby-signature".to_owned(), signature.to_owned())].into())
    }
}

impl Headers for Given {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&name.to_lowercase()).map(String::as_str)
    }
}

impl Desk {
    /// The small world, mirrored; every event is subscribed to.
    pub(crate) async fn open() -> Self {
        let desk = Self::closed(true).await;
        for subscribed in desk.subscribing().create(&desk.address).await.unwrap() {
            let standing = format!("{:?}", subscribed.standing);
            assert_eq!(standing, "Active", "{}", subscribed.event);
        }
        desk.bench.full().await;
        desk.answers();
        desk
    }

    /// Nothing is subscribed to, and nothing was read.
    pub(crate) async fn closed(more_webhook_types: bool) -> Self {
        let options = Options {
            page_size_cap: Some(2),
            more_webhook_types,
            ..Options::default()
        };
        let bench = Bench::with(ashby::small_world(), options).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hooks", listener.local_addr().unwrap());
        let keys = Arc::new(KeyRing::generate().unwrap());
        let answers = Arc::default();
        let behind = Behind {
            engine: bench.engine(),
            integration: bench.integration.id.clone(),
            connector: bench.connector(),
            keys: Arc::clone(&keys),
            answers: Arc::clone(&answers),
        };
        tokio::spawn(behind.serve(listener));
        Self {
            bench,
            keys,
            address,
            answers,
        }
    }

    pub(crate) fn subscribing(&self) -> Subscribing {
        self.subscribing_with(self.bench.connector())
    }

    pub(crate) fn subscribing_with(&self, connector: Arc<dyn Connector>) -> Subscribing {
        let (engine, keys) = (self.bench.engine(), Arc::clone(&self.keys));
        Subscribing::new(&engine, &self.bench.integration, connector, keys)
    }

    /// What the calls since the last time were answered, once none is under way.
    pub(crate) async fn heard(&self) -> Vec<Received> {
        self.bench.simulator.deliveries_settled().await;
        self.answers()
    }

    fn answers(&self) -> Vec<Received> {
        std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Applies a change of the world, and waits until all its events have arrived. Tells how many
    /// are new.
    pub(crate) async fn change(&self, name: &str, pick: u64) -> usize {
        self.bench.apply(name, pick);
        let heard = self.heard().await.into_iter();
        heard.filter(|answer| *answer == Received::Accepted).count()
    }

    pub(crate) async fn work(&self) -> WorkReport {
        self.work_with(self.bench.connector()).await
    }

    pub(crate) async fn work_with(&self, connector: Arc<dyn Connector>) -> WorkReport {
        let (_keep, stop) = watch::channel(false);
        let engine = self.bench.engine();
        let integration: &Integration = &self.bench.integration;
        engine.work_off(integration, connector, stop).await.unwrap()
    }

    /// Works off what is due, all of which must be possible.
    pub(crate) async fn work_all(&self) -> WorkReport {
        let report = self.work().await;
        let inbox = self.inbox();
        assert_eq!((report.waiting, report.failed), (0, 0), "{inbox:#?}");
        assert!(!report.busy && !report.more);
        report
    }

    /// The deliveries in the inbox, the latest first.
    pub(crate) fn inbox(&self) -> Vec<StoredDelivery> {
        let id = &self.bench.integration.id;
        self.bench.store.deliveries(id, 1000).unwrap()
    }

    pub(crate) fn in_state(&self, state: DeliveryState) -> usize {
        let inbox = self.inbox().into_iter();
        inbox.filter(|one| one.progress.state == state).count()
    }

    /// The segment and the secret of the subscription to an event.
    pub(crate) fn line(&self, event: &str) -> (Segment, SecretString) {
        let id = &self.bench.integration.id;
        let all = self.bench.store.subscriptions(id).unwrap();
        let found = all.into_iter().find(|one| one.event == event).unwrap();
        let secrets = found.secrets(&self.keys, self.bench.clock.date()).unwrap();
        (found.segment, secrets[0].clone())
    }

    /// Takes in a call that the subscription to `offerDelete` would get.
    pub(crate) fn call(&self, body: &[u8], headers: &Given) -> Received {
        let (segment, _) = self.line("offerDelete");
        self.call_at(&segment, body, headers)
    }

    pub(crate) fn call_at(&self, segment: &Segment, body: &[u8], headers: &Given) -> Received {
        let connector = self.bench.connector();
        let call = IncomingCall {
            segment,
            headers,
            body,
        };
        let id = &self.bench.integration.id;
        let webhooks = connector.webhooks().unwrap();
        let engine = self.bench.engine();
        engine.receive(id, webhooks, &self.keys, call).unwrap()
    }

    /// Takes in a call that is signed as it should be.
    pub(crate) fn signed_call(&self, body: &[u8]) -> Received {
        let (_, secret) = self.line("offerDelete");
        let signature = ashby::signature(secret.expose_secret(), body);
        self.call(body, &Given::signed(&signature))
    }
}

/// What answers the vendor.
struct Behind {
    engine: Engine,
    integration: IntegrationId,
    connector: Arc<dyn Connector>,
    keys: Arc<KeyRing>,
    answers: Arc<Mutex<Vec<Received>>>,
}

impl Behind {
    async fn serve(self, listener: TcpListener) {
        let behind = Arc::new(self);
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(Arc::clone(&behind).answer(stream));
        }
    }

    async fn answer(self: Arc<Self>, mut stream: TcpStream) {
        let mut raw = Vec::new();
        let mut part = vec![0_u8; 65_536];
        let (head, body) = loop {
            let count = stream.read(&mut part).await.unwrap_or(0);
            raw.extend_from_slice(&part[..count]);
            let end = raw.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end {
                let head = String::from_utf8_lossy(&raw[..end]).into_owned();
                let length: usize = header(&head, "content-length").unwrap().parse().unwrap();
                if raw.len() >= end + 4 + length {
                    break (head, raw[end + 4..].to_vec());
                }
            }
            assert!(count > 0, "a call breaks off");
        };
        let behind = Arc::clone(&self);
        let received = tokio::task::spawn_blocking(move || behind.receive(&head, &body));
        let received = received.await.unwrap();
        self.note(received);
        let status = match received {
            Received::Unknown => 410,
            Received::Forged => 401,
            Received::TooLong => 413,
            _ => 200,
        };
        let answer =
            format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    fn note(&self, received: Received) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.push(received);
    }

    fn receive(&self, head: &str, body: &[u8]) -> Received {
        let path = head.split(' ').nth(1).unwrap();
        let segment = Segment(path.strip_prefix("/hooks/").unwrap().to_owned());
        let listener = self.engine.listener(&segment).unwrap();
        assert!(listener.is_none_or(|listener| listener == self.integration));
        let signature = header(head, "ashby-signature");
        let headers = signature.map_or_else(Given::default, |found| Given::signed(&found));
        let call = IncomingCall {
            segment: &segment,
            headers: &headers,
            body,
        };
        let webhooks = self.connector.webhooks().unwrap();
        let engine = &self.engine;
        engine
            .receive(&self.integration, webhooks, &self.keys, call)
            .unwrap()
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        let is_it = found.eq_ignore_ascii_case(name);
        is_it.then(|| value.trim().to_owned())
    })
}
