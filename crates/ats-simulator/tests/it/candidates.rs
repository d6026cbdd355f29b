//! Writing candidates, their tags and their notes.

use ats_simulator::{Fault, FaultKind, KeySpec, Options, Simulator, ashby};
use serde_json::{Value, json};

use crate::client::{
    ask_as, done, ids, key_without, nothing, refused, small, try_ask, walk, where_,
};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

async fn first(simulator: &Simulator) -> Value {
    let id = simulator.read(|world| world.ids("candidates")[0].clone());
    done(simulator, "candidate.info", json!({ "id": id })).await
}

#[tokio::test]
async fn a_created_candidate_has_what_was_sent_and_is_in_the_delta() {
    let simulator = small().await;
    let (_, token) = walk(&simulator, "candidate.list", nothing()).await;
    let source = simulator.read(|world| world.ids("sources")[0].clone());
    let user = simulator.read(|world| world.ids("users")[0].clone());
    let body = json!({
        "name": "Ada Example",
        "email": "ada@example.com",
        "alternateEmailAddresses": ["ada@example.org"],
        "phoneNumber": "+1 555 0199",
        "linkedInUrl": "https://linkedin.com/in/ada",
        "githubUrl": "https://github.com/ada",
        "website": "https://ada.example",
        "sourceId": source,
        "creditedToUserId": user,
        "location": { "city": "London", "country": "United Kingdom" },
        "createdAt": "2026-02-03T04:05:06.000Z",
        "somethingElse": true,
    });
    let made = done(&simulator, "candidate.create", body.clone()).await;
    assert_eq!(made["name"], "Ada Example");
    assert_eq!(
        made["primaryEmailAddress"],
        json!({ "value": "ada@example.com", "type": "Personal", "isPrimary": true })
    );
    assert_eq!(made["emailAddresses"][1]["value"], "ada@example.org");
    assert_eq!(made["primaryPhoneNumber"]["value"], "+1 555 0199");
    let kinds: Vec<&Value> = made["socialLinks"]
        .as_array()
        .expect("links")
        .iter()
        .map(|link| &link["type"])
        .collect();
    assert_eq!(kinds, ["LinkedIn", "GitHub", "Website"]);
    assert_eq!(made["source"]["id"], source);
    assert_eq!(made["creditedToUser"]["id"], user);
    assert_eq!(
        made["location"]["locationSummary"],
        "London, United Kingdom"
    );
    assert_eq!(made["createdAt"], "2026-02-03T04:05:06.000Z");
    let text = made.to_string();
    assert!(!text.contains("\"_"), "bookkeeping is shown: {text}");
    let info = json!({ "id": made["id"] });
    assert_eq!(done(&simulator, "candidate.info", info).await, made);
    let delta = json!({ "syncToken": token });
    assert_eq!(
        ids(&simulator, "candidate.list", delta).await,
        [made["id"].clone()]
    );
    let again = done(&simulator, "candidate.create", body).await;
    assert_ne!(again["id"], made["id"], "nobody is found again by e-mail");
}

#[tokio::test]
async fn a_candidate_that_makes_no_sense_is_refused() {
    let simulator = small().await;
    for body in [
        nothing(),
        json!({ "name": " " }),
        json!({ "name": "A", "email": "nowhere" }),
        json!({ "name": "A", "email": null }),
        json!({ "name": "A", "linkedInUrl": "linkedin.com/in/a" }),
        json!({ "name": "A", "alternateEmailAddresses": "a@example.com" }),
        json!({ "name": "A", "sourceId": NOBODY }),
        json!({ "name": "A", "creditedToUserId": NOBODY }),
        json!({ "name": "A", "location": { "city": 1 } }),
        json!({ "name": "A", "createdAt": "yesterday" }),
    ] {
        let code = refused(&simulator, "candidate.create", body.clone()).await;
        assert_eq!(code, "invalid_input", "{body}");
    }
    let body = json!({ "candidateId": NOBODY, "name": "A" });
    let code = refused(&simulator, "candidate.update", body).await;
    assert_eq!(code, "candidate_not_found");
}

