//! The program under measurement: runs `ats` as a process of its own, and weighs that process from
//! outside.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use ats_core::IntegrationId;
use serde_json::Value;
use tempfile::TempDir;

/// The name of the measured integration.
pub(crate) const NAME: &str = "bench";

/// The program, built with the bench.
const PROGRAM: &str = env!("CARGO_BIN_EXE_ats");

/// The variable that the key is handed over in.
const KEY_VARIABLE: &str = "ATS_BENCH_KEY";

/// How often the peak is looked at. What a process takes in its last moments may be missed, which is
/// why its own figure counts.
const LOOK: Duration = Duration::from_millis(10);

/// A database of its own, with one integration.
#[derive(Debug)]
pub(crate) struct Ats {
    folder: TempDir,
    /// The id of the integration.
    pub(crate) integration: String,
}

/// What one run of the program took, as a whole process.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// Seconds from start to end, seen from outside.
    pub(crate) wall: f64,
    /// Seconds of processor time, seen from outside.
    pub(crate) cpu: f64,
    /// The most memory that it held, in bytes.
    pub(crate) peak: u64,
    /// What it printed.
    pub(crate) printed: Value,
}

impl Run {
    /// The requests that the pass counts.
    pub(crate) fn requests(&self) -> Result<u64> {
        let requests = self.printed["requests"].as_u64();
        requests.context("`ats sync --json` tells no `requests`")
    }
}

impl Ats {
    /// A new database, connected to a simulated vendor.
    pub(crate) fn connect(base_url: &str, key: &str, settings: &[&str]) -> Result<Self> {
        let expected = IntegrationId::derive("ashby", NAME).as_str().to_owned();
        let ats = Self {
            folder: tempfile::tempdir()?,
            integration: expected.clone(),
        };
        let mut command = ats.command(&["connect", "ashby", "--name", NAME]);
        command.args([
            "--api-key-env",
            KEY_VARIABLE,
            "--base-url",
            base_url,
            "--json",
        ]);
        for setting in settings {
            command.args(["--set", setting]);
        }
        let connected = printed(command.env(KEY_VARIABLE, key))?;
        ensure!(
            connected["id"] == expected.as_str(),
            "the integration is called {}, and links were checked for {expected}",
            connected["id"]
        );
        Ok(ats)
    }

    /// The database file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("bench.db")
    }

    /// The bytes of the database, its log included.
    pub(crate) fn size(&self) -> Result<u64> {
        let mut size = 0;
        for name in ["bench.db", "bench.db-wal"] {
            let path = self.folder.path().join(name);
            if path.exists() {
                size += path.metadata().context("cannot weigh the database")?.len();
            }
        }
        Ok(size)
    }

    /// Runs a pass that must succeed, and weighs it.
    pub(crate) fn sync(&self, kind: &str) -> Result<Run> {
        let run = measure(self.command(&["sync", &self.integration, "--json"]))?;
        ensure!(
            run.printed["type"] == kind && run.printed["state"] == "SUCCEEDED",
            "the pass was to be {kind} and to succeed, and it says {}",
            run.printed
        );
        Ok(run)
    }

    /// Runs a command that only opens the database, and weighs it: what starting costs.
    pub(crate) fn start(&self) -> Result<Run> {
        measure(self.command(&["integrations", "list", "--json"]))
    }

    /// Starts an export; its records come on standard output.
    pub(crate) fn export(&self, model: &str, deleted: bool) -> Result<Child> {
        let mut command = self.command(&["export", &self.integration, model, "--format", "jsonl"]);
        if deleted {
            command.arg("--include-deleted");
        }
        command
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run `ats export`")
    }

    /// A command on the database.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .args(["--database", &format!("sqlite://{}", self.file().display())])
            .current_dir(self.folder.path());
        command
    }
}

