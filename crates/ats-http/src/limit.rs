//! How many requests of one integration may be in flight: an adaptive limit without a fixed quota.
//!
//! Vendors rarely publish their limits, so the limiter finds them: it starts small, adds one after
//! each window of good answers that used the limit to the full, and halves when the vendor
//! throttles. It owns permits, lanes and pauses. It must not know HTTP: it hears "answered" or
//! "throttled" and nothing else.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch};

use crate::Clock;

/// Who goes first when permits are short. A waiting request of a higher lane always gets the next
/// permit, so a lane can be starved by those above it: writes and webhooks are rare and urgent,
/// while a full pass can wait as long as it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Someone waits for an action.
    Write,
    /// A webhook announced a change; fetch what it names.
    Webhook,
    /// A delta pass.
    Delta,
    /// A full pass.
    Full,
}

const LANES: usize = 4;

/// Where a limiter starts and how far it may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimiterSettings {
    /// Requests in flight before anything is known about the vendor.
    pub start: usize,
    /// Never more than this.
    pub ceiling: usize,
}

impl Default for LimiterSettings {
    fn default() -> Self {
        Self {
            start: 4,
            ceiling: 64,
        }
    }
}

/// A limiter at one moment, for progress displays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Requests that may be in flight now.
    pub limit: usize,
    /// Requests that are.
    pub in_flight: usize,
    /// Requests that wait for a permit.
    pub waiting: usize,
    /// How long nobody gets a permit, because the vendor asked for it; zero if it did not.
    pub paused_for: Duration,
    /// Answers that said "too many requests".
    pub throttled_count: u64,
    /// Time that all requests together have waited for a permit.
    pub wait_total: Duration,
}

/// The shared budget of one integration. Clones share one limit.
#[derive(Clone)]
pub struct Limiter {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    ceiling: usize,
    state: Mutex<State>,
    /// When the pause ends. Waiting requests watch it, because a pause may begin while they wait.
    paused_until: watch::Sender<Option<Instant>>,
}

struct State {
    limit: usize,
    in_flight: usize,
    /// Good answers since the limit last moved.
    window: usize,
    /// Grows with each halving. A permit remembers its round, so that the other requests which were
    /// in flight when the vendor throttled cannot halve the limit again.
    round: u64,
    queues: [VecDeque<oneshot::Sender<u64>>; LANES],
    throttled: u64,
    wait_total: Duration,
}

impl State {
    /// Hands free permits to waiting requests, highest lane first.
    fn dispatch(&mut self) {
        while self.in_flight < self.limit {
            let Some(waiter) = self.queues.iter_mut().find_map(VecDeque::pop_front) else {
                return;
            };
            // Sending fails if the request was given up while it waited.
            if waiter.send(self.round).is_ok() {
                self.in_flight += 1;
            }
        }
    }

    fn grow(&mut self, round: u64, ceiling: usize) {
        // Answers to requests from before a halving say nothing about the new limit, and a limit
        // that nobody used up was not tested.
        if round != self.round || self.in_flight < self.limit {
            return;
        }
        if self.round == 0 {
            // Nothing is known yet of what the vendor minds, so each answer allows one more: the
            // limit doubles with each round of requests until the first refusal.
            self.limit = (self.limit + 1).min(ceiling);
            return;
        }
        self.window += 1;
        if self.window >= self.limit {
            self.window = 0;
            self.limit = (self.limit + 1).min(ceiling);
        }
    }

    fn halve(&mut self, round: u64) {
        self.throttled += 1;
        if round == self.round {
            self.round += 1;
            self.window = 0;
            self.limit = (self.limit / 2).max(1);
        }
    }
}

