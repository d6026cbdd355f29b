//! A process that serves: started, looked at from outside, and told to end.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::ats::Ats;

/// The system counts processor time in such parts of a second.
const TICKS: f64 = 100.0;

/// So long it may have something to do of its own.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// A process that serves. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Open for as long as the process may print.
    output: BufReader<ChildStdout>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

/// The memory of a process, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// What it holds now.
    pub(crate) held: f64,
    /// The most that it ever held.
    pub(crate) peak: f64,
}

impl Process {
    /// The server, on the database of an integration.
    pub(crate) fn serve(ats: &Ats) -> Result<Self> {
        let mut command = ats.command(&["serve", "--bind", "127.0.0.1:0", "--no-schedule"]);
        command.args(["--allow-private-network", "--json"]);
        let log = std::fs::File::create(ats.file().with_extension("log"))?;
        Self::start(command.stderr(log))
    }

    /// Starts a process that prints a document with its `address` once it listens.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("a server has no output")?;
        let mut process = Self {
            child,
            output: BufReader::new(output),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let mut line = String::new();
        // A document may stand on several lines.
        let said: Value = loop {
            ensure!(
                process.output.read_line(&mut line)? > 0,
                "a server ended before it listened: {line}"
            );
            if let Ok(said) = serde_json::from_str(&line) {
                break said;
            }
        };
        let address = said["address"].as_str().context("it tells no `address`")?;
        process.address = address.parse()?;
        Ok(process)
    }

    /// What it holds, and the most that it held.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let bytes = |key: &str| -> Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
            let number: f64 = number.context("the system tells no memory")?.parse()?;
            Ok(number * 1024.0)
        };
        Ok(Memory {
            held: bytes("VmRSS:")?,
            peak: bytes("VmHWM:")?,
        })
    }

    /// The seconds of processor time that it has had.
    pub(crate) fn cpu(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name before it may contain anything; after it comes the state, and eleven numbers on
        // the times.
        let rest = stat.rsplit(')').next().unwrap_or_default();
        let times = rest.split_whitespace().skip(11).take(2);
        let ticks: f64 = times.filter_map(|time| time.parse::<f64>().ok()).sum();
        Ok(ticks / TICKS)
    }

    /// Waits until it has nothing to do.
    pub(crate) fn settle(&self) -> Result<()> {
        let mut quiet = 0;
        let mut before = self.cpu()?;
        let begin = Instant::now();
        while quiet < 3 {
            ensure!(
                begin.elapsed() < PATIENCE,
                "the server does not come to rest"
            );
            std::thread::sleep(Duration::from_millis(500));
            let now = self.cpu()?;
            quiet = if now - before < 0.015 { quiet + 1 } else { 0 };
            before = now;
        }
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(id.context("no process")?, Signal::TERM)?;
        let ended = self.child.wait()?;
        ensure!(ended.success(), "the server ended badly: {ended}");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
