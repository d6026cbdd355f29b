//! When the next pass of an integration is due, and of which kind. Pure: time is handed in.

use std::time::Duration;

use ats_core::{IntegrationId, Timestamp};
use ats_store::{Pass, PassKind, PassState, Settings, Store};
use chrono::{DateTime, TimeDelta, Utc};

use crate::Error;

/// So many passes tell how the last ones went.
const FEW: usize = 20;

/// So many delta passes may lie between two full ones that are not complete, as where a permission
/// lacks.
const MANY: usize = 2000;

/// The next pass of an integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextPass {
    /// When it is due; in the past if it is overdue.
    pub at: Timestamp,
    /// Full or delta.
    pub kind: PassKind,
}

/// What is known about earlier passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// When the last pass began, of whatever kind and however it ended. `None` if there was none,
    /// or if it was interrupted and is to be taken up at once.
    pub last: Option<Timestamp>,
    /// When the last full pass began that read what can be read.
    pub last_full: Option<Timestamp>,
    /// How many passes in a row have failed.
    pub failures: u32,
}

impl History {
    /// What is written down about an integration.
    ///
    /// # Errors
    ///
    /// The store.
    pub fn read(store: &dyn Store, id: &IntegrationId) -> Result<Self, Error> {
        let mut history = Self::of(&store.passes(id, FEW)?);
        if history.last_full.is_none() {
            history.last_full = store.last_full_pass(id)?;
        }
        if history.last_full.is_none() {
            history.last_full = Self::of(&store.passes(id, MANY)?).last_full;
        }
        Ok(history)
    }

    /// What passes say, the latest first, as [`Store::passes`](ats_store::Store::passes) gives them.
    ///
    /// A full pass in which one stream failed counts: the next delta pass walks that stream from
    /// where it can, and a permission that lacks would make every pass a full one.
    pub fn of(passes: &[Pass]) -> Self {
        let whole = || passes.iter().filter(|pass| pass.whole);
        let interrupted = |state| matches!(state, PassState::Running | PassState::Cancelled);
        let failed = |state| matches!(state, PassState::Failed | PassState::AuthenticationFailed);
        let read = |state| matches!(state, PassState::Succeeded | PassState::PartiallyFailed);
        let last = whole().next().filter(|pass| !interrupted(pass.state));
        let full = whole().find(|pass| pass.kind == PassKind::Full && read(pass.state));
        let failures = whole().take_while(|pass| failed(pass.state)).count();
        Self {
            last: last.map(|pass| pass.started_at),
            last_full: full.map(|pass| pass.started_at),
            failures: u32::try_from(failures).unwrap_or(u32::MAX),
        }
    }
}

/// When the next pass is due. `jitter` is between 0 and 1 and spreads integrations that share
/// their intervals over a tenth of the interval.
///
/// After failures the wait doubles with each, up to the interval between full passes.
pub fn next_pass(settings: &Settings, history: History, now: Timestamp, jitter: f64) -> NextPass {
    let spread = 1.0 + jitter.clamp(0.0, 1.0) / 10.0;
    let longest = settings.full_interval.max(settings.delta_interval);
    let factor = 2_u32.saturating_pow(history.failures);
    let wait = settings.delta_interval.saturating_mul(factor).min(longest);
    let (wait, full) = (wait.mul_f64(spread), settings.full_interval.mul_f64(spread));
    // Where the clock has jumped back, nothing is waited for that lies beyond one interval.
    let due = |began: Timestamp, interval: Duration| later(began.min(now), interval);
    let ready = history.last.map_or(now, |last| due(last, wait));
    let Some(last_full) = history.last_full else {
        return NextPass {
            at: ready,
            kind: PassKind::Full,
        };
    };
    let full_at = due(last_full, full);
    if full_at > ready {
        return NextPass {
            at: ready,
            kind: PassKind::Delta,
        };
    }
    // A full pass need not wait for the delta pass that it makes needless, but failures hold it up.
    let at = if history.failures == 0 {
        full_at
    } else {
        ready
    };
    NextPass {
        at,
        kind: PassKind::Full,
    }
}

