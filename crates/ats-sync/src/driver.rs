//! Carries out what the step of a pass wants, and tells it what came of that.
//!
//! It owns tasks and threads: fetches run on the runtime, everything that blocks on threads that may
//! wait, and one thread writes. It decides nothing. When it is dropped before its end, nothing begins
//! any more, and what a thread is in the middle of is its last.

use std::{
    panic,
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use ats_core::{PageRequest, RawPage};
use ats_store::Problem;
use futures_util::future::OptionFuture;
use tokio::{
    sync::{mpsc as channel, watch},
    task::{JoinError, JoinSet},
};

use crate::{
    Error, Event, Observer, again,
    error::Result,
    finish,
    known::Stored,
    lane::Lane,
    map::{self, Ready},
    pass::{Effect, Input, Pass, Stop},
    problem,
    session::Session,
    task,
    walk::{self, Brought},
    walks::{self, Opened},
    writer::{self, Job},
};

/// What a task or a thread tells the driver.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something for the step.
    Input(Input),
    /// A walk is written down.
    Begun(usize, Opened),
    /// The vendor answered.
    Fetched(usize, ats_core::Result<RawPage>),
    /// A page can be stored.
    Mapped(usize, Ready),
    /// Mapping a page panicked.
    Unmappable(usize),
    /// A page is stored.
    Stored {
        line: usize,
        records: u64,
        rows: u64,
    },
    /// A round of mapping again is over.
    Again(again::Round),
    /// How the pass ended is written down.
    Ended,
    /// The pass cannot be carried on.
    Failed(Error),
    /// A thread panicked.
    Panicked(JoinError),
}

/// Runs one pass.
pub(crate) struct Driver {
    session: Arc<Session>,
    observer: Arc<dyn Observer>,
    lanes: Vec<Lane>,
    /// What asks the vendor, or pauses.
    tasks: JoinSet<()>,
    /// What waits for a thread.
    threads: JoinSet<()>,
    inbox: channel::UnboundedReceiver<Message>,
    outbox: channel::UnboundedSender<Message>,
    jobs: mpsc::Sender<Job>,
    times: Arc<Mutex<again::Times>>,
    mapped_again: u64,
}

impl Driver {
    /// A driver for these streams.
    pub(crate) fn new(
        session: Arc<Session>,
        observer: Arc<dyn Observer>,
        lanes: Vec<Lane>,
    ) -> Self {
        let (outbox, inbox) = channel::unbounded_channel();
        let (jobs, waiting) = mpsc::channel();
        let (of_writer, told) = (Arc::clone(&session), outbox.clone());
        let mut threads = JoinSet::new();
        threads.spawn(watched(&outbox, move || {
            writer::write(&of_writer, &waiting, &told).map(|()| None)
        }));
        Self {
            session,
            observer,
            lanes,
            tasks: JoinSet::new(),
            threads,
            inbox,
            outbox,
            jobs,
            times: Arc::default(),
            mapped_again: 0,
        }
    }

    /// Runs the pass to its end. `stop` and `limit` cut it short.
    pub(crate) async fn run(
        mut self,
        pass: Pass,
        stop: watch::Receiver<bool>,
        limit: Option<Duration>,
    ) -> Result<()> {
        let done = self.steps(pass, stop, limit).await;
        // All of these hold the session and with it the right to write: nobody is told that the pass
        // is over before they have let go.
        self.tasks.shutdown().await;
        drop(self.jobs);
        while self.threads.join_next().await.is_some() {}
        done
    }

    async fn steps(
        &mut self,
        mut pass: Pass,
        mut stop: watch::Receiver<bool>,
        limit: Option<Duration>,
    ) -> Result<()> {
        let mut limit =
            OptionFuture::from(limit.map(|limit| self.session.time.clock().sleep(limit)));
        let (mut stopping, mut timed) = (false, false);
        let mut input = Some(Input::Go);
        loop {
            if let Some(input) = input {
                let (next, effects) = pass.step(input);
                pass = next;
                for effect in effects {
                    self.carry_out(effect);
                }
            }
            let message = tokio::select! {
                biased;
                () = stopped(&mut stop), if !stopping => {
                    stopping = true;
                    Message::Input(Input::Stop(Stop::Cancelled))
                }
                over = &mut limit, if !timed => {
                    timed = true;
                    match over {
                        Some(()) => Message::Input(Input::Stop(Stop::TimedOut)),
                        None => { input = None; continue },
                    }
                }
                message = self.inbox.recv() => match message {
                    Some(message) => message,
                    // The driver holds a sender itself, so this is never reached.
                    None => return Ok(()),
                },
            };
            input = match message {
                Message::Ended => return Ok(()),
                Message::Failed(error) => return Err(error),
                Message::Panicked(panicked) => match panicked.try_into_panic() {
                    Ok(panicked) => panic::resume_unwind(panicked),
                    // Threads that block are not cancelled but when the runtime ends.
                    Err(_) => return Ok(()),
                },
                other => self.translate(other),
            };
        }
    }

