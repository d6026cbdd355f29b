//! Interview plans: which ones there are, and what they are called. Their stages are a stream of
//! their own.

use serde_json::json;

use crate::listing::{Listing, One, Paging, no_group, no_records};

/// Name of the stream.
pub(crate) const STREAM: &str = "plans";

/// Interview plans, archived ones included: applications still stand in their stages. Ashby API
/// reference, [`interviewPlan.list`](https://developers.ashbyhq.com/reference/interviewplanlist).
pub(crate) const LISTING: Listing = Listing {
    name: STREAM,
    endpoint: "interviewPlan.list",
    paging: Paging::Token,
    one: One::InListing,
    body: || json!({ "includeArchived": true }),
    models: &[],
    uses: &[],
    group: no_group,
    map: no_records,
};
