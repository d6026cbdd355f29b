//! Keys as text: `VERSION:BASE64` each, with commas between them in a variable, and one a line in a
//! file.

use std::collections::BTreeMap;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{
    Error, KeyRing, Result, VARIABLE,
    ring::{Key, LENGTH},
};

/// Writes padding, and reads keys with and without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// As many characters as a key and its version take at most.
const ENTRY: usize = 64;

impl KeyRing {
    /// The keys in the text of [`VARIABLE`]: `[VERSION:]BASE64`, with commas between several.
    pub fn from_variable(text: &SecretString) -> Result<Self> {
        let entries = text.expose_secret().split(',').enumerate();
        parse(entries.map(|(place, entry)| (format!("{VARIABLE}, key {}", place + 1), entry)))?
            .ok_or_else(|| {
                bad(
                    VARIABLE,
                    "it is set and holds no key; unset it, or set a key",
                )
            })
    }

    /// The text of [`VARIABLE`] for these keys, the one that seals first.
    pub fn to_variable(&self) -> SecretString {
        let mut text = Zeroizing::new(String::with_capacity(self.keys().count() * ENTRY));
        let mut keys: Vec<_> = self.keys().collect();
        keys.reverse();
        for (place, (version, key)) in keys.into_iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            write(&mut text, version, key);
        }
        SecretString::from(text.as_str())
    }

    /// The keys in the text of a key file, which is called `name`.
    pub(super) fn from_lines(text: &str, name: &str) -> Result<Self> {
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.starts_with('#'));
        parse(lines.map(|(place, line)| (format!("{name}, line {}", place + 1), line)))?.ok_or_else(
            || bad(name, "it holds no key; put the key back, or remove the file if nothing is connected yet"),
        )
    }

    /// The text of a key file for these keys.
    pub(super) fn to_lines(&self) -> Zeroizing<String> {
        const HEAD: &str = "# Opens the credentials in the database beside it. Keep it secret, and keep a copy elsewhere.\n";
        let length = HEAD.len() + self.keys().count() * ENTRY;
        let mut text = Zeroizing::new(String::with_capacity(length));
        text.push_str(HEAD);
        for (version, key) in self.keys() {
            write(&mut text, version, key);
            text.push('\n');
        }
        text
    }
}

fn write(text: &mut String, version: u32, key: &Key) {
    text.push_str(&version.to_string());
    text.push(':');
    BASE64.encode_string(key.expose_secret(), text);
}

/// Reads entries, each with its place; `None` if all of them are empty.
fn parse<'a>(entries: impl Iterator<Item = (String, &'a str)>) -> Result<Option<KeyRing>> {
    let mut keys = BTreeMap::new();
    let mut gaps = Vec::new();
    for (place, entry) in entries {
        let entry = entry.trim();
        if entry.is_empty() {
            gaps.push(place);
            continue;
        }
        let (version, key) = parse_one(&place, entry)?;
        if keys.insert(version, key).is_some() {
            return Err(bad(place, "another key has the same version"));
        }
    }
    Ok(KeyRing::of(keys))
}

fn parse_one(place: &str, entry: &str) -> Result<(u32, Key)> {
    let (version, encoded) = entry.split_once(':').unwrap_or(("1", entry));
    let version = match version.trim().parse() {
        Ok(version) if version > 0 => version,
        _ => return Err(bad(place, "the version is not a whole number from 1 on")),
    };
    // Room for more than a key, so that one that is too long is told from one that is not base64.
    let mut bytes = Zeroizing::new([0; 2 * LENGTH]);
    let length = match BASE64.decode_slice(encoded.trim(), bytes.as_mut_slice()) {
        Ok(length) => length,
        Err(base64::DecodeSliceError::OutputSliceTooSmall) => usize::MAX,
        Err(base64::DecodeSliceError::DecodeError(_)) => {
            return Err(bad(place, "it is not base64"));
        }
    };
    match bytes.split_first_chunk() {
        Some((key, _)) if length == LENGTH => {
            let key: &[u8; LENGTH] = key;
            Ok((version, Key::init_with_mut(|new| new.copy_from_slice(key))))
        }
        _ => Err(bad(place, "it is not 32 bytes long")),
    }
}

