//! Placeholder.
use crate::workspace::Workspace;
pub(crate) fn run(_: &Workspace, _: &str) -> anyhow::Result<()> {
    Ok(())
}
