//! The shelf as one stream may see it: the streams it says it uses, and for `fetch` its own.
//!
//! A look-up elsewhere finds nothing and is written down. It would work here by luck and fail in an
//! engine that reads or remaps by what `uses` says.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use ats_core::{Bundle, Known, Related, Result, Shelf, Stream};

/// What `map` of a stream may look up.
pub struct RelatedView<'a> {
    inner: &'a dyn Related,
    gate: Gate,
}

impl fmt::Debug for RelatedView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelatedView")
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}

/// What `fetch` of a stream may look up.
#[derive(Debug)]
pub struct KnownView<'a> {
    shelf: &'a Shelf,
    gate: Gate,
}

#[derive(Debug)]
struct Gate {
    stream: &'static str,
    open: Vec<&'static str>,
    violations: Mutex<BTreeSet<String>>,
}

impl Gate {
    fn admits(&self, asked: &'static str, by: &str) -> bool {
        let open = self.open.contains(&asked);
        if !open {
            let note = format!(
                "{by} of stream `{}` looks up stream `{asked}`, which its `uses` does not name",
                self.stream
            );
            let mut violations = self
                .violations
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            violations.insert(note);
        }
        open
    }

    fn into_violations(self) -> BTreeSet<String> {
        self.violations
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> RelatedView<'a> {
    /// What `map` of `stream` may see of `inner`.
    pub fn new(stream: &dyn Stream, inner: &'a dyn Related) -> Self {
        let gate = Gate {
            stream: stream.name(),
            open: stream.uses().to_vec(),
            violations: Mutex::default(),
        };
        Self { inner, gate }
    }

    /// The look-ups that were refused.
    pub fn into_violations(self) -> BTreeSet<String> {
        self.gate.into_violations()
    }
}

impl<'a> KnownView<'a> {
    /// What `fetch` of `stream` may see of `shelf`.
    pub fn new(stream: &dyn Stream, shelf: &'a Shelf) -> Self {
        let mut open = stream.uses().to_vec();
        open.push(stream.name());
        let gate = Gate {
            stream: stream.name(),
            open,
            violations: Mutex::default(),
        };
        Self { shelf, gate }
    }

    /// The look-ups that were refused.
    pub fn into_violations(self) -> BTreeSet<String> {
        self.gate.into_violations()
    }
}

impl Related for RelatedView<'_> {
    fn get(&self, stream: &'static str, id: &str) -> Option<Arc<Bundle>> {
        self.gate
            .admits(stream, "map")
            .then(|| self.inner.get(stream, id))?
    }

    fn group(&self, stream: &'static str, group: &str) -> Vec<Arc<Bundle>> {
        if self.gate.admits(stream, "map") {
            self.inner.group(stream, group)
        } else {
            Vec::new()
        }
    }
}

#[async_trait]
impl Known for KnownView<'_> {
    async fn bundle(&self, stream: &'static str, id: &str) -> Result<Option<Arc<Bundle>>> {
        let open = self.gate.admits(stream, "fetch");
        Ok(open.then(|| self.shelf.get(stream, id)).flatten())
    }

    async fn bundles(&self, stream: &'static str) -> Result<Vec<Arc<Bundle>>> {
        let open = self.gate.admits(stream, "fetch");
        Ok(if open {
            self.shelf.stream(stream).cloned().collect()
        } else {
            Vec::new()
        })
    }
}
