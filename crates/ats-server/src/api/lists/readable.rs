//! Whether an empty list means that there is nothing: not where the customer's key may not read it.

use ats_core::{Connector, ModelKind};
use ats_store::{Integration, Platform, RecordQuery};

use crate::{ApiError, Code};

/// So many passes are looked at for the last time that somebody tried.
const LOOK_BACK: usize = 10;

/// The word for it in what passes tell.
const LACKS_PERMISSION: &str = "permission_missing";

/// Says which permission lacks, if the model was never read for want of it.
pub(super) fn check(
    platform: &dyn Platform,
    connector: &dyn Connector,
    integration: &Integration,
    model: ModelKind,
    name: &str,
) -> Result<(), ApiError> {
    let any = RecordQuery {
        model,
        include_deleted: true,
        changed_since: None,
        after: 0,
        limit: 1,
    };
    if !platform.records(&integration.id, any)?.is_empty() {
        return Ok(());
    }
    let reads = connector.reads();
    let mut slots = reads.slots().into_iter();
    let slot = slots.find(|(kind, _)| *kind == model);
    let Some(readable) = slot.and_then(|(_, slot)| slot.yes()) else {
        return Ok(());
    };
    let passes = platform.passes(&integration.id, LOOK_BACK)?;
    let mut walks = passes.iter().flat_map(|pass| &pass.walks);
    let walk = walks.find(|walk| walk.stream == readable.stream.name());
    match walk.and_then(|walk| walk.problem.as_ref()) {
        Some(problem) if problem.kind == LACKS_PERMISSION => Err(ApiError::new(
            Code::PermissionMissing,
            format!("{name} cannot be read: {}", problem.message),
        )),
        _ => Ok(()),
    }
}
