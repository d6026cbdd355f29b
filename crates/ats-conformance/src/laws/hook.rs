//! A connector with somebody in between, who may act before a page is fetched and change it after.
//! It must not know why.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use ats_core::{
    Access, Action, ActionContext, Actions, Bundle, Connector, Features, Known, Manifest, Mapped,
    ModelKind, Outcome, PageRequest, Passthrough, RawPage, Reads, Related, Result, Stream, Usage,
    Webhooks,
};

/// Who stands in between.
pub(super) trait Hook: Send + Sync {
    /// Called before each fetch; `count` is the number of fetches that came before it.
    fn before(&self, _stream: &str, _count: usize) {}

    /// Called with each page that was fetched.
    fn after(&self, _stream: &str, _page: &mut RawPage) {}
}

/// A connector with a hook.
pub(super) struct Hooked {
    inner: Arc<dyn Connector>,
    streams: Vec<HookedStream>,
}

struct HookedStream {
    inner: Arc<dyn Connector>,
    index: usize,
    name: &'static str,
    models: &'static [ModelKind],
    uses: &'static [&'static str],
    count: Arc<AtomicUsize>,
    hook: Arc<dyn Hook>,
}

impl Hooked {
    pub(super) fn new(inner: Arc<dyn Connector>, hook: Arc<dyn Hook>) -> Self {
        let count = Arc::new(AtomicUsize::new(0));
        let streams = inner.streams().into_iter().enumerate();
        let streams = streams
            .map(|(index, stream)| HookedStream {
                inner: Arc::clone(&inner),
                index,
                name: stream.name(),
                models: stream.models(),
                uses: stream.uses(),
                count: Arc::clone(&count),
                hook: Arc::clone(&hook),
            })
            .collect();
        Self { inner, streams }
    }
}

impl fmt::Debug for Hooked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooked")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for HookedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookedStream")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Connector for Hooked {
    fn manifest(&self) -> &'static Manifest {
        self.inner.manifest()
    }

    async fn check(&self) -> Result<Access> {
        self.inner.check().await
    }

    fn streams(&self) -> Vec<&dyn Stream> {
        self.streams
            .iter()
            .map(|stream| stream as &dyn Stream)
            .collect()
    }

    fn reads(&self) -> Reads<'_> {
        self.inner.reads()
    }

    fn actions(&self) -> Actions {
        self.inner.actions()
    }

    fn features(&self) -> Features {
        self.inner.features()
    }

    async fn perform(&self, action: &Action, context: &ActionContext<'_>) -> Result<Outcome> {
        self.inner.perform(action, context).await
    }

    fn passthrough(&self) -> Option<&dyn Passthrough> {
        self.inner.passthrough()
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        self.inner.webhooks()
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }
}

#[async_trait]
impl Stream for HookedStream {
    fn name(&self) -> &'static str {
        self.name
    }

    fn models(&self) -> &'static [ModelKind] {
        self.models
    }

    fn uses(&self) -> &'static [&'static str] {
        self.uses
    }

    async fn fetch(&self, request: &PageRequest, known: &dyn Known) -> Result<RawPage> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        self.hook.before(self.name, count);
        let mut page = self.inner.streams()[self.index]
            .fetch(request, known)
            .await?;
        self.hook.after(self.name, &mut page);
        Ok(page)
    }

    async fn fetch_one(&self, id: &str, known: &dyn Known) -> Result<Option<Bundle>> {
        self.inner.streams()[self.index].fetch_one(id, known).await
    }

    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped {
        self.inner.streams()[self.index].map(bundle, related)
    }
}
