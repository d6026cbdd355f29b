//! Telling how far a pass has come: live lines on a terminal, plain ones elsewhere.
//!
//! Everything goes to standard error, so that reports can be piped.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, stderr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ats_core::Usage;
use ats_store::PassKind;
use ats_sync::{Event, Observer};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// How often a plain line is printed at most within one stream.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);

/// How often a live line moves while nothing happens.
const TICK: Duration = Duration::from_millis(120);

/// Shows the events of passes to a person.
#[derive(Debug)]
pub(crate) struct Watcher {
    /// The live lines; `None` where there is no terminal.
    live: Option<MultiProgress>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    started: Instant,
    last_plain: Instant,
    pages: u64,
    records: u64,
    usage: Usage,
    /// The line of all streams together.
    total: Option<ProgressBar>,
    streams: BTreeMap<&'static str, StreamLine>,
}

#[derive(Debug, Default)]
struct StreamLine {
    bar: Option<ProgressBar>,
    pages: u64,
    records: u64,
}

impl Default for State {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            last_plain: now,
            pages: 0,
            records: 0,
            usage: Usage::default(),
            total: None,
            streams: BTreeMap::new(),
        }
    }
}

impl Watcher {
    /// Live lines if standard error is a terminal.
    pub(crate) fn new() -> Self {
        Self {
            live: stderr().is_terminal().then(MultiProgress::new),
            state: Mutex::default(),
        }
    }

    /// Live lines if standard error is a terminal, and nothing otherwise.
    pub(crate) fn on_terminal() -> Option<Self> {
        stderr().is_terminal().then(Self::new)
    }

    /// Prints a line among the others.
    pub(crate) fn say(&self, text: &str) {
        let printed = self.live.as_ref().map(|live| live.println(text));
        if !matches!(printed, Some(Ok(()))) {
            eprintln!("{text}");
        }
    }

    /// Takes the live lines away and gets ready for another pass.
    pub(crate) fn finish(&self) {
        let mut state = self.state();
        let bars = state.streams.values().filter_map(|line| line.bar.as_ref());
        for bar in bars.chain(state.total.as_ref()) {
            bar.finish_and_clear();
        }
        *state = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while a line was drawn leaves nothing worse than an odd line.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bar(&self, before: Option<&ProgressBar>) -> Option<ProgressBar> {
        let live = self.live.as_ref()?;
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
        let bar = match before {
            Some(total) => live.insert_before(total, bar),
            None => live.add(bar),
        };
        bar.enable_steady_tick(TICK);
        Some(bar)
    }

    fn began(&self, kind: PassKind, resumed: bool) {
        let kind = match kind {
            PassKind::Full => "full pass",
            PassKind::Delta => "delta pass",
            PassKind::Named => "reading of single things",
        };
        match resumed {
            true => self.say(&format!("{kind}, taken up where it was interrupted")),
            false => self.say(kind),
        }
        let mut state = self.state();
        *state = State::default();
        state.total = self.bar(None);
    }

    fn page(&self, stream: &'static str, pages: u64, records: u64, usage: Usage) {
        let mut state = self.state();
        let new = match state.streams.contains_key(stream) {
            true => None,
            false => self.bar(state.total.as_ref()),
        };
        state.pages += 1;
        state.records += records;
        state.usage = usage;
        let line = state.streams.entry(stream).or_default();
        line.bar = line.bar.take().or(new);
        line.pages = pages;
        line.records += records;
        let text = format!("{stream}: {} pages, {} records", line.pages, line.records);
        if let Some(bar) = &line.bar {
            bar.set_message(text);
        }
        let total = state.total();
        if let Some(bar) = &state.total {
            bar.set_message(total);
        } else if state.last_plain.elapsed() > PLAIN_INTERVAL {
            state.last_plain = Instant::now();
            self.say(&total);
        }
    }

    fn stream_done(&self, stream: &'static str, rows: u64, problem: Option<&str>) {
        if let Some(line) = self.state().streams.remove(stream)
            && let Some(bar) = line.bar
        {
            bar.finish_and_clear();
        }
        match problem {
            Some(problem) => self.say(&format!("{stream:<24} {rows:>8} rows  {problem}")),
            None if rows > 0 => self.say(&format!("{stream:<24} {rows:>8} rows")),
            None => {}
        }
    }

    fn mapping_again(&self, bundles: u64) {
        if let Some(bar) = &self.state().total {
            bar.set_message(format!("mapping again what refers to a change: {bundles}"));
        }
    }
}

impl State {
    fn total(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let mut text = format!(
            "{} pages, {} records, {:.0} records/s, {} requests",
            self.pages,
            self.records,
            self.records as f64 / seconds,
            self.usage.requests
        );
        if self.usage.throttled > 0 {
            text += &format!(", {} waits for the vendor's limit", self.usage.throttled);
        }
        text
    }
}

impl Observer for Watcher {
    fn event(&self, event: Event) {
        match event {
            Event::Began { kind, resumed, .. } => self.began(kind, resumed),
            Event::Page {
                stream,
                pages,
                records,
                usage,
            } => self.page(stream, pages, records, usage),
            Event::StreamDone {
                stream,
                rows,
                problem,
            } => {
                let kind = problem.as_ref().map(|problem| problem.kind.as_str());
                self.stream_done(stream, rows, kind);
            }
            Event::MappingAgain { bundles } => self.mapping_again(bundles),
            // What a later engine tells besides is not worth a line of its own.
            _ => {}
        }
    }
}
