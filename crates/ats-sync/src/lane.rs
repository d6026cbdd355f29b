//! What the driver knows of one stream: its walk, and the pages on their way into the store.

use std::collections::VecDeque;

use ats_core::{Next, RawPage};
use ats_store::Progress;
use tokio::task::AbortHandle;

use crate::{
    map::{Ids, Page},
    session::Place,
};

/// One stream of the pass.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) place: Place,
    /// The walk that the stream had in this pass before it was interrupted.
    pub(crate) earlier: Option<ats_store::Walk>,
    /// The key of the walk.
    pub(crate) walk: i64,
    /// Whether nothing of the stream was stored when the walk began.
    pub(crate) empty: bool,
    /// The page that was asked for, or the pause.
    pub(crate) task: Option<AbortHandle>,
    /// The page that came last, until the step says that it is kept.
    pub(crate) came: Option<RawPage>,
    /// Pages that wait to be mapped.
    pub(crate) waiting: VecDeque<RawPage>,
    pub(crate) mapping: bool,
    /// The ids of the pages that are not stored, in their order.
    pub(crate) unstored: VecDeque<Ids>,
    pub(crate) pages: u64,
    pub(crate) rows: u64,
}

impl Lane {
    /// The lane of the stream at `place`.
    pub(crate) fn new(place: Place, earlier: Option<ats_store::Walk>) -> Self {
        Self {
            place,
            walk: earlier.as_ref().map_or(0, |walk| walk.key),
            pages: earlier.as_ref().map_or(0, |walk| walk.pages),
            rows: earlier.as_ref().map_or(0, |walk| walk.rows),
            earlier,
            empty: false,
            task: None,
            came: None,
            waiting: VecDeque::new(),
            mapping: false,
            unstored: VecDeque::new(),
        }
    }

    /// The next page that is to be mapped, unless one is being mapped: they stay in their order.
    pub(crate) fn next_page(&mut self) -> Option<Page> {
        if self.mapping {
            return None;
        }
        let page = self.waiting.pop_front()?;
        self.mapping = true;
        let unstored = self.unstored.iter().cloned().collect();
        let ids = page.bundles.iter().map(|bundle| bundle.id.clone());
        self.unstored.push_back(Ids::new(ids.collect()));
        Some(Page {
            bundles: page.bundles,
            rejects: page.rejects,
            progress: Some(Progress {
                walk: self.walk,
                next: match page.next {
                    Next::Page(cursor) => Ok(cursor),
                    Next::Done { checkpoint } => Err(checkpoint),
                },
            }),
            empty: self.empty,
            unstored,
        })
    }

    /// The page that is being mapped cannot be. Gives up those that came after it, which would leave
    /// a hole if they were stored, and tells how many these are.
    pub(crate) fn give_up(&mut self) -> usize {
        self.mapping = false;
        self.unstored.pop_back();
        let lost = self.waiting.len();
        self.waiting.clear();
        lost
    }
}
