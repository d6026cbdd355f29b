//! The keys by version. The highest one seals; all of them open.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};

use super::{Error, Result, seal::fill};

/// How long a key is.
pub(super) const LENGTH: usize = 32;

/// One key. It is wiped when it is dropped, and lies in one place all its life.
pub(super) type Key = SecretBox<[u8; LENGTH]>;

/// The keys at hand, never none.
pub struct KeyRing {
    highest: (u32, Key),
    older: BTreeMap<u32, Key>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing(versions {})", self.versions())
    }
}

impl KeyRing {
    /// A ring of one new key, version 1.
    pub fn generate() -> Result<Self> {
        Ok(Self {
            highest: (1, drawn()?),
            older: BTreeMap::new(),
        })
    }

    /// The ring of these keys; `None` without any.
    pub(super) fn of(mut keys: BTreeMap<u32, Key>) -> Option<Self> {
        let highest = keys.pop_last()?;
        Some(Self {
            highest,
            older: keys,
        })
    }

    /// The same keys and a new one, which seals from now on.
    pub fn rotated(&self) -> Result<Self> {
        let version = self.highest.0.checked_add(1).ok_or(Error::NoVersionLeft)?;
        let older = self.keys().map(|(version, key)| (version, copy(key)));
        Ok(Self {
            older: older.collect(),
            highest: (version, drawn()?),
        })
    }

    /// The highest key alone.
    #[must_use]
    pub fn without_old(&self) -> Self {
        Self {
            highest: (self.highest.0, copy(&self.highest.1)),
            older: BTreeMap::new(),
        }
    }

    /// The version of the key that seals.
    pub fn version(&self) -> u32 {
        self.highest.0
    }

    pub(super) fn highest(&self) -> (u32, &Key) {
        (self.highest.0, &self.highest.1)
    }

    /// Every key, the oldest first.
    pub(super) fn keys(&self) -> impl Iterator<Item = (u32, &Key)> {
        let older = self.older.iter().map(|(version, key)| (*version, key));
        older.chain([self.highest()])
    }

    pub(super) fn key(&self, version: u32) -> Option<&Key> {
        let found = self.keys().find(|(known, _)| *known == version);
        found.map(|(_, key)| key)
    }

    /// The versions, for people.
    pub(super) fn versions(&self) -> String {
        let versions: Vec<String> = self
            .keys()
            .map(|(version, _)| version.to_string())
            .collect();
        versions.join(", ")
    }
}

fn drawn() -> Result<Key> {
    let mut key = Key::default();
    fill(key.expose_secret_mut())?;
    Ok(key)
}

fn copy(key: &Key) -> Key {
    Key::init_with_mut(|new| new.copy_from_slice(key.expose_secret()))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn opens(ring: &KeyRing, sealed: &super::super::Sealed) -> bool {
        ring.open(sealed, b"a").is_ok()
    }

    #[test]
    fn a_rotated_ring_opens_old_and_new_and_one_without_old_only_new() {
        let ring = KeyRing::generate().unwrap();
        let old = ring.seal(&SecretString::from("x"), b"a").unwrap();
        let rotated = ring.rotated().unwrap();
        let new = rotated.seal(&SecretString::from("x"), b"a").unwrap();
        assert_eq!((ring.version(), rotated.version()), (1, 2));
        assert!(opens(&rotated, &old) && opens(&rotated, &new));
        let last = rotated.without_old();
        assert!(!opens(&last, &old) && opens(&last, &new));
        assert_eq!(format!("{rotated:?}"), "KeyRing(versions 1, 2)");
        assert_eq!(format!("{last:?}"), "KeyRing(versions 2)");
    }

    #[test]
    fn two_rings_never_share_a_key() {
        let [one, other] = [(); 2].map(|()| KeyRing::generate().unwrap());
        assert_ne!(
            one.highest.1.expose_secret(),
            other.highest.1.expose_secret()
        );
    }

    #[test]
    fn there_is_no_version_after_the_last_one() {
        let last = KeyRing::of(BTreeMap::from([(u32::MAX, Key::default())])).unwrap();
        assert!(matches!(last.rotated(), Err(Error::NoVersionLeft)));
    }
}
