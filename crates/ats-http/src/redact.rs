//! Keeps secrets out of texts that people or logs may see.
//!
//! Nothing here is the first line of defence: secrets do not enter texts to begin with. It is for
//! texts that other libraries or the vendor wrote, such as a connection error or a request id.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Shorter secrets are not searched for: replacing every "a" would only ruin the text.
const SHORTEST: usize = 4;

/// A vendor's request id is shorter than this; anything longer is not one and is cut.
const LONGEST_ID: usize = 128;

/// Knows every spelling of a client's secret and blots it out.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    needles: Vec<SecretString>,
}

impl Redactor {
    pub(crate) fn new(spellings: Vec<SecretString>) -> Self {
        let long = |secret: &SecretString| secret.expose_secret().len() >= SHORTEST;
        Self {
            needles: spellings.into_iter().filter(long).collect(),
        }
    }

    /// `text` with each spelling of the secret replaced by `***`.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for needle in &self.needles {
            if text.contains(needle.expose_secret()) {
                text = text.replace(needle.expose_secret(), "***");
            }
        }
        text
    }

    /// A request id as it may be shown: scrubbed, cut, and free of control characters.
    pub(crate) fn id(&self, text: &str) -> String {
        self.scrub(text)
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST_ID)
            .collect()
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(***)")
    }
}

/// A URL without user, password, query and fragment: what may be shown of it.
///
/// ```
/// let url = url::Url::parse("https://key:secret@api.example.com/v1?token=x#y").expect("valid");
/// assert_eq!(ats_http::bare_url(&url), "https://api.example.com/v1");
/// ```
pub fn bare_url(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Both fail only for URLs that cannot have a user at all, and those have none to hide.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_goes_and_short_ones_are_left_alone() {
        let redactor = Redactor::new(vec!["canary".into(), "Y2FuYXJ5".into(), "a".into()]);
        assert_eq!(redactor.scrub("a canary, a Y2FuYXJ5"), "a ***, a ***");
    }

    #[test]
    fn an_id_is_cut_and_printable() {
        let id = Redactor::default().id(&format!("a\n{}", "b".repeat(500)));
        assert_eq!(id.len(), LONGEST_ID);
        assert!(id.starts_with("ab"));
    }
}