/// Runs a command to its end and reads the one document that it prints.
pub(crate) fn printed(command: &mut Command) -> Result<Value> {
    let output = command.output().context("cannot run `ats`")?;
    ensure!(
        output.status.success(),
        "`ats` failed: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("`ats --json` printed no document")
}

/// Runs a command to its end, alone, and weighs it.
fn measure(mut command: Command) -> Result<Run> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let before = children_cpu()?;
    let begin = Instant::now();
    let mut child = command.spawn().context("cannot run `ats`")?;
    let id = child.id();
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let (over, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    let (ended, wall, out, err) = std::thread::scope(|scope| {
        scope.spawn(|| watch_peak(id, &over, &peak));
        let out = scope.spawn(move || read(out.as_mut()));
        let err = scope.spawn(move || read(err.as_mut()));
        let ended = child.wait();
        let wall = begin.elapsed();
        over.store(true, Ordering::Relaxed);
        (ended, wall, out.join(), err.join())
    });
    let cpu = children_cpu()? - before;
    let (out, err) = (out.unwrap_or_default(), err.unwrap_or_default());
    ensure!(ended?.success(), "`ats` failed: {out}{err}");
    let printed: Value = serde_json::from_str(&out).context("`ats --json` printed no document")?;
    let mut run = Run {
        wall: wall.as_secs_f64(),
        cpu,
        peak: peak.load(Ordering::Relaxed),
        printed,
    };
    agree(&mut run)?;
    Ok(run)
}

/// Compares what the process says of itself with what was seen from outside. Times count as seen from
/// outside; of the peaks the greater one counts, since a look from outside can miss it.
fn agree(run: &mut Run) -> Result<()> {
    let own = &run.printed["process"];
    if own.is_null() {
        return Ok(());
    }
    let (Some(wall), Some(cpu), Some(peak)) = (
        own["wall_seconds"].as_f64(),
        own["cpu_seconds"].as_f64(),
        own["peak_memory_bytes"].as_u64(),
    ) else {
        bail!("`process` lacks a figure: {own}");
    };
    // The process prints before it closes the database, and closing may write the log into the file.
    let near =
        |own: f64, seen: f64, close: f64| own <= seen + 0.02 && seen - own <= close + 0.05 * seen;
    ensure!(
        near(wall, run.wall, 1.0) && near(cpu, run.cpu, 0.5),
        "the process says {wall} s ({cpu} s of processor time), and from outside it took {} s ({} s)",
        run.wall,
        run.cpu
    );
    ensure!(
        (peak as f64 - run.peak as f64).abs() <= 4e6 + 0.05 * peak as f64,
        "the process says that it held {peak} bytes, and from outside it held {}",
        run.peak
    );
    run.peak = run.peak.max(peak);
    Ok(())
}

/// Keeps the greatest peak that the system tells of a process, until it is over.
fn watch_peak(id: u32, over: &AtomicBool, peak: &AtomicU64) {
    let path = format!("/proc/{id}/status");
    while !over.load(Ordering::Relaxed) {
        if let Ok(status) = std::fs::read_to_string(&path) {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
            if let Some(kilobytes) = number.and_then(|number| number.parse::<u64>().ok()) {
                peak.fetch_max(kilobytes * 1024, Ordering::Relaxed);
            }
        }
        std::thread::sleep(LOOK);
    }
}

fn read(pipe: Option<&mut impl Read>) -> String {
    let mut text = Vec::new();
    if let Some(pipe) = pipe {
        // A process that was killed leaves what it wrote, and that is all there is.
        let _ = pipe.read_to_end(&mut text);
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Seconds of processor time of all processes that this one has waited for.
#[cfg(unix)]
fn children_cpu() -> Result<f64> {
    cpu_of(nix::sys::resource::UsageWho::RUSAGE_CHILDREN)
}

/// The same, and of this process.
#[cfg(unix)]
pub(crate) fn used() -> Result<f64> {
    Ok(children_cpu()? + cpu_of(nix::sys::resource::UsageWho::RUSAGE_SELF)?)
}

#[cfg(not(unix))]
pub(crate) fn used() -> Result<f64> {
    children_cpu()
}

#[cfg(unix)]
fn cpu_of(who: nix::sys::resource::UsageWho) -> Result<f64> {
    use nix::sys::{resource::getrusage, time::TimeValLike};
    let usage = getrusage(who)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(micros as f64 / 1e6)
}

/// Seconds of processor time of this thread; zero where the system does not tell.
pub(crate) fn thread_cpu() -> f64 {
    #[cfg(unix)]
    {
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
    }
    #[cfg(not(unix))]
    0.0
}

#[cfg(not(unix))]
fn children_cpu() -> Result<f64> {
    bail!("processor time of another process is measured on Unix only")
}

/// A simulated vendor in a process of its own. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Vendor {
    child: Child,
    /// Its address.
    pub(crate) base_url: String,
}

/// The key that simulated vendors take.
pub(crate) const KEY: &str = "bench-key";

impl Vendor {
    /// Starts a vendor with a generated organisation.
    pub(crate) fn start(candidates: usize, latency_ms: u64) -> Result<Self> {
        let mut command = Command::new(PROGRAM);
        command
            .args([
                "simulate", "ashby", "--port", "0", "--seed", "1", "--key", KEY, "--json",
            ])
            .args(["--candidates", &candidates.to_string()])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
            .stdout(Stdio::piped());
        if latency_ms > 0 {
            command.args(["--latency-ms", &latency_ms.to_string()]);
        }
        let mut child = command.spawn().context("cannot run `ats simulate`")?;
        let mut line = String::new();
        let output = child
            .stdout
            .take()
            .context("`ats simulate` has no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let mut vendor = Self {
            child,
            base_url: String::new(),
        };
        let said: Value = serde_json::from_str(&line).context("`ats simulate` did not start")?;
        let base_url = said["base_url"].as_str();
        base_url
            .context("`ats simulate --json` tells no `base_url`")?
            .clone_into(&mut vendor.base_url);
        Ok(vendor)
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
