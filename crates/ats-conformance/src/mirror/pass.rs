//! One pass over every stream: where it starts, when it starts again, and what it may sweep.

use std::{collections::BTreeSet, sync::Arc};

use ats_core::{
    Bundle, Checkpoint, Connector, Error, ErrorKind, Next, RawPage, Recovery, Result, Start,
    Stream, Walk,
};

use super::{KnownView, Mirror, Outcome, PassReport, Place};

/// More pages than any world of ours has: past this a walk is taken for one without an end.
const MOST_PAGES: usize = 10_000;

impl Mirror {
    pub(super) async fn pass(&mut self, connector: &dyn Connector, delta: bool) -> PassReport {
        self.tick += 1;
        let streams = connector.streams();
        let mut report = PassReport::default();
        for stream in &streams {
            let mut changed = BTreeSet::new();
            let outcome = self.read(*stream, delta, &mut changed, &mut report).await;
            report.merge(stream.name(), outcome);
            // What a failed walk did bring is kept and mapped: it is true, only not complete.
            self.remap(&streams, changed, &mut report);
        }
        report
    }

    /// Walks one stream, from its checkpoint or from its beginning, and again when the vendor no
    /// longer knows the checkpoint or the cursor: once for each reason, for a vendor that refuses
    /// twice would refuse for ever.
    async fn read(
        &mut self,
        stream: &dyn Stream,
        delta: bool,
        changed: &mut BTreeSet<Place>,
        report: &mut PassReport,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let checkpoint = self.checkpoints.get(stream.name()).filter(|_| delta);
        let mut start = checkpoint.cloned().map_or(Start::Full, Start::Since);
        let mut restarted = false;
        loop {
            outcome.full = start == Start::Full;
            let mut seen = BTreeSet::new();
            let walk = self.walk(stream, &start, &mut seen, changed, &mut outcome, report);
            let error = match walk.await {
                Ok(checkpoint) => {
                    self.finish(stream, checkpoint, &seen, changed, &mut outcome);
                    return outcome;
                }
                Err(error) => error,
            };
            match error.recovery() {
                Recovery::RestartFull if !outcome.full => start = Start::Full,
                Recovery::RestartPass if !restarted => restarted = true,
                _ => {
                    outcome.error = Some(error);
                    return outcome;
                }
            }
            outcome.restarts += 1;
        }
    }

    async fn walk(
        &mut self,
        stream: &dyn Stream,
        start: &Start,
        seen: &mut BTreeSet<String>,
        changed: &mut BTreeSet<Place>,
        outcome: &mut Outcome,
        report: &mut PassReport,
    ) -> Result<Option<Checkpoint>> {
        let mut walk = Walk::new(stream, start.clone());
        let mut last = None;
        let first = outcome.pages;
        loop {
            if outcome.pages - first >= self.most_pages {
                return Ok(last);
            }
            let known = KnownView::new(stream, &self.shelf);
            let page = walk.next(&known).await;
            report.violations.append(&mut known.into_violations());
            let Some(page) = page? else {
                return Ok(last);
            };
            last = self.take(stream.name(), page, seen, changed, outcome);
            if outcome.pages - first > MOST_PAGES {
                return Err(Error::new(
                    ErrorKind::Unexpected,
                    stream.name(),
                    format!("the walk did not end after {MOST_PAGES} pages"),
                ));
            }
        }
    }

    fn take(
        &mut self,
        stream: &'static str,
        page: RawPage,
        seen: &mut BTreeSet<String>,
        changed: &mut BTreeSet<Place>,
        outcome: &mut Outcome,
    ) -> Option<Checkpoint> {
        outcome.pages += 1;
        outcome.bundles += page.bundles.len();
        outcome.rejects.extend(page.rejects);
        for bundle in page.bundles {
            seen.insert(bundle.id.clone());
            self.put(stream, bundle, changed);
        }
        match page.next {
            Next::Page(_) => None,
            Next::Done { checkpoint } => checkpoint,
        }
    }

    fn put(&mut self, stream: &'static str, bundle: Bundle, changed: &mut BTreeSet<Place>) {
        let place = (stream, bundle.id.clone());
        let known = ats_core::Related::get(&self.shelf, stream, &bundle.id);
        // An equal bundle stays the one that was parsed already.
        if known.is_none_or(|known| *known != bundle) {
            self.lay(stream, Arc::new(bundle));
            changed.insert(place);
        }
    }

    fn finish(
        &mut self,
        stream: &dyn Stream,
        checkpoint: Option<Checkpoint>,
        seen: &BTreeSet<String>,
        changed: &mut BTreeSet<Place>,
        outcome: &mut Outcome,
    ) {
        outcome.complete = true;
        let name = stream.name();
        if outcome.full {
            let ids = self.shelf.stream(name).map(|bundle| bundle.id.clone());
            let gone: Vec<String> = ids.filter(|id| !seen.contains(id)).collect();
            outcome.swept = gone.len();
            for id in gone {
                self.clear(name, &id);
                changed.insert((name, id));
            }
        }
        match checkpoint {
            Some(checkpoint) => self.checkpoints.insert(name, checkpoint),
            // Without a token the next pass has nowhere to start from but the beginning.
            None => self.checkpoints.remove(name),
        };
    }
}
