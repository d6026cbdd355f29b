//! Identifiers: ours, the vendor's, and the references between records.
//!
//! Ours are derived, never drawn: the same integration, model and remote id give the same id on
//! every machine and after every rebuild of a mirror.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const LENGTH: usize = 24;

/// Marks a reference that still carries the vendor's id; the unified API uses the same prefix.
const REMOTE_PREFIX: &str = "remote:";

/// Our id of a record: 24 characters of the base58 alphabet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; LENGTH]);

impl Id {
    /// The id that `parts` always give. Parts are kept apart, so `["a", "b"]` differs from `["ab"]`.
    pub fn derive<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        let digest = hasher.finalize();
        let mut id = [0; LENGTH];
        for (character, byte) in id.iter_mut().zip(digest) {
            *character = ALPHABET[usize::from(byte) % ALPHABET.len()];
        }
        Self(id)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // The constructors only admit the ASCII alphabet, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.as_str())
    }
}

/// The text is not an id of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an id: expected {expected}",
    expected = "24 characters of the base58 alphabet"
)]
pub struct InvalidId(String);

impl FromStr for Id {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId(text.chars().take(64).collect());
        let bytes: [u8; LENGTH] = text.as_bytes().try_into().map_err(|_| invalid())?;
        if bytes.iter().all(|byte| ALPHABET.contains(byte)) {
            Ok(Self(bytes))
        } else {
            Err(invalid())
        }
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for Id {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[1-9A-HJ-NP-Za-km-z]{24}$" })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// The id of an integration: the connector's slug, a colon and an [`Id`], as in
/// `ashby:HWUTwvyx2wLoSUHphiWVrp28`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IntegrationId(String);

impl IntegrationId {
    /// The integration that is called `name` on this installation. The same name gives the same id.
    pub fn derive(slug: &str, name: &str) -> Self {
        Self(format!(
            "{slug}:{}",
            Id::derive(["integration", slug, name])
        ))
    }

    /// The whole id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IntegrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for IntegrationId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once(':') {
            Some((slug, id)) if !slug.is_empty() && id.parse::<Id>().is_ok() => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(InvalidId(text.chars().take(64).collect())),
        }
    }
}

impl Serialize for IntegrationId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for IntegrationId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// A link from one record to another.
///
/// A mapper knows only the vendor's id; the engine turns it into ours once it knows the
/// integration. As text the former reads `remote:<vendor id>`, which the unified API accepts too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// The vendor's id, as the mapper left it.
    Remote(String),
    /// Our id.
    Local(Id),
}

impl Reference {
    /// A reference to the record that the vendor calls `remote_id`.
    pub fn remote(remote_id: impl Into<String>) -> Self {
        Self::Remote(remote_id.into())
    }

    /// The vendor's id, unless the reference is already ours.
    pub fn remote_id(&self) -> Option<&str> {
        match self {
            Self::Remote(remote_id) => Some(remote_id),
            Self::Local(_) => None,
        }
    }

    /// Turns a vendor's id into ours.
    pub fn identify(&mut self, ids: &dyn Fn(&str) -> Id) {
        if let Self::Remote(remote_id) = self {
            *self = Self::Local(ids(remote_id));
        }
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Remote(remote_id) => {
                serializer.collect_str(&format_args!("{REMOTE_PREFIX}{remote_id}"))
            }
            Self::Local(id) => id.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        match text.strip_prefix(REMOTE_PREFIX) {
            Some(remote_id) => Ok(Self::Remote(remote_id.to_owned())),
            None => text.parse().map(Self::Local).map_err(de::Error::custom),
        }
    }
}

impl JsonSchema for Reference {
    fn schema_name() -> Cow<'static, str> {
        "Reference".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Id::json_schema(generator)
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_give_the_same_id_on_every_machine() {
        assert_eq!(
            Id::derive(["ashby:x", "jobs", "1"]),
            Id::derive(["ashby:x", "jobs", "1"])
        );
        assert_ne!(Id::derive(["ab", "c"]), Id::derive(["a", "bc"]));
        // Pinned: a change of this line renames every record of every installation.
        assert_eq!(Id::derive(["unified", "ats"]).to_string(), PINNED);
    }

    const PINNED: &str = "cxbPKCEWWRMrvPJZSeyktJ1A";

    #[test]
    fn ids_are_validated_when_read() {
        assert!("HWUTwvyx2wLoSUHphiWVrp28".parse::<Id>().is_ok());
        assert!("HWUTwvyx2wLoSUHphiWVrp2".parse::<Id>().is_err());
        assert!("0WUTwvyx2wLoSUHphiWVrp28".parse::<Id>().is_err());
        assert!(
            "ashby:HWUTwvyx2wLoSUHphiWVrp28"
                .parse::<IntegrationId>()
                .is_ok()
        );
        assert!("ashby".parse::<IntegrationId>().is_err());
    }

    #[test]
    fn a_reference_reads_and_writes_both_forms() {
        let mut reference: Reference = serde_json::from_str(r#""remote:a/b""#).unwrap();
        assert_eq!(reference, Reference::remote("a/b"));
        reference.identify(&|remote_id| Id::derive([remote_id]));
        let text = serde_json::to_string(&reference).unwrap();
        assert_eq!(serde_json::from_str::<Reference>(&text).unwrap(), reference);
    }
}
