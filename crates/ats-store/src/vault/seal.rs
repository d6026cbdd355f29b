//! What is sealed, and how: the form of the bytes.
//!
//! One byte for the form, four for the version of the key (big-endian), 24 for the nonce, then the
//! ciphertext with its tag. Form and version are bound to the ciphertext, as is the context that
//! the caller names.

use std::{collections::BTreeMap, fmt};

use ats_core::IntegrationId;
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use super::{Error, KeyRing, Result};

const FORM: u8 = 1;
const HEAD: usize = 1 + 4;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Sealed bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// The parts of sealed bytes.
struct Parts<'a> {
    head: &'a [u8],
    version: u32,
    nonce: &'a [u8; NONCE],
    ciphertext: &'a [u8],
}

impl Sealed {
    fn parts(&self) -> Result<Parts<'_>> {
        let form = *self.0.first().ok_or(Error::DoesNotOpen)?;
        if form != FORM {
            return Err(Error::UnknownForm { form });
        }
        let (head, rest) = self.0.split_at_checked(HEAD).ok_or(Error::DoesNotOpen)?;
        let (nonce, ciphertext) = rest.split_first_chunk().ok_or(Error::DoesNotOpen)?;
        let version = head.last_chunk().ok_or(Error::DoesNotOpen)?;
        Ok(Parts {
            head,
            version: u32::from_be_bytes(*version),
            nonce,
            ciphertext,
        })
    }
}

/// Everything that the ciphertext is bound to.
fn bound(head: &[u8], context: &[u8]) -> Vec<u8> {
    [head, context].concat()
}

impl KeyRing {
    /// Seals a secret with the highest key. It opens under the same context only, so that sealed
    /// bytes are worth nothing where they do not belong.
    pub fn seal(&self, plaintext: &SecretString, context: &[u8]) -> Result<Sealed> {
        let (version, key) = self.highest();
        let mut nonce = [0; NONCE];
        fill(&mut nonce)?;
        let plaintext = plaintext.expose_secret().as_bytes();
        // All at once, so that no half of the plaintext stays behind where the bytes once were.
        let mut sealed = Vec::with_capacity(HEAD + NONCE + plaintext.len() + TAG);
        sealed.push(FORM);
        sealed.extend_from_slice(&version.to_be_bytes());
        let bound = bound(&sealed, context);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let text = sealed.get_mut(HEAD + NONCE..).unwrap_or_default();
        // The cipher only refuses more bytes than fit into the memory of any machine.
        let tag = XChaCha20Poly1305::new(key.expose_secret().into())
            .encrypt_inout_detached((&nonce).into(), &bound, text.into())
            .map_err(|_| Error::DoesNotOpen)?;
        sealed.extend_from_slice(&tag);
        Ok(Sealed(sealed))
    }

    /// Opens what was sealed under the same context.
    pub fn open(&self, sealed: &Sealed, context: &[u8]) -> Result<SecretString> {
        let parts = sealed.parts()?;
        let key = self
            .key(parts.version)
            .ok_or_else(|| Error::UnknownVersion {
                version: parts.version,
                known: self.versions(),
            })?;
        let (text, tag) = parts
            .ciphertext
            .split_last_chunk::<TAG>()
            .ok_or(Error::DoesNotOpen)?;
        let mut text = Zeroizing::new(text.to_vec());
        XChaCha20Poly1305::new(key.expose_secret().into())
            .decrypt_inout_detached(
                parts.nonce.into(),
                &bound(parts.head, context),
                text.as_mut_slice().into(),
                tag.into(),
            )
            .map_err(|_| Error::DoesNotOpen)?;
        let text = std::str::from_utf8(&text).map_err(|_| Error::DoesNotOpen)?;
        Ok(SecretString::from(text))
    }

