//! What lists hide unless asked, and what an answer leaves out.

use ats_simulator::{Options, Simulator, ashby};
use serde_json::{Value, json};

use crate::client::{ask, ids, nothing, small, where_};

/// The rows that `flags` add to a list are exactly the documents for which `hidden` holds.
async fn adds(
    simulator: &Simulator,
    endpoint: &str,
    flags: Value,
    collection: &str,
    hidden: impl Fn(&Value) -> bool,
) {
    let plain = ids(simulator, endpoint, nothing()).await;
    let mut all = ids(simulator, endpoint, flags).await;
    all.retain(|id| !plain.contains(id));
    let expected = where_(simulator, collection, hidden);
    assert!(!expected.is_empty(), "{endpoint}: the world hides nothing");
    assert_eq!(all, expected, "{endpoint}");
}

fn archived(document: &Value) -> bool {
    document["isArchived"] == true
}

#[tokio::test]
async fn archived_and_deactivated_things_are_hidden() {
    let simulator = small().await;
    for (endpoint, collection) in [
        ("archiveReason.list", "archive_reasons"),
        ("source.list", "sources"),
        ("candidateTag.list", "candidate_tags"),
        ("department.list", "departments"),
        ("location.list", "locations"),
        ("interviewPlan.list", "interview_plans"),
        ("interview.list", "interviews"),
    ] {
        adds(
            &simulator,
            endpoint,
            json!({ "includeArchived": true }),
            collection,
            archived,
        )
        .await;
    }
    let flags = json!({ "includeDeactivated": true });
    adds(&simulator, "user.list", flags, "users", |user| {
        user["isEnabled"] == false
    })
    .await;
    let flags = json!({ "includeLocationHierarchy": true });
    let region = |location: &Value| location["type"] == "LocationHierarchy" && !archived(location);
    adds(&simulator, "location.list", flags, "locations", region).await;
    let flags = json!({ "includeNonSharedInterviews": true });
    let own = |interview: &Value| interview["jobId"].is_string() && !archived(interview);
    adds(&simulator, "interview.list", flags, "interviews", own).await;
    let flags = json!({ "status": ["Draft", "Open", "Closed", "Archived"] });
    adds(&simulator, "job.list", flags, "jobs", |job| {
        job["status"] == "Draft"
    })
    .await;
}

#[tokio::test]
async fn postings_come_from_one_board_at_a_time() {
    let simulator = small().await;
    let boards = ask(&simulator, "jobBoard.list", nothing()).await.json();
    let boards = boards["results"].as_array().expect("boards").clone();
    assert!(boards.len() >= 3 && boards.iter().all(|board| board.get("_primary").is_none()));
    let mut seen_off_primary = false;
    let default = ids(&simulator, "jobPosting.list", nothing()).await;
    for board in &boards {
        let rows = ids(
            &simulator,
            "jobPosting.list",
            json!({ "jobBoardId": board["id"] }),
        )
        .await;
        let on_board = |posting: &Value| {
            posting["_boards"]
                .as_array()
                .is_some_and(|boards| boards.contains(&board["id"]))
        };
        assert_eq!(rows, where_(&simulator, "job_postings", on_board));
        seen_off_primary |= rows.iter().any(|id| !default.contains(id));
    }
    assert!(
        seen_off_primary,
        "another board has a posting that the primary one has not"
    );
    let draft = |posting: &Value| posting["_boards"].as_array().is_some_and(Vec::is_empty);
    let flags = json!({ "includeUnpublishedJobPostings": true });
    adds(&simulator, "jobPosting.list", flags, "job_postings", draft).await;
    let listed = ids(&simulator, "jobPosting.list", json!({ "listedOnly": true })).await;
    assert!(
        listed.len() < default.len(),
        "the primary board has an unlisted posting"
    );
}

#[tokio::test]
async fn a_draft_posting_needs_the_flag() {
    let simulator = small().await;
    let drafts = where_(&simulator, "job_postings", |posting| {
        posting["_boards"] == json!([])
    });
    let mut body = json!({ "jobPostingId": drafts[0] });
    let refused = ask(&simulator, "jobPosting.info", body.clone()).await;
    assert_eq!(refused.code(), "job_posting_not_published");
    body["includeUnpublishedJobPostings"] = json!(true);
    let answer = ask(&simulator, "jobPosting.info", body).await.json();
    assert_eq!(answer["results"]["id"], json!(drafts[0]));
    assert!(
        answer["results"].get("_boards").is_none(),
        "bookkeeping stays inside"
    );
    assert!(answer["results"].get("applicationFormDefinition").is_some());
}