    /// What a message means to the step.
    fn translate(&mut self, message: Message) -> Option<Input> {
        let input = match message {
            Message::Input(input) => return Some(input),
            Message::Begun(line, opened) => {
                let lane = &mut self.lanes[line];
                lane.walk = opened.walk;
                lane.empty = opened.empty;
                (line, walk::Input::Begun(opened.begun))
            }
            Message::Fetched(line, answer) => (line, self.fetched(line, answer)),
            Message::Mapped(line, ready) => {
                // The writer only stops when it fails, and then it says so.
                let _ = self.jobs.send(Job { line, ready });
                self.lanes[line].mapping = false;
                self.map_next(line);
                return None;
            }
            Message::Unmappable(line) => {
                let lane = &mut self.lanes[line];
                let problem = problem::defect(lane.place.name);
                for _ in 0..lane.give_up() {
                    let broken = walk::Input::Broken(problem.clone());
                    self.tell(walked(line, broken));
                }
                (line, walk::Input::Broken(problem))
            }
            Message::Stored {
                line,
                records,
                rows,
            } => {
                let lane = &mut self.lanes[line];
                lane.unstored.pop_front();
                lane.pages += 1;
                lane.rows += rows;
                self.observer.event(Event::Page {
                    stream: lane.place.name,
                    pages: lane.pages,
                    records,
                    usage: self.session.connector.usage(),
                });
                (line, walk::Input::Stored)
            }
            Message::Again(round) => {
                self.mapped_again += round.mapped;
                if round.mapped > 0 {
                    let bundles = self.mapped_again;
                    self.observer.event(Event::MappingAgain { bundles });
                }
                return Some(Input::MappedAgain(round.again));
            }
            // These end the pass before they come here.
            Message::Ended | Message::Failed(_) | Message::Panicked(_) => return None,
        };
        Some(Input::Walk(input.0, input.1))
    }

