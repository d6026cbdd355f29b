//! What a key may do.
//!
//! The vendor tells in one call, if the key may ask; otherwise each permission is tried: those to read
//! on a small list, those to write on something that is not there. Either way nothing is kept of what
//! is read, and nothing is changed.

use std::collections::BTreeSet;

use ats_core::{ErrorKind, Result};
use ats_http::Lane;
use serde::Deserialize;
use serde_json::json;

use crate::{
    client::{Body, Client},
    listing::object,
};

/// One harmless endpoint for each permission.
const PROBES: &[(&str, &str)] = &[
    ("candidatesRead", "candidate.list"),
    ("hiringProcessMetadataRead", "candidateTag.list"),
    ("interviewsRead", "interviewPlan.list"),
    ("jobsRead", "job.list"),
    ("offersRead", "offer.list"),
    ("organizationRead", "user.list"),
];

/// The id of nothing.
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// One endpoint for each permission to write, and what it calls its ids. The vendor looks at the
/// permission first; with it, it finds that there is no such thing.
const WRITE_PROBES: &[(&str, &str, &[&str])] = &[
    (
        "candidatesWrite",
        "candidate.addTag",
        &["candidateId", "tagId"],
    ),
    (
        "hiringProcessMetadataWrite",
        "candidateTag.archive",
        &["tagId"],
    ),
    ("apiKeysWrite", "webhook.delete", &["webhookId"]),
];

/// The key's title and permissions.
pub(crate) struct Key {
    pub(crate) title: Option<String>,
    pub(crate) granted: BTreeSet<String>,
}

#[derive(Deserialize)]
struct WireKey {
    title: Option<String>,
    scopes: Option<Vec<Option<String>>>,
}

/// Asks what the client's key may do.
pub(crate) async fn key(client: &Client) -> Result<Key> {
    let answer = match client.read("apiKey.info", Body::new(), Lane::Delta).await {
        Ok(answer) => answer,
        // A good key may lack the permission to look at itself.
        Err(error) if is_missing_permission(error.kind()) => return probe(client).await,
        Err(error) => return Err(error),
    };
    let wire: Option<WireKey> = serde_json::from_str(answer.results.get()).ok();
    match wire {
        Some(WireKey {
            title,
            scopes: Some(scopes),
        }) => {
            let granted = scopes
                .into_iter()
                .flatten()
                .map(|scope| permission(&scope))
                .collect();
            Ok(Key { title, granted })
        }
        // The vendor documents the list of scopes as optional.
        _ => {
            let mut key = probe(client).await?;
            key.granted.insert("apiKeysRead".to_owned());
            Ok(key)
        }
    }
}

async fn probe(client: &Client) -> Result<Key> {
    let mut granted = BTreeSet::new();
    for (permission, endpoint) in PROBES {
        match client
            .read(endpoint, object(json!({ "limit": 1 })), Lane::Delta)
            .await
        {
            Ok(_) => {
                granted.insert((*permission).to_owned());
            }
            Err(error) if is_missing_permission(error.kind()) => {}
            Err(error) => return Err(error),
        }
    }
    for (permission, endpoint, params) in WRITE_PROBES {
        let body: Body = params
            .iter()
            .map(|param| ((*param).to_owned(), NIL.into()))
            .collect();
        match client.read(endpoint, body, Lane::Delta).await {
            Err(error) if is_missing_permission(error.kind()) => {}
            Err(error) if !is_about_input(error.kind()) => return Err(error),
            Ok(_) | Err(_) => {
                granted.insert((*permission).to_owned());
            }
        }
    }
    Ok(Key {
        title: None,
        granted,
    })
}

/// Whether the vendor has looked at what was asked for, and so let the key pass. Its words for that
/// are not all documented.
fn is_about_input(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound
            | ErrorKind::InputRejected { .. }
            | ErrorKind::Conflict { .. }
            | ErrorKind::Unexpected
    )
}

fn is_missing_permission(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::PermissionMissing { .. })
}

/// The vendor writes `jobs:read` here and `jobsRead` everywhere else, with either spelling of case.
fn permission(scope: &str) -> String {
    let Some((subject, verb)) = scope.split_once(':') else {
        return lower_first(scope);
    };
    let mut verb = verb.to_lowercase();
    if let Some(first) = verb.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    lower_first(subject) + &verb
}

fn lower_first(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_permission_are_one() {
        for scope in [
            "hiringProcessMetadata:read",
            "hiringProcessMetadataRead",
            "HiringProcessMetadata:READ",
        ] {
            assert_eq!(permission(scope), "hiringProcessMetadataRead");
        }
    }
}
