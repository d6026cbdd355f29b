//! When to try again, and how long to wait before.
//!
//! It owns backoff, jitter and the reading of `Retry-After`. It must not know what was sent: the
//! client decides which failures may be retried at all.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// How often and how long a call is retried, if its failure allows it at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The longest possible first wait; it doubles with each further one.
    pub base: Duration,
    /// No backoff is longer, however many attempts failed.
    pub cap: Duration,
    /// Requests in all, the first one included.
    pub attempts: u32,
    /// Time for attempts and the waits between them; waiting for the limiter does not count.
    pub budget: Duration,
    /// A vendor that asks for a longer wait gets none: the caller learns the wish and decides.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(1),
            cap: Duration::from_secs(60),
            attempts: 6,
            budget: Duration::from_secs(5 * 60),
            longest_wait: Duration::from_secs(10 * 60),
        }
    }
}

/// A source of random waits that tests can seed.
#[derive(Debug)]
pub(crate) struct Jitter(Mutex<StdRng>);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// Uniform over the whole range, zero included ("full jitter"), so that clients which failed
    /// together do not come back together.
    fn up_to(&self, ceiling: Duration) -> Duration {
        let nanos = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Duration::from_nanos(rng.random_range(0..=nanos))
    }
}

/// The retries of one call.
#[derive(Debug)]
pub(crate) struct Tries<'a> {
    policy: &'a RetryPolicy,
    jitter: &'a Jitter,
    made: u32,
    spent: Duration,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(policy: &'a RetryPolicy, jitter: &'a Jitter) -> Self {
        Self {
            policy,
            jitter,
            made: 0,
            spent: Duration::ZERO,
        }
    }

    /// Attempts that were made.
    pub(crate) fn made(&self) -> u32 {
        self.made
    }

    /// Books one attempt that took `elapsed`.
    pub(crate) fn book(&mut self, elapsed: Duration) {
        self.made += 1;
        self.spent += elapsed;
    }

    /// The wait before the next attempt, or `None` if it is time to give up.
    pub(crate) fn next_wait(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let asked = asked.unwrap_or_default();
        if self.made >= self.policy.attempts || asked > self.policy.longest_wait {
            return None;
        }
        let doublings = self.made.saturating_sub(1).min(31);
        let ceiling = self
            .policy
            .base
            .saturating_mul(1 << doublings)
            .min(self.policy.cap);
        let wait = self.jitter.up_to(ceiling).max(asked);
        let spent = self.spent.saturating_add(wait);
        if spent > self.policy.budget {
            return None;
        }
        self.spent = spent;
        Some(wait)
    }
}

/// Reads `Retry-After`: whole seconds or an HTTP date. A date that has passed means no wait;
/// anything else is ignored, as if the header had not been sent.
pub(crate) fn parse_retry_after(value: &str, wall: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are an absurd wait, not garbage.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(wall).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Waits of a call whose attempts take no time, until it gives up.
    fn waits(policy: &RetryPolicy, seed: u64, asked: Option<Duration>) -> Vec<Duration> {
        let jitter = Jitter::new(seed);
        let mut tries = Tries::new(policy, &jitter);
        std::iter::from_fn(|| {
            tries.book(Duration::ZERO);
            tries.next_wait(asked)
        })
        .collect()
    }

    #[test]
    fn each_wait_stays_below_a_ceiling_that_doubles_to_the_cap() {
        let policy = RetryPolicy {
            attempts: 9,
            budget: Duration::from_secs(10_000),
            ..RetryPolicy::default()
        };
        let ceilings = [1, 2, 4, 8, 16, 32, 60, 60];
        let mut longest = [Duration::ZERO; 8];
        for seed in 0..500 {
            let waits = waits(&policy, seed, None);
            assert_eq!(waits.len(), ceilings.len());
            for (index, wait) in waits.iter().enumerate() {
                assert!(
                    *wait <= SECOND * ceilings[index],
                    "wait {index} was {wait:?}"
                );
                longest[index] = longest[index].max(*wait);
            }
        }
        // Full jitter uses the whole range, so that the bounds above are not met by tiny waits.
        for (index, wait) in longest.iter().enumerate() {
            assert!(
                *wait * 10 >= SECOND * ceilings[index] * 9,
                "wait {index} reached {wait:?}"
            );
        }
    }

    #[test]
    fn full_jitter_reaches_down_to_zero() {
        let policy = RetryPolicy::default();
        let shortest = (0..500)
            .filter_map(|seed| waits(&policy, seed, None).first().copied())
            .min();
        assert!(shortest.unwrap() < SECOND / 20);
    }

    #[test]
    fn a_seed_fixes_the_waits() {
        let policy = RetryPolicy::default();
        assert_eq!(waits(&policy, 7, None), waits(&policy, 7, None));
        assert_ne!(waits(&policy, 7, None), waits(&policy, 8, None));
    }

    #[test]
    fn the_vendors_wish_is_the_least_wait() {
        let policy = RetryPolicy::default();
        let asked = Duration::from_secs(40);
        assert_eq!(waits(&policy, 1, Some(asked)), vec![asked; 5]);
    }

    #[test]
    fn waits_and_attempts_share_the_budget() {
        let policy = RetryPolicy {
            budget: Duration::from_secs(100),
            ..RetryPolicy::default()
        };
        assert_eq!(waits(&policy, 1, Some(Duration::from_secs(40))).len(), 2);

        let jitter = Jitter::new(1);
        let mut tries = Tries::new(&policy, &jitter);
        tries.book(Duration::from_secs(90));
        assert_eq!(tries.next_wait(Some(Duration::from_secs(11))), None);
        assert_eq!(
            tries.next_wait(Some(Duration::from_secs(10))),
            Some(Duration::from_secs(10))
        );
    }

    #[test]
    fn an_absurd_wish_ends_the_call() {
        let policy = RetryPolicy {
            budget: Duration::from_secs(100_000),
            ..RetryPolicy::default()
        };
        assert_eq!(waits(&policy, 1, Some(Duration::from_secs(601))), vec![]);
        assert_eq!(waits(&policy, 1, Some(Duration::from_secs(600))).len(), 5);
    }

    #[test]
    fn retry_after_has_two_forms() {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let cases = [
            ("0", Some(0)),
            ("17", Some(17)),
            (" 17 ", Some(17)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Tue, 14 Nov 2023 22:13:50 GMT", Some(30)),
            ("Tue, 14 Nov 2023 22:13:00 GMT", Some(0)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("Tue, 99 Nov 2023 22:13:50 GMT", None),
        ];
        for (value, seconds) in cases {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(parse_retry_after(value, wall), expected, "{value:?}");
        }
    }
}
