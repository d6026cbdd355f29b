//! What the pages remember while the server runs: who may log in, how often it was tried, and what
//! customers have entered and not yet confirmed. None of it is written anywhere.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ats_core::Timestamp;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::connect::Attempt;
use crate::token;

/// So many wrong passwords are taken within [`WINDOW_MINUTES`].
const TRIES: usize = 10;

/// How long a wrong password counts.
const WINDOW_MINUTES: i64 = 15;

/// How long an attempt to connect is remembered.
const ATTEMPT_MINUTES: i64 = 60;

/// So many attempts are remembered at once; the oldest makes room.
const ATTEMPTS: usize = 1_000;

type Hash = [u8; 32];

/// What the pages remember.
pub(crate) struct Desk {
    /// The way in that is printed when the server starts.
    link: SecretString,
    password: Option<Hash>,
    wrong: Mutex<VecDeque<Timestamp>>,
    attempts: Mutex<HashMap<String, Kept>>,
    /// Names of integrations are given one after the other.
    pub(super) naming: tokio::sync::Mutex<()>,
}

struct Kept {
    at: Timestamp,
    attempt: Arc<tokio::sync::Mutex<Attempt>>,
}

/// What became of a try to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Try {
    Right,
    Wrong,
    /// There were too many wrong ones; nothing was compared.
    TooMany,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk that takes this password beside its link.
    pub(crate) fn new(password: Option<&SecretString>) -> Self {
        Self {
            link: SecretString::from(token::secret()),
            password: password.map(|password| hash(password.expose_secret())),
            wrong: Mutex::default(),
            attempts: Mutex::default(),
            naming: tokio::sync::Mutex::default(),
        }
    }

    /// The end of the link that logs in, for as long as the server runs.
    pub(crate) fn login_path(&self) -> String {
        format!("/login/{}", self.link.expose_secret())
    }

    /// Whether there is a password.
    pub(super) fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Whether this is the end of the link. It cannot be guessed, so tries are not counted.
    pub(super) fn opens(&self, given: &str) -> bool {
        is_same(&hash(given), &hash(self.link.expose_secret()))
    }

    /// Compares a password, unless too many wrong ones came before.
    pub(super) fn try_password(&self, given: &str, now: Timestamp) -> Try {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let since = before(now, WINDOW_MINUTES);
        wrong.retain(|at| *at > since);
        if wrong.len() >= TRIES {
            return Try::TooMany;
        }
        let given = hash(given);
        match self.password {
            Some(password) if is_same(&password, &given) => Try::Right,
            _ => {
                wrong.push_back(now);
                Try::Wrong
            }
        }
    }

    /// Remembers an attempt to connect, and gives the name it is found by.
    pub(super) fn keep(&self, link: &str, attempt: Attempt, now: Timestamp) -> String {
        let name = token::id().to_string();
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let since = before(now, ATTEMPT_MINUTES);
        attempts.retain(|_, kept| kept.at > since);
        if attempts.len() >= ATTEMPTS {
            let oldest = attempts.iter().min_by_key(|(_, kept)| kept.at);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                attempts.remove(&oldest);
            }
        }
        let kept = Kept {
            at: now,
            attempt: Arc::new(tokio::sync::Mutex::new(attempt)),
        };
        attempts.insert(key(link, &name), kept);
        name
    }

    /// The attempt of this name, made with this link.
    pub(super) fn attempt(
        &self,
        link: &str,
        name: &str,
        now: Timestamp,
    ) -> Option<Arc<tokio::sync::Mutex<Attempt>>> {
        let attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = attempts.get(&key(link, name))?;
        (kept.at > before(now, ATTEMPT_MINUTES)).then(|| Arc::clone(&kept.attempt))
    }
}

fn key(link: &str, name: &str) -> String {
    format!("{link}/{name}")
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

fn is_same(one: &Hash, other: &Hash) -> bool {
    bool::from(one.ct_eq(other))
}

fn before(now: Timestamp, minutes: i64) -> Timestamp {
    (DateTime::<Utc>::from(now) - TimeDelta::minutes(minutes)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: u32) -> Timestamp {
        Timestamp::parse(&format!("2026-01-02T03:{minute:02}:00Z")).unwrap()
    }

    #[test]
    fn wrong_passwords_are_limited_and_the_link_is_not() {
        let password = SecretString::from("right");
        let desk = Desk::new(Some(&password));
        for _ in 0..TRIES {
            assert_eq!(desk.try_password("wrong", at(0)), Try::Wrong);
        }
        assert_eq!(desk.try_password("right", at(1)), Try::TooMany);
        assert!(desk.opens(desk.link.expose_secret()) && !desk.opens("wrong"));
        assert_eq!(desk.try_password("right", at(16)), Try::Right);
    }

    #[test]
    fn without_a_password_none_is_right() {
        let desk = Desk::new(None);
        assert_eq!(desk.try_password("", at(0)), Try::Wrong);
    }
}
