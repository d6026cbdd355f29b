//! Laws of economy: requests are the scarce resource, and none is made twice.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Judged, LawEvidence,
    compare::{complete, fresh},
    probe::{calls, start},
};
use crate::{Economy, Failure, Harness};

super::declare! {
    "economy/full-pass",
    "a full pass with nothing known makes exactly the requests that the vendor demands",
    "a customer waits for hours, and the vendor throttles everybody else" => full_pass;

    "economy/quiet-delta",
    "a delta pass over an unchanged vendor makes one request for each list and none per record",
    "mirrors cannot be refreshed often enough to be of use" => quiet_delta;

    "economy/details-are-kept",
    "a second full pass over an unchanged vendor reads the lists again and no single record",
    "the weekly full pass costs as much as the first one" => details_are_kept;

    "economy/usage-is-true",
    "a connector counts every request that the vendor sees",
    "nobody can tell what a pass costs" => usage;
}

/// The endpoints that are asked once for each record: a full pass asks them, a quiet delta does not.
pub(super) fn details(economy: &Economy) -> BTreeSet<String> {
    let endpoints = economy.full.keys();
    endpoints
        .filter(|endpoint| !economy.quiet_delta.contains_key(*endpoint))
        .cloned()
        .collect()
}

async fn full_pass(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    remote.clear_requests();
    fresh(harness, &*connector).await?;
    exactly(
        &remote.economy().full,
        &calls(&*remote),
        "a full pass with nothing known",
    )
}

async fn quiet_delta(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let mut mirror = fresh(harness, &*connector).await?;
    remote.clear_requests();
    complete(&mirror.delta_pass(&*connector).await, "a delta pass")?;
    exactly(
        &remote.economy().quiet_delta,
        &calls(&*remote),
        "a quiet delta pass",
    )
}

async fn details_are_kept(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let mut mirror = fresh(harness, &*connector).await?;
    remote.clear_requests();
    complete(&mirror.full_pass(&*connector).await, "a full pass")?;
    let mut economy = remote.economy();
    let details = details(&economy);
    economy
        .full
        .retain(|endpoint, _| !details.contains(endpoint));
    exactly(&economy.full, &calls(&*remote), "a second full pass")
}

fn exactly(least: &BTreeMap<String, usize>, made: &BTreeMap<String, usize>, pass: &str) -> Judged {
    let endpoints: BTreeSet<_> = least.keys().chain(made.keys()).collect();
    let of = |table: &BTreeMap<String, usize>, endpoint| table.get(endpoint).copied().unwrap_or(0);
    let wrong: Vec<String> = endpoints
        .iter()
        .filter(|endpoint| of(least, **endpoint) != of(made, **endpoint))
        .map(|endpoint| {
            let (made, least) = (of(made, *endpoint), of(least, *endpoint));
            format!("{endpoint}: {made} requests instead of {least}")
        })
        .collect();
    if wrong.is_empty() {
        return Ok(LawEvidence::judged(endpoints.len()));
    }
    Err(Failure::default()
        .expected(
            format!("{pass} makes exactly the requests that the vendor's world demands"),
            "",
        )
        .came(wrong.join("\n")))
}

async fn usage(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    remote.clear_requests();
    fresh(harness, &*connector).await?;
    let (told, seen) = (connector.usage().requests, remote.requests().len());
    if u64::try_from(seen) != Ok(told) {
        return Err(Failure::default()
            .expected(format!("{seen} requests, as the vendor saw"), "")
            .came(format!("{told} requests")));
    }
    Ok(LawEvidence::judged(seen))
}
