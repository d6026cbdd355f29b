//! Forms of several parts (`multipart/form-data`), some of which may be files.
//!
//! It owns what a part is. It must not know where a form is sent.

use std::{borrow::Cow, fmt};

use ats_core::{Error, ErrorKind, Result};
use bytes::Bytes;
use reqwest::{Body, multipart};

use crate::Spooled;

/// The bytes of a part: in memory, or in a downloaded file that is streamed.
#[derive(Clone)]
pub enum Content {
    /// In memory.
    Bytes(Bytes),
    /// In a downloaded file.
    Spooled(Spooled),
}

impl Content {
    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Spooled(file) => file.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn body(&self) -> Body {
        match self {
            Self::Bytes(bytes) => bytes.clone().into(),
            Self::Spooled(file) => Body::wrap_stream(file.stream()),
        }
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Bytes(text.into())
    }
}

impl From<Spooled> for Content {
    fn from(file: Spooled) -> Self {
        Self::Spooled(file)
    }
}

/// Shows the size, never the bytes.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// One part of a form.
#[derive(Clone)]
pub struct Part {
    name: String,
    file_name: Option<String>,
    content_type: Option<String>,
    content: Content,
}

impl Part {
    /// A part that is neither named as a file nor typed, such as a text.
    pub fn new(name: impl Into<String>, content: impl Into<Content>) -> Self {
        Self {
            name: name.into(),
            file_name: None,
            content_type: None,
            content: content.into(),
        }
    }

    /// A file. Its name may hold any characters but control characters.
    pub fn file(
        name: impl Into<String>,
        file_name: impl Into<String>,
        content_type: impl Into<String>,
        content: impl Into<Content>,
    ) -> Self {
        Self {
            file_name: Some(file_name.into()),
            ..Self::new(name, content).content_type(content_type)
        }
    }

    /// With a MIME type.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }
}

/// Shows neither the bytes nor the name of a file, which is often a person's.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

/// The parts in their order. A form can be sent once, so each attempt makes its own.
pub(crate) fn form(operation: &str, parts: &[Part]) -> Result<multipart::Form> {
    // Names go out as they are, as browsers send them; the encodings that the library knows are
    // not allowed in forms (RFC 7578, 4.2).
    let mut form = multipart::Form::new().percent_encode_noop();
    for part in parts {
        let invalid = |message: String| {
            Error::new(ErrorKind::InputInvalid { field: None }, operation, message)
        };
        let label = part.name.escape_default();
        if part.name.is_empty() || part.name.contains(char::is_control) {
            return Err(invalid(format!(
                "the form's part `{label}` cannot be sent; give it a name without line breaks and control characters"
            )));
        }
        let (content, length) = (&part.content, part.content.len());
        let mut ready = multipart::Part::stream_with_length(content.body(), length);
        if let Some(file_name) = &part.file_name {
            if file_name.contains(char::is_control) {
                return Err(invalid(format!(
                    "the file in the form's part `{label}` cannot be sent; give it a name without line breaks and control characters"
                )));
            }
            ready = ready.file_name(file_name.clone());
        }
        if let Some(content_type) = &part.content_type {
            ready = ready.mime_str(content_type).map_err(|_| {
                invalid(format!(
                    "the content type of the form's part `{label}` is none; give one such as application/pdf"
                ))
            })?;
        }
        // The one character that would end the name; browsers write it so.
        let name: Cow<'static, str> = part.name.replace('"', "%22").into();
        form = form.part(name, ready);
    }
    Ok(form)
}
