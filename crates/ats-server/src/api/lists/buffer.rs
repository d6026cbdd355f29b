//! The texts that pages are put together in: large, short-lived, and kept for the pages to come. Memory
//! that the system gives anew costs nearly as much time as finding what is written into it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// So many are kept when no page is under way.
const MOST: usize = 8;

/// One that grew larger is not kept.
const LARGEST: usize = 1024 * 1024;

static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// An empty text.
pub(super) fn take() -> Vec<u8> {
    kept().pop().unwrap_or_default()
}

/// The bytes of a finished page. Its text is kept once they are sent.
pub(super) fn sent(text: Vec<u8>) -> Bytes {
    Bytes::from_owner(Sent(text))
}

struct Sent(Vec<u8>);

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let mut text = std::mem::take(&mut self.0);
        let mut kept = kept();
        if kept.len() < MOST && text.capacity() <= LARGEST {
            text.clear();
            kept.push(text);
        }
    }
}

fn kept() -> MutexGuard<'static, Vec<Vec<u8>>> {
    // A list of empty texts is never half done.
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_empty_with_its_room() {
        let mut text = take();
        text.extend_from_slice(b"of another caller");
        let room = text.capacity();
        let bytes = sent(text);
        assert_eq!(bytes, "of another caller");
        drop(bytes);
        let text = take();
        assert_eq!((text.len(), text.capacity()), (0, room));
        drop(sent(Vec::with_capacity(LARGEST + 1)));
        assert!(take().capacity() <= LARGEST);
    }
}