impl Limiter {
    /// A limiter that has learned nothing yet. Both settings are at least one.
    pub fn new(settings: LimiterSettings, clock: Arc<dyn Clock>) -> Self {
        let ceiling = settings.ceiling.max(1);
        let state = State {
            limit: settings.start.clamp(1, ceiling),
            in_flight: 0,
            window: 0,
            round: 0,
            queues: std::array::from_fn(|_| VecDeque::new()),
            throttled: 0,
            wait_total: Duration::ZERO,
        };
        let (paused_until, _) = watch::channel(None);
        let shared = Shared {
            clock,
            ceiling,
            state: Mutex::new(state),
            paused_until,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// For how long the vendor still wants to be left alone, if it asked for that.
    pub(crate) fn paused_for(&self) -> Option<Duration> {
        let until = (*self.shared.paused_until.borrow())?;
        let left = until.saturating_duration_since(self.shared.clock.now());
        (!left.is_zero()).then_some(left)
    }

    /// Waits for a permit to send one request. Dropping the future gives up the place.
    pub async fn acquire(&self, lane: Lane) -> Permit {
        let shared = &self.shared;
        let started = shared.clock.now();
        let mut pause = shared.paused_until.subscribe();
        let mut waiter = Waiter {
            shared,
            grant: shared.enqueue(lane),
        };
        let round = loop {
            shared.dispatch();
            let until = *pause.borrow_and_update();
            let left = until.map(|until| until.saturating_duration_since(shared.clock.now()));
            let left = left.filter(|left| !left.is_zero());
            tokio::select! {
                biased;
                // The sender lives in the queue until it has sent, so an error cannot happen; if it
                // did, joining the queue again is the right thing to do.
                grant = &mut waiter.grant => match grant {
                    Ok(round) => break round,
                    Err(_) => waiter.grant = shared.enqueue(lane),
                },
                () = shared.clock.sleep(left.unwrap_or_default()), if left.is_some() => {}
                Ok(()) = pause.changed() => {}
            }
        };
        drop(waiter);
        let waited = shared.clock.now().saturating_duration_since(started);
        shared.lock().wait_total += waited;
        Permit {
            shared: Arc::clone(shared),
            round,
            waited,
            settled: false,
        }
    }

    /// The limiter as it is now.
    pub fn snapshot(&self) -> Snapshot {
        let paused_for = self.shared.pause_left().unwrap_or_default();
        let state = self.shared.lock();
        let live = |queue: &VecDeque<oneshot::Sender<u64>>| {
            queue.iter().filter(|waiter| !waiter.is_closed()).count()
        };
        Snapshot {
            limit: state.limit,
            in_flight: state.in_flight,
            waiting: state.queues.iter().map(live).sum(),
            paused_for,
            throttled_count: state.throttled,
            wait_total: state.wait_total,
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is a few plain assignments, so a panic elsewhere leaves it good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(&self, lane: Lane) -> oneshot::Receiver<u64> {
        let (sender, receiver) = oneshot::channel();
        self.lock().queues[lane as usize].push_back(sender);
        receiver
    }

    fn pause_left(&self) -> Option<Duration> {
        let until = (*self.paused_until.borrow())?;
        let left = until.saturating_duration_since(self.clock.now());
        (!left.is_zero()).then_some(left)
    }

    fn dispatch(&self) {
        if self.pause_left().is_none() {
            self.lock().dispatch();
        }
    }

    /// Takes a permit back after `learn` has seen the state in which it was still out.
    fn release(&self, learn: impl FnOnce(&mut State)) {
        {
            let mut state = self.lock();
            learn(&mut state);
            state.in_flight -= 1;
        }
        self.dispatch();
    }

    /// Nobody gets a permit for this long; a pause that ends later stays.
    fn pause(&self, wait: Duration) {
        let Some(until) = self.clock.now().checked_add(wait) else {
            return;
        };
        self.paused_until.send_if_modified(|current| {
            let later = current.is_none_or(|current| current < until);
            if later {
                *current = Some(until);
            }
            later
        });
    }
}

/// A place in the queue that gives back a permit which arrived too late to be taken.
struct Waiter<'a> {
    shared: &'a Shared,
    grant: oneshot::Receiver<u64>,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.grant.close();
        if self.grant.try_recv().is_ok() {
            self.shared.release(|_| {});
        }
    }
}

/// The right to have one request in flight. Dropping it gives the place back and teaches nothing.
#[derive(Debug)]
#[must_use = "the request may only be sent while the permit is held"]
pub struct Permit {
    shared: Arc<Shared>,
    round: u64,
    waited: Duration,
    settled: bool,
}

impl Permit {
    /// How long it was waited for.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }

    /// The vendor answered and did not mind the rate.
    pub fn answered(mut self) {
        self.settled = true;
        let (round, ceiling) = (self.round, self.shared.ceiling);
        self.shared.release(|state| state.grow(round, ceiling));
    }

    /// The vendor asks for fewer requests, and for none at all during `pause`.
    pub fn throttled(mut self, pause: Option<Duration>) {
        self.settled = true;
        if let Some(pause) = pause {
            self.shared.pause(pause);
        }
        let round = self.round;
        self.shared.release(|state| state.halve(round));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.settled {
            self.shared.release(|_| {});
        }
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Limiter").field(&self.snapshot()).finish()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("ceiling", &self.ceiling)
            .finish_non_exhaustive()
    }
}