fn bad(place: impl Into<String>, problem: &'static str) -> Error {
    Error::BadKey {
        place: place.into(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base64 of 32 times the same byte.
    fn encoded(byte: u8) -> String {
        BASE64.encode([byte; LENGTH])
    }

    fn variable(text: &str) -> Result<KeyRing> {
        KeyRing::from_variable(&SecretString::from(text))
    }

    fn refused(text: &str) -> String {
        variable(text).unwrap_err().to_string()
    }

    fn byte(ring: &KeyRing, version: u32) -> Option<u8> {
        Some(ring.key(version)?.expose_secret()[0])
    }

    #[test]
    fn a_variable_holds_one_key_or_several() {
        let (one, two) = (encoded(1), encoded(2));
        let ring = variable(&one).unwrap();
        assert_eq!((ring.version(), byte(&ring, 1)), (1, Some(1)));
        let ring = variable(&format!(" 7:{two} , 3:{one}\n")).unwrap();
        assert_eq!((ring.version(), byte(&ring, 7)), (7, Some(2)));
        assert_eq!(byte(&ring, 3), Some(1));
        let ring = variable(one.trim_end_matches('=')).unwrap();
        assert_eq!(byte(&ring, 1), Some(1), "padding may be left out");
    }

    #[test]
    fn a_bad_key_is_refused_with_its_place_and_without_its_text() {
        let one = encoded(1);
        let canary = "canary*canary*canary*canary*canary*canary*c=";
        let cases = [
            ("", "ATS_ENCRYPTION_KEY: it is set and holds no key"),
            (" , ,", "ATS_ENCRYPTION_KEY: it is set and holds no key"),
            (canary, "key 1: it is not base64"),
            (
                &format!("1:{one},2:Y2FuYXJ5"),
                "key 2: it is not 32 bytes long",
            ),
            (&BASE64.encode([1; 33]), "it is not 32 bytes long"),
            (&BASE64.encode([1; 300]), "it is not 32 bytes long"),
            ("1:", "it is not 32 bytes long"),
            (&format!("0:{one}"), "the version is not a whole number"),
            (
                &format!("canary:{one}"),
                "the version is not a whole number",
            ),
            (
                &format!("4294967296:{one}"),
                "the version is not a whole number",
            ),
            (
                &format!("{one},1:{one}"),
                "another key has the same version",
            ),
        ];
        for (text, expected) in cases {
            let message = refused(text);
            assert!(message.contains(expected), "{message}");
            assert!(message.contains("VERSION:BASE64"), "{message}");
            assert!(!message.contains("canary") && !message.contains("Y2Fu"));
        }
    }

    #[test]
    fn keys_come_back_from_both_texts() {
        let ring = variable(&format!("2:{},1:{}", encoded(2), encoded(1))).unwrap();
        let text = ring.to_variable();
        assert_eq!(
            text.expose_secret(),
            format!("2:{},1:{}", encoded(2), encoded(1))
        );
        let lines = ring.to_lines();
        assert!(lines.ends_with(&format!("\n1:{}\n2:{}\n", encoded(1), encoded(2))));
        let again = KeyRing::from_lines(&lines, "a.key").unwrap();
        assert_eq!(again.to_variable().expose_secret(), text.expose_secret());
    }

    #[test]
    fn a_file_without_a_key_is_refused_with_its_name() {
        for text in ["", "\n", "# nothing\n"] {
            let error = KeyRing::from_lines(text, "a.key").unwrap_err();
            assert!(
                error.to_string().contains("a.key: it holds no key"),
                "{error}"
            );
        }
        let error = KeyRing::from_lines("# head\n\n1:no", "a.key").unwrap_err();
        assert!(error.to_string().contains("a.key, line 3"), "{error}");
    }
}
