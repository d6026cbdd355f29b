//! Files on their way to a vendor: named, typed, and given as bytes or as an address.

use std::fmt;

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

use super::validate;
use crate::Result;

/// A file. Either `data` or `data_url` is given; `data` needs `content_type`.
#[derive(Clone, Deserialize, JsonSchema)]
pub struct FileInput {
    /// The file's name, with its extension.
    pub name: String,
    /// Its MIME type; with `data_url` the answer's type is taken where this is missing.
    #[schemars(regex(pattern = r"^[\w.-]+\/[\w.-]+$"))]
    pub content_type: Option<String>,
    /// The bytes, as base64.
    #[serde(default, deserialize_with = "bytes")]
    #[schemars(with = "Option<String>", extend("contentEncoding" = "base64"))]
    pub data: Option<Bytes>,
    /// Where the bytes can be fetched without credentials.
    #[schemars(extend("format" = "uri"))]
    pub data_url: Option<String>,
}

/// What a file is about, and the file.
#[derive(Clone, Deserialize, JsonSchema)]
pub struct NewAttachment {
    /// The file's name, with its extension.
    pub name: String,
    /// Its MIME type; with `data_url` the answer's type is taken where this is missing.
    #[schemars(regex(pattern = r"^[\w.-]+\/[\w.-]+$"))]
    pub content_type: Option<String>,
    /// The bytes, as base64.
    #[serde(default, deserialize_with = "bytes")]
    #[schemars(with = "Option<String>", extend("contentEncoding" = "base64"))]
    pub data: Option<Bytes>,
    /// Where the bytes can be fetched without credentials.
    #[schemars(extend("format" = "uri"))]
    pub data_url: Option<String>,
    /// What the file is about.
    #[serde(rename = "type")]
    pub kind: AttachmentType,
}

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AttachmentType {
    /// A résumé.
    Cv,
    /// A cover letter.
    CoverLetter,
    /// Anything else.
    Other,
}

/// Where the bytes of a file are.
#[derive(Clone, Copy)]
pub enum FileContent<'a> {
    /// Here.
    Bytes(&'a Bytes),
    /// There.
    Url(&'a str),
}

impl NewAttachment {
    /// The file alone.
    pub fn file(&self) -> FileInput {
        FileInput {
            name: self.name.clone(),
            content_type: self.content_type.clone(),
            data: self.data.clone(),
            data_url: self.data_url.clone(),
        }
    }
}

impl FileInput {
    /// Where the bytes are; `None` for a file that was not validated and names no place.
    pub fn content(&self) -> Option<FileContent<'_>> {
        match (&self.data, &self.data_url) {
            (Some(bytes), _) => Some(FileContent::Bytes(bytes)),
            (None, Some(url)) => Some(FileContent::Url(url)),
            (None, None) => None,
        }
    }

    pub(super) fn validate(&self, path: &str) -> Result<()> {
        validate::not_empty(&format!("{path}.name"), &self.name)?;
        if let Some(kind) = &self.content_type {
            validate::content_type(&format!("{path}.content_type"), kind)?;
        }
        match (&self.data, &self.data_url) {
            (Some(_), Some(_)) => Err(validate::invalid(
                path,
                "give either `data` or `data_url`, not both",
            )),
            (None, None) => Err(validate::invalid(
                path,
                "give the file as `data` (base64) or as `data_url`",
            )),
            (Some(_), None) if self.content_type.is_none() => Err(validate::invalid(
                &format!("{path}.content_type"),
                "`content_type` is needed with `data`",
            )),
            (None, Some(url)) => validate::web_url(&format!("{path}.data_url"), url),
            (Some(_), None) => Ok(()),
        }
    }
}

/// Shows the length and never the bytes, nor an address, which may hold a signature.
impl fmt::Debug for FileContent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Url(_) => f.write_str("Url"),
        }
    }
}

/// Shows the length and never the bytes.
impl fmt::Debug for FileInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileInput")
            .field("content_type", &self.content_type)
            .field("bytes", &self.data.as_ref().map(|data| data.len()))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAttachment")
            .field("kind", &self.kind)
            .field("file", &self.file())
            .finish()
    }
}

/// Reads base64 in either alphabet, padded or not; line breaks are left out.
fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bytes>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = match text.contains(['-', '_']) {
        true => URL_SAFE,
        false => STANDARD,
    };
    let text: String = text.split_ascii_whitespace().collect();
    match GeneralPurpose::new(&alphabet, config).decode(text) {
        Ok(bytes) => Ok(Some(bytes.into())),
        // The cause would quote a byte of the file.
        Err(_) => Err(de::Error::custom("`data` is not base64")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &str) -> Result<FileInput, serde_json::Error> {
        serde_json::from_value(serde_json::json!({
            "name": "cv.pdf", "content_type": "application/pdf", "data": data,
        }))
    }

    #[test]
    fn base64_is_read_in_both_alphabets_padded_or_not() {
        for text in ["/+8=", "/+8", "_-8=", "_-8", "/+\n8="] {
            let file = read(text).unwrap();
            assert_eq!(file.data.as_deref(), Some(&[0xff, 0xef][..]), "{text}");
        }
        let error = read("secret!").unwrap_err().to_string();
        assert!(
            error.contains("not base64") && !error.contains('!'),
            "{error}"
        );
    }

    #[test]
    fn a_file_is_given_in_one_way_only() {
        let mut file = read("aGk=").unwrap();
        assert!(file.validate("attachment").is_ok());
        file.data_url = Some("https://example.com/cv.pdf".into());
        assert!(file.validate("attachment").is_err());
        file.data = None;
        assert!(file.validate("attachment").is_ok());
        file.data_url = None;
        assert!(file.validate("attachment").is_err());
        assert!(!format!("{file:?}").contains("aGk"));
    }
}
