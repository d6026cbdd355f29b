//! Every law can fail: an honest connector keeps them all, and each is broken by a liar.

use std::collections::BTreeSet;

use ats_conformance::{Harness, Law, laws, liars::Liar, liars::Lie, toy::Toy};

/// The message of the law, where it is broken.
fn judge(law: &Law, harness: &dyn Harness) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .map_err(|error| error.to_string())?;
    let judged = runtime.block_on((law.run)(harness));
    judged
        .map(|_| ())
        .map_err(|failure| failure.message(law.id))
}

#[test]
fn an_honest_connector_keeps_every_law() {
    let broken: Vec<String> = laws()
        .iter()
        .filter_map(|law| judge(law, &Toy).err())
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn each_liar_is_caught_by_the_laws_it_breaks() {
    let laws = laws();
    let mut unnoticed = Vec::new();
    for lie in Lie::ALL {
        for id in lie.breaks() {
            let law = laws
                .iter()
                .find(|law| law.id == *id)
                .expect("a lie breaks a law that is there");
            if judge(law, &Liar(*lie)).is_ok() {
                unnoticed.push(format!("{id} does not notice {lie:?}"));
            }
        }
    }
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
}

#[test]
fn no_law_is_without_a_liar() {
    let caught: BTreeSet<&str> = Lie::ALL
        .iter()
        .flat_map(|lie| lie.breaks())
        .copied()
        .collect();
    let laws: BTreeSet<&str> = laws().iter().map(|law| law.id).collect();
    let without: Vec<_> = laws.difference(&caught).collect();
    assert!(without.is_empty(), "no liar breaks {without:?}");
}
