//! Credentials at rest: sealed with XChaCha20-Poly1305 under keys that can be rotated.
//!
//! It owns keys, the file they may lie in, and the form of sealed bytes. It must not know where
//! sealed bytes are kept, what an integration is besides its id, or how a variable is read: the
//! caller hands over its text.
//!
//! # Rotation
//!
//! Whoever rotates keys that lie in a file does it in this order. At each point between two steps,
//! and in the middle of each step, the file holds every key that anything is sealed with, so that a
//! crash leaves all credentials openable:
//!
//! 1. [`KeyRing::rotated`] adds a key, and [`KeyRing::write_file`] writes old and new ones together.
//! 2. Each integration's credentials are opened and sealed again, each in a transaction of its own.
//! 3. All integrations are read once more; [`KeyRing::needs_reseal`] is true for none of them.
//! 4. [`KeyRing::without_old`] drops the old keys, and [`KeyRing::write_file`] writes the new one.
//!
//! After a crash the whole is done again from the first step. It then adds one more key and drops
//! whatever the interrupted rotation left. Keys from a variable are the user's to change: with the
//! new key beside the old one, only the second and third step are done.

mod file;
mod ring;
mod seal;
mod text;

use std::path::PathBuf;

pub use file::{KeySource, key_file};
pub use ring::KeyRing;
pub use seal::Sealed;
pub(crate) use seal::fill;

/// The environment variable that may hold the keys.
pub const VARIABLE: &str = "ATS_ENCRYPTION_KEY";

/// What every function of the vault gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong with keys and with what they seal. It never holds a key or a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There are credentials, and no key.
    #[error(
        "the key to the stored credentials is missing: {} does not exist and {VARIABLE} is not set. \
         Put the key back in one of the two places, or enter the credentials again with `ats connect`",
        file.display()
    )]
    Missing {
        /// Where the key file would lie.
        file: PathBuf,
    },
    /// Other people of the machine may read the key file.
    #[error("{0} can be read by others; run `chmod 600 {0}`", file.display())]
    Exposed {
        /// The key file.
        file: PathBuf,
    },
    /// There is a key file already where one was to be created.
    #[error("{} exists already and is not replaced; use the keys in it, or move it away", file.display())]
    Exists {
        /// The key file.
        file: PathBuf,
    },
    /// A key cannot be used as it is written.
    #[error("{place}: {problem}. A key is written as VERSION:BASE64, with BASE64 of 32 bytes")]
    BadKey {
        /// Where it is written.
        place: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The bytes were sealed with a key that is not at hand.
    #[error(
        "the credentials were sealed with version {version} of the key, and only {known} is here. \
         Put that version beside it, or enter the credentials again with `ats connect`"
    )]
    UnknownVersion {
        /// The version that sealed them.
        version: u32,
        /// The versions at hand.
        known: String,
    },
    /// The bytes do not open under the key of their version.
    #[error(
        "the credentials do not open: another key of the same version sealed them, or they are damaged. \
         Put the right key back, or enter the credentials again with `ats connect`"
    )]
    DoesNotOpen,
    /// The bytes are of a form that this version of the program does not know.
    #[error(
        "the credentials are sealed in form {form}, which this program does not know; \
         use the newer program that wrote them"
    )]
    UnknownForm {
        /// The form that the bytes name.
        form: u8,
    },
    /// There is no version after the highest one.
    #[error(
        "no version is left after the highest key; connect the integrations again with a new key file"
    )]
    NoVersionLeft,
    /// The system gave no random bytes.
    #[error("the system gives no random bytes for a key or a nonce")]
    NoRandomness {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The key file could not be read or written.
    #[error("cannot {what} the key file {}; its folder must exist, and both must be yours", file.display())]
    File {
        /// What was tried, such as `read`.
        what: &'static str,
        /// The key file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