    /// Seals the credentials of an integration: a JSON object of secrets by name.
    pub fn seal_credentials(
        &self,
        credentials: &BTreeMap<String, SecretString>,
        integration: &IntegrationId,
    ) -> Result<Sealed> {
        let shown: BTreeMap<&str, Shown<'_>> = credentials
            .iter()
            .map(|(name, secret)| (name.as_str(), Shown(secret)))
            .collect();
        // A text that has to move while it grows would leave the secrets where it was: a character
        // takes six at most, and a name brings a few of its own.
        let length = |(name, secret): (&String, &SecretString)| {
            6 * (name.len() + secret.expose_secret().len()) + 8
        };
        let length: usize = credentials.iter().map(length).sum();
        let mut text = Zeroizing::new(Vec::with_capacity(length + 2));
        // Texts by name always print, and what prints is UTF-8.
        serde_json::to_writer(&mut *text, &shown).map_err(|_| Error::DoesNotOpen)?;
        let text = std::str::from_utf8(&text).map_err(|_| Error::DoesNotOpen)?;
        self.seal(&SecretString::from(text), integration.as_str().as_bytes())
    }

    /// Opens the credentials of an integration.
    pub fn open_credentials(
        &self,
        sealed: &Sealed,
        integration: &IntegrationId,
    ) -> Result<BTreeMap<String, SecretString>> {
        let text = self.open(sealed, integration.as_str().as_bytes())?;
        let credentials: BTreeMap<String, Kept> =
            serde_json::from_str(text.expose_secret()).map_err(|_| Error::DoesNotOpen)?;
        Ok(credentials
            .into_iter()
            .map(|(name, Kept(secret))| (name, secret))
            .collect())
    }

    /// Whether another key than the highest one sealed it.
    pub fn needs_reseal(&self, sealed: &Sealed) -> bool {
        sealed
            .parts()
            .map_or(true, |parts| parts.version != self.highest().0)
    }
}

/// Random bytes from the system.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|source| Error::NoRandomness {
        source: Box::new(source),
    })
}

/// A secret that is written to a text which is sealed at once.
struct Shown<'a>(&'a SecretString);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

