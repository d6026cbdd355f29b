//! What the cases of a run left behind. Holds facts and decides nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{Claim, Evidence, Fact};

/// The evidence of one run, filled by many cases at once.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: Mutex<BTreeMap<String, Entry>>,
}

/// What one case left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the case speaks for.
    pub claims: Vec<Claim>,
    /// What it found out, or the message of its failure.
    pub result: Result<Evidence, String>,
}

impl Ledger {
    /// Writes down what the case `id` found out.
    pub fn write(&self, id: &str, claims: Vec<Claim>, result: Result<Evidence, String>) {
        self.entries()
            .insert(id.to_owned(), Entry { claims, result });
    }

    /// What every case found out, by case id.
    pub fn read(&self) -> BTreeMap<String, Entry> {
        self.entries().clone()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The evidence of a run, by claim.
#[derive(Debug, Default)]
pub struct Proofs {
    by_claim: BTreeMap<Claim, Proof>,
}

/// What is known about one claim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// The facts.
    pub facts: BTreeSet<Fact>,
    /// The cases that speak for it and passed.
    pub cases: BTreeSet<String>,
    /// The cases that speak for it and failed.
    pub failed: BTreeSet<String>,
    /// What a reader should know.
    pub notes: BTreeSet<String>,
}

impl Proofs {
    /// Orders what a run left behind by claim.
    pub fn of(entries: &BTreeMap<String, Entry>) -> Self {
        let mut proofs = Self::default();
        for (id, entry) in entries {
            for claim in &entry.claims {
                let proof = proofs.by_claim.entry(claim.clone()).or_default();
                match &entry.result {
                    Ok(evidence) => {
                        proof.cases.insert(id.clone());
                        proof.notes.extend(evidence.note.clone());
                    }
                    Err(_) => {
                        proof.failed.insert(id.clone());
                    }
                }
            }
            if let Ok(evidence) = &entry.result {
                for (claim, fact) in &evidence.facts {
                    let proof = proofs.by_claim.entry(claim.clone()).or_default();
                    proof.facts.insert(fact.clone());
                }
            }
        }
        proofs
    }

    /// What is known about `claim`; nothing when no case spoke for it.
    pub fn get(&self, claim: &Claim) -> Proof {
        self.by_claim.get(claim).cloned().unwrap_or_default()
    }
}
