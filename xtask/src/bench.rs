//! The benchmarks: lets the bench measure the program, which cargo builds with it as it is released.
//!
//! It must not know what is measured: the bench writes the page itself (`crates/ats-cli/benches`).

use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::{self, Workspace};

const PAGE: &str = "docs/benchmarks.md";

const PAGE_OF_SERVER: &str = "docs/benchmarks-server.md";

/// Measures the server and writes its page, or a small one to see that it works.
pub(crate) fn server(workspace: &Workspace, quick: bool) -> Result<()> {
    let kept = workspace.metadata()?.target_directory;
    let kept = kept.join("bench-server.json");
    let mut bench = workspace.cargo();
    bench.args(["bench", "--package", "ats-cli", "--bench", "server", "--"]);
    bench.args(arguments(
        quick,
        &[],
        &kept,
        &workspace.path(PAGE_OF_SERVER),
    ));
    workspace::run(&mut bench).context("nothing was written")
}

/// Measures these profiles, or all of them and writes the page, or a single small one to see that
/// it works.
pub(crate) fn run(workspace: &Workspace, quick: bool, profiles: &[String]) -> Result<()> {
    let kept = workspace.metadata()?.target_directory.join("bench.json");
    let page = workspace.path(PAGE);
    let mut bench = workspace.cargo();
    bench.args(["bench", "--package", "ats-cli", "--bench", "mirror", "--"]);
    bench.args(arguments(quick, profiles, &kept, &page));
    workspace::run(&mut bench).context("nothing was written")
}

/// What the bench is told.
fn arguments(quick: bool, profiles: &[String], kept: &Path, page: &Path) -> Vec<String> {
    let mut arguments = Vec::new();
    if quick {
        arguments.push("--quick".to_owned());
    }
    for profile in profiles {
        arguments.extend(["--profile".to_owned(), profile.clone()]);
    }
    for (name, path) in [("--kept", kept), ("--page", page)] {
        arguments.extend([name.to_owned(), path.display().to_string()]);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bench_is_told_what_to_measure_and_where_to_write() {
        let profiles = ["1k".to_owned(), "20k".to_owned()];
        let told = arguments(true, &profiles, Path::new("kept"), Path::new("page"));
        let expected = "--quick --profile 1k --profile 20k --kept kept --page page";
        assert_eq!(told.join(" "), expected);
    }
}
