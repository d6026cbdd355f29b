//! The end of a pass, as it is written down.

use ats_store::{Pass, PassEnd, PassState, Problem};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{error::Result, session::Session};

/// What is gone keeps its content for so long.
const GONE_DAYS: i64 = 14;

/// So many records are emptied in one transaction.
const EMPTIED_AT_ONCE: usize = 500;

/// Takes away what is left of models that are off, and what there was in records that have been gone
/// for long. Then writes down how the pass ended, and what it asked of the vendor since the last
/// page.
pub(crate) fn end(session: &Session, state: PassState, problem: Option<Problem>) -> Result<()> {
    session.book_usage()?;
    let off = session.off.models();
    if !off.is_empty() {
        session.store.purge(&session.integration, off)?;
    }
    anonymise(session)?;
    let end = PassEnd {
        state,
        ended_at: session.time.now(),
        problem,
    };
    Ok(session.store.end_pass(session.pass, &end)?)
}

fn anonymise(session: &Session) -> Result<()> {
    let now = session.time.now();
    let before = (DateTime::<Utc>::from(now) - TimeDelta::days(GONE_DAYS)).into();
    let (id, pass) = (&session.integration, session.pass);
    let round = || {
        let store = session.store.as_ref();
        store.anonymise(id, pass, before, session.time.now(), EMPTIED_AT_ONCE)
    };
    while round()? == EMPTIED_AT_ONCE as u64 {}
    Ok(())
}

/// The pass as it stands in the store.
pub(crate) fn report(session: &Session, pass_id: &str) -> Result<Pass> {
    let found = session.store.pass(&session.integration, pass_id)?;
    Ok(found.ok_or_else(|| ats_store::Error::Damaged {
        what: "a pass that was written down is not there".to_owned(),
    })?)
}
