//! Cursors and sync tokens.

use ats_simulator::{Options, Simulator, ashby};
use serde_json::json;

use crate::client::{ask, ids, nothing, small, walk};

async fn capped(cap: usize) -> Simulator {
    let options = Options {
        page_size_cap: Some(cap),
        ..Options::default()
    };
    Simulator::start(ashby::small_world(), options)
        .await
        .expect("a free port")
}

#[tokio::test]
async fn pages_join_to_the_whole_list_in_order() {
    let simulator = small().await;
    let whole = ids(&simulator, "candidate.list", nothing()).await;
    let (pages, token) = walk(&simulator, "candidate.list", json!({ "limit": 3 })).await;
    assert_eq!(pages.len(), whole.len().div_ceil(3));
    assert_eq!(pages.concat(), whole);
    assert!(!token.is_empty());
    let cap = capped(2).await;
    let (pages, _) = walk(&cap, "candidate.list", json!({ "limit": 100 })).await;
    assert!(
        pages.iter().all(|page| page.len() <= 2),
        "the cap makes pages small"
    );
    assert_eq!(pages.concat(), whole);
}

#[tokio::test]
async fn a_token_brings_only_what_changed_since() {
    let simulator = small().await;
    let (pages, token) = walk(&simulator, "candidate.list", nothing()).await;
    let (quiet, second) = walk(&simulator, "candidate.list", json!({ "syncToken": token })).await;
    assert_eq!(quiet.concat(), Vec::<String>::new());
    assert_ne!(token, second, "every completed walk has its own token");
    let id = pages.concat()[1].clone();
    simulator.edit(|world| world.update("candidates", &id, |c| c["name"] = json!("Changed")));
    let (changed, third) = walk(&simulator, "candidate.list", json!({ "syncToken": second })).await;
    assert_eq!(changed.concat(), [id]);
    let (quiet, _) = walk(&simulator, "candidate.list", json!({ "syncToken": third })).await;
    assert!(quiet.concat().is_empty());
}

#[tokio::test]
async fn what_changes_during_a_walk_comes_with_the_next_one() {
    let simulator = small().await;
    let first = ask(&simulator, "candidate.list", json!({ "limit": 3 }))
        .await
        .json();
    let id = first["results"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    simulator.edit(|world| world.update("candidates", &id, |c| c["name"] = json!("Changed")));
    let rest = json!({ "limit": 100, "cursor": first["nextCursor"] });
    let last = ask(&simulator, "candidate.list", rest).await.json();
    assert_eq!(last["moreDataAvailable"], false);
    let delta = ids(
        &simulator,
        "candidate.list",
        json!({ "syncToken": last["syncToken"] }),
    )
    .await;
    assert_eq!(delta, [id]);
}

#[tokio::test]
async fn a_deletion_is_silent_and_an_archive_is_not() {
    let simulator = small().await;
    let (_, token) = walk(
        &simulator,
        "candidateTag.list",
        json!({ "includeArchived": true }),
    )
    .await;
    let gone = ids(&simulator, "candidateTag.list", nothing()).await;
    simulator.edit(|world| {
        world.remove("candidate_tags", &gone[0]);
        world.update("candidate_tags", &gone[1], |tag| {
            tag["isArchived"] = json!(true)
        });
    });
    let body = json!({ "includeArchived": true, "syncToken": token });
    let delta = ask(&simulator, "candidateTag.list", body).await.json();
    assert_eq!(delta["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(delta["results"][0]["id"], json!(gone[1]));
    assert_eq!(delta["results"][0]["isArchived"], true);
}

#[tokio::test]
async fn cursors_and_tokens_belong_to_their_list() {
    let simulator = small().await;
    let first = ask(&simulator, "job.list", json!({ "limit": 1 }))
        .await
        .json();
    let cursor = &first["nextCursor"];
    let (_, token) = walk(&simulator, "job.list", nothing()).await;
    for (endpoint, body, code) in [
        (
            "candidate.list",
            json!({ "cursor": cursor }),
            "invalid_next_cursor",
        ),
        (
            "job.list",
            json!({ "cursor": cursor, "status": ["Open"] }),
            "invalid_next_cursor",
        ),
        (
            "job.list",
            json!({ "cursor": "garbage" }),
            "invalid_next_cursor",
        ),
        (
            "candidate.list",
            json!({ "syncToken": token }),
            "sync_token_invalid",
        ),
        (
            "job.list",
            json!({ "syncToken": token, "status": ["Open"] }),
            "sync_token_invalid",
        ),
        (
            "job.list",
            json!({ "syncToken": "46nVvDWRn" }),
            "sync_token_invalid",
        ),
        (
            "job.list",
            json!({ "syncToken": token, "cursor": cursor }),
            "invalid_next_cursor",
        ),
    ] {
        let answer = ask(&simulator, endpoint, body.clone()).await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (200, code),
            "{endpoint} {body}"
        );
    }
}

#[tokio::test]
async fn the_cursor_goes_on_with_and_without_the_token() {
    let simulator = capped(1).await;
    let (pages, token) = walk(&simulator, "candidate.list", nothing()).await;
    let two = pages.concat()[..2].to_vec();
    simulator.edit(|world| {
        for id in &two {
            world.update("candidates", id, |c| c["name"] = json!("Changed"));
        }
    });
    let first = ask(&simulator, "candidate.list", json!({ "syncToken": token }))
        .await
        .json();
    for body in [
        json!({ "cursor": first["nextCursor"] }),
        json!({ "cursor": first["nextCursor"], "syncToken": token }),
    ] {
        assert_eq!(ids(&simulator, "candidate.list", body).await, two[1..]);
    }
}

#[tokio::test]
async fn old_cursors_and_tokens_expire_on_demand() {
    let simulator = small().await;
    let first = ask(&simulator, "candidate.list", json!({ "limit": 1 }))
        .await
        .json();
    let (_, token) = walk(&simulator, "candidate.list", nothing()).await;
    simulator.expire_cursors();
    simulator.expire_sync_tokens();
    let cursor = json!({ "cursor": first["nextCursor"] });
    assert_eq!(
        ask(&simulator, "candidate.list", cursor).await.code(),
        "next_cursor_expired"
    );
    let body = json!({ "syncToken": token });
    assert_eq!(
        ask(&simulator, "candidate.list", body).await.code(),
        "sync_token_expired"
    );
    let (_, fresh) = walk(&simulator, "candidate.list", json!({ "limit": 2 })).await;
    ids(&simulator, "candidate.list", json!({ "syncToken": fresh })).await;
}

#[tokio::test]
async fn nested_lists_are_paged_too() {
    let simulator = small().await;
    let application = simulator.read(|world| {
        let long = world
            .collection("applications")
            .values()
            .find(|application| {
                application["applicationHistory"]
                    .as_array()
                    .is_some_and(|history| history.len() > 1)
            });
        long.expect("an application with history").clone()
    });
    let body = json!({ "applicationId": application["id"], "limit": 1 });
    let (pages, token) = walk(&simulator, "application.listHistory", body).await;
    let history = application["applicationHistory"].as_array().map(Vec::len);
    assert_eq!(Some(pages.len()), history);
    assert!(token.is_empty(), "no token where the reference has none");
}