#[tokio::test]
async fn an_update_sets_primaries_and_replaces_links_only_as_a_list() {
    let simulator = small().await;
    let before = first(&simulator).await;
    let id = &before["id"];
    let body = json!({
        "candidateId": id,
        "email": "new@example.com",
        "alternateEmail": "other@example.com",
        "websiteUrl": "https://new.example",
        "sendNotifications": false,
    });
    let after = done(&simulator, "candidate.update", body).await;
    assert_eq!(after["primaryEmailAddress"]["value"], "new@example.com");
    let mails: Vec<&Value> = after["emailAddresses"]
        .as_array()
        .expect("mails")
        .iter()
        .map(|mail| &mail["value"])
        .collect();
    assert!(!mails.contains(&&before["primaryEmailAddress"]["value"]));
    assert!(mails.contains(&&json!("other@example.com")));
    let links = after["socialLinks"].as_array().expect("links").len();
    assert_eq!(
        links,
        before["socialLinks"].as_array().expect("links").len()
    );
    assert_eq!(after["name"], before["name"]);
    assert!(after["updatedAt"].as_str() > before["updatedAt"].as_str());
    let body = json!({
        "candidateId": id,
        "socialLinks": [{ "type": "Medium", "url": "https://medium.com/@a" }],
        "linkedInUrl": "https://linkedin.com/in/ignored",
    });
    let after = done(&simulator, "candidate.update", body).await;
    assert_eq!(
        after["socialLinks"],
        json!([{ "type": "Medium", "url": "https://medium.com/@a" }])
    );
    let body =
        json!({ "candidateId": id, "socialLinks": [{ "type": "X", "url": "https://x.com" }] });
    assert_eq!(
        refused(&simulator, "candidate.update", body).await,
        "invalid_input"
    );
}

#[tokio::test]
async fn a_search_may_lag_behind() {
    let options = Options {
        search_lag: 2,
        ..Options::default()
    };
    let simulator = Simulator::start(ashby::small_world(), options)
        .await
        .expect("a free port");
    let body = json!({ "name": "Late Comer", "email": "late@example.com" });
    let made = done(&simulator, "candidate.create", body).await;
    let search = json!({ "email": "LATE@example.com", "name": "comer" });
    let mut found = Vec::new();
    for _ in 0..3 {
        found.push(
            ids(&simulator, "candidate.search", search.clone())
                .await
                .len(),
        );
    }
    assert_eq!(found, [0, 0, 1]);
    let other = json!({ "email": "late@example.com", "name": "somebody else" });
    assert!(ids(&simulator, "candidate.search", other).await.is_empty());
    assert!(
        ids(&simulator, "candidate.list", nothing())
            .await
            .contains(&made["id"].as_str().expect("an id").to_owned())
    );
}

#[tokio::test]
async fn tags_are_put_on_once_and_taken_off() {
    let simulator = small().await;
    let candidate = first(&simulator).await;
    let made = done(
        &simulator,
        "candidateTag.create",
        json!({ "title": "New tag" }),
    )
    .await;
    let again = done(
        &simulator,
        "candidateTag.create",
        json!({ "title": "New tag" }),
    )
    .await;
    assert_eq!(made, again, "the title is known");
    let pair = json!({ "candidateId": candidate["id"], "tagId": made["id"] });
    for _ in 0..2 {
        let tagged = done(&simulator, "candidate.addTag", pair.clone()).await;
        let count = candidate["tags"].as_array().expect("tags").len() + 1;
        assert_eq!(tagged["tags"].as_array().expect("tags").len(), count);
        assert_eq!(tagged["tags"][count - 1], made);
    }
    let mut more = pair.clone();
    more["sendNotifications"] = json!(false);
    assert_eq!(
        refused(&simulator, "candidate.removeTag", more).await,
        "invalid_input"
    );
    let bare = done(&simulator, "candidate.removeTag", pair.clone()).await;
    assert_eq!(bare["tags"], candidate["tags"]);
    let unknown = json!({ "candidateId": candidate["id"], "tagId": NOBODY });
    let code = refused(&simulator, "candidate.addTag", unknown).await;
    assert_eq!(code, "candidate_tag_not_found");
    let unknown = json!({ "candidateId": NOBODY, "tagId": made["id"] });
    let code = refused(&simulator, "candidate.addTag", unknown).await;
    assert_eq!(code, "candidate_not_found");
    let archived = done(
        &simulator,
        "candidateTag.archive",
        json!({ "tagId": made["id"] }),
    )
    .await;
    assert_eq!(archived["isArchived"], true);
    assert_eq!(
        refused(&simulator, "candidate.addTag", pair).await,
        "invalid_input"
    );
    let again = done(
        &simulator,
        "candidateTag.create",
        json!({ "title": "New tag" }),
    )
    .await;
    assert_eq!(again, archived, "an archived tag comes back as it is");
}

