//! The texts that pages are put together in: large, short-lived, and kept for the pages to come. Memory
//! that the system gives anew costs nearly as much time as finding what is written into it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// So many are kept when no page is under way.
const MOST: usize = 8;

/// One that grew larger is not kept.
const LARGEST: usize = 1024 * 1024;

static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// An empty text.
pub(super) fn take() -> String {
    kept().pop().unwrap_or_default()
}

/// The bytes of a finished page. Its text is kept once they are sent.
pub(super) fn sent(text: String) -> Bytes {
    Bytes::from_owner(Sent(text))
}

struct Sent(String);

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
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

fn kept() -> MutexGuard<'static, Vec<String>> {
    // A list of empty texts is never half done.
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_empty_with_its_room() {
        let mut text = take();
        text.push_str("of another caller");
        let room = text.capacity();
        let bytes = sent(text);
        assert_eq!(bytes, "of another caller");
        drop(bytes);
        let text = take();
        assert_eq!((text.as_str(), text.capacity()), ("", room));
        drop(sent(String::with_capacity(LARGEST + 1)));
        assert!(take().capacity() <= LARGEST);
    }
}
