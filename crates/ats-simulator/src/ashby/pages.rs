//! Rendered pages of the world as it is now, so that a repeated walk renders nothing. They are kept
//! compressed: a large organisation has more than a gigabyte of them. Knows no endpoint.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::envelope::TAIL;
use crate::lock;

/// The pages kept in memory may take so many bytes.
const KEPT_BYTES: usize = 1 << 29;

/// What a page costs besides its name and its text.
const OVERHEAD: usize = 128;

/// One page: the beginning of its answer up to the last row, and the place of that row when more
/// follow.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) text: Vec<u8>,
    pub(crate) next: Option<u64>,
}

/// A page, compressed.
#[derive(Clone, Debug)]
struct Packed {
    bytes: Arc<[u8]>,
    length: usize,
    next: Option<u64>,
}

impl Packed {
    fn of(page: &Page) -> Self {
        Self {
            bytes: lz4_flex::compress(&page.text).into(),
            length: page.text.len(),
            next: page.next,
        }
    }

    /// The page, with room for the rest of its answer.
    fn unpack(&self) -> Option<Page> {
        let mut text = Vec::with_capacity(self.length + TAIL);
        text.resize(self.length, 0);
        lz4_flex::decompress_into(&self.bytes, &mut text).ok()?;
        Some(Page {
            text,
            next: self.next,
        })
    }
}

/// Rendered pages of the world at one revision.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    revision: u64,
    bytes: usize,
    pages: HashMap<String, Packed>,
}

impl Pages {
    /// The page of this name, if the world has not changed since it was rendered.
    pub(crate) fn get(&self, revision: u64, name: &str) -> Option<Page> {
        let mut kept = lock(&self.kept);
        if kept.revision != revision {
            *kept = Kept {
                revision,
                ..Kept::default()
            };
        }
        let packed = kept.pages.get(name).cloned();
        drop(kept);
        packed?.unpack()
    }

    /// Keeps a page, unless the world has changed or memory is full.
    pub(crate) fn put(&self, revision: u64, name: String, page: &Page) {
        let packed = Packed::of(page);
        let bytes = packed.bytes.len() + name.len() + OVERHEAD;
        let mut kept = lock(&self.kept);
        if kept.revision == revision && kept.bytes + bytes <= KEPT_BYTES {
            kept.bytes += bytes;
            kept.pages.insert(name, packed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page {
            text: text.as_bytes().to_vec(),
            next: Some(7),
        }
    }

    #[test]
    fn a_page_comes_back_as_it_was_until_the_world_changes() {
        let pages = Pages::default();
        assert!(pages.get(1, "a").is_none());
        let long = "{\"id\":1},".repeat(10_000);
        pages.put(1, "a".to_owned(), &page(&long));
        pages.put(1, "b".to_owned(), &page(""));
        let found = pages.get(1, "a").unwrap();
        assert_eq!(String::from_utf8(found.text).unwrap(), long);
        assert_eq!(found.next, Some(7));
        assert_eq!(pages.get(1, "b").unwrap().text, b"");
        assert!(pages.get(2, "a").is_none(), "the world has changed");
        pages.put(1, "a".to_owned(), &page("old"));
        assert!(
            pages.get(2, "a").is_none(),
            "rendered from the world before"
        );
    }
}
