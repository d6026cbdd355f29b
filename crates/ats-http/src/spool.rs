//! A file that nobody sees: bytes on disk without a name, gone when the last handle is.
//!
//! It owns reading them, in part or as a stream. It must not know where they came from.

use std::{fmt, fs::File, io, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};

/// What is read at once.
const CHUNK: u64 = 64 * 1024;

/// A downloaded file. It has no name in the file system, so that nothing of it stays behind, not
/// even when the process is killed. Clones share the bytes.
#[derive(Clone)]
pub struct Spooled {
    file: Arc<File>,
    len: u64,
    content_type: String,
}

impl Spooled {
    /// `file` holds `len` bytes and is written to its end.
    pub(crate) fn new(file: File, len: u64, content_type: String) -> Self {
        Self {
            file: Arc::new(file),
            len,
            content_type,
        }
    }

    /// With another type.
    pub(crate) fn typed(mut self, content_type: &str) -> Self {
        content_type.clone_into(&mut self.content_type);
        self
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Its MIME type without parameters: the one that the server named, or the one that the bytes
    /// look like where it named none. `application/octet-stream` if neither helps.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// All bytes, in memory.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub async fn bytes(&self) -> io::Result<Bytes> {
        // No file is longer than the cap of a download, which fits.
        let mut bytes = BytesMut::with_capacity(usize::try_from(self.len).unwrap_or(0));
        let mut offset = 0;
        while let Some(chunk) = self.chunk(offset).await? {
            offset += chunk.len() as u64;
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// The bytes from the first on. Streams do not disturb each other.
    pub fn stream(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        stream::try_unfold((self.clone(), 0), |(file, offset)| async move {
            let chunk = file.chunk(offset).await?;
            Ok(chunk.map(|chunk| {
                let next = offset + chunk.len() as u64;
                (chunk, (file, next))
            }))
        })
    }

    /// The bytes at `offset`; `None` behind the last one.
    async fn chunk(&self, offset: u64) -> io::Result<Option<Bytes>> {
        let wanted = CHUNK.min(self.len.saturating_sub(offset));
        if wanted == 0 {
            return Ok(None);
        }
        let file = Arc::clone(&self.file);
        let read = move || {
            let mut buffer = vec![0; usize::try_from(wanted).unwrap_or(0)];
            let count = read_at(&file, &mut buffer, offset)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            buffer.truncate(count);
            Ok(Some(buffer.into()))
        };
        tokio::task::spawn_blocking(read)
            .await
            .map_err(io::Error::other)?
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// Shows the size, never the bytes.
impl fmt::Debug for Spooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spooled")
            .field("len", &self.len)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}
