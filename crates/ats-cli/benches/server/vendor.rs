//! The simulated vendor inside this process, and the changes that the bench makes there.

use anyhow::{Result, ensure};
use ats_core::{Id, IntegrationId};
use ats_simulator::{Options, Simulator, ashby};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::ats::{Ats, KEY, NAME};

/// A vendor with so many candidates. Its log would keep every exchange.
pub(crate) fn start(runtime: &Runtime, candidates: usize) -> Result<Simulator> {
    let options = Options {
        key: Some(KEY.to_owned()),
        stale_copies: true,
        log_limit: Some(16),
        ..Options::default()
    };
    let world = ashby::generated_world(1, candidates);
    Ok(runtime.block_on(Simulator::start(world, options))?)
}

/// A mirror of it, after its first full pass. Answers to questionnaires are left out.
pub(crate) fn mirrored(simulator: &Simulator) -> Result<Ats> {
    let ats = Ats::connect(&simulator.base_url(), KEY, &["screening_answers=false"])?;
    ats.sync("FULL")?;
    Ok(ats)
}

/// Gives so many candidates another title, far from each other and other ones in each round; gives
/// their ids, in order.
pub(crate) fn retitle(
    simulator: &Simulator,
    round: usize,
    count: usize,
    title: &str,
) -> Result<Vec<String>> {
    simulator.edit(|world| {
        let all = world.ids("candidates");
        let step = all.len() / count;
        let mut changed = Vec::with_capacity(count);
        for id in all.iter().skip(round % step).step_by(step).take(count) {
            let found = world.update("candidates", id, |candidate| {
                candidate["position"] = json!(title);
            });
            ensure!(found, "a candidate is gone");
            changed.push(our_id("candidates", id));
        }
        changed.sort_unstable();
        Ok(changed)
    })
}

/// Our id of what the vendor calls `remote`.
pub(crate) fn our_id(model: &str, remote: &str) -> String {
    let integration = IntegrationId::derive("ashby", NAME);
    Id::derive([integration.as_str(), model, remote]).to_string()
}
