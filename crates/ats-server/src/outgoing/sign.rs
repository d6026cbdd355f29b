//! What a receiver knows a message by.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The header with the signature.
pub(super) const SIGNATURE: &str = "x-kombo-signature";

/// The header with the signature by the secret before, while one is being replaced.
pub(super) const PREVIOUS_SIGNATURE: &str = "x-kombo-signature-previous";

/// The signature of a body: HMAC-SHA256 over its bytes, base64url without padding.
pub(super) fn signature(secret: &SecretString, body: &[u8]) -> String {
    let key = secret.expose_secret().as_bytes();
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(body);
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_clients_expect() {
        let body = br#"{"id":"FhghqjnCi9WuAoLT8Z75CFcs","type":"data-changed","data":{}}"#;
        assert_eq!(
            signature(&SecretString::from("whsec_test"), body),
            "bnYDdv-3eyMX8DCqwftNMXT2WNpdJMcbQjmnRkMv3Do"
        );
    }
}