/// A secret that is read without a copy in between.
struct Kept(SecretString);

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Kept;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a secret")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Kept, E> {
                Ok(Kept(SecretString::from(text)))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "canary-in-a-\"coal\"-mine";

    fn secret() -> SecretString {
        SecretString::from(CANARY)
    }

    fn opened(ring: &KeyRing, sealed: &Sealed, context: &[u8]) -> Result<String> {
        Ok(ring.open(sealed, context)?.expose_secret().to_owned())
    }

    #[test]
    fn what_is_sealed_opens_under_the_same_key_and_context() {
        let ring = KeyRing::generate().unwrap();
        let sealed = ring.seal(&secret(), b"a").unwrap();
        assert_eq!(opened(&ring, &sealed, b"a").unwrap(), CANARY);
        assert_eq!(sealed.0.len(), HEAD + NONCE + CANARY.len() + TAG);
        assert_eq!(sealed.0[..HEAD], [1, 0, 0, 0, 1]);
        let hidden = String::from_utf8_lossy(&sealed.0).into_owned();
        assert!(!hidden.contains("canary"));
        let again = ring.seal(&secret(), b"a").unwrap();
        assert_ne!(sealed, again, "no nonce is used twice");
        let empty = ring.seal(&SecretString::from(""), b"").unwrap();
        assert_eq!(opened(&ring, &empty, b"").unwrap(), "");
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_noticed() {
        let ring = KeyRing::generate().unwrap();
        let sealed = ring.seal(&secret(), b"a").unwrap();
        for place in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[place] ^= 1;
            assert!(ring.open(&changed, b"a").is_err(), "byte {place}");
            let cut = Sealed(sealed.0[..place].to_vec());
            assert!(ring.open(&cut, b"a").is_err(), "cut at {place}");
        }
        let mut longer = sealed.clone();
        longer.0.push(0);
        assert!(matches!(ring.open(&longer, b"a"), Err(Error::DoesNotOpen)));
    }

    #[test]
    fn another_context_another_key_and_another_form_do_not_open_it() {
        let ring = KeyRing::generate().unwrap();
        let sealed = ring.seal(&secret(), b"a").unwrap();
        assert!(matches!(ring.open(&sealed, b"b"), Err(Error::DoesNotOpen)));
        let other = KeyRing::generate().unwrap();
        assert!(matches!(other.open(&sealed, b"a"), Err(Error::DoesNotOpen)));
        let mut newer = sealed.clone();
        newer.0[0] = 2;
        let error = ring.open(&newer, b"a").unwrap_err();
        assert!(matches!(error, Error::UnknownForm { form: 2 }));
    }

    #[test]
    fn a_version_that_is_not_here_is_named() {
        let ring = KeyRing::generate().unwrap();
        let rotated = ring.rotated().unwrap();
        let sealed = rotated.seal(&secret(), b"a").unwrap();
        let error = ring.open(&sealed, b"a").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("version 2 of the key, and only 1 is here"),
            "{error}"
        );
    }

    #[test]
    fn the_version_is_bound_as_well() {
        let text = KeyRing::generate().unwrap().to_variable();
        let [one, two] = ["1", "2"].map(|version| text.expose_secret().replacen('1', version, 1));
        let ring = KeyRing::from_variable(&SecretString::from(format!("{one},{two}"))).unwrap();
        let mut sealed = ring.seal(&secret(), b"a").unwrap();
        assert_eq!(opened(&ring, &sealed, b"a").unwrap(), CANARY);
        sealed.0[HEAD - 1] = 1;
        assert!(matches!(ring.open(&sealed, b"a"), Err(Error::DoesNotOpen)));
    }

    #[test]
    fn credentials_come_back_by_name_and_belong_to_one_integration() {
        let ring = KeyRing::generate().unwrap();
        let [one, other] = ["one", "other"].map(|name| IntegrationId::derive("ashby", name));
        let credentials = BTreeMap::from([
            ("api_key".to_owned(), secret()),
            ("empty".to_owned(), SecretString::from("")),
        ]);
        let sealed = ring.seal_credentials(&credentials, &one).unwrap();
        let opened = ring.open_credentials(&sealed, &one).unwrap();
        assert_eq!(opened.len(), 2);
        assert_eq!(opened["api_key"].expose_secret(), CANARY);
        assert_eq!(opened["empty"].expose_secret(), "");
        let moved = ring.open_credentials(&sealed, &other);
        assert!(matches!(moved, Err(Error::DoesNotOpen)));
        let text = ring.open(&sealed, one.as_str().as_bytes()).unwrap();
        assert_eq!(
            text.expose_secret(),
            r#"{"api_key":"canary-in-a-\"coal\"-mine","empty":""}"#
        );
        let nonsense = ring.seal(&secret(), one.as_str().as_bytes()).unwrap();
        assert!(matches!(
            ring.open_credentials(&nonsense, &one),
            Err(Error::DoesNotOpen)
        ));
    }

    #[test]
    fn what_another_key_sealed_needs_sealing_again() {
        let ring = KeyRing::generate().unwrap();
        let sealed = ring.seal(&secret(), b"a").unwrap();
        assert!(!ring.needs_reseal(&sealed));
        let rotated = ring.rotated().unwrap();
        assert!(rotated.needs_reseal(&sealed));
        let again = rotated
            .seal(&rotated.open(&sealed, b"a").unwrap(), b"a")
            .unwrap();
        assert!(!rotated.needs_reseal(&again));
        assert!(ring.needs_reseal(&Sealed(vec![])));
    }

    #[test]
    fn nothing_that_prints_shows_a_secret() {
        let ring = KeyRing::generate().unwrap();
        let integration = IntegrationId::derive("ashby", "one");
        let credentials = BTreeMap::from([("api_key".to_owned(), secret())]);
        let sealed = ring.seal_credentials(&credentials, &integration).unwrap();
        let other = KeyRing::generate().unwrap();
        let error = other.open_credentials(&sealed, &integration).unwrap_err();
        let opened = ring.open_credentials(&sealed, &integration).unwrap();
        let shown = format!("{ring:?} {sealed:?} {error} {error:?} {opened:?}");
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("REDACTED"), "{shown}");
    }
}
