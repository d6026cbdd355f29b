//! What Ashby remembers between requests besides the world: bytes of files, how often something was
//! asked, which links have expired. Knows no endpoint.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use bytes::Bytes;

use super::mails::MailIndex;
use super::view::PostingIndex;
use crate::lock;

/// Everything that is kept between requests and is no document.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) index: PostingIndex,
    pub(crate) mails: MailIndex,
    address: OnceLock<SocketAddr>,
    searches: AtomicU64,
    actions: AtomicU64,
    form_asks: Mutex<HashMap<String, u32>>,
    bytes: Mutex<HashMap<String, Bytes>>,
    pub(crate) uploads: Age,
    pub(crate) links: Age,
}

/// How often the things of one kind were declared expired.
#[derive(Debug, Default)]
pub(crate) struct Age(AtomicU64);

impl Age {
    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn expire(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Memory {
    pub(crate) fn moved_to(&self, address: SocketAddr) {
        // A server binds once; a second address would be a second server's.
        let _ = self.address.set(address);
    }

    /// The address of this server, for links to its own storage.
    pub(crate) fn base_url(&self) -> String {
        let address = self.address.get();
        address.map_or_else(String::new, |address| format!("http://{address}"))
    }

    /// Counts one more search, and returns the count before it.
    pub(crate) fn search(&self) -> u64 {
        self.searches.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn searches(&self) -> u64 {
        self.searches.load(Ordering::Relaxed)
    }

    /// A new id for the events of one change.
    pub(crate) fn next_action(&self) -> String {
        let number = self.actions.fetch_add(1, Ordering::Relaxed);
        format!("0ac70000-0000-4000-8000-{number:012x}")
    }

    /// Counts one more question for a form instance, and returns the count before it.
    pub(crate) fn ask_for_form(&self, instance: &str) -> u32 {
        let mut asks = lock(&self.form_asks);
        let count = asks.entry(instance.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    pub(crate) fn store(&self, key: &str, data: Bytes) {
        lock(&self.bytes).insert(key.to_owned(), data);
    }

    pub(crate) fn fetch(&self, key: &str) -> Option<Bytes> {
        lock(&self.bytes).get(key).cloned()
    }
}
