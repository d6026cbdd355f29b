//! Ids and secrets that nobody can guess.

use ats_core::Id;

/// A new id.
pub(crate) fn id() -> Id {
    Id::derive([bs58::encode(bytes()).into_string().as_str()])
}

/// A new secret: 32 random bytes as text that may stand in an address.
pub(crate) fn secret() -> String {
    bs58::encode(bytes()).into_string()
}

fn bytes() -> [u8; 32] {
    rand::random()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same() {
        assert_ne!(id(), id());
        assert_ne!(secret(), secret());
        assert!(secret().len() >= 40);
    }
}
