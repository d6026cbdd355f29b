//! When a delivery is tried again, and when no more. Pure.

use std::time::Duration;

use ats_core::Timestamp;
use ats_store::{OutgoingProgress, OutgoingState};
use chrono::{DateTime, TimeDelta, Utc};

/// The wait after the first try that failed. It doubles with each, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// How long a delivery is tried.
const TRIED_FOR: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// No receiver is left alone for longer because it asked for it.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tried {
    /// The receiver answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// Nobody was reached, or nobody answered in time.
    Failed(String),
}

/// How far a delivery has come after a try. `jitter`, from 0 to 1, lets those that failed together
/// not come again together.
pub(super) fn after(
    before: &OutgoingProgress,
    tried: &Tried,
    now: Timestamp,
    jitter: f64,
) -> OutgoingProgress {
    let (is_taken, asked, outcome) = match tried {
        Tried::Answered {
            status,
            retry_after,
        } => {
            let asked = retry_after.filter(|_| matches!(status, 429 | 503));
            let outcome = match status {
                300..=399 => format!("{status}; redirects are not followed"),
                status => status.to_string(),
            };
            (matches!(status, 200..=299), asked, outcome)
        }
        Tried::Failed(why) => (false, None, why.clone()),
    };
    // What had to wait for an earlier event is tried as long as any other.
    let since = match before.attempts {
        0 => now,
        _ => before.since,
    };
    let end = later(since, TRIED_FOR);
    let state = match (is_taken, now < end) {
        (true, _) => OutgoingState::Delivered,
        (false, true) => OutgoingState::Waiting,
        (false, false) => OutgoingState::Dead,
    };
    let wait = wait(before.attempts, jitter).max(asked.unwrap_or_default().min(LONGEST_ASKED));
    OutgoingProgress {
        state,
        attempts: before.attempts.saturating_add(1),
        // The last try is made when the time is over, however long the wait.
        not_before: match state {
            OutgoingState::Waiting => later(now, wait).min(end),
            _ => before.not_before,
        },
        since,
        outcome: Some(outcome),
        tried_at: Some(now),
    }
}

fn wait(attempts: u32, jitter: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempts));
    doubled.min(LONGEST_WAIT).mul_f64(1.0 + 0.2 * jitter)
}

pub(super) fn later(from: Timestamp, by: Duration) -> Timestamp {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    let at = DateTime::<Utc>::from(from).checked_add_signed(by);
    at.unwrap_or(DateTime::<Utc>::MAX_UTC).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        let beginning = Timestamp::parse("2026-01-01").unwrap();
        later(beginning, Duration::from_secs(seconds))
    }

    fn new() -> OutgoingProgress {
        OutgoingProgress {
            state: OutgoingState::Waiting,
            attempts: 0,
            not_before: at(0),
            since: at(0),
            outcome: None,
            tried_at: None,
        }
    }

    fn answered(status: u16, retry_after: Option<u64>) -> Tried {
        Tried::Answered {
            status,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn any_answer_but_a_yes_is_tried_again() {
        for status in [200, 201, 204, 299] {
            let end = after(&new(), &answered(status, None), at(1), 0.0);
            assert_eq!(end.state, OutgoingState::Delivered, "{status}");
        }
        for status in [100, 301, 400, 401, 404, 410, 429, 500, 503] {
            let end = after(&new(), &answered(status, None), at(1), 0.0);
            assert_eq!(end.state, OutgoingState::Waiting, "{status}");
            assert_eq!((end.attempts, end.not_before), (1, at(6)));
        }
        let failed = after(&new(), &Tried::Failed("no".to_owned()), at(1), 1.0);
        assert_eq!(failed.not_before, at(7));
        assert_eq!(failed.outcome.as_deref(), Some("no"));
    }

    #[test]
    fn waits_double_up_to_an_hour_and_end_after_three_days() {
        let mut progress = new();
        let mut waits = Vec::new();
        while progress.state == OutgoingState::Waiting {
            let now = progress.not_before;
            progress = after(&progress, &answered(500, None), now, 0.0);
            let wait = DateTime::<Utc>::from(progress.not_before) - DateTime::<Utc>::from(now);
            waits.push(wait.num_seconds());
        }
        assert_eq!(waits[..4], [5, 10, 20, 40]);
        assert_eq!(waits[10..12], [3600, 3600]);
        assert_eq!(progress.state, OutgoingState::Dead);
        assert_eq!(progress.tried_at, Some(at(3 * 24 * 60 * 60)));
    }

    #[test]
    fn a_receiver_that_asks_for_time_gets_it_within_bounds() {
        let not_before = |status, asked| {
            let end = after(&new(), &answered(status, Some(asked)), at(0), 0.0);
            end.not_before
        };
        assert_eq!(not_before(429, 120), at(120));
        assert_eq!(not_before(503, 120), at(120));
        assert_eq!(not_before(429, 1), at(5));
        assert_eq!(not_before(500, 120), at(5));
        assert_eq!(not_before(429, u64::MAX), at(24 * 60 * 60));
    }
}