#[tokio::test]
async fn every_note_is_one_more_note() {
    let simulator = small().await;
    let candidate = first(&simulator).await["id"].clone();
    let list = json!({ "candidateId": candidate });
    let (_, token) = walk(&simulator, "candidate.listNotes", list.clone()).await;
    for note in [
        json!("plain"),
        json!({ "type": "text/plain", "value": "plain" }),
        json!({ "type": "text/html", "value": "<p><b>bold</b></p>" }),
    ] {
        let body = json!({ "candidateId": candidate, "note": note });
        let made = done(&simulator, "candidate.createNote", body).await;
        assert_eq!(made["isPrivate"], false);
        assert!(made["author"]["id"].is_string());
    }
    let mut delta = list.clone();
    delta["syncToken"] = json!(token);
    let notes = done(&simulator, "candidate.listNotes", delta).await;
    let contents: Vec<&Value> = notes
        .as_array()
        .expect("notes")
        .iter()
        .map(|note| &note["content"])
        .collect();
    assert_eq!(contents, ["plain", "plain", "<b>bold</b>"]);
    for note in [
        json!(""),
        json!(1),
        json!({ "type": "text/markdown", "value": "x" }),
        json!({ "type": "text/plain" }),
    ] {
        let body = json!({ "candidateId": candidate, "note": note });
        let code = refused(&simulator, "candidate.createNote", body).await;
        assert_eq!(code, "invalid_input", "{note}");
    }
    let spec = KeySpec {
        private_fields: false,
        ..key_without("")
    };
    let key = simulator.add_key(spec);
    let body = json!({ "candidateId": candidate, "note": "x", "isPrivate": true });
    let answer = ask_as(&simulator, &key, "candidate.createNote", body).await;
    assert_eq!(answer.code(), "invalid_input");
}

#[tokio::test]
async fn what_is_lost_after_it_was_done_is_done_and_what_never_arrived_is_not() {
    let simulator = small().await;
    let body = json!({ "name": "Lost Answer" });
    let lost = where_(&simulator, "candidates", |c| c["name"] == "Lost Answer").len();
    assert_eq!(lost, 0);
    let status = |code: u16| FaultKind::Status {
        code,
        body: String::new(),
        content_type: "text/plain".to_owned(),
    };
    let refusal = FaultKind::SuccessFalse {
        code: "generic_internal_error".to_owned(),
        http: 500,
    };
    let many = FaultKind::TooMany {
        retry_after: None,
        scope: None,
    };
    for fault in [
        FaultKind::Reset,
        status(502),
        FaultKind::Html,
        refusal,
        many,
    ] {
        simulator.inject(Fault::once("candidate.create", fault.clone()));
        let _ = try_ask(
            &simulator,
            &simulator.key(),
            "candidate.create",
            body.clone(),
        )
        .await;
        let made = where_(&simulator, "candidates", |c| c["name"] == "Lost Answer").len();
        assert_eq!(made, 0, "{fault:?}");
    }
    let spoilt = FaultKind::ApplyThenStatus {
        code: 504,
        body: String::new(),
        content_type: "text/plain".to_owned(),
    };
    for (count, fault) in [
        (1, FaultKind::ApplyThenReset),
        (2, spoilt),
        (3, FaultKind::Truncated),
    ] {
        simulator.inject(Fault::once("candidate.create", fault.clone()));
        let _ = try_ask(
            &simulator,
            &simulator.key(),
            "candidate.create",
            body.clone(),
        )
        .await;
        let made = where_(&simulator, "candidates", |c| c["name"] == "Lost Answer").len();
        assert_eq!(made, count, "{fault:?}");
    }
    let log = simulator.log();
    assert!(log.iter().all(|exchange| exchange.request == body));
}