fn later(from: Timestamp, by: Duration) -> Timestamp {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    let at = DateTime::<Utc>::from(from).checked_add_signed(by);
    at.unwrap_or(DateTime::<Utc>::MAX_UTC).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(&format!("2026-01-02T{text}:00Z")).unwrap()
    }

    fn next(last: Option<&str>, full: Option<&str>, failures: u32, jitter: f64) -> String {
        let history = History {
            last: last.map(at),
            last_full: full.map(at),
            failures,
        };
        let settings = Settings {
            full_interval: Duration::from_secs(2 * 60 * 60),
            ..Settings::default()
        };
        let next = next_pass(&settings, history, at("12:00"), jitter);
        format!("{:?} {}", next.kind, &next.at.to_string()[11..16])
    }

    #[test]
    fn a_delta_pass_follows_after_its_interval_and_a_full_one_after_its_own() {
        let cases = [
            (None, None, 0, 0.0, "Full 12:00"),
            (Some("11:50"), Some("11:50"), 0, 0.0, "Delta 12:05"),
            (Some("11:50"), Some("11:50"), 0, 1.0, "Delta 12:06"),
            (Some("11:50"), Some("10:04"), 0, 0.0, "Full 12:04"),
            (Some("11:50"), Some("10:06"), 0, 0.0, "Delta 12:05"),
            // An interrupted pass is taken up at once, as what it is.
            (None, Some("11:50"), 0, 0.0, "Delta 12:00"),
            (None, Some("09:00"), 0, 0.0, "Full 11:00"),
            // Failures wait longer each time, up to the interval of full passes.
            (Some("11:50"), Some("11:00"), 1, 0.0, "Delta 12:20"),
            (Some("11:50"), Some("11:00"), 2, 0.0, "Delta 12:50"),
            (Some("11:50"), None, 3, 0.0, "Full 13:50"),
            (Some("11:50"), None, 60, 0.0, "Full 13:50"),
            (Some("11:50"), Some("09:00"), 1, 0.0, "Full 12:20"),
            // A clock that jumped back does not make anybody wait for days.
            (Some("23:00"), Some("22:00"), 0, 0.0, "Delta 12:15"),
        ];
        for (last, full, failures, jitter, expected) in cases {
            let next = next(last, full, failures, jitter);
            assert_eq!(next, expected, "{last:?} {full:?} {failures}");
        }
    }

    #[test]
    fn the_history_is_read_off_the_passes() {
        use PassKind::{Delta, Full};
        use PassState::{Cancelled, Failed, PartiallyFailed, Running, Succeeded, TimedOut};
        let pass = |kind, state, whole, started: &str| Pass {
            key: 0,
            id: String::new(),
            kind,
            whole,
            state,
            started_at: at(started),
            ended_at: None,
            usage: Default::default(),
            resumed: 0,
            tallies: Default::default(),
            walks: Vec::new(),
            problem: None,
        };
        let of = |passes: &[Pass]| {
            let history = History::of(passes);
            let hour = |at: Option<Timestamp>| at.map(|at| at.to_string()[11..13].to_owned());
            let (last, full) = (hour(history.last), hour(history.last_full));
            format!("{last:?} {full:?} {}", history.failures).replace("Some", "")
        };
        assert_eq!(of(&[]), "None None 0");
        let full = || pass(Full, PartiallyFailed, true, "08:00");
        let delta = |state, started| pass(Delta, state, true, started);
        let beside = || pass(Full, Succeeded, false, "11:00");
        let cases = [
            (vec![full()], r#"("08") ("08") 0"#),
            (vec![beside(), full()], r#"("08") ("08") 0"#),
            (vec![delta(Running, "09:00"), full()], r#"None ("08") 0"#),
            (vec![delta(Cancelled, "09:00"), full()], r#"None ("08") 0"#),
            (vec![delta(TimedOut, "09:00"), full()], r#"("09") ("08") 0"#),
            (
                vec![delta(Failed, "10:00"), delta(Failed, "09:00"), full()],
                r#"("10") ("08") 2"#,
            ),
        ];
        for (passes, expected) in cases {
            assert_eq!(of(&passes), expected);
        }
    }
}
