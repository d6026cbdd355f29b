//! What the vendor sends of its own accord: a queue of messages, each posted until it is taken or
//! given up, and the record of what became of them. Knows no vendor's events or signatures.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::lock;
use crate::simulator::Options;

/// How often a message is tried.
const ATTEMPTS: usize = 10;

/// Answers after which a message is not tried again.
const FINAL: [u16; 5] = [401, 403, 404, 405, 410];

/// How long an answer may take when the options say nothing. The vendor's documents do not either.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A message to a webhook, and what became of it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The id of the webhook.
    pub webhook_id: String,
    /// Where it is posted to.
    pub url: String,
    /// The event, as the vendor names it.
    pub action: String,
    /// The id that is equal across retries and related events; none for a ping.
    pub action_id: Option<String>,
    /// The bytes that are posted.
    pub body: Bytes,
    /// The signature header; none when it is left out.
    pub signature: Option<String>,
    /// The status of each attempt; 0 where no answer came.
    pub attempts: Vec<u16>,
    /// What became of it.
    pub state: DeliveryState,
}

/// What became of a [`Delivery`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryState {
    /// It waits for its first attempt or its next one.
    Waiting,
    /// It waits until a later one has been tried.
    Held,
    /// It was answered with a 2xx.
    Delivered,
    /// It was refused for good, or too often.
    GivenUp,
    /// It was never tried.
    Lost,
}

/// Every message so far, and the queue of those that wait.
#[derive(Debug, Default)]
pub(crate) struct Post {
    state: Mutex<State>,
    work: Notify,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    deliveries: Vec<Delivery>,
    /// Places of deliveries that wait, with the time of their next attempt.
    queue: Vec<(Instant, usize)>,
    /// How many attempts are being made.
    busy: usize,
}

impl Post {
    /// Records a message, and puts it into the queue if it waits. Gives its place.
    pub(crate) fn push(&self, delivery: Delivery) -> usize {
        let mut state = lock(&self.state);
        let place = state.deliveries.len();
        if delivery.state == DeliveryState::Waiting {
            state.queue.push((Instant::now(), place));
        }
        state.deliveries.push(delivery);
        drop(state);
        self.work.notify_one();
        place
    }

    /// Takes a message out of the queue, to be tried at once by the caller.
    pub(crate) fn take(&self, place: usize) -> bool {
        let mut state = lock(&self.state);
        let before = state.queue.len();
        state.queue.retain(|(_, waiting)| *waiting != place);
        let taken = state.queue.len() < before;
        state.busy += usize::from(taken);
        taken
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.state).deliveries.clone()
    }

    pub(crate) fn forget(&self) {
        let mut state = lock(&self.state);
        if state.queue.is_empty() && state.busy == 0 {
            state.deliveries.clear();
        }
    }

    /// Waits until nothing waits any more, not even what was held back.
    pub(crate) async fn settled(&self) {
        loop {
            let changed = self.changed.notified();
            {
                let mut state = lock(&self.state);
                if state.queue.is_empty() && state.busy == 0 {
                    state.let_go(usize::MAX);
                    if state.queue.is_empty() {
                        return;
                    }
                }
            }
            self.work.notify_one();
            changed.await;
        }
    }

    /// Posts what waits, one after another, for ever.
    pub(crate) async fn run(&self, options: &Options) {
        loop {
            match self.next() {
                Next::Now(place) => self.attempt(place, options).await,
                Next::At(due) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(due) => {}
                        () = self.work.notified() => {}
                    }
                }
                Next::Nothing => self.work.notified().await,
            }
        }
    }

    fn next(&self) -> Next {
        let mut state = lock(&self.state);
        // The earliest one; of equals the first.
        let first = state.queue.iter().min().copied();
        match first {
            None => Next::Nothing,
            Some((due, place)) if due <= Instant::now() => {
                state.queue.retain(|(_, waiting)| *waiting != place);
                state.busy += 1;
                Next::Now(place)
            }
            Some((due, _)) => Next::At(due),
        }
    }

    /// Tries one message that was taken out of the queue.
    pub(crate) async fn attempt(&self, place: usize, options: &Options) {
        let delivery = lock(&self.state).deliveries[place].clone();
        let limit = match options.webhook_timeout {
            Duration::ZERO => TIMEOUT,
            limit => limit,
        };
        let answer = tokio::time::timeout(limit, post(&delivery)).await;
        let status = answer.ok().flatten().unwrap_or(0);
        let mut state = lock(&self.state);
        state.busy -= 1;
        let delivery = &mut state.deliveries[place];
        delivery.attempts.push(status);
        let count = delivery.attempts.len();
        if (200..300).contains(&status) {
            delivery.state = DeliveryState::Delivered;
        } else if FINAL.contains(&status) || count >= ATTEMPTS {
            delivery.state = DeliveryState::GivenUp;
        } else {
            let due = Instant::now() + wait_after(count, options.webhook_retry_unit);
            state.queue.push((due, place));
        }
        state.let_go(place);
        drop(state);
        self.changed.notify_waiters();
        self.work.notify_one();
    }
}

enum Next {
    Now(usize),
    At(Instant),
    Nothing,
}

impl State {
    /// Lets what was held back before this place wait behind everything else.
    fn let_go(&mut self, before: usize) {
        let now = Instant::now();
        for (place, delivery) in self.deliveries.iter_mut().enumerate().take(before) {
            if delivery.state == DeliveryState::Held {
                delivery.state = DeliveryState::Waiting;
                self.queue.push((now, place));
            }
        }
    }
}

/// The vendor waits (2^n - 1) units after the n-th attempt; its unit is ten seconds.
fn wait_after(attempts: usize, unit: Duration) -> Duration {
    let doublings = u32::try_from(attempts).unwrap_or(u32::MAX).min(16);
    unit * ((1 << doublings) - 1)
}

/// Posts a message; gives the status of the answer.
async fn post(delivery: &Delivery) -> Option<u16> {
    let uri: Uri = delivery.url.parse().ok()?;
    let (host, authority) = (uri.host()?, uri.authority()?.as_str());
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80)))
        .await
        .ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .ok()?;
    tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::post(path)
        .header("host", authority)
        .header("content-type", "application/json")
        .header("user-agent", "Ashby-Webhook");
    if let Some(signature) = &delivery.signature {
        request = request.header("ashby-signature", signature);
    }
    let request = request.body(Full::new(delivery.body.clone())).ok()?;
    let response = sender.send_request(request).await.ok()?;
    Some(response.status().as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_follow_the_documented_schedule() {
        let unit = Duration::from_secs(10);
        let waits: Vec<u64> = (1..6).map(|n| wait_after(n, unit).as_secs()).collect();
        assert_eq!(waits, [10, 30, 70, 150, 310]);
        assert_eq!(wait_after(9, Duration::ZERO), Duration::ZERO);
    }
}