    fn fetched(&mut self, line: usize, answer: ats_core::Result<RawPage>) -> walk::Input {
        let lane = &mut self.lanes[line];
        lane.task = None;
        walk::Input::Fetched(match answer {
            Ok(page) => {
                let brought = Brought {
                    next: page.next.clone(),
                    rejects: page.rejects.len() as u64,
                };
                lane.came = Some(page);
                Ok(brought)
            }
            Err(error) => {
                let stream = lane.place.name;
                tracing::warn!(
                    stream,
                    error = &error as &dyn std::error::Error,
                    "a page failed"
                );
                Err(problem::failure(&error, self.session.connector.manifest()))
            }
        })
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Begin(line) => {
                let lane = &self.lanes[line];
                let (place, earlier) = (lane.place, lane.earlier.clone());
                self.block(move |session| {
                    let opened = walks::open(session, place, earlier.as_ref())?;
                    Ok(Message::Begun(line, opened))
                });
            }
            Effect::Walk(line, effect) => self.walk(line, effect),
            Effect::Tell(line, problem) => {
                let lane = &self.lanes[line];
                self.observer.event(Event::StreamDone {
                    stream: lane.place.name,
                    rows: lane.rows,
                    problem,
                });
            }
            Effect::MapAgain => {
                let times = Arc::clone(&self.times);
                self.block(move |session| {
                    let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
                    Ok(Message::Again(again::round(session, &mut times)?))
                });
            }
            Effect::Settle => self.block(|session| {
                session.store.settle_merges(&session.integration)?;
                Ok(Message::Input(Input::Settled))
            }),
            Effect::End(state, problem) => self.block(move |session| {
                finish::end(session, state, problem)?;
                Ok(Message::Ended)
            }),
        }
    }

    fn walk(&mut self, line: usize, effect: walk::Effect) {
        use walk::Effect as Wanted;
        let lane = &mut self.lanes[line];
        let (walk, place) = (lane.walk, lane.place);
        match effect {
            Wanted::Fetch(request) => self.fetch(line, request),
            Wanted::Drop => {
                if let Some(task) = lane.task.take() {
                    task.abort();
                }
            }
            Wanted::Keep => {
                lane.waiting.extend(lane.came.take());
                self.map_next(line);
            }
            Wanted::Pause(pause) => {
                let wait = self.session.time.clock().sleep(pause);
                let outbox = self.outbox.clone();
                let task = self.tasks.spawn(async move {
                    wait.await;
                    let _ = outbox.send(walked(line, walk::Input::Waited));
                });
                self.lanes[line].task = Some(task);
            }
            Wanted::Restart(start) => {
                lane.empty = false;
                self.block(move |session| {
                    walks::restart(session, walk, &start)?;
                    Ok(walked(line, walk::Input::Restarted))
                });
            }
            Wanted::Measure => self.block(move |session| {
                let missing = walks::measure(session, walk)?;
                Ok(walked(line, walk::Input::Measured(missing)))
            }),
            Wanted::Sweep => self.block(move |session| {
                let done = walks::sweep(session, place, walk)?;
                Ok(walked(line, walk::Input::Swept { done }))
            }),
            Wanted::Complete(problem) => self.close(line, walk, problem, true),
            Wanted::Fail(problem) => self.close(line, walk, Some(problem), false),
        }
    }

    fn close(&mut self, line: usize, walk: i64, problem: Option<Problem>, complete: bool) {
        self.block(move |session| {
            let at = session.time.now();
            match (complete, &problem) {
                (false, Some(problem)) => session.store.fail_walk(walk, problem, at)?,
                _ => session.store.complete_walk(walk, problem.as_ref(), at)?,
            }
            Ok(walked(line, walk::Input::Closed))
        });
    }

    fn fetch(&mut self, line: usize, request: PageRequest) {
        let lane = &mut self.lanes[line];
        let (place, empty) = (lane.place, lane.empty);
        let session = Arc::clone(&self.session);
        let outbox = self.outbox.clone();
        let task = self.tasks.spawn(async move {
            let known = Stored::new(Arc::clone(&session), place, empty);
            let answer = session.stream(place).fetch(&request, &known).await;
            let _ = outbox.send(Message::Fetched(line, answer));
        });
        lane.task = Some(task);
        // Tasks that are over would pile up.
        while self.tasks.try_join_next().is_some() {}
    }

    /// Maps the next page of the stream, one at a time, so that they stay in their order.
    fn map_next(&mut self, line: usize) {
        let lane = &mut self.lanes[line];
        let place = lane.place;
        let Some(page) = lane.next_page() else {
            return;
        };
        let session = Arc::clone(&self.session);
        let outbox = self.outbox.clone();
        self.threads.spawn(async move {
            let mapped = task::begin(move || map::page(&session, place, page));
            let _ = outbox.send(match mapped.await {
                Ok(Ok(ready)) => Message::Mapped(line, ready),
                Ok(Err(error)) => Message::Failed(error),
                Err(_) => Message::Unmappable(line),
            });
        });
    }

    fn tell(&self, message: Message) {
        // The driver holds the other end.
        let _ = self.outbox.send(message);
    }

    /// Does something on a thread that may wait.
    fn block(&mut self, work: impl FnOnce(&Session) -> Result<Message> + Send + 'static) {
        let session = Arc::clone(&self.session);
        let watched = watched(&self.outbox, move || work(&session).map(Some));
        self.threads.spawn(watched);
        // Those that are over would pile up.
        while self.threads.try_join_next().is_some() {}
    }
}

/// Runs `work` on a thread that may wait, and tells what came of it.
fn watched(
    outbox: &channel::UnboundedSender<Message>,
    work: impl FnOnce() -> Result<Option<Message>> + Send + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    let outbox = outbox.clone();
    async move {
        let message = match task::begin(work).await {
            Ok(Ok(message)) => message,
            Ok(Err(error)) => Some(Message::Failed(error)),
            Err(panicked) => Some(Message::Panicked(panicked)),
        };
        if let Some(message) = message {
            let _ = outbox.send(message);
        }
    }
}

fn walked(line: usize, input: walk::Input) -> Message {
    Message::Input(Input::Walk(line, input))
}

/// Resolves when somebody wants the pass to end. One who only forgot about it does not.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
