//! What is written down about the walk of one stream: where it begins, what it sweeps, how it ends.
//!
//! Everything here blocks. When each is due is decided in `walk`.

use ats_core::{Checkpoint, Start};
use ats_store::{DeletionReason, Missing, PassKind, Walk, WalkStart, WalkState};

use crate::{
    error::Result,
    session::{Place, Session},
    walk::Begun,
};

/// So many bundles are swept in one transaction.
const ROUND: usize = 1000;

/// So many passes back it is looked whether the present credentials have seen a stream whole.
const PASSES_BACK: usize = 200;

/// A walk that is written down.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Its key.
    pub(crate) walk: i64,
    /// Whether nothing of its stream is stored.
    pub(crate) empty: bool,
    /// Where it stands.
    pub(crate) begun: Begun,
}

/// Begins the walk of a stream, or finds where it stood.
pub(crate) fn open(session: &Session, place: Place, earlier: Option<&Walk>) -> Result<Opened> {
    let (store, id) = (&session.store, &session.integration);
    if let Some(walk) = earlier {
        let begun = Begun {
            start: from_stored(&walk.start),
            cursor: walk.cursor.clone(),
            rejects: walk.rejects,
            ended: walk.state == WalkState::Ended,
        };
        return Ok(Opened {
            walk: walk.key,
            empty: false,
            begun,
        });
    }
    let checkpoint = store.checkpoints(id)?.remove(place.name);
    let again = store.streams_to_read_again(id)?;
    let start = start(
        session.kind,
        checkpoint,
        again.iter().any(|name| name == place.name),
    );
    // A count of what is there costs as much as there is, and only pays where all of it comes.
    let empty = start == Start::Full && store.count_bundles(id, place.name)? == 0;
    let at = session.time.now();
    let walk = store.begin_walk(id, session.pass, place.name, &to_stored(&start), at)?;
    // What an action has created since the pass began is wanted too. What it creates from now on is
    // shown to the walk, so that it is not swept although it is left out.
    if let Some(tracking) = &session.tracked {
        tracking.extend(store.tracked(id)?);
    }
    Ok(Opened {
        walk,
        empty,
        begun: Begun {
            start,
            cursor: None,
            rejects: 0,
            ended: false,
        },
    })
}

/// Where a walk begins.
fn start(kind: PassKind, checkpoint: Option<Checkpoint>, read_again: bool) -> Start {
    match (kind, checkpoint) {
        (PassKind::Delta, Some(checkpoint)) if !read_again => Start::Since(checkpoint),
        _ => Start::Full,
    }
}

/// Lets a walk begin again.
pub(crate) fn restart(session: &Session, walk: i64, start: &Start) -> Result<()> {
    Ok(session.store.restart_walk(walk, &to_stored(start))?)
}

/// Counts what a walk did not bring.
pub(crate) fn measure(session: &Session, walk: i64) -> Result<Missing> {
    Ok(session.store.missing(walk)?)
}

/// Sweeps one round; tells whether nothing is left.
pub(crate) fn sweep(session: &Session, place: Place, walk: i64) -> Result<bool> {
    let reason = match seen_by_present_credentials(session, place)? {
        true => DeletionReason::Gone,
        false => DeletionReason::AccessLost,
    };
    let at = session.time.now();
    Ok(session.store.sweep(walk, reason, at, ROUND)?.done)
}

/// Whether the present credentials have read the stream whole before: then what is missing now was
/// not hidden from them.
fn seen_by_present_credentials(session: &Session, place: Place) -> Result<bool> {
    let (store, id) = (&session.store, &session.integration);
    let Some(since) = session.credentials_replaced_at else {
        return Ok(true);
    };
    if store
        .last_full_pass(id)?
        .is_some_and(|began| began >= since)
    {
        return Ok(true);
    }
    // A pass that lacks a permission for one stream is never complete, and other streams are.
    let passes = store.passes(id, PASSES_BACK)?;
    let mut walks = passes.iter().flat_map(|pass| &pass.walks);
    Ok(walks.any(|walk| {
        walk.stream == place.name
            && walk.start == WalkStart::Full
            && walk.state == WalkState::Complete
            && walk.problem.is_none()
            && walk.started_at >= since
    }))
}

fn from_stored(start: &WalkStart) -> Start {
    match start {
        WalkStart::Full => Start::Full,
        WalkStart::Since(checkpoint) => Start::Since(checkpoint.clone()),
    }
}

fn to_stored(start: &Start) -> WalkStart {
    match start {
        Start::Full => WalkStart::Full,
        Start::Since(checkpoint) => WalkStart::Since(checkpoint.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_walk_begins_at_its_checkpoint_unless_all_is_to_be_read_again() {
        let token = || Some(Checkpoint("t".to_owned()));
        let since = Start::Since(Checkpoint("t".to_owned()));
        assert_eq!(start(PassKind::Delta, token(), false), since);
        assert_eq!(start(PassKind::Delta, token(), true), Start::Full);
        assert_eq!(start(PassKind::Delta, None, false), Start::Full);
        assert_eq!(start(PassKind::Full, token(), false), Start::Full);
    }
}
