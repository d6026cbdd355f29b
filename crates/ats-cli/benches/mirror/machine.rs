//! What the figures were measured on, without any name that tells whose machine it is.

use std::{process::Command, time::Instant};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::ats;

/// A machine and the versions on it.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: u64,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
    pub(crate) sqlite: &'static str,
    pub(crate) ats: &'static str,
}

impl Machine {
    /// What figures of this machine, made with this command, have to say of it.
    pub(crate) fn table(&self, command: &str, date: &str) -> String {
        let Self {
            processor,
            cores,
            memory_gib,
            kernel,
            rustc,
            sqlite,
            ats,
        } = self;
        let build = match cfg!(debug_assertions) {
            true => "debug build",
            false => "release build",
        };
        format!(
            "| | |\n|---|---|\n\
             | command | `{command}` |\n\
             | date | {date} |\n\
             | processor | {processor}, {cores} cores |\n\
             | memory | {memory_gib} GiB |\n\
             | kernel | Linux {kernel} |\n\
             | versions | {rustc}; SQLite {sqlite}; ats {ats}, {build} |\n"
        )
    }
}

/// Looks at this machine.
pub(crate) fn look() -> Result<Machine> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let after = |text: &str, key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        line.map(|line| line.trim_start_matches([' ', '\t', ':']).to_owned())
    };
    let memory = after(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
    let memory: u64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let rustc = Command::new(rustc).arg("--version").output();
    let rustc = rustc.context("cannot run rustc")?.stdout;
    Ok(Machine {
        processor: after(&read("/proc/cpuinfo"), "model name").unwrap_or_default(),
        cores: std::thread::available_parallelism()?.get(),
        memory_gib: (memory + (1 << 19)) >> 20,
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        rustc: String::from_utf8_lossy(&rustc).trim().to_owned(),
        sqlite: rusqlite::version(),
        ats: env!("CARGO_PKG_VERSION"),
    })
}

/// Tells afterwards how much of the processors went to programs that have nothing to do with the
/// bench: figures of a busy machine are worse than they need to be.
#[derive(Debug)]
pub(crate) struct Watch {
    begin: Instant,
    ticks: (f64, f64),
    own: f64,
}

impl Watch {
    /// Begins to watch.
    pub(crate) fn begin() -> Result<Self> {
        Ok(Self {
            begin: Instant::now(),
            ticks: ticks(),
            own: ats::used()?,
        })
    }

    /// The share of all processors that others had since, between nothing and one.
    pub(crate) fn others(&self) -> Result<f64> {
        let (busy, all) = ticks();
        let busy = (busy - self.ticks.0) / (all - self.ticks.1).max(1.0);
        let cores = std::thread::available_parallelism()?.get() as f64;
        let own = (ats::used()? - self.own) / (self.begin.elapsed().as_secs_f64() * cores);
        Ok((busy - own).clamp(0.0, 1.0))
    }
}

/// What the system has counted so far: ticks in which a processor worked, and all.
fn ticks() -> (f64, f64) {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let numbers: Vec<f64> = line
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|number| number.parse().ok())
        .collect();
    let all: f64 = numbers.iter().sum();
    // The fourth and the fifth are idle: with nothing to do, or waiting for the disk.
    let idle: f64 = numbers.iter().skip(3).take(2).sum();
    (all - idle, all)
}

/// Stands for the program under measurement: equal for equal builds.
pub(crate) fn build() -> Result<String> {
    let program = std::fs::read(env!("CARGO_BIN_EXE_ats")).context("cannot read the program")?;
    let hash = Sha256::digest(program);
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}
