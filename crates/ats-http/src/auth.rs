//! How a client proves who it is.
//!
//! It owns the secret and the one header made from it. It must not show either to anything but the
//! wire.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// Credentials for the `Authorization` header. `Debug` names the scheme and nothing else.
#[derive(Clone)]
pub enum Auth {
    /// HTTP Basic. Some vendors take the key as the user with a blank password, so both are secret.
    Basic {
        /// The part before the colon.
        user: SecretString,
        /// The part after the colon; may be blank.
        password: SecretString,
    },
    /// `Bearer <token>`.
    Bearer(SecretString),
}

impl Auth {
    /// The header value, marked as secret so that no HTTP library prints it. `None` if the secret
    /// has characters that no header can carry.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let text = match self {
            Self::Basic { .. } => format!("Basic {}", self.encoded()),
            Self::Bearer(token) => format!("Bearer {}", token.expose_secret()),
        };
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Every spelling of the secret that could turn up in a text by accident.
    pub(crate) fn spellings(&self) -> Vec<SecretString> {
        match self {
            Self::Basic { user, password } => {
                vec![self.encoded().into(), user.clone(), password.clone()]
            }
            Self::Bearer(token) => vec![token.clone()],
        }
    }

    fn encoded(&self) -> String {
        match self {
            Self::Basic { user, password } => BASE64_STANDARD.encode(format!(
                "{}:{}",
                user.expose_secret(),
                password.expose_secret()
            )),
            Self::Bearer(token) => token.expose_secret().to_owned(),
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic(***)",
            Self::Bearer(_) => "Bearer(***)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_with_a_blank_password_ends_in_a_colon() {
        let auth = Auth::Basic {
            user: "key".into(),
            password: "".into(),
        };
        let header = auth.header().unwrap();
        assert_eq!(header.to_str().unwrap(), "Basic a2V5Og==");
        assert!(header.is_sensitive());
    }

    #[test]
    fn a_token_with_a_line_break_makes_no_header() {
        assert!(Auth::Bearer("to\nken".into()).header().is_none());
    }

    #[test]
    fn debug_names_only_the_scheme() {
        assert_eq!(
            format!("{:?}", Auth::Bearer("canary".into())),
            "Bearer(***)"
        );
    }
}
