//! The one thread of a pass that writes pages.
//!
//! It takes whatever waits, of all streams, into one transaction: fewer of them cost less, and a
//! page that waits alone is not held up. Pages of one stream are written in the order they came.

use std::sync::{Arc, mpsc};

use tokio::sync::mpsc::UnboundedSender;

use crate::{driver::Message, error::Result, map::Ready, session::Session};

/// So many bundles make a transaction large enough.
const ENOUGH: usize = 2000;

/// A page on its way.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) line: usize,
    pub(crate) ready: Ready,
}

/// Writes pages until nobody can send one any more, or nobody listens: then the pass was given up.
pub(crate) fn write(
    session: &Arc<Session>,
    jobs: &mpsc::Receiver<Job>,
    told: &UnboundedSender<Message>,
) -> Result<()> {
    while let Ok(first) = jobs.recv() {
        if told.is_closed() {
            return Ok(());
        }
        let mut size = first.ready.commit.bundles.len();
        let mut waiting = vec![first];
        while size < ENOUGH
            && let Ok(next) = jobs.try_recv()
        {
            size += next.ready.commit.bundles.len();
            waiting.push(next);
        }
        let mut lines = Vec::with_capacity(waiting.len());
        let mut pages = Vec::with_capacity(waiting.len());
        let at = session.time.now();
        for Job { line, ready } in waiting {
            let Ready {
                mut commit,
                records,
            } = ready;
            commit.at = at;
            let rows = commit.bundles.len() + commit.rejects.len();
            lines.push((line, records, rows as u64 + commit.left_out));
            pages.push(commit);
        }
        session.store.commit(&pages)?;
        session.book_usage()?;
        let layouts = pages.iter().flat_map(|page| &page.layouts);
        session.layouts.stored(layouts);
        for (line, records, rows) in lines {
            // Whoever gave the pass up meanwhile is not told of its last pages.
            let _ = told.send(Message::Stored {
                line,
                records,
                rows,
            });
        }
    }
    Ok(())
}