#[tokio::test]
async fn a_job_names_its_published_postings_and_expands_on_demand() {
    let simulator = small().await;
    let draft = simulator.read(|world| {
        let postings = world.collection("job_postings").values();
        postings
            .filter(|p| p["_boards"] == json!([]))
            .map(|p| p["jobId"].clone())
            .next()
    });
    let job = draft.expect("a draft posting");
    let plain = ask(&simulator, "job.info", json!({ "id": job }))
        .await
        .json();
    let body = json!({ "id": job, "includeUnpublishedJobPostingsIds": true });
    let all = ask(&simulator, "job.info", body).await.json();
    let count = |answer: &Value| answer["results"]["jobPostingIds"].as_array().map(Vec::len);
    assert!(count(&plain) < count(&all));
    let every = json!({
        "status": ["Draft", "Open", "Closed", "Archived"],
        "expand": ["location", "openings", "compensation"],
    });
    let with = ask(&simulator, "job.list", every).await.json();
    let states = json!({ "status": ["Draft", "Open", "Closed", "Archived"] });
    let without = ask(&simulator, "job.list", states).await.json();
    for part in ["location", "openings", "compensation"] {
        let given = |answer: &Value| {
            let rows = answer["results"].as_array().expect("rows");
            rows.iter().any(|row| row.get(part).is_some())
        };
        assert!(given(&with), "{part} with expand");
        assert!(!given(&without), "{part} without expand");
    }
}

#[tokio::test]
async fn rows_leave_out_what_only_info_gives() {
    let simulator = small().await;
    let rows = ask(&simulator, "application.list", nothing()).await.json();
    for row in rows["results"].as_array().expect("rows") {
        for part in [
            "applicationHistory",
            "applicationFormSubmissions",
            "resumeFileHandle",
            "openings",
        ] {
            assert!(row.get(part).is_none(), "{part} in a row");
        }
    }
    let filled = where_(&simulator, "applications", |application| {
        application["applicationFormSubmissions"]
            .as_array()
            .is_some_and(|forms| !forms.is_empty())
    });
    let mut body = json!({ "applicationId": filled[0] });
    let info = ask(&simulator, "application.info", body.clone())
        .await
        .json();
    assert!(info["results"].get("applicationHistory").is_some());
    assert!(
        info["results"].get("applicationFormSubmissions").is_none(),
        "only on expand"
    );
    body["expand"] = json!(["applicationFormSubmissions"]);
    let info = ask(&simulator, "application.info", body).await.json();
    let form = &info["results"]["applicationFormSubmissions"][0];
    assert!(form.get("formDefinition").is_some());
    let by_form = json!({ "submittedFormInstanceId": form["id"] });
    let found = ask(&simulator, "application.info", by_form).await.json();
    assert_eq!(found["results"]["id"], json!(filled[0]));
    let offers = ask(&simulator, "offer.list", nothing()).await.json();
    assert!(offers["results"][0].get("versions").is_none());
    let body = json!({ "offerId": offers["results"][0]["id"], "excludeFormDefinition": true });
    let offer = ask(&simulator, "offer.info", body).await.json();
    assert!(offer["results"].get("versions").is_some());
    assert!(offer["results"].get("formDefinition").is_none());
}

#[tokio::test]
async fn a_rename_reaches_copies_only_when_they_are_served_anew() {
    for stale in [false, true] {
        let options = Options {
            stale_copies: stale,
            ..Options::default()
        };
        let simulator = Simulator::start(ashby::small_world(), options)
            .await
            .expect("a port");
        let rows = ask(&simulator, "candidate.list", nothing()).await.json();
        let with_source = |row: &&Value| row["source"]["id"].is_string();
        let all = rows["results"].as_array().expect("rows").clone();
        let before = all
            .iter()
            .find(with_source)
            .expect("a candidate with a source");
        let source = before["source"]["id"].as_str().unwrap_or_default();
        simulator.edit(|world| world.update("sources", source, |s| s["title"] = json!("Renamed")));
        let delta = json!({ "syncToken": rows["syncToken"] });
        let delta = ids(&simulator, "candidate.list", delta).await;
        assert!(delta.is_empty(), "a rename bumps no candidate");
        let body = json!({ "id": before["id"] });
        let after = ask(&simulator, "candidate.info", body).await.json();
        let title = if stale {
            before["source"]["title"].clone()
        } else {
            json!("Renamed")
        };
        assert_eq!(after["results"]["source"]["title"], title);
    }
}
