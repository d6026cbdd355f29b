//! What this process has used so far, for those who measure.

use std::{sync::OnceLock, time::Instant};

use serde::Serialize;

static STARTED: OnceLock<Instant> = OnceLock::new();

/// Starts the clock.
pub(crate) fn begin() {
    STARTED.get_or_init(Instant::now);
}

/// What the whole process has used. A figure that the system does not tell is `None`.
#[derive(Debug, Serialize)]
pub(crate) struct Used {
    wall_seconds: f64,
    cpu_seconds: Option<f64>,
    peak_memory_bytes: Option<u64>,
}

impl Used {
    /// As it stands now.
    pub(crate) fn now() -> Self {
        Self {
            wall_seconds: STARTED.get_or_init(Instant::now).elapsed().as_secs_f64(),
            cpu_seconds: cpu_seconds(),
            peak_memory_bytes: peak_memory_bytes(),
        }
    }
}

#[cfg(unix)]
fn cpu_seconds() -> Option<f64> {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(used.tv_sec as f64 + used.tv_nsec as f64 / 1e9)
}

#[cfg(not(unix))]
fn cpu_seconds() -> Option<f64> {
    None
}

/// Linux tells it; elsewhere there is no such file.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_what_a_process_has_used() {
        begin();
        let used = Used::now();
        assert!(used.cpu_seconds.is_some_and(|seconds| seconds > 0.0));
        assert!(used.peak_memory_bytes.is_some_and(|bytes| bytes > 100_000));
        assert!(used.wall_seconds >= 0.0);
    }
}
