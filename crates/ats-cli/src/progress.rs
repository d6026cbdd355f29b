//! Telling how far a reading has come: one live line on a terminal, plain lines elsewhere.

use std::{
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

use ats_core::Usage;
use indicatif::{ProgressBar, ProgressStyle};

/// How often a plain line is printed at most within one stream.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);

/// A reading as it goes on. Everything goes to standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    started: Instant,
    last_plain: Instant,
    pages: u64,
    records: u64,
}

impl Progress {
    /// Starts the clock. `quiet` prints nothing.
    pub(crate) fn start(quiet: bool) -> Self {
        let live = !quiet && stderr().is_terminal();
        let bar = live.then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(ProgressStyle::default_spinner());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let now = Instant::now();
        Self {
            bar,
            quiet,
            started: now,
            last_plain: now,
            pages: 0,
            records: 0,
        }
    }

    /// A page was read.
    pub(crate) fn page(&mut self, stream: &str, records: u64, usage: Usage) {
        self.pages += 1;
        self.records += records;
        if let Some(bar) = &self.bar {
            bar.set_message(self.line(stream, usage));
        } else if !self.quiet && self.last_plain.elapsed() > PLAIN_INTERVAL {
            self.last_plain = Instant::now();
            eprintln!("{}", self.line(stream, usage));
        }
    }

    /// A stream has ended, well or not.
    pub(crate) fn stream_done(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None if self.quiet => {}
            None => eprintln!("{line}"),
        }
    }

    /// Everything has ended. Gives the time it took.
    pub(crate) fn finish(self) -> Duration {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        self.started.elapsed()
    }

    fn line(&self, stream: &str, usage: Usage) -> String {
        let rate = self.records as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        let mut line = format!(
            "{stream}: {} pages, {} records, {rate:.0} records/s, {} requests",
            self.pages, self.records, usage.requests
        );
        if usage.throttled > 0 {
            line += &format!(", slowed down {} times by the vendor", usage.throttled);
        }
        line
    }
}
