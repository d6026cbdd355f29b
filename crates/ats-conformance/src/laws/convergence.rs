//! The law of convergence: any history ends in the records of one fresh full pass.
//!
//! Histories are drawn at random from a fixed seed and shrunk when one fails, so that the message
//! names the shortest history that was found.

use proptest::{
    prelude::{Strategy, any},
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::{
    Judged, LawEvidence,
    compare::{View, complete, difference, fresh, view},
    probe::start,
};
use crate::{ChangeInfo, ChangeKind, Failure, Harness, Mirror};

super::declare! {
    "delta/any-mix-converges",
    "any mix of changes and delta passes, and one full pass, ends in the records of a fresh full pass; without a deletion the deltas alone do",
    "the mirror drifts away from the vendor, and nobody can say when" => converges;
}

/// How many histories are tried.
const HISTORIES: usize = 24;

/// How many shorter histories are tried once one has failed.
const SHRINKS: usize = 40;

/// One step of a history.
#[derive(Debug, Clone)]
enum Step {
    /// A change, by its place among the vendor's changes, to the document that the number picks.
    Change(usize, u64),
    /// A delta pass.
    Delta,
}

async fn converges(harness: &dyn Harness) -> Judged {
    let changes = start(harness, None).await.changes();
    if changes.is_empty() {
        return Ok(LawEvidence::judged(0));
    }
    let step = proptest::prop_oneof![
        4 => (0..changes.len(), any::<u64>()).prop_map(|(change, pick)| Step::Change(change, pick)),
        1 => proptest::strategy::Just(Step::Delta),
    ];
    let histories = proptest::collection::vec(step, 1..10);
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for _ in 0..HISTORIES {
        let Ok(mut tree) = histories.new_tree(&mut runner) else {
            continue;
        };
        if let Err(failure) = live(harness, &changes, &tree.current()).await {
            return Err(shrink(harness, &changes, &mut tree, failure).await);
        }
    }
    Ok(LawEvidence::judged(HISTORIES))
}

async fn shrink(
    harness: &dyn Harness,
    changes: &[ChangeInfo],
    tree: &mut impl ValueTree<Value = Vec<Step>>,
    mut failure: Failure,
) -> Failure {
    let mut moved = tree.simplify();
    for _ in 0..SHRINKS {
        if !moved {
            break;
        }
        moved = match live(harness, changes, &tree.current()).await {
            Ok(()) => tree.complicate(),
            Err(shorter) => {
                failure = shorter;
                tree.simplify()
            }
        };
    }
    failure
}

/// Lives through a history.
async fn live(
    harness: &dyn Harness,
    changes: &[ChangeInfo],
    steps: &[Step],
) -> Result<(), Failure> {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let mut mirror = fresh(harness, &*connector).await?;
    let mut told = Vec::new();
    let mut deletes = false;
    for step in steps {
        match step {
            Step::Change(index, pick) => {
                let Some(change) = changes.get(*index) else {
                    continue;
                };
                remote.apply(change.name, *pick);
                deletes |= change.kind == ChangeKind::Delete;
                told.push(format!("{} ({pick})", change.name));
            }
            Step::Delta => {
                complete(&mirror.delta_pass(&*connector).await, "a delta pass")?;
                told.push("delta pass".to_owned());
            }
        }
    }
    complete(&mirror.delta_pass(&*connector).await, "a delta pass")?;
    told.push("delta pass".to_owned());
    let expected = view(&fresh(harness, &*connector).await?);
    if !deletes {
        same(&expected, &mirror, &told)?;
    }
    complete(&mirror.full_pass(&*connector).await, "a full pass")?;
    told.push("full pass".to_owned());
    same(&expected, &mirror, &told)
}

/// Whether the mirror shows what is expected after what is told.
fn same(expected: &View, mirror: &Mirror, told: &[String]) -> Result<(), Failure> {
    match difference(expected, &view(mirror)) {
        None => Ok(()),
        Some(came) => Err(Failure::default()
            .expected(
                format!(
                    "the records of one fresh full pass, after {}",
                    told.join(", ")
                ),
                "",
            )
            .came(came)),
    }
}
