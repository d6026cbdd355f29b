//! The end of a pass, as it is written down.

use ats_store::{Pass, PassEnd, PassState, Problem};

use crate::{error::Result, session::Session};

/// Takes away what is left of models that are off. Then writes down how the pass ended, and what it asked of the vendor since the last page.
pub(crate) fn end(session: &Session, state: PassState, problem: Option<Problem>) -> Result<()> {
    session.book_usage()?;
    let off = session.off.models();
    if !off.is_empty() {
        session.store.purge(&session.integration, off)?;
    }
    let end = PassEnd {
        state,
        ended_at: session.time.now(),
        problem,
    };
    Ok(session.store.end_pass(session.pass, &end)?)
}

/// The pass as it stands in the store.
pub(crate) fn report(session: &Session, pass_id: &str) -> Result<Pass> {
    let found = session.store.pass(&session.integration, pass_id)?;
    Ok(found.ok_or_else(|| ats_store::Error::Damaged {
        what: "a pass that was written down is not there".to_owned(),
    })?)
}
