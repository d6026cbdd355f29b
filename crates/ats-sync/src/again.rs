//! Mapping stored bundles again, because something that they look up has changed, or the mapping.
//!
//! It blocks, and asks nothing of the vendor.

use std::collections::{BTreeMap, HashMap};

use ats_store::{DueBundle, Problem};

use crate::{
    error::Result,
    map::{self, Ready},
    pass::Again,
    session::Session,
};

/// So many bundles are mapped in one transaction.
const ROUND: usize = 500;

/// A bundle that is still due after it was mapped so often stays as it is.
const MOST_TIMES: u32 = 5;

/// How often each bundle was mapped again in this pass.
#[derive(Debug, Default)]
pub(crate) struct Times(HashMap<i64, u32>);

/// What one round did.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) mapped: u64,
    pub(crate) again: Again,
}

/// Maps some of the bundles that are due.
pub(crate) fn round(session: &Session, times: &mut Times) -> Result<Round> {
    let due = session.store.due(&session.integration, ROUND)?;
    if due.is_empty() {
        return Ok(Round {
            mapped: 0,
            again: Again::Done,
        });
    }
    let (of_streams, left) = sort(session, due, times);
    if of_streams.is_empty() {
        return Ok(Round {
            mapped: 0,
            again: Again::Stuck(stuck(&left)),
        });
    }
    let mut pages = Vec::with_capacity(of_streams.len());
    let mut mapped = 0;
    for (index, due) in of_streams {
        mapped += due.len() as u64;
        let Ready { commit, .. } = map::again(session, session.places[index], due)?;
        pages.push(commit);
    }
    let at = session.time.now();
    for page in &mut pages {
        page.at = at;
    }
    session.store.commit(&pages)?;
    session
        .layouts
        .stored(pages.iter().flat_map(|page| &page.layouts));
    Ok(Round {
        mapped,
        again: Again::More,
    })
}

type Sorted = (BTreeMap<usize, Vec<DueBundle>>, BTreeMap<String, u64>);

/// The bundles by the place of their stream, and how many of which streams cannot be mapped.
fn sort(session: &Session, due: Vec<DueBundle>, times: &mut Times) -> Sorted {
    let mut of_streams: BTreeMap<usize, Vec<DueBundle>> = BTreeMap::new();
    let mut left: BTreeMap<String, u64> = BTreeMap::new();
    for bundle in due {
        let place = session.place(&bundle.stream);
        let mapped = times.0.entry(bundle.key).or_default();
        match place {
            Some(place) if *mapped < MOST_TIMES => {
                *mapped += 1;
                of_streams.entry(place.index).or_default().push(bundle);
            }
            _ => *left.entry(bundle.stream).or_default() += 1,
        }
    }
    (of_streams, left)
}

fn stuck(left: &BTreeMap<String, u64>) -> Problem {
    let left: Vec<String> = left
        .iter()
        .map(|(stream, count)| format!("{count} of `{stream}`"))
        .collect();
    Problem {
        kind: "mapping_unsettled".to_owned(),
        message: format!(
            "stored documents wait to be mapped again and cannot be ({}): this version of the \
             connector has no such stream, or mapping them never comes to an end. Report it, or read \
             the vendor again into a new database",
            left.join(", ")
        ),
    }
}
